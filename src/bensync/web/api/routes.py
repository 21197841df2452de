"""The routes of the JSON API. Rights are those of the pages; whatever wants a fresh code can be done there only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Query
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from bensync.actions import approvals, corrections
from bensync.api_shapes import sync
from bensync.core.access import Right
from bensync.core.changes import FieldChange
from bensync.core.people import Standing
from bensync.core.requests import RequestState, Risk
from bensync.state.read.filtered_lists import Page, RequestFilter, RequestGroup, SortOrder
from bensync.state.read.lists import PersonView, RequestView
from bensync.state.read.site_status import RunView
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.routing import SITE_API, Router
from bensync.wording.effects import effects

M = TypeVar("M", bound=BaseModel)

api = Router(SITE_API)

_SIZE = 50
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": sync.Failure, "description": text}
    for status, text in {
        400: "It cannot be understood",
        401: "No token, or none that holds",
        403: "The roles of this user do not allow it",
        404: "There is nothing, or nothing for this user",
        409: "It was not done: decided already, moved since, or at work",
        413: "Too large",
        415: "Not JSON",
        422: "A field is not what it should be",
        503: "The database cannot be used now",
    }.items()
}
"""What every route may answer instead."""
PageNumber = Annotated[int, Query(ge=1, le=100_000)]


@api.get("/status", Right.SEE_OVERVIEW, response_model=sync.Status, responses=REFUSALS)
def status(context: Entered) -> Response:
    """The site at a glance: what waits, what is in trouble, the most recent update."""
    with context.read() as work:
        badges, last = work.filtered.badges(), work.filtered.status().last_update
    return answer(
        sync.Status(
            site=context.site,
            pending=badges.requests,
            kept_back=badges.kept_back,
            held=badges.held,
            deliveries_in_trouble=badges.in_trouble,
            last_update=_run(last) if last is not None else None,
        )
    )


@api.get("/requests", Right.SEE_REQUESTS, response_model=sync.Requests, responses=REFUSALS)
def requests(
    context: Entered,
    state: RequestState = RequestState.PENDING,
    bucket: RequestGroup | None = None,
    risk: Risk | None = None,
    order: SortOrder = SortOrder.URGENT,
    page: PageNumber = 1,
) -> Response:
    """One page of the queue, or of what was decided."""
    with context.read() as work:
        found = work.filtered.request_page(RequestFilter(state, bucket, risk), order, page, _SIZE)
    told = [_shape(context, view) for view in found.items]
    return answer(sync.Requests(requests=told, **_counted(found)))


@api.get("/requests/{number}", Right.SEE_REQUESTS, response_model=sync.Request, responses=REFUSALS)
def request(context: Entered, number: Number) -> Response:
    """One request."""
    with context.read() as work:
        view = work.filtered.request(number)
    if view is None:
        raise NotFound
    return answer(_shape(context, view))


@api.post("/requests/{number}/approve", Right.DECIDE, response_model=sync.Decision, responses=REFUSALS)
def approve(context: Entered, number: Number, body: sync.Approve) -> Response:
    """Approve one request; one of HIGH risk needs `confirmed`."""

    def act() -> Response:
        (made,) = approvals.approve(
            context.store,
            context.site,
            [number],
            context.actor,
            context.now,
            _rules(context),
            confirmed=body.confirmed,
            as_ssn_correction=body.as_ssn_correction,
            voiding=body.voiding,
            book=context.book,
        )
        return _decided(made)

    return context.once(act)


@api.post("/requests/approve", Right.DECIDE, response_model=sync.Decisions, responses=REFUSALS)
def approve_many(context: Entered, body: sync.ApproveMany) -> Response:
    """Approve many harmless requests; each is compared once more, and those of HIGH risk are refused one by one."""

    def act() -> Response:
        ids = list(dict.fromkeys(body.ids))
        rules, book = _rules(context), context.book
        made = approvals.approve(context.store, context.site, ids, context.actor, context.now, rules, book=book)
        return answer(sync.Decisions(decisions=[_decision(one) for one in made]))

    return context.once(act)


@api.post("/requests/{number}/decline", Right.DECIDE, response_model=sync.Decision, responses=REFUSALS)
def decline(context: Entered, number: Number, body: sync.Decline) -> Response:
    """Decline one request; nobody asks again until HR changes."""

    def act() -> Response:
        made = approvals.decline(
            context.store, context.site, [number], context.actor, context.now, body.reason, body.note
        )
        return _decided(made[0])

    return context.once(act)


@api.get("/people", Right.SEE_PEOPLE, response_model=sync.Participants, responses=REFUSALS)
def people(context: Entered, standing: Standing | None = None, page: PageNumber = 1) -> Response:
    """One page of participants."""
    with context.read() as work:
        found = work.filtered.people_page(page, _SIZE, standing=standing)
    told = [_participant(context.visibility.person(view)) for view in found.items]
    return answer(sync.Participants(people=told, **_counted(found)))


@api.get("/people/{number}", Right.SEE_PEOPLE, response_model=sync.Participant, responses=REFUSALS)
def person(context: Entered, number: Number) -> Response:
    """One participant with everything that was approved and the role sees."""
    with context.read() as work:
        detail = work.filtered.person(number)
    if detail is None:
        raise NotFound
    who, eyes = detail.person, context.visibility
    told = _participant(eyes.person(who))
    seen = {fact.field for fact in eyes.facts(detail.values, who.employee_id)}
    values = {name: text for name, text in detail.values.items() if name in seen}
    return answer(told.model_copy(update={"values": values}))


@api.post("/people/{number}/correct", Right.CORRECT, status_code=204, responses=REFUSALS)
def correct(context: Entered, number: Number, body: sync.Correct) -> Response:
    """Set fields of a participant by hand."""
    return _changed(
        context,
        lambda: corrections.edit(
            context.store,
            context.site,
            number,
            body.fields,
            body.reason,
            context.actor,
            context.now,
            catalogue=context.catalogue,
            book=context.book,
        ),
    )


@api.post("/people/{number}/terminate", Right.CORRECT, status_code=204, responses=REFUSALS)
def terminate(context: Entered, number: Number, body: sync.Terminate) -> Response:
    """End a participant by hand."""
    return _changed(
        context,
        lambda: corrections.terminate(
            context.store, context.site, number, body.on, body.reason, context.actor, context.now, book=context.book
        ),
    )


@api.post("/people/{number}/reinstate", Right.CORRECT, status_code=204, responses=REFUSALS)
def reinstate(context: Entered, number: Number, body: sync.Reinstate) -> Response:
    """Make a terminated participant active again."""
    return _changed(
        context,
        lambda: corrections.reinstate(
            context.store, context.site, number, body.reason, context.actor, context.now, book=context.book
        ),
    )


@api.get("/issues", Right.SEE_REQUESTS, response_model=sync.Issues, responses=REFUSALS)
def issues(context: Entered, page: PageNumber = 1) -> Response:
    """One page of the people kept back now."""
    with context.read() as work:
        found = work.filtered.issue_page(page, _SIZE)
    told = [sync.Issue.model_validate(msgspec.structs.asdict(one)) for one in found.items]
    return answer(sync.Issues(issues=told, **_counted(found)))


@api.get("/runs", Right.SEE_OVERVIEW, response_model=sync.Runs, responses=REFUSALS)
def runs(context: Entered, page: PageNumber = 1) -> Response:
    """One page of runs, newest first."""
    with context.read() as work:
        found = work.filtered.run_page(page, _SIZE)
    return answer(sync.Runs(runs=[_run(view) for view in found.items], **_counted(found)))


@api.get("/runs/{number}", Right.SEE_OVERVIEW, response_model=sync.Run, responses=REFUSALS)
def run(context: Entered, number: Number) -> Response:
    """One run."""
    with context.read() as work:
        view = work.filtered.run(number)
    if view is None:
        raise NotFound
    return answer(_run(view))


@api.post("/runs", Right.RUN, status_code=202, response_model=sync.Started, responses=REFUSALS)
def synchronize(context: Entered, body: sync.Synchronize) -> Response:
    """Start a run in a process of its own; `GET runs` shows how it goes."""

    def act() -> Response:
        ticked = {"--active": body.active, "--inactive": body.inactive}
        boxes = [box for box, wanted in ticked.items() if wanted]
        words = ["resync" if boxes else "sync", *boxes]
        context.app.jobs.run(context.site, words, context.actor.name, context.now)
        return answer(sync.Started(started=words[0]), 202)

    return context.once(act)


def _rules(context: PageContext) -> Any:
    return context.app.deployment.settings.sites[context.site].intake_rules()


def answer(shape: BaseModel, status: int = 200) -> Response:
    """A shape as JSON."""
    return JSONResponse(shape.model_dump(mode="json"), status)


def _changed(context: PageContext, change: Callable[[], None]) -> Response:
    def act() -> Response:
        change()
        return Response(status_code=204)

    return context.once(act)


def _counted(page: Page[Any]) -> dict[str, int]:
    return {"total": page.total, "page": page.number, "pages": page.pages}


def _shape(context: PageContext, view: RequestView) -> sync.Request:
    eyes, who = context.visibility, view.person
    seen = [change for change in view.changes if eyes.sees(change.field, who.employee_id)]
    names = sync.Request.model_fields.keys() & set(view.__struct_fields__) - {"person", "changes", "warnings"}
    return sync.Request(
        **{name: getattr(view, name) for name in names},
        person=sync.Person(
            employee_id=who.employee_id,
            name=eyes.name(who.name, who.employee_id),
            ssn=eyes.ssn(who.ssn, who.employee_id),
        ),
        warnings=list(view.warnings),
        changes=[_change(change) for change in seen],
        hidden_fields=len(view.changes) - len(seen),
        caution=effects(view, eyes.name(who.name, who.employee_id)).caution,
    )


def _change(change: FieldChange) -> sync.Change:
    return sync.Change(field=change.field, old=change.old, new=change.new)


def _participant(view: PersonView) -> sync.Participant:
    names = sync.Participant.model_fields.keys() & set(view.__struct_fields__)
    return sync.Participant(**{name: getattr(view, name) for name in names})


def _run(view: RunView) -> sync.Run:
    names = sync.Run.model_fields.keys() & set(view.__struct_fields__)
    told = {name: getattr(view, name) for name in names} | {"boxes": list(view.boxes), "error": dict(view.error)}
    return sync.Run(**told, file=view.delivery)


def _decision(made: approvals.Decision) -> sync.Decision:
    why, fix = (made.error.why, made.error.fix) if made.error is not None else ("", "")
    return sync.Decision(
        id=made.request_id, done=made.done, waits=made.waits, why=why, fix=fix, successor=made.successor
    )


def _decided(made: approvals.Decision) -> Response:
    """A single decision that was refused is a conflict; its body says which request holds now."""
    if made.error is None:
        return answer(_decision(made))
    told = made.error.as_json()
    return JSONResponse({"error": told, "decision": _decision(made).model_dump(mode="json")}, 409)
