"""Dependents and beneficiaries over the JSON API: entered, changed, dropped, enrolled at once, with the rights of the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync.core.access import Role
from tests.fixtures.databases import in_file
from tests.fixtures.pages import Pages, Visitor, pages
from tests.integration.web.benefit_pages import case_of, enrolled, hired, run

API = "/api/sites/acme"
REASON = "form received"
ROBIN = {"relationship": "spouse", "first_name": "Robin", "last_name": "Moss", "ssn": "200-11-2345"}
ANA = {"relationship": "child", "first_name": "Ana", "last_name": "Moss", "birth_date": "2018-03-04"}


@pytest.fixture
def web_pages(tmp_path: Path) -> Iterator[Pages]:
    with pages(tmp_path, in_file(tmp_path), benefits=True) as served:
        yield served


@pytest.fixture
def owner(web_pages: Pages) -> Visitor:
    return web_pages.as_role(Role.DATA_OWNER)


def entered(visitor, number, fields, on="2026-05-01", **headers):
    body = {"fields": fields, "on": on, "reason": REASON}
    return visitor.ask_api("POST", f"{API}/people/{number}/dependents", body, **headers)


def test_S3_173_a_family_is_entered_elected_and_dropped(web_pages, owner):
    someone = web_pages.deployment.approved(hired())
    run(web_pages)
    people = f"{API}/people/{someone.id}"
    assert entered(owner, someone.id, ROBIN).status_code == 200
    (robin, ana) = entered(owner, someone.id, ANA).json()["dependents"]
    assert (robin["ssn"], ana["ssn"], ana["name"], ana["birth_date"]) == ("***-**-2345", None, "Ana Moss", "2018-03-04")

    medical = {"plan_type": "medical", "plan": "PPO", "option": "FAM", "dependents": [2]}
    shares = [{"dependent": 1, "percent": "100"}]
    life = {"plan_type": "life", "plan": "LIFE", "option": "1X", "beneficiaries": shares}
    event = f"{people}/events/1"
    assert owner.ask_api("POST", f"{event}/elections", {"elections": [medical, life]}).json()["process"] == "ET"
    assert owner.ask_api("POST", f"{event}/enroll-all", {}).status_code == 409
    assert owner.ask_api("POST", f"{event}/enroll-all", {"confirmed": True}).status_code == 204
    run(web_pages)
    rows = owner.ask_api("GET", f"{people}/benefits").json()["in_force"]
    assigned = {row["plan_type"]: (row["dependents"], row["beneficiaries"]) for row in rows}
    assert assigned["medical"] == ([1, 2], [])
    assert [(share["dependent"], share["percent"]) for share in assigned["life"][1]] == [(1, "50.00"), (2, "50.00")]

    body = {"fields": {"student": "yes"}, "on": "2026-05-20", "reason": REASON}
    (_, ana) = owner.ask_api("POST", f"{people}/dependents/2", body).json()["dependents"]
    assert (ana["student"], ana["covered"]) == (True, ["medical"])
    drop = {"why": "other", "on": "2026-06-01", "reason": REASON}
    assert owner.ask_api("POST", f"{people}/dependents/2/drop", drop).status_code == 409
    (_, ana) = owner.ask_api("POST", f"{people}/dependents/2/drop", {**drop, "confirmed": True}).json()["dependents"]
    assert ana["dropped"] == "other"
    listed = owner.ask_api("GET", f"{people}/dependents").json()["dependents"]
    assert [entry["number"] for entry in listed] == [1]
    every = owner.ask_api("GET", f"{people}/dependents?dropped=true").json()["dependents"]
    assert [entry["number"] for entry in every] == [1, 2]


def test_beneficiaries_are_assigned_and_each_fault_has_its_code(web_pages, owner):
    someone = enrolled(web_pages, owner)
    entered(owner, someone.id, ROBIN)
    path = f"{API}/people/{someone.id}/beneficiaries"
    body = {"plan_type": "life", "on": "2026-06-10", "reason": REASON}
    life = {row.plan_type for row in case_of(web_pages, someone.id).enrollments}
    assert "life" in life
    wrong = owner.ask_api("POST", path, {**body, "shares": [{"dependent": 1, "percent": "60"}]})
    assert (wrong.status_code, wrong.json()["error"]["faults"]) == (409, "shares_not_100")
    right = owner.ask_api("POST", path, {**body, "shares": [{"dependent": 1, "percent": "100"}]})
    assert right.status_code == 204
    wrong = entered(owner, someone.id, {**ANA, "birth_date": "2027-01-01"})
    assert (wrong.status_code, wrong.json()["error"]["faults"]) == (409, "born_after_today")


def test_an_entry_that_is_sent_twice_with_one_key_is_made_once(web_pages, owner):
    someone = web_pages.deployment.approved(hired())
    first = entered(owner, someone.id, ANA, **{"idempotency-key": "abc"})
    again = entered(owner, someone.id, ANA, **{"idempotency-key": "abc"})
    assert (first.json(), first.status_code) == (again.json(), 200)
    assert len(case_of(web_pages, someone.id).dependents) == 1


def test_a_role_without_the_right_changes_no_family_and_a_number_that_is_unknown_has_none(web_pages, owner):
    someone = web_pages.deployment.approved(hired())
    auditor = web_pages.as_role(Role.AUDITOR)
    assert entered(auditor, someone.id, ANA).status_code == 403
    assert case_of(web_pages, someone.id).dependents == ()
    assert owner.ask_api("GET", f"{API}/people/99/dependents").status_code == 404
