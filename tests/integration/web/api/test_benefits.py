"""Benefit events over the JSON API: what may be foreseen, entered, marked and taken back, with the rights of the pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync.benefits.values.events import EventStatus, Process
from bensync.core.access import Right, Role
from tests.fixtures.databases import in_file
from tests.fixtures.pages import Pages, Visitor, pages
from tests.integration.web.benefit_pages import case_of, enrolled, hired, leaving, run

API = "/api/sites/acme"


@pytest.fixture
def web_pages(tmp_path: Path) -> Iterator[Pages]:
    with pages(tmp_path, in_file(tmp_path), benefits=True) as served:
        yield served


@pytest.fixture
def owner(web_pages: Pages) -> Visitor:
    return web_pages.as_role(Role.DATA_OWNER)


def test_elections_are_entered_and_an_event_is_marked_and_taken_back(web_pages, owner):
    someone = web_pages.deployment.approved(hired())
    run(web_pages)
    event = f"{API}/people/{someone.id}/events/1"
    answer = owner.ask_api("GET", event).json()
    assert answer["process"] == "PR"
    assert {offer["plan_type"] for offer in answer["offers"]} >= {"medical", "dental"}
    body = {"elections": [{"plan_type": "medical", "plan": "PPO", "option": "EE"}]}
    assert owner.ask_api("POST", f"{event}/elections", body).json()["process"] == "ET"
    withdrawn = owner.ask_api("POST", f"{event}/elections", {"withdraw": ["medical"]}).json()
    assert (withdrawn["process"], withdrawn["elections"]) == ("PR", [])
    assert owner.ask_api("POST", f"{event}/elections", {}).status_code == 409
    assert owner.ask_api("POST", f"{event}/elections", body).json()["process"] == "ET"
    run(web_pages)
    benefits = owner.ask_api("GET", f"{API}/people/{someone.id}/benefits").json()
    assert ("medical", "PPO", "ELECT") in {(row["plan_type"], row["plan"], row["coverage"]) for row in benefits["rows"]}
    assert owner.ask_api("POST", f"{event}/final", {"reason": "too late"}).status_code == 409
    marked = owner.ask_api("POST", f"{event}/reprocess", {"how": "VOID", "reason": "a mistake"})
    assert marked.json()["indicator"] == "VOID"
    run(web_pages)
    assert case_of(web_pages, someone.id).event(1).status is EventStatus.VOID


def test_S3_169_details_are_entered_over_the_api_and_shown_with_the_election(web_pages, owner):
    someone = web_pages.deployment.approved(hired())
    run(web_pages)
    event = f"{API}/people/{someone.id}/events/1"
    funds = [{"fund": "BONDS", "percent": "60"}, {"fund": "STOCKS", "percent": "40"}]
    savings = {"plan_type": "savings", "plan": "SAVE", "option": "PCT", "details": {"percent": "5", "funds": funds}}
    (shown,) = owner.ask_api("POST", f"{event}/elections", {"elections": [savings]}).json()["elections"]
    assert (shown["details"]["percent"], shown["details"]["funds"]) == ("5", funds)
    run(web_pages)
    assert owner.ask_api("GET", event).json()["process"] == "FE"


def test_an_outlook_is_given_in_figures_and_in_words(web_pages, owner):
    someone = enrolled(web_pages, owner)
    number = web_pages.deployment.ask(leaving(), someone)
    answer = owner.ask_api("GET", f"{API}/requests/{number}/outlook").json()
    medical = next(shift for shift in answer["shifts"] if shift["plan_type"] == "medical")
    assert (medical["begin"], medical["before"]["plan"], medical["after"]) == ("2026-06-01", "PPO", None)
    assert answer["cobra"] == ["2026-06-01"]
    assert "COBRA starts on Jun 1, 2026." in answer["sentences"]
    assert owner.ask_api("GET", f"{API}/requests/99/outlook").status_code == 404


def test_A_68_a_loss_of_everything_is_listed_and_wants_to_be_confirmed(web_pages, owner):
    someone = enrolled(web_pages, owner)
    number = web_pages.deployment.ask(hired(fte="0.2"), someone)
    owner.ask_api("POST", f"{API}/requests/{number}/approve", {"confirmed": True})
    run(web_pages)
    (line,) = owner.ask_api("GET", f"{API}/events?losses=true").json()["events"]
    assert (line["person"]["participant"], line["number"], line["loss_of_all"]) == (someone.id, 2, True)
    assert owner.ask_api("GET", f"{API}/events/board").json()["losses"] == 1
    event = f"{API}/people/{someone.id}/events/2"
    assert owner.ask_api("POST", f"{event}/final", {"reason": "seen by two"}).status_code == 409
    assert owner.ask_api("POST", f"{event}/final", {"reason": "seen by two", "confirmed": True}).json()["final"]
    run(web_pages)
    assert case_of(web_pages, someone.id).event(2).process is Process.FE
    cobra = f"{API}/people/{someone.id}/cobra/2"
    assert owner.ask_api("POST", cobra, {"step": "notice_sent", "on": "2027-01-01"}).status_code == 409
    assert owner.ask_api("POST", cobra, {"step": "notice_sent", "on": "2026-06-01"}).status_code == 204
    (record,) = owner.ask_api("GET", f"{API}/people/{someone.id}/benefits").json()["cobra"]
    assert {deadline["step"]: deadline["done"] for deadline in record["deadlines"]}["notice_sent"] == "2026-06-01"


def test_activities_are_added_held_and_deleted(web_pages, owner):
    someone = enrolled(web_pages, owner)
    at = f"{API}/people/{someone.id}"
    body = {"event_class": "BIR", "on": "2026-05-28", "reason": "said on the phone"}
    assert owner.ask_api("POST", f"{at}/activities", body).status_code == 204
    assert owner.ask_api("POST", f"{at}/activities", {**body, "event_class": "SNP"}).status_code == 409
    assert owner.ask_api("POST", f"{at}/activities/2", {"how": "hold"}).status_code == 204
    assert owner.ask_api("POST", f"{at}/activities/2", {"how": "forget"}).status_code == 422
    assert owner.ask_api("POST", f"{at}/activities/2", {"how": "delete"}).status_code == 204
    activities = owner.ask_api("GET", f"{at}/benefits").json()["activities"]
    assert [entry["state"] for entry in activities] == ["PROCESSED", "DELETED"]


def test_figures_are_null_for_users_who_do_not_see_the_pay(web_pages, owner):
    someone = enrolled(web_pages, owner)
    whole = owner.ask_api("GET", f"{API}/people/{someone.id}/benefits").json()["rows"][0]
    assert whole["employee"] == "80.00"
    web_pages.deployment.add("looker", Role.BROKER, Right.SEE_PEOPLE)
    broker = web_pages.visitor()
    broker.api_token = web_pages.token("looker")
    seen = broker.ask_api("GET", f"{API}/people/{someone.id}/benefits").json()["rows"][0]
    assert (seen["plan"], seen["employee"]) == (whole["plan"], None)


def test_a_site_without_a_rulebook_says_so(tmp_path):
    with pages(tmp_path, in_file(tmp_path)) as bare:
        owner = bare.as_role(Role.DATA_OWNER)
        assert owner.ask_api("GET", f"{API}/events/board").json()["configured"] is False
        number = bare.deployment.ask(hired())
        assert owner.ask_api("GET", f"{API}/requests/{number}/outlook").status_code == 409
