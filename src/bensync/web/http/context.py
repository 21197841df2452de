"""PageContext: the user, the site and the form of one request; a request without permission is refused here."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bensync.actions import tokens
from bensync.actions.authorization import authorize
from bensync.actions.benefits.outlooks import RequestOutlook
from bensync.actions.sign_in import User, authenticate, form_token, form_token_fits, step_up
from bensync.actions.site import SiteActions
from bensync.benefits.rulebook.rulebook import Rulebook, standard
from bensync.config.settings import Web
from bensync.core.access import Actor, Right
from bensync.core.requests import Request as DomainRequest
from bensync.core.values.limits import LARGEST_NUMBER
from bensync.errors import BensyncError, ConfigError
from bensync.mappings.catalogue import Catalogue
from bensync.state.site_state import SiteState
from bensync.state.store import Store
from bensync.web.http import templating
from bensync.web.http.forms import FormFields
from bensync.web.http.jobs import Jobs
from bensync.web.http.menu import links
from bensync.web.http.middleware import LARGEST_UPLOAD
from bensync.web.http.request_checks import (
    JSON,
    ForeignForm,
    NotJson,
    asks_for_part,
    bearer_token,
    media_type,
    refuse_foreign,
)
from bensync.web.http.routing import API, GlobalRoute, Rule
from bensync.web.http.session_memory import FlashMessage, Idempotency, SessionMemory
from bensync.wiring import Deployment
from bensync.wording.outlook import OutlookSentence, OutlookSentences
from bensync.wording.visibility import Visibility

_MOST_FIELDS = 300

Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]
"""A number in a path, as any of the databases can hold it."""


class NotSignedIn(Exception):
    """No user is signed in; ``way`` is the page that was asked for."""

    def __init__(self, way: str) -> None:
        super().__init__("not signed in")
        self.way = way


class NotFound(Exception):
    """There is no such page, or the user cannot access it; the answer does not say which."""


class AppState(msgspec.Struct, frozen=True):
    """The state that all pages share.

    Attributes:
        deployment: the configuration.
        store: the database.
        clock: returns the current time.
        jobs: commands that run in processes of their own.
        memory: what a session keeps between two pages.
        idempotency: the answers to forms, so that a form sent twice acts once.
    """

    deployment: Deployment
    store: Store
    clock: Callable[[], datetime]
    jobs: Jobs
    memory: SessionMemory
    idempotency: Idempotency[Response]

    @property
    def web(self) -> Web:
        """The settings of the pages."""
        return self.deployment.settings.web

    @property
    def cookie(self) -> str:
        """The name of the only cookie (S1-24)."""
        # Browsers take a __Host- cookie only over TLS and from this very host, so that a sibling host cannot plant
        # one.
        return "__Host-bensync" if self.web.secure else "bensync"


class PageContext:
    """One request for a page or for the API.

    Attributes:
        app: the state that all pages share.
        request: the HTTP request.
        form: the fields of its form.
        now: the time of the request.
        session_id: from the cookie, also before a session exists; for the API the token.
        user: the user who is signed in.
        site: the site of the page; empty for none.
    """

    def __init__(self, app: AppState, request: Request, form: FormFields) -> None:
        self.app = app
        self.request = request
        self.form = form
        self.now = app.clock()
        self.session_id = request.cookies.get(app.cookie, "")
        self.user: User | None = None
        self.site = ""
        self._actor: Actor | None = None

    @property
    def actor(self) -> Actor:
        """The user with the rights on this site.

        Raises:
            NotSignedIn: no user is signed in.
        """
        if self._actor is None:
            raise NotSignedIn(self.url)
        return self._actor

    @property
    def url(self) -> str:
        """Path and query of this page."""
        query = self.request.url.query
        return self.request.url.path + (f"?{query}" if query else "")

    @property
    def store(self) -> Store:
        """The database."""
        return self.app.store

    @property
    def actions(self) -> SiteActions:
        """What the visitor can do at this site."""
        return self.app.deployment.actions(self.store, self.site, self.actor, lambda: self.now)

    def foresee(self, state: SiteState, request: DomainRequest) -> RequestOutlook | None:
        """Return what approving a request would do to coverage; None where unknown, or hidden from this user.

        The request can be read even where the rulebook cannot be used.
        """
        return self.actions.foresee(state, request) if self.rulebook_error is None else None

    def outlook_sentences(self, foreseen: RequestOutlook | None, employee_id: str) -> Sequence[OutlookSentence]:
        """Return the same in sentences; figures only for visitors who see the pay of this employee."""
        if foreseen is None:
            return ()
        writer = OutlookSentences(self.book, figures=self.visibility.figures(employee_id))
        return writer.sentences(foreseen.outlook)

    @property
    def catalogue(self) -> Catalogue:
        """The fields of this site."""
        return self.app.deployment.catalogue(self.site)

    @property
    def book(self) -> Rulebook:
        """The rulebook of this site for actions; only the standard triggers where benefit events are not enabled.

        Raises:
            ConfigError: it cannot be used.
        """
        if self.rulebook_error is not None:
            raise self.rulebook_error
        return self.lexicon

    @property
    def lexicon(self) -> Rulebook:
        """The rulebook for labels: where it cannot be used, pages still work and show codes instead of names."""
        return self._read_book[0]

    @property
    def rulebook_error(self) -> ConfigError | None:
        """Why the rulebook cannot be used."""
        return self._read_book[1]

    @cached_property
    def _read_book(self) -> tuple[Rulebook, ConfigError | None]:
        try:
            return self.app.deployment.rulebook(self.site), None
        except ConfigError as error:
            return standard(), error

    @property
    def has_benefits(self) -> bool:
        """Whether benefit events are enabled for this site."""
        return self.app.deployment.has_benefits(self.site)

    @property
    def visibility(self) -> Visibility:
        """The fields that the user can see on this site."""
        return Visibility(self.actor, self.catalogue)

    @property
    def partial(self) -> bool:
        """Whether the script of an open page asks for the part of it that shows work in progress."""
        return asks_for_part(self.request)

    def may(self, right: Right) -> bool:
        """Return whether the user has a right on this site."""
        return self._actor is not None and self._actor.may(right, self.site)

    def must_step_up(self, right: Right) -> bool:
        """Return whether a form for this right needs a new code."""
        return self.actor.must_step_up(right)

    def at(self, path: str = "") -> str:
        """Return the address of a page of this site."""
        return f"/sites/{self.site}{path}"

    @contextmanager
    def read(self) -> Iterator[SiteState]:
        """Read the state of this site in one transaction."""
        with self.store.read(self.site) as state:
            yield state

    def once(self, act: Callable[[], Response]) -> Response:
        """Carry out the form once; the same form sent again gets the same answer."""
        # Scripts send the header of the IETF draft, forms a hidden field. Without either, the database still refuses
        # a second decision.
        key = self.form.key() or self.request.headers.get("idempotency-key", "")[:200]
        # A key belongs to one operation: under the same key, another one must not get this answer.
        return self.app.idempotency.answer(self.session_id, f"{self.request.url.path} {key}", act) if key else act()

    def flash(self, text: str, tone: str = "good", link: str = "", link_text: str = "") -> None:
        """Show a message on the next page."""
        self.app.memory.add_message(self.session_id, FlashMessage(text, tone, link, link_text))

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page."""
        return HTMLResponse(templating.fill(template, {**self._common(), **values}), status)

    def go(self, path: str) -> Response:
        """Return a redirection to another page, which the browser asks for with GET."""
        # 303 makes a reload ask for the page again, instead of sending the form twice.
        return RedirectResponse(path, 303)

    def sites(self) -> list[str]:
        """Return the configured sites on which the user has a role."""
        configured = self.app.deployment.settings.sites
        return [site for site in (self.user.sites() if self.user else []) if site in configured]

    def disabled(self) -> Mapping[str, BensyncError]:
        """Return the disabled sites on which the user has a role: their configuration cannot be used."""
        broken = self.app.deployment.broken
        return {site: broken[site] for site in (self.user.sites() if self.user else []) if site in broken}

    def open(self, rule: Rule) -> None:
        """Check the permission of the request.

        Raises:
            NotSignedIn: no user is signed in.
            NotFound: the user has no role on this site.
            Denied: the user has a role, but not this right; the attempt is in the audit trail.
            StepUpNeeded: the user has the right, and must enter a new code.
        """
        if rule.path.startswith(API):
            # The API ignores the cookie, which browsers also send for foreign pages; so it needs no form token.
            self.session_id = bearer_token(self.request)
            self.user = tokens.authenticate(self.store, self.session_id, self.now) if self.session_id else None
        elif self.session_id:
            self.user = authenticate(self.store, self.session_id, self.now)
        if rule.access is GlobalRoute.OPEN:
            return
        if self.user is None:
            # The address of a form cannot be opened after the sign-in, and what was typed into it is lost anyway.
            raise NotSignedIn(self.url if self.request.method in {"GET", "HEAD"} else "/")
        if rule.access is None:
            self._enter_site(self.user, rule)

    def _enter_site(self, user: User, rule: Rule) -> None:
        site = self.request.path_params["site"]
        # 404 and not 403: the users of one employer must not learn which other employers are served.
        if site not in self.sites():
            raise NotFound
        self.site = site
        self._actor = self._act_as(user)
        # Without any of the rights, the refusal in the audit trail names the first one.
        right = next((right for right in rule.rights if self._actor.may(right, site)), rule.rights[0])
        if self._actor.must_step_up(right) and self.form.code():
            # The code stands in the form itself, so that nothing that was typed is lost on the way to another page.
            step_up(self.store, self.session_id, self.form.code(), self.now)
            self._actor = msgspec.structs.replace(self._actor, fresh=True)
        acting = self._actor
        if self.request.method in {"GET", "HEAD"}:
            acting = msgspec.structs.replace(acting, fresh=True)  # only what a form does needs the code
        authorize(self.store, site, acting, right, self.now)

    def _act_as(self, user: User) -> Actor:
        visible = self.app.deployment.settings.sites[self.site].visible_fields
        return user.actor(self.site, visible)

    def _common(self) -> Mapping[str, Any]:
        badges, numbers = None, dict[str, int]()
        if self.site and self.may(Right.SEE_OVERVIEW):
            with self.read() as state:
                badges = state.filtered.badges()
                numbers = {**msgspec.structs.asdict(badges), "losses": state.events.losses()}
        return {
            "context": self,
            "user": self.user,
            "site": self.site,
            "sites": self.sites(),
            "web": self.app.web,
            "now": self.now,
            "Right": Right,
            "badges": badges,
            "menu": links(self.request.app.state.menu, self.may, numbers),
            # The refresh of a part has no place for messages, and would take those that the next page shall show.
            "notes": self.app.memory.take_messages(self.session_id) if self.session_id and not self.partial else [],
            "token": form_token(self.session_id),
            "key": secrets.token_urlsafe(12),
            "here": self.request.url.path,
            "typed": self.form.typed(),
        }


async def enter(request: Request) -> PageContext:
    """Return the context of a request. Every route depends on it, so that no request gets past the permission check.

    Raises:
        ForeignForm: the form did not come from one of our pages.
        NotJson: the body for the API is not JSON.
    """
    app: AppState = request.app.state.bensync
    method = "GET" if request.method == "HEAD" else request.method
    rule: Rule | None = request.app.state.rules.get((method, request.scope["route"].path))
    # Default deny holds twice: create_app() does not start with such a route, and it is not answered here.
    if rule is None:
        raise NotFound
    form = FormFields(FormData())
    if request.method == "POST" and rule.path.startswith(API):
        if media_type(request) != JSON:
            raise NotJson
    elif request.method == "POST":
        refuse_foreign(request, app.cookie, secure=app.web.secure, uploads=rule.uploads)
        # python-multipart spends time on each field, so a small body of many fields could keep the process busy.
        if rule.uploads:
            form = await _with_file(request)
        else:
            form = FormFields(await request.form(max_fields=_MOST_FIELDS, max_files=0))
        # The token fits the cookie, not a session: the sign-in form is protected as well, before there is a session.
        if not form_token_fits(request.cookies.get(app.cookie, ""), form.token()):
            raise ForeignForm
    context = PageContext(app, request, form)
    request.state.context = context
    # The database blocks. In the event loop, one slow query would make all visitors wait.
    await run_in_threadpool(context.open, rule)
    return context


async def _with_file(request: Request) -> FormFields:
    """Return a form with one file, which is kept in memory alone."""
    parser = MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=_MOST_FIELDS)
    # By default a file of a megabyte is put on the disk, in clear: it holds SSNs.
    parser.spool_max_size = LARGEST_UPLOAD
    try:
        data = await parser.parse()
    except MultiPartException:
        raise ForeignForm from None
    files = {name: await field.read() for name, field in data.items() if not isinstance(field, str)}
    await data.close()
    return FormFields(data, files)


Entered = Annotated[PageContext, Depends(enter)]
