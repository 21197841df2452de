"""The routes of the JSON API about dependents and beneficiaries: the actions of the page, with the same rights."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from starlette.responses import Response

from bensync.actions.benefits import case_edits
from bensync.actions.benefits.case_edits import CaseEdit
from bensync.api_shapes import bodies
from bensync.api_shapes.benefits import dependents as shapes
from bensync.benefits.values.cases import Case
from bensync.benefits.values.enrollments import Allocation
from bensync.core.access import Right
from bensync.web.api.routes import REFUSALS, answer
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.routing import SITE_API, Router
from bensync.wording.families import views

route = Router(SITE_API)


@route.get("/people/{number}/dependents", Right.SEE_PEOPLE, response_model=shapes.Dependents, responses=REFUSALS)
def dependents(context: Entered, number: Number, *, dropped: bool = False) -> Response:
    """Return the dependents and beneficiaries of today; `dropped` includes those who were dropped."""
    with context.read() as state:
        case = state.cases.load([number]).get(number)
    if case is None:
        raise NotFound
    return answer(_listed(context, case, context.now.date(), dropped=dropped))


@route.post("/people/{number}/dependents", Right.EVENTS, response_model=shapes.Dependents, responses=REFUSALS)
def add(context: Entered, number: Number, body: bodies.EnterDependent) -> Response:
    """Add a dependent or beneficiary, and return those of that day."""
    return _edited(context, number, case_edits.add_dependent(body.fields, body.on), body.reason, body.on)


@route.post(
    "/people/{number}/dependents/{dependent}", Right.EVENTS, response_model=shapes.Dependents, responses=REFUSALS
)
def change(context: Entered, number: Number, dependent: Number, body: bodies.EnterDependent) -> Response:
    """Change a dependent from a day on, and return those of that day."""
    edit = case_edits.change_dependent(dependent, body.fields, body.on)
    return _edited(context, number, edit, body.reason, body.on)


@route.post(
    "/people/{number}/dependents/{dependent}/drop",
    Right.EVENTS,
    response_model=shapes.Dependents,
    responses=REFUSALS,
)
def drop(context: Entered, number: Number, dependent: Number, body: bodies.DropDependent) -> Response:
    """Drop a dependent from a day on; the end of their coverage needs `confirmed`."""
    edit = case_edits.drop_dependent(dependent, body.why, body.on)
    return _edited(context, number, edit, body.reason, body.on, confirmed=body.confirmed)


@route.post("/people/{number}/events/{event}/enroll-all", Right.EVENTS, status_code=204, responses=REFUSALS)
def enroll_all(context: Entered, number: Number, event: Number, body: bodies.EnrollAll) -> Response:
    """Assign everybody to the elections of an event; a replacement of assignments needs `confirmed`."""
    return _done(context, number, case_edits.enroll_all(event), confirmed=body.confirmed)


@route.post("/people/{number}/beneficiaries", Right.EVENTS, status_code=204, responses=REFUSALS)
def assign_beneficiaries(context: Entered, number: Number, body: bodies.AssignBeneficiaries) -> Response:
    """Set the beneficiaries of a coverage from a day on."""
    edit = case_edits.assign_beneficiaries(body.plan_type, shares(body.shares), body.on)
    return _done(context, number, edit, body.reason)


def shares(sent: Iterable[bodies.Share]) -> tuple[Allocation, ...]:
    """Return the shares of a body."""
    return tuple(Allocation(share.dependent, Decimal(share.percent), share.kind) for share in sent)


def _edited(
    context: PageContext, number: int, edit: CaseEdit, reason: str, on: date, *, confirmed: bool = False
) -> Response:
    def act() -> Response:
        case = context.actions.change_case(number, edit, reason=reason, confirmed=confirmed).case
        return answer(_listed(context, case, on, dropped=True))

    return context.once(act)


def _done(context: PageContext, number: int, edit: CaseEdit, reason: str = "", *, confirmed: bool = False) -> Response:
    def act() -> Response:
        context.actions.change_case(number, edit, reason=reason, confirmed=confirmed)
        return Response(status_code=204)

    return context.once(act)


def _listed(context: PageContext, case: Case, on: date, *, dropped: bool) -> shapes.Dependents:
    return shapes.dependents(case.participant.id, on, views(case, on, context.visibility, dropped=dropped))
