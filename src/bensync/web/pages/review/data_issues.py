"""Employees with data issues, and the history of one HR employee."""

from __future__ import annotations

import re

from starlette.responses import Response

from bensync.core.access import Right
from bensync.core.changes import UNSEEN, IssueCode
from bensync.core.people import Standing, masked_ssn
from bensync.web.http.context import Entered, NotFound
from bensync.web.http.paging import paging
from bensync.web.http.routing import SITE_PAGES, MenuEntry, Router
from bensync.web.shared.names import names_by_employee
from bensync.wording import sync

route = Router(SITE_PAGES)

_EMPLOYEE = re.compile(r"[\w.:-]{1,64}", re.ASCII)


@route.get("/kept-back", Right.SEE_REQUESTS, menu=MenuEntry("Data issues", 40, "kept_back", "warn"))
def people(context: Entered) -> Response:
    """Show the employees with data issues, each with its fix."""
    code = sync.one_of(IssueCode, context.request.query_params.get("cause")) or ""
    with context.read() as state:
        page = state.filtered.issue_page(paging(context.request.query_params).number, code=code)
        causes = state.filtered.causes()
        names = names_by_employee(context, state, [issue.employee_id for issue in page.items])
    return context.page("review/data_issues.html", page=page, causes=causes, code=code, names=names, issue=sync.issue)


@route.get("/employees/{employee_id}", Right.SEE_REQUESTS)
def employee(context: Entered, employee_id: str) -> Response:
    """Show what was last sent for one employee, their data issues and their history."""
    if not _EMPLOYEE.fullmatch(employee_id):
        raise NotFound
    with context.read() as state:
        last_sent = state.timeline.last_sent(employee_id)
        episodes = state.timeline.episodes(employee_id)
        open_issues = [
            issue for issue in state.filtered.issue_page(1, 10_000).items if issue.employee_id == employee_id
        ]
        numbers = state.filtered.participants_of(employee_id)
        standings = {number: person.standing for number, person in state.participants.by_ids(numbers).items()}
        names = names_by_employee(context, state, [employee_id])
    if last_sent is None and not episodes and not open_issues:
        raise NotFound
    values = dict(last_sent.profile.values) if last_sent is not None else {}
    if "ssn" in values:
        # Masked before it reaches the template, where a new field could show it by mistake.
        values["ssn"] = masked_ssn(values["ssn"]) or ""
    return context.page(
        "review/employee.html",
        employee_id=employee_id,
        name=names.get(employee_id) or context.visibility.name("", employee_id),
        last_sent=last_sent,
        facts=context.visibility.facts(values, employee_id),
        episodes=list(reversed(episodes)),
        issues=open_issues,
        issue=sync.issue,
        participants=numbers if context.may(Right.SEE_PEOPLE) else [],
        releases=context.may(Right.CORRECT) and any(entry.code in UNSEEN for entry in open_issues),
        active=[number for number, standing in standings.items() if standing is Standing.ACTIVE],
    )


@route.post("/employees/{employee_id}/release", Right.CORRECT)
def release(context: Entered, employee_id: str) -> Response:
    """Release an employee whom HR does not show any more."""
    if not _EMPLOYEE.fullmatch(employee_id):
        raise NotFound

    def act() -> Response:
        confirmed = context.form.text("confirmed") == "yes"
        context.actions.release(employee_id, context.form.reason(), confirmed=confirmed)
        context.flash(f"Employee {employee_id} is released. Nothing was terminated, and no sync asks for them again.")
        return context.go(context.at("/kept-back"))

    return context.once(act)
