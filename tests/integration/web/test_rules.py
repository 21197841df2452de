"""Who may ask for what: every route x every role x own and other site, from the declared table, and forged forms."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from bensync.core.access import Grant, Right, Role
from bensync.errors import ConfigError
from bensync.web import app as application
from bensync.web.app import RULES
from bensync.web.http.jobs import Job
from bensync.web.http.routing import API, GlobalRoute, Rule
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
    "elections": {"elections": [{"plan_type": "medical"}]},
    "final": {"reason": "letter"},
    "reprocess": {"how": "VOID", "reason": "letter"},
    "activities": {"event_class": "BIR", "on": "2026-05-31", "reason": "letter"},
    "{activity}": {"how": "hold"},
    "{event}": {"step": "paid", "on": "2026-05-31"},
}

# Written by hand, so that a slip in the tables does not prove itself right (S1-07, S1-10, S1-11).
BY_HAND = {
    ("GET", ""): {*Role} - {Role.CARRIER, Role.EMPLOYEE},
    ("GET", "/requests"): REVIEWERS | {Role.AUDITOR},
    ("POST", "/requests/{number}/approve"): REVIEWERS,
    ("POST", "/requests/bulk/approve"): REVIEWERS,
    ("GET", "/people"): REVIEWERS,
    ("POST", "/people/{number}/terminate"): {Role.DATA_OWNER, Role.SENIOR_USER},
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
    with pages(folder, in_file(folder)) as here:
        here.deployment.add("victim", Role.HR_USER)
        for site in SITES:
            here.deployment.approved(profile(1), site=site)
            here.deployment.ask(profile(2), site=site)
            busy = Job(site, ["sync"], "somebody", datetime.now(UTC))
            here.app.state.bensync.jobs._last[site, False] = busy  # no test of rights starts a process
        yield here


def path_of(rule: Rule, site: str) -> str:
    number = "1" if "/people" in rule.path or "/users" in rule.path or "/audit" in rule.path else "2"
    told = {"site": site, "number": number, "employee_id": "1", "name": "bensync.css", "event": "1", "activity": "1"}
    return rule.path.format(**told)


def ask(visitor: Visitor, rule: Rule, site: str) -> int:
    path = path_of(rule, site)
    if rule.path.startswith(API):
        return visitor.ask_api(rule.method, path, BODIES.get(rule.path.rpartition("/")[2])).status_code
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
    found = {(rule.method, rule.path): ask(visitor, rule, "globex") for rule in site_rules()}
    assert {where: status for where, status in found.items() if status != 404} == {}
    nowhere = {(rule.method, rule.path): ask(visitor, rule, "nowhere") for rule in site_rules()}
    assert nowhere == found  # a site of others looks like none at all


def test_who_is_not_signed_in_sees_the_open_pages_only(peopled):
    visitor = peopled.visitor()
    visitor.get("/sign-in")
    for rule in RULES:
        if (rule.method, rule.path) == ("POST", "/sign-in"):
            continue
        status = ask(visitor, rule, "acme")
        if rule.path.startswith(API):
            assert status == 401
            continue
        assert status == (200 if rule.access is GlobalRoute.OPEN else 303), rule
        if rule.access is not GlobalRoute.OPEN:
            assert visitor.last.headers["location"].startswith("/sign-in")


def test_an_attempt_without_the_right_is_in_the_audit_trail(peopled):
    visitor = peopled.as_role(Role.AUDITOR)
    assert visitor.post("/sites/acme/requests/2/approve").status_code == 403
    assert ("auditor", "decision.refused") in peopled.deployment.audit("acme")


def test_a_route_without_a_rule_stops_the_build(monkeypatch, here):
    def unlisted(*_args: object, **_options: object) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.add_api_route("/back-door", lambda: "welcome")
        return app

    monkeypatch.setattr(application, "FastAPI", unlisted)
    with pytest.raises(ConfigError) as found:
        application.create_app(here.app.state.bensync.deployment, lambda: here.deployment.now)
    assert "GET /back-door has no rule" in found.value.why


def test_every_rule_is_served_and_every_route_has_a_rule(here):
    served = {(method, route.path) for route in here.app.routes for method in route.methods}
    assert served == {(rule.method, rule.path) for rule in RULES}
    assert all(isinstance(route, APIRoute) for route in here.app.routes)
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


def state_of(here: Pages) -> str:
    """Everything in the database but when sessions were seen."""
    with closing(sqlite3.connect(here.deployment.store.file)) as connection:
        lines = [line for line in connection.iterdump() if not line.startswith('INSERT INTO "session"')]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.parametrize(
    "rule",
    [rule for rule in RULES if rule.method == "POST" and not rule.path.startswith(API)],
    ids=lambda rule: rule.path,
)
def test_no_form_of_a_stranger_is_taken(peopled, rule):
    visitor, other = peopled.as_role(Role.DATA_OWNER), peopled.as_role(Role.SENIOR_USER)
    path, good = path_of(rule, "acme"), {"token": visitor.token, "reason": "OTHER", "confirmed": "yes"}
    forged = {
        "no token": ({**good, "token": ""}, OURS),
        "another one's token": ({**good, "token": other.token}, OURS),
        "cross-site": (good, {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}),
        "same-site": (good, {"sec-fetch-site": "same-site"}),
        "no origin": (good, {}),
        "foreign origin": (good, {"origin": "https://evil.example"}),
        "null origin": (good, {"origin": "null"}),
        "text": (good, {**OURS, "content-type": "text/plain"}),
        "many parts": (good, {**OURS, "content-type": "multipart/form-data; boundary=x"}),
    }
    before = state_of(peopled)
    for name, (fields, headers) in forged.items():
        answer = visitor.client.post(path, data=fields, headers=headers, follow_redirects=False)
        assert answer.status_code == 403, name
        assert "It did not come from" in answer.text or "did not come from" in answer.text
    if not any(other_rule.method == "GET" and path_of(other_rule, "acme") == path for other_rule in RULES):
        assert visitor.get(path).status_code in {404, 405}
    assert state_of(peopled) == before


def test_the_api_knows_no_cookie_and_the_pages_no_token(peopled):
    visitor = peopled.as_role(Role.DATA_OWNER)
    token, visitor.api_token = visitor.api_token, ""
    before = state_of(peopled)
    for rule in (rule for rule in RULES if rule.path.startswith(API)):
        assert ask(visitor, rule, "acme") == 401, rule  # the cookie is there
        plain = {"authorization": f"Bearer {token}", "content-type": "text/plain"}
        if rule.method == "POST":
            assert visitor.client.post(path_of(rule, "acme"), content="{}", headers=plain).status_code == 415
    stranger = peopled.visitor()
    assert stranger.get("/sites/acme", authorization=f"Bearer {token}").status_code == 303
    assert state_of(peopled) == before


def test_an_old_browser_that_tells_its_origin_is_welcome(peopled):
    visitor = peopled.as_role(Role.DATA_OWNER)
    told = {"token": visitor.token, "search": "robin"}
    own = {"origin": "http://127.0.0.1:8480"}
    answer = visitor.client.post("/sites/acme/requests/search", data=told, headers=own, follow_redirects=False)
    assert answer.status_code == 303
