"""Who may ask for what: every route x every role x own and other site, from the declared table, and forged forms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from bensync.core.access import Grant, Right, Role
from bensync.errors import ConfigError
from bensync.web import app as application
from bensync.web.app import RULES
from bensync.web.http.jobs import Job
from bensync.web.http.routing import API, Rule
from tests.fixtures.databases import in_file
from tests.fixtures.pages import OURS, SITES, Pages, Visitor, pages
from tests.unit.builders import profile, ssn

ROLES = list(Role)
REVIEWERS = {Role.DATA_OWNER, Role.SENIOR_USER, Role.HR_USER}
BODIES = {
    "approve": {"ids": [2]},
    "decline": {"reason": "OTHER"},
    "correct": {"fields": {"city": "Erie"}, "reason": "letter"},
    "terminate": {"on": "2026-05-31", "reason": "letter"},
    "reinstate": {"reason": "letter"},
    "release": {"reason": "letter"},
    "elections": {"elections": [{"plan_type": "medical"}]},
    "final": {"reason": "letter"},
    "reprocess": {"how": "VOID", "reason": "letter"},
    "activities": {"event_class": "BIR", "on": "2026-05-31", "reason": "letter"},
    "{activity}": {"how": "hold"},
    "{event}": {"step": "paid", "on": "2026-05-31"},
}
# Written manually, so that a slip in the tables does not prove itself right (S1-07, S1-10, S1-11).
BY_HAND = {
    ("GET", ""): {*Role} - {Role.CARRIER, Role.EMPLOYEE},
    ("GET", "/requests"): REVIEWERS | {Role.AUDITOR},
    ("POST", "/requests/{number}/approve"): REVIEWERS,
    ("POST", "/requests/bulk/approve"): REVIEWERS,
    ("GET", "/people"): REVIEWERS,
    ("POST", "/people/{number}/terminate"): {Role.DATA_OWNER, Role.SENIOR_USER},
    ("POST", "/employees/{employee_id}/release"): {Role.DATA_OWNER, Role.SENIOR_USER},
    ("POST", "/people/{number}/ssn"): {Role.DATA_OWNER, Role.SENIOR_USER},
    ("POST", "/people/{number}/correct-ssn"): {Role.DATA_OWNER, Role.SENIOR_USER},
    ("GET", "/events"): {*Role} - {Role.CARRIER, Role.EMPLOYEE},
    ("GET", "/events/list"): REVIEWERS,
    ("POST", "/events/run"): {Role.DATA_OWNER, Role.SENIOR_USER},
    ("POST", "/people/{number}/events/{event}/final"): {Role.DATA_OWNER, Role.SENIOR_USER},
    ("GET", "/own"): {Role.EMPLOYEE},
    ("POST", "/synchronize"): REVIEWERS | {Role.OPERATOR},
    ("POST", "/held/allow"): {Role.DATA_OWNER, Role.SENIOR_USER},
    ("GET", "/audit"): {Role.DATA_OWNER, Role.SENIOR_USER, Role.AUDITOR},
    ("GET", "/sign-ins"): {Role.DATA_OWNER, Role.AUDITOR, Role.OPERATOR},
    ("POST", "/audit/verify"): {Role.DATA_OWNER, Role.SENIOR_USER, Role.AUDITOR, Role.OPERATOR},
    ("GET", "/users"): {Role.DATA_OWNER},
    ("POST", "/users"): {Role.DATA_OWNER},
}


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """One participant and one request on each site, and a run that never ends."""
    folder = tmp_path_factory.mktemp("pages")
    with pages(folder, in_file(folder)) as web_pages:
        web_pages.deployment.add("victim", Role.HR_USER)
        for site in SITES:
            web_pages.deployment.approved(profile(1), site=site)
            web_pages.deployment.ask(profile(2), site=site)
            busy = Job(site, ["sync"], "somebody", datetime.now(UTC))
            web_pages.app.state.bensync.jobs._last[site, False] = busy  # no test of rights starts a process
        yield web_pages


def path_of(rule: Rule, site: str) -> str:
    number = "1" if "/people" in rule.path or "/users" in rule.path or "/audit" in rule.path else "2"
    parts = {
        "site": site,
        "number": number,
        "employee_id": "1",
        "name": "bensync.css",
        "event": "1",
        "activity": "1",
        "dependent": "1",
    }
    return rule.path.format(**parts)


def ask(visitor: Visitor, rule: Rule, site: str) -> int:
    path = path_of(rule, site)
    if rule.path.startswith(API):
        return visitor.ask_api(rule.method, path, BODIES.get(rule.path.rpartition("/")[2])).status_code
    if rule.uploads:
        form = {"token": visitor.token, "key": visitor.key}
        files = {"census": ("census.csv", b"", "text/csv")}
        visitor.last = visitor.client.post(path, data=form, files=files, headers=OURS, follow_redirects=False)
        return visitor.last.status_code
    answer = visitor.get(path) if rule.method == "GET" else visitor.post(path)
    return answer.status_code


def site_rules() -> list[Rule]:
    return [rule for rule in RULES if rule.access is None]


@pytest.mark.parametrize("role", ROLES)
def test_every_role_gets_what_the_table_says_and_nothing_else(peopled, role):
    visitor = peopled.as_role(role)
    rights = Grant("acme", role, "1" if role is Role.EMPLOYEE else "").rights()
    wrong = []
    for rule in site_rules():
        status = ask(visitor, rule, "acme")
        assert not visitor.last.headers.get("location", "").startswith("/sign-in"), rule
        allowed = not rights.isdisjoint(rule.rights)
        if (status == 403) == allowed or status >= 500:
            wrong.append((rule.method, rule.path, status))
        by_hand = BY_HAND.get((rule.method, rule.path.removeprefix("/sites/{site}")))
        assert by_hand is None or (role in by_hand) == allowed, rule
    assert not wrong


@pytest.mark.parametrize("role", ROLES)
def test_another_site_does_not_exist_for_anybody(peopled, role):
    visitor = peopled.as_role(role)
    statuses = {(rule.method, rule.path): ask(visitor, rule, "globex") for rule in site_rules()}
    assert {where: status for where, status in statuses.items() if status != 404} == {}
    nowhere = {(rule.method, rule.path): ask(visitor, rule, "nowhere") for rule in site_rules()}
    assert nowhere == statuses  # a site of others looks like none at all


def test_an_attempt_without_the_right_is_in_the_audit_trail(peopled):
    visitor = peopled.as_role(Role.AUDITOR)
    assert visitor.post("/sites/acme/requests/2/approve").status_code == 403
    assert ("auditor", "decision.refused") in peopled.deployment.audit("acme")


def test_a_route_without_a_rule_stops_the_build(monkeypatch, web_pages):
    def unlisted(*_args: object, **_options: object) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.add_api_route("/unlisted-page", lambda: "welcome")
        return app

    monkeypatch.setattr(application, "FastAPI", unlisted)
    with pytest.raises(ConfigError) as refusal:
        application.create_app(web_pages.app.state.bensync.deployment, lambda: web_pages.deployment.now)
    assert "GET /unlisted-page has no rule" in refusal.value.why


def test_every_rule_is_served_and_every_route_has_a_rule(web_pages):
    served = {(method, route.path) for route in web_pages.app.routes for method in route.methods}
    assert served == {(rule.method, rule.path) for rule in RULES}
    assert all(isinstance(route, APIRoute) for route in web_pages.app.routes)
    assert len(RULES) == len({(rule.method, rule.path) for rule in RULES})


def test_an_employee_sees_the_own_record_only(peopled):
    visitor = peopled.as_role(Role.EMPLOYEE)
    own = visitor.get("/sites/acme/own")
    assert "Robin Example" in own.text
    assert f"***-**-{ssn(1)[-4:]}" in own.text
    assert ssn(1) not in own.text
    assert "Correct your address" not in own.text
    assert visitor.get("/").headers["location"] == "/sites/acme/own"


def test_fields_are_seen_by_role_in_the_page_itself(peopled):
    rich = profile(3, pay_rate="77123.00 USD", home_email="private@example.com", address1="9 Hidden Street")
    peopled.deployment.approved(rich)
    number = peopled.deployment.ask(profile(3, pay_rate="88123.00 USD", address1="10 Hidden Street", job_title="Chief"))
    grown = peopled.deployment.add("agent", Role.BROKER, Right.SEE_REQUESTS, Right.SEE_PEOPLE)
    agent, owner = peopled.sign_in(grown), peopled.as_role(Role.DATA_OWNER)
    for path in (f"/sites/acme/requests/{number}", "/sites/acme/requests"):
        assert "Chief" in owner.get("/sites/acme/requests/" + str(number)).text
        seen = agent.get(path).text
        assert "Robin Example" in seen
        assert not [secret for secret in ("77,123", "88,123", "Hidden Street", "private@") if secret in seen]
    with peopled.deployment.store.read("acme") as work:
        participant = work.participants.by_employees(["3"])["3"].id
    person = agent.get(f"/sites/acme/people/{participant}").text
    assert "Robin Example" in person
    assert not [secret for secret in ("77,123", "Hidden Street", "private@") if secret in person]
    assert "more field" in agent.get(f"/sites/acme/requests/{number}").text
    auditor = peopled.as_role(Role.AUDITOR).get(f"/sites/acme/requests/{number}").text
    assert "Chief" not in auditor
