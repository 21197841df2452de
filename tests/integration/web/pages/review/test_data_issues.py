"""The page of one HR employee: an employee who is gone from HR is released there."""

from __future__ import annotations

from bensync.core.access import Role
from bensync.core.changes import Issue, IssueCode
from tests.unit.builders import profile


def missing(web_pages):
    """One employee who is missing from HR, with an active participant."""
    web_pages.deployment.approved(profile(1))
    with web_pages.deployment.store.write("acme", "test") as state:
        state.issues.record([Issue("1", IssueCode.ABSENT)], set(), set(), web_pages.deployment.now)


def codes(web_pages):
    with web_pages.deployment.store.read("acme") as state:
        return state.issues.open_codes()


def test_A_88_a_missing_employee_is_released_with_the_caution_that_coverage_continues(web_pages):
    missing(web_pages)
    owner = web_pages.as_role(Role.DATA_OWNER)
    page = owner.get("/sites/acme/employees/1").text
    assert "Missing from HR" in page
    assert "A release ends no coverage" in page

    refused = owner.post("/sites/acme/employees/1/release", {"reason": "a test record"})
    assert "Read the caution and select its checkbox." in refused.text
    assert codes(web_pages) == {"1": {IssueCode.ABSENT}}

    owner.get("/sites/acme/employees/1")
    owner.post("/sites/acme/employees/1/release", {"reason": "a test record", "confirmed": "yes"})
    assert codes(web_pages) == {}
    assert "is released" in owner.get("/sites/acme/kept-back").text


def test_a_role_without_corrections_sees_the_issue_and_no_release(web_pages):
    missing(web_pages)
    page = web_pages.as_role(Role.HR_USER).get("/sites/acme/employees/1").text
    assert "Missing from HR" in page
    assert "Release employee" not in page
