"""The routes of the JSON API. Rights are those of the pages; actions that need a fresh code are possible only there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Path, Query
from starlette.responses import JSONResponse, Response

from bensync.actions.decisions import Decision
from bensync.api_shapes import bodies, sync
from bensync.api_shapes import people as people_shapes
from bensync.api_shapes import requests as request_shapes
from bensync.api_shapes import status as status_shapes
from bensync.api_shapes.base import Failure, Shape
from bensync.core.access import Right
from bensync.core.people import Standing
from bensync.core.requests import RequestState, Risk
from bensync.core.values.limits import HIGHEST_PAGE, PAGE_SIZE
from bensync.state.read.filtered_lists import Page, RequestFilter, RequestGroup, SortOrder
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.routing import SITE_API, Router
from bensync.wording import remedies

route = Router(SITE_API)

_TEXT = {"text/plain": {"schema": {"type": "string"}}}
_WAIT = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}}
REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "The request cannot be parsed"},
    401: {"model": Failure, "description": "The token is missing or not valid"},
    403: {"model": Failure, "description": "The roles of this user do not allow it"},
    404: {"model": Failure, "description": "It does not exist, or this user cannot access it"},
    408: {"description": "The body took too long", "content": _TEXT},
    409: {
        "model": Failure,
        "description": "It was not done: decided already, changed since, or another task is in progress",
    },
    413: {"description": "Too large", "content": _TEXT},
    415: {"model": Failure, "description": "Not JSON"},
    421: {"description": "This host name is not served here", "content": _TEXT},
    422: {"model": Failure, "description": "A field is not valid"},
    429: {"model": Failure, "description": "Too many requests from this address", "headers": _WAIT},
    500: {"model": Failure, "description": "An internal error; details are in the log"},
    503: {"model": Failure, "description": "The database cannot be used now"},
}
"""The errors that every route can return; those of the outermost layer are plain text."""
PageNumber = Annotated[int, Query(ge=1, le=HIGHEST_PAGE)]
EmployeeId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]


@route.get("/status", Right.SEE_OVERVIEW, response_model=status_shapes.SiteStatus, responses=REFUSALS)
def status(context: Entered) -> Response:
    """Return the status of the site: pending requests, problems, and the most recent sync."""
    deployment = context.app.deployment
    with context.read() as state:
        view = state.filtered.status()
        next_run = None
        # A site that only receives has no daily sync.
        if not deployment.receives(context.site):
            next_run = deployment.settings.schedule.next_run(context.now, state.metrics.today(context.now))
    return answer(status_shapes.status(view, next_run, context.now))


@route.get("/requests", Right.SEE_REQUESTS, response_model=request_shapes.Requests, responses=REFUSALS)
def requests(
    context: Entered,
    state: RequestState = RequestState.PENDING,
    bucket: RequestGroup | None = None,
    risk: Risk | None = None,
    order: SortOrder = SortOrder.URGENT,
    page: PageNumber = 1,
) -> Response:
    """Return one page of requests, pending or decided."""
    wanted = RequestFilter(state, bucket, risk)
    with context.read() as site_state:
        listed = site_state.filtered.request_page(wanted, order, page, PAGE_SIZE)
    benefits = processes_benefits(context)
    shapes = [request_shapes.request(view, context.visibility, processes_benefits=benefits) for view in listed.items]
    return answer(request_shapes.Requests(requests=shapes, **paging(listed)))


@route.get("/requests/{number}", Right.SEE_REQUESTS, response_model=request_shapes.Request, responses=REFUSALS)
def request(context: Entered, number: Number) -> Response:
    """Return one request."""
    with context.read() as state:
        view = state.filtered.request(number)
    if view is None:
        raise NotFound
    return answer(request_shapes.request(view, context.visibility, processes_benefits=processes_benefits(context)))


@route.post("/requests/{number}/approve", Right.DECIDE, response_model=request_shapes.Decision, responses=REFUSALS)
def approve(context: Entered, number: Number, body: bodies.Approve) -> Response:
    """Approve one request, or some of its fields; one of HIGH risk needs `confirmed`."""

    def act() -> Response:
        (decision,) = context.actions.approve(
            [number],
            confirmed=body.confirmed,
            as_ssn_correction=body.as_ssn_correction,
            voiding=body.voiding,
            only=body.only,
            code=body.reason,
        )
        return _decided(decision)

    return context.once(act)


@route.post("/requests/approve", Right.DECIDE, response_model=request_shapes.Decisions, responses=REFUSALS)
def approve_many(context: Entered, body: bodies.ApproveMany) -> Response:
    """Approve many low-risk requests; each is compared once more, and those of HIGH risk are refused one by one."""

    def act() -> Response:
        # A number that is sent twice is decided once; the second time it would be refused as decided already.
        return answer(request_shapes.decisions(context.actions.approve(list(dict.fromkeys(body.ids)))))

    return context.once(act)


@route.post("/requests/{number}/decline", Right.DECIDE, response_model=request_shapes.Decision, responses=REFUSALS)
def decline(context: Entered, number: Number, body: bodies.Decline) -> Response:
    """Decline one request; no new one opens until HR changes."""

    def act() -> Response:
        (decision,) = context.actions.decline([number], body.reason, body.note)
        return _decided(decision)

    return context.once(act)


@route.post("/requests/{number}/ask-again", Right.DECIDE, response_model=request_shapes.Decision, responses=REFUSALS)
def ask_again(context: Entered, number: Number, body: bodies.AskAgain) -> Response:
    """Open a request for what this one declined by mistake; it is the `successor`."""
    return context.once(lambda: _decided(context.actions.ask_again(number, body.reason, body.fields)))


@route.get("/people", Right.SEE_PEOPLE, response_model=people_shapes.Participants, responses=REFUSALS)
def people(context: Entered, standing: Standing | None = None, page: PageNumber = 1) -> Response:
    """Return one page of participants."""
    with context.read() as state:
        listed = state.filtered.people_page(page, PAGE_SIZE, standing=standing)
    shapes = [people_shapes.participant(view, context.visibility) for view in listed.items]
    return answer(people_shapes.Participants(people=shapes, **paging(listed)))


@route.get("/people/{number}", Right.SEE_PEOPLE, response_model=people_shapes.ParticipantDetail, responses=REFUSALS)
def person(context: Entered, number: Number) -> Response:
    """Return one participant with all approved values that the role can see."""
    with context.read() as state:
        detail = state.filtered.person(number)
        # Somebody who sees people but no requests must not learn from a list of numbers that one is about to be
        # decided.
        pending = state.filtered.pending_of(number) if context.may(Right.SEE_REQUESTS) else None
    if detail is None:
        raise NotFound
    return answer(people_shapes.participant_detail(detail, pending, context.visibility))


@route.post("/people/{number}/correct", Right.CORRECT, status_code=204, responses=REFUSALS)
def correct(context: Entered, number: Number, body: bodies.Correct) -> Response:
    """Set fields of a participant manually."""
    return _changed(context, lambda: context.actions.correct(number, body.fields, body.reason))


@route.post("/people/{number}/terminate", Right.CORRECT, status_code=204, responses=REFUSALS)
def terminate(context: Entered, number: Number, body: bodies.Terminate) -> Response:
    """Terminate a participant manually; it ends all benefits, so it needs `confirmed`."""
    return _changed(context, lambda: context.actions.terminate(number, body.on, body.reason, confirmed=body.confirmed))


@route.post("/people/{number}/reinstate", Right.CORRECT, status_code=204, responses=REFUSALS)
def reinstate(context: Entered, number: Number, body: bodies.Reinstate) -> Response:
    """Make a terminated participant active again."""
    return _changed(context, lambda: context.actions.reinstate(number, body.reason))


@route.get("/issues", Right.SEE_REQUESTS, response_model=sync.Issues, responses=REFUSALS)
def issues(context: Entered, page: PageNumber = 1) -> Response:
    """Return one page of the employees blocked by a data issue."""
    with context.read() as state:
        listed = state.filtered.issue_page(page, PAGE_SIZE)
    return answer(sync.Issues(issues=[sync.issue(view) for view in listed.items], **paging(listed)))


@route.post("/employees/{employee_id}/release", Right.CORRECT, status_code=204, responses=REFUSALS)
def release(context: Entered, employee_id: EmployeeId, body: bodies.Release) -> Response:
    """Release an employee whom HR does not show any more."""
    return _changed(context, lambda: context.actions.release(employee_id, body.reason, confirmed=body.confirmed))


@route.get("/runs", Right.SEE_OVERVIEW, response_model=sync.Runs, responses=REFUSALS)
def runs(context: Entered, page: PageNumber = 1) -> Response:
    """Return one page of runs, newest first."""
    with context.read() as state:
        listed = state.filtered.run_page(page, PAGE_SIZE)
    return answer(sync.Runs(runs=[sync.run(view) for view in listed.items], **paging(listed)))


@route.get("/runs/{number}", Right.SEE_OVERVIEW, response_model=sync.Run, responses=REFUSALS)
def run(context: Entered, number: Number) -> Response:
    """Return one run."""
    with context.read() as state:
        view = state.filtered.run(number)
    if view is None:
        raise NotFound
    return answer(sync.run(view))


@route.post("/runs", Right.RUN, status_code=202, response_model=sync.Started, responses=REFUSALS)
def synchronize(context: Entered, body: bodies.Synchronize) -> Response:
    """Start a run in a process of its own; `GET runs` shows its progress."""

    def act() -> Response:
        ticked = {"--active": body.active, "--inactive": body.inactive}
        boxes = [box for box, wanted in ticked.items() if wanted]
        words = ["resync" if boxes else "sync", *boxes]
        context.app.jobs.run(context.site, words, context.actor.name, context.now)
        return answer(sync.Started(started=words[0]), 202)

    return context.once(act)


def processes_benefits(context: PageContext) -> bool:
    """Return whether the site has a rulebook."""
    return context.app.deployment.settings.sites[context.site].intake_rules().processes_benefits


def answer(shape: Shape, status: int = 200) -> Response:
    """Return a shape as JSON."""
    return JSONResponse(shape.model_dump(mode="json"), status)


def _changed(context: PageContext, change: Callable[[], None]) -> Response:
    def act() -> Response:
        change()
        return Response(status_code=204)

    return context.once(act)


def paging(page: Page[Any]) -> dict[str, int]:
    """Return where a page stands in its list."""
    return {"total": page.total, "page": page.number, "pages": page.pages}


def _decided(decision: Decision) -> Response:
    """Return the result of one decision; a refused one is a conflict, and names the request that replaced it."""
    shape = request_shapes.decision(decision)
    if decision.error is None:
        return answer(shape)
    error = {**decision.error.as_json(), "fix": remedies.in_api(decision.error)}
    return JSONResponse({"error": error, "decision": shape.model_dump(mode="json")}, 409)
