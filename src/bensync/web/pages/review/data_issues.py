"""People who are kept back, and everything that happened to one HR employee."""

from __future__ import annotations

import re

from fastapi import APIRouter
from starlette.responses import Response

from bensync.core.access import Right
from bensync.core.changes import IssueCode
from bensync.core.people import masked_ssn
from bensync.web.http.context import Entered, NotFound
from bensync.web.pages.review.held_changes import names_of
from bensync.web.pages.review.requests import asked_of
from bensync.wording import sync

router = APIRouter()

_EMPLOYEE = re.compile(r"[\w.:-]{1,64}", re.ASCII)


@router.get("/sites/{site}/kept-back")
def people(visit: Entered) -> Response:
    """Who is kept back, and what mends it."""
    code = sync.one_of(IssueCode, visit.request.query_params.get("cause")) or ""
    with visit.look() as work:
        page = work.screens.issue_page(asked_of(visit).number, code=code)
        causes = work.screens.causes()
        names = names_of(visit, work, [issue.employee_id for issue in page.items])
    return visit.page("kept_back.html", page=page, causes=causes, code=code, names=names, issue=sync.issue)


@router.get("/sites/{site}/employees/{employee_id}")
def employee(visit: Entered, employee_id: str) -> Response:
    """What was told of one HR employee, why they are kept back, and what happened."""
    if not _EMPLOYEE.fullmatch(employee_id):
        raise NotFound
    with visit.look() as work:
        told = work.history.told(employee_id)
        episodes = work.history.episodes(employee_id)
        open_issues = [one for one in work.screens.issue_page(1, 10_000).items if one.employee_id == employee_id]
        numbers = work.screens.participants_of(employee_id)
        names = names_of(visit, work, [employee_id])
    if told is None and not episodes and not open_issues:
        raise NotFound
    values = dict(told.profile.values) if told is not None else {}
    if "ssn" in values:
        values["ssn"] = masked_ssn(values["ssn"]) or ""
    return visit.page(
        "employee.html",
        employee_id=employee_id,
        name=names.get(employee_id) or visit.eyes.name("", employee_id),
        told=told,
        facts=visit.eyes.facts(values, employee_id),
        episodes=list(reversed(episodes)),
        issues=open_issues,
        issue=sync.issue,
        participants=numbers if visit.may(Right.SEE_PEOPLE) else [],
    )
