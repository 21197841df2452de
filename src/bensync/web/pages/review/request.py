"""One request: before and after, what follows, and the decision."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from starlette.responses import RedirectResponse, Response

from bensync.actions import approvals
from bensync.actions.decisions import Decision
from bensync.core.access import Right
from bensync.core.changes import ChangeKind, field_changes
from bensync.core.people import masked_ssn
from bensync.core.requests import DeclineCode, Request, RequestState
from bensync.core.values.limits import LONGEST_NOTE
from bensync.errors import DecisionError
from bensync.state.read.lists import RequestView
from bensync.state.site_state import SiteState
from bensync.state.sync.requests import FirstApproval
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.routing import SITE_PAGES, Router
from bensync.web.shared.request_list import ListQuery, list_query, pending_filter
from bensync.wording import remedies
from bensync.wording.decision_effects import effects
from bensync.wording.sync import closed, one_of
from bensync.wording.visibility import Fact

route = Router(SITE_PAGES)


@route.get("/requests/{number}", Right.SEE_REQUESTS)
def show(context: Entered, number: Number) -> Response:
    """Show the request with everything that a decision needs."""
    asked = list_query(context)
    with context.read() as state:
        view = _view_of(state, number)
        decides = context.may(Right.DECIDE) and view.state is RequestState.PENDING
        other = state.filtered.person(view.duplicate_of) if view.duplicate_of else None
        line = (
            state.filtered.numbers(pending_filter(context, state, asked), asked.order)
            if view.state is RequestState.PENDING
            else []
        )
        trail = state.filtered.audit_page(1, 20, subject=f"request {number}").items
        request = state.requests.get([number])[number]
        first = state.requests.first_approval(request) if decides else None
        # What this request brought is the page itself.
        history = [past for past in state.timeline.episodes(view.person.employee_id) if past.request != number]
        foreseen = context.foresee(state, request)
    visibility = context.visibility
    rules = context.app.deployment.settings.sites[context.site].intake_rules()
    lines, hidden = visibility.lines(view.changes, view.person.employee_id)
    declined, hidden_declined = visibility.lines(view.declined_before, view.person.employee_id)
    row = visibility.row(view)
    differing = field_changes(other.values, _masked(request)) if other is not None else ()
    return context.page(
        "review/request.html",
        view=view,
        row=row,
        lines=lines,
        declined=declined,
        hidden=hidden + hidden_declined,
        unticked=_unticked(view, first),
        closed=closed(view.closed_because),
        left_out=visibility.labels(name for name in view.left_out if visibility.sees(name, view.person.employee_id)),
        same=_same(context, request) if view.kind is not ChangeKind.NEW else [],
        first=first,
        second=decides and approvals.wants_second(request, rules),
        effects=effects(
            view,
            row.name,
            foreseen=foreseen is not None,
            touches=foreseen is not None and foreseen.touches,
            processes_benefits=rules.processes_benefits,
        ),
        foreseen=foreseen,
        sentences=context.outlook_sentences(foreseen, request.employee_id),
        other=visibility.person(other.person) if other is not None else None,
        compared=visibility.lines(differing, view.person.employee_id)[0],
        asked=asked,
        decides=decides,
        reveals=context.may(Right.REVEAL) or context.may(Right.BREAK_GLASS),
        trail=trail,
        history=list(reversed(history))[:12],
        place=line.index(number) + 1 if number in line else 0,
        length=len(line),
        before=_beside(line, number, -1),
        after=_beside(line, number, 1),
    )


@route.post("/requests/{number}/approve", Right.DECIDE)
def approve(context: Entered, number: Number) -> Response:
    """Approve the request and open the next one."""
    return context.once(lambda: _approve(context, number))


@route.post("/requests/{number}/decline", Right.DECIDE)
def decline(context: Entered, number: Number) -> Response:
    """Decline the request and open the next one."""
    return context.once(lambda: _decline(context, number))


@route.post("/requests/{number}/ask-again", Right.DECIDE)
def ask_again(context: Entered, number: Number) -> Response:
    """Open a request for what this one declined, and show it."""

    def act() -> Response:
        decision = context.actions.ask_again(number, context.form.reason())
        context.flash("Asked again. This request has what HR says now.")
        return context.go(context.at(f"/requests/{decision.successor}"))

    return context.once(act)


def _approve(context: PageContext, number: int) -> Response:
    asked = list_query(context)
    name, after = _before_deciding(context, asked, number)
    (decision,) = context.actions.approve(
        [number],
        confirmed=context.form.text("confirmed") == "yes",
        as_ssn_correction=context.form.text("how") == "correction",
        voiding=context.form.text("voiding") == "yes",
        # The page always sends it where fields can be chosen; without it, nothing selected would mean everything.
        only=context.form.texts("field") if context.form.text("choosing") == "yes" else None,
        code=one_of(DeclineCode, context.form.text("reason")) or DeclineCode.ERROR,
    )
    done = "First approval given. A second person must approve, too." if decision.waits else "Request approved."
    return _answer(context, asked, decision, f"{name}: {done}", after)


def _decline(context: PageContext, number: int) -> Response:
    asked = list_query(context)
    name, after = _before_deciding(context, asked, number)
    code = one_of(DeclineCode, context.form.text("reason"))
    if code is None:
        raise DecisionError("The request was not declined.", "No reason is selected.", "Go back and select a reason.")
    note = context.form.text("note", LONGEST_NOTE)
    (decision,) = context.actions.decline([number], code, note)
    return _answer(context, asked, decision, f"{name}: Request declined.", after)


def _answer(context: PageContext, asked: ListQuery, decision: Decision, done: str, after: int | None) -> Response:
    """Open the next request of the same list, or show why there was no decision, with a link to the current request."""
    if decision.error is not None:
        error, fix = decision.error, remedies.on_page(decision.error)
        link = context.at(f"/requests/{decision.successor or decision.request_id}") + asked.query(number=asked.number)
        values = {"title": "The request was not decided", "what": error.what, "why": error.why, "fix": fix}
        text = f"View request {decision.successor}" if decision.successor else "Reload request"
        return context.page("shared/error.html", 409, **values, link=link, link_text=text)
    context.flash(done, link=context.at(f"/requests/{decision.request_id}"), link_text="View request")
    return RedirectResponse(context.at(f"/requests/{after}" if after else "/requests") + asked.query(), 303)


def _before_deciding(context: PageContext, asked: ListQuery, number: int) -> tuple[str, int | None]:
    """Return the name of the employee and the number of the next request."""
    with context.read() as state:
        view = _view_of(state, number)
        line = state.filtered.numbers(pending_filter(context, state, asked), asked.order)
    # Found before the decision: afterwards this request is no longer in the list, and has no neighbor.
    after = _beside(line, number, 1) or next((other for other in line if other != number), None)
    return context.visibility.name(view.person.name, view.person.employee_id), after


def _unticked(view: RequestView, first: FirstApproval | None) -> Collection[str]:
    """Return the fields that the page shows unticked: those declined before, or what the first approver left out."""
    if first is not None and first.way.left_out is not None:
        return first.way.left_out
    return [change.field for change in view.declined_before]


def _same(context: PageContext, request: Request) -> list[Fact]:
    """Return the unchanged fields."""
    changed = {change.field for change in (*request.changes, *request.declined_before)}
    values = {name: text for name, text in _masked(request).items() if name not in changed}
    return context.visibility.facts(values, request.employee_id)


def _masked(request: Request) -> dict[str, str]:
    """Return the values from HR, with the SSN masked."""
    values = dict(request.in_hr.values)
    # Masked before it reaches the template, where a new field could show it by mistake.
    return {**values, "ssn": masked_ssn(values.get("ssn")) or ""}


def _view_of(state: SiteState, number: int) -> RequestView:
    view = state.filtered.request(number)
    if view is None:
        raise NotFound
    return view


def _beside(line: Sequence[int], number: int, step: int) -> int | None:
    if number not in line:
        return line[0] if line and step > 0 else None
    place = line.index(number) + step
    return line[place] if 0 <= place < len(line) else None
