"""One visit to one page: who comes, what they may, what they sent. Whoever may not is stopped here, before any page."""

from __future__ import annotations

import re
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
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bensync.actions import tokens
from bensync.actions.authorization import authorize
from bensync.actions.foresee import RequestOutlook
from bensync.actions.sign_in import User, authenticate, form_token, form_token_fits, step_up
from bensync.actions.site import SiteActions
from bensync.benefits.rulebook.rulebook import Rulebook, standard
from bensync.config.settings import Web
from bensync.core.access import Actor, Right
from bensync.core.requests import Request as DomainRequest
from bensync.core.ssn import without_ssn
from bensync.errors import BensyncError, ConfigError
from bensync.mappings.catalogue import Catalogue
from bensync.state.site_state import SiteState
from bensync.state.store import Store
from bensync.web.http import templating
from bensync.web.http.forms import FormFields
from bensync.web.http.jobs import Jobs
from bensync.web.http.routing import API, GlobalRoute, Rule
from bensync.web.http.session_memory import FlashMessage, Idempotency, SessionMemory
from bensync.wiring import Deployment
from bensync.wording.outlook import OutlookSentence, OutlookSentences
from bensync.wording.visibility import Visibility

_SAFE_WAY = re.compile(r"/(?:[\w./?=&%+-][\w./?=&%+-]*)?", re.ASCII)
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_MOST_FIELDS = 300

Number = Annotated[int, Path(ge=1, le=2_147_483_647)]
"""A number in a path, as any of the databases can hold it."""


class NotSignedIn(Exception):
    """Nobody is signed in, or no longer; ``way`` is where they wanted to go."""

    def __init__(self, way: str) -> None:
        super().__init__("not signed in")
        self.way = way


class ForeignForm(Exception):
    """A form that our own page did not send."""


class NotJson(Exception):
    """A body for the API that is no JSON."""


class NotFound(Exception):
    """There is no such page, or it is not for these eyes, which is the same to them."""


class AppState(msgspec.Struct, frozen=True):
    """What all pages share.

    Attributes:
        deployment: the configuration.
        store: the database.
        clock: tells the moment.
        turns: work in processes of its own.
        pockets: what is remembered between two pages.
        once: answers forms that are sent twice.
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
        return "__Host-bensync" if self.web.secure else "bensync"


class PageContext:
    """One visitor at one page.

    Attributes:
        hall: what all pages share.
        request: what was asked.
        now: the moment.
        session_id: from the cookie; of a session, or before it.
        user: who is signed in.
        site: which site the page is about; empty for none.
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
        """Who is at work on this site.

        Raises:
            NotSignedIn: nobody is.
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
        """Return what approving a request would do to coverage; None where nobody can say, or it may not be seen here.

        A rulebook that cannot be used keeps nobody from reading the request.
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
        """The rulebook of this site, to act by; only the standard triggers where benefits are not switched on.

        Raises:
            ConfigError: it cannot be used.
        """
        if self.rulebook_error is not None:
            raise self.rulebook_error
        return self.lexicon

    @property
    def lexicon(self) -> Rulebook:
        """The same, to speak by: where it cannot be used, codes stand for names, and people can still be looked at."""
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
        """Whether benefit events are worked off for this site."""
        return self.app.deployment.has_benefits(self.site)

    @property
    def visibility(self) -> Visibility:
        """What the visitor may see here."""
        return Visibility(self.actor, self.catalogue)

    @property
    def partial(self) -> bool:
        """Whether the script of an open page asks for the part of it that shows work in progress."""
        return asks_for_part(self.request)

    def may(self, right: Right) -> bool:
        """Whether the visitor has a right here."""
        return self._actor is not None and self._actor.may(right, self.site)

    def must_step_up(self, right: Right) -> bool:
        """Whether a form for this right asks for a code, too."""
        return self.actor.must_step_up(right)

    def at(self, path: str = "") -> str:
        """The address of a page of this site."""
        return f"/sites/{self.site}{path}"

    @contextmanager
    def read(self) -> Iterator[SiteState]:
        """A reading look at this site."""
        with self.store.read(self.site) as state:
            yield state

    def once(self, act: Callable[[], Response]) -> Response:
        """Do what the form asks; the same form sent again gets the same answer, and nothing is done again."""
        key = self.form.text("key", 64) or self.request.headers.get("idempotency-key", "")[:200]
        return self.app.idempotency.answer(self.session_id, key, act) if key else act()

    def flash(self, text: str, tone: str = "good", link: str = "", link_text: str = "") -> None:
        """Say something on the next page."""
        self.app.memory.tell(self.session_id, FlashMessage(text, tone, link, link_text))

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page."""
        return HTMLResponse(templating.fill(template, {**self._common(), **values}), status)

    def go(self, path: str) -> Response:
        """Return a redirection to another page, which the browser asks for with GET."""
        return RedirectResponse(path, 303)

    def sites(self) -> list[str]:
        """The sites that the visitor has a role on, as far as they are configured."""
        known = self.app.deployment.settings.sites
        return [site for site in (self.user.sites() if self.user else []) if site in known]

    def disabled(self) -> Mapping[str, BensyncError]:
        """The sites that the visitor has a role on, and whose own file cannot be used: nothing is done for them."""
        broken = self.app.deployment.broken
        return {site: broken[site] for site in (self.user.sites() if self.user else []) if site in broken}

    def open(self, rule: Rule) -> None:
        """Let the visitor in, or stop them.

        Raises:
            NotSignedIn: nobody is signed in.
            NotFound: they have nothing to do with this site.
            Denied: they have, but not this; it is in the audit trail.
            StepUpNeeded: they may, after a fresh code.
        """
        if rule.path.startswith(API):
            self.session_id = _bearer(self.request)
            self.user = tokens.authenticate(self.store, self.session_id, self.now) if self.session_id else None
        elif self.session_id:
            self.user = authenticate(self.store, self.session_id, self.now)
        if rule.access is GlobalRoute.OPEN:
            return
        if self.user is None:
            raise NotSignedIn(self.url if self.request.method in {"GET", "HEAD"} else "/")
        if rule.access is None:
            self._enter_site(self.user, rule)

    def _enter_site(self, user: User, rule: Rule) -> None:
        site = self.request.path_params["site"]
        if site not in self.sites():
            raise NotFound
        self.site = site
        self._actor = self._act_as(user)
        right = next((right for right in rule.rights if self._actor.may(right, site)), rule.rights[0])
        if self._actor.must_step_up(right) and self.form.text("code"):
            step_up(self.store, self.session_id, self.form.text("code", 32), self.now)
            self._actor = msgspec.structs.replace(self._actor, fresh=True)
        asking = self._actor
        if self.request.method in {"GET", "HEAD"}:
            asking = msgspec.structs.replace(asking, fresh=True)  # looking is free; what a form does wants the code
        authorize(self.store, site, asking, right, self.now)

    def _act_as(self, user: User) -> Actor:
        visible = self.app.deployment.settings.sites[self.site].visible_fields
        return user.actor(self.site, visible)

    def _common(self) -> Mapping[str, Any]:
        badges, losses = None, 0
        if self.site and self.may(Right.SEE_OVERVIEW):
            with self.read() as state:
                badges = state.filtered.badges()
                losses = state.events.losses()
        return {
            "context": self,
            "user": self.user,
            "site": self.site,
            "sites": self.sites(),
            "web": self.app.web,
            "now": self.now,
            "Right": Right,
            "badges": badges,
            "losses": losses,
            "notes": self.app.memory.told(self.session_id) if self.session_id and not self.partial else [],
            "token": form_token(self.session_id),
            "key": secrets.token_urlsafe(12),
            "here": self.request.url.path,
        }


async def enter(request: Request) -> PageContext:
    """The visit of this request; every route asks for it, so nobody comes past.

    Raises:
        Foreign: a form that our own page did not send.
    """
    app: AppState = request.app.state.bensync
    method = "GET" if request.method == "HEAD" else request.method
    rule: Rule | None = request.app.state.rules.get((method, request.scope["route"].path))
    if rule is None:
        raise NotFound
    form = FormFields(FormData())
    if request.method == "POST" and rule.path.startswith(API):
        if _kind(request) != _JSON:
            raise NotJson
    elif request.method == "POST":
        _refuse_foreign(request, app)
        form = FormFields(await request.form(max_fields=_MOST_FIELDS, max_files=0))
        if not form_token_fits(request.cookies.get(app.cookie, ""), form.text("token")):
            raise ForeignForm
    context = PageContext(app, request, form)
    request.state.context = context
    await run_in_threadpool(context.open, rule)
    return context


Entered = Annotated[PageContext, Depends(enter)]


def asks_for_part(request: Request) -> bool:
    """Return whether the script of an open page asks (`static/refresh.js`)."""
    return request.headers.get("bensync-part") == "yes"


def safe_path(text: str) -> str:
    """Where to go on after signing in: a path of ours in which nobody's SSN stands, else the first page."""
    ours = _SAFE_WAY.fullmatch(text) and not text.startswith("//") and without_ssn(text) == text
    return text if ours else "/"


def _kind(request: Request) -> str:
    """The type of a body."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _bearer(request: Request) -> str:
    """The token that a script brings; no cookie counts here."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _refuse_foreign(request: Request, app: AppState) -> None:
    """Forms come from our own pages only: by cookie, by what the browser says of their origin, by their type."""
    if not request.cookies.get(app.cookie):
        raise ForeignForm
    if _kind(request) != _FORM:
        raise ForeignForm
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise ForeignForm
        return
    scheme = "https" if app.web.secure else "http"
    if request.headers.get("origin") != f"{scheme}://{request.headers.get('host', '')}":
        raise ForeignForm
