"""The JSON API: tokens and their end, the same decisions as on the pages, one effect per key, and a fuzzer that finds nothing."""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from bensync.actions import tokens, users
from bensync.core.access import Role
from bensync.core.changes import Issue, IssueCode
from bensync.errors import DecisionError
from bensync.web.app import description
from bensync.web.http.jobs import Job
from tests.fixtures.databases import content, in_file
from tests.fixtures.pages import Pages, Visitor, pages
from tests.fixtures.user_deployment import ROOT
from tests.unit.builders import profile, ssn

API = "/api/sites/acme"
EXAMPLES = 100 if os.environ.get("BENSYNC_LONG") == "1" else 25
"""Requests of the fuzzer for each operation of the API."""


@pytest.fixture
def script(web_pages: Pages) -> Visitor:
    """A script with the token of a Data Owner."""
    web_pages.deployment.add("robot", Role.DATA_OWNER)
    visitor = web_pages.visitor()
    visitor.api_token = web_pages.token("robot")
    return visitor


def leaving(number: int):
    return profile(number, active=False, since="2026-05-20", termination_date="2026-05-20")


def test_a_request_is_read_masked_and_approved(web_pages, script):
    number = web_pages.deployment.ask(profile(1))
    listed = script.ask_api("GET", f"{API}/requests").json()
    assert [request["id"] for request in listed["requests"]] == [number]
    assert listed["requests"][0]["person"] == {
        "employee_id": "1",
        "name": "Robin Example",
        "ssn": f"***-**-{ssn(1)[5:]}",
    }
    assert ssn(1) not in script.last.text
    assert script.ask_api("POST", f"{API}/requests/{number}/approve").json()["done"]
    assert script.ask_api("GET", f"{API}/requests/{number}").json()["decided_by"] == "robot"
    again = script.ask_api("POST", f"{API}/requests/{number}/approve")
    assert again.status_code == 409
    assert again.json()["error"]["kind"] == "DecisionError"


def test_what_is_dangerous_wants_its_caution_accepted_and_is_left_out_of_many(web_pages, script):
    dangerous = web_pages.deployment.ask(leaving(1), web_pages.deployment.approved(profile(1)))
    low_risk = web_pages.deployment.ask(profile(2))
    assert "bensync ends no coverage" in script.ask_api("GET", f"{API}/requests/{dangerous}").json()["caution"]
    refused = script.ask_api("POST", f"{API}/requests/{dangerous}/approve")
    assert (refused.status_code, refused.json()["error"]["remedy"]) == (409, "confirm")
    assert refused.json()["error"]["fix"] == "Read the caution, then send `confirmed: true`."
    many = script.ask_api("POST", f"{API}/requests/approve", {"ids": [dangerous, low_risk]}).json()["decisions"]
    assert [(entry["id"], entry["done"]) for entry in many] == [(dangerous, False), (low_risk, True)]
    assert script.ask_api("POST", f"{API}/requests/{dangerous}/approve", {"confirmed": True}).json()["done"]


def test_a_token_cannot_find_out_whether_somebody_has_an_ssn(web_pages, script):
    web_pages.deployment.approved(profile(2))
    path = f"{API}/people/{web_pages.deployment.approved(profile(1)).id}/correct"
    taken, free = (script.ask_api("POST", path, {"fields": {"ssn": ssn(n)}, "reason": "letter"}) for n in (2, 3))
    assert (taken.status_code, taken.json()) == (free.status_code, free.json())
    assert taken.status_code == 409
    assert script.ask_api("POST", f"{path}-ssn", {"ssn": ssn(3), "reason": "letter"}).status_code == 404


def test_R16_a_hundred_posts_with_one_key_have_one_effect_and_one_answer(web_pages, script):
    number = web_pages.deployment.ask(profile(1))

    def send(_: int) -> tuple[int, str]:
        answer = script.client.post(
            f"{API}/requests/{number}/decline",
            json={"reason": "OTHER"},
            headers={"authorization": f"Bearer {script.api_token}", "idempotency-key": "one"},
        )
        return answer.status_code, answer.text

    with ThreadPoolExecutor(20) as crowd:
        (answer,) = set(crowd.map(send, range(100)))
    assert answer[0] == 200
    assert [entry for entry in web_pages.deployment.audit("acme") if entry[1] == "request.decline"] == [
        ("robot", "request.decline")
    ]


def test_a_person_is_corrected_ended_and_brought_back(web_pages, script):
    someone = web_pages.deployment.approved(profile(1))
    path = f"{API}/people/{someone.id}"
    assert (
        script.ask_api("POST", f"{path}/correct", {"fields": {"city": "Erie"}, "reason": "letter"}).status_code == 204
    )
    assert script.ask_api("GET", path).json()["values"]["city"] == "Erie"
    assert (
        script.ask_api(
            "POST", f"{path}/terminate", {"on": "2026-05-31", "reason": "letter", "confirmed": True}
        ).status_code
        == 204
    )
    assert script.ask_api("GET", path).json()["status"] == "TERMINATED"
    assert script.ask_api("POST", f"{path}/reinstate", {"reason": "mistake"}).status_code == 204
    assert script.ask_api("GET", f"{API}/people").json()["people"][0]["status"] == "ACTIVE"


@pytest.mark.parametrize("on", [1796083200, "1796083200", "2026-05-31T00:00:00"])
def test_a_termination_by_an_epoch_number_is_refused(web_pages, script, on):
    someone = web_pages.deployment.approved(profile(1))
    body = {"on": on, "reason": "letter", "confirmed": True}
    assert script.ask_api("POST", f"{API}/people/{someone.id}/terminate", body).status_code == 422
    assert script.ask_api("GET", f"{API}/people/{someone.id}").json()["status"] == "ACTIVE"


def test_a_termination_over_the_api_asks_as_a_page_does(web_pages, script):
    someone = web_pages.deployment.approved(profile(1))
    path = f"{API}/people/{someone.id}/terminate"
    asked = script.ask_api("POST", path, {"on": "2026-05-31", "reason": "letter"})
    assert (asked.status_code, asked.json()["error"]["remedy"]) == (409, "confirm")
    for on in ("1970-01-01", "2199-01-01"):
        refused = script.ask_api("POST", path, {"on": on, "reason": "letter", "confirmed": True})
        assert (refused.status_code, refused.json()["error"]["remedy"]) == (409, "")


def test_A_88_a_program_releases_an_employee_who_is_gone_from_hr(web_pages, script):
    web_pages.deployment.approved(profile(1))
    with web_pages.deployment.store.write("acme", "test") as state:
        state.issues.record([Issue("1", IssueCode.ABSENT)], set(), set(), web_pages.deployment.now)
    path = f"{API}/employees/1/release"

    refused = script.ask_api("POST", path, {"reason": "a test record"})
    assert (refused.status_code, refused.json()["error"]["fix"]) == (
        409,
        "Read the caution, then send `confirmed: true`.",
    )
    assert script.ask_api("POST", path, {"reason": "a test record", "confirmed": True}).status_code == 204
    assert script.ask_api("GET", f"{API}/issues").json()["issues"] == []
    assert script.ask_api("POST", path, {"reason": "a test record", "confirmed": True}).status_code == 409


def test_a_token_ends_with_its_time_its_label_and_its_account(web_pages, script):
    def status() -> int:
        return script.ask_api("GET", f"{API}/status").status_code

    assert status() == 200
    web_pages.deployment.pass_time(days=2)
    assert status() == 401
    script.api_token = tokens.issue(
        web_pages.deployment.store, "robot", "second", timedelta(days=9), ROOT, web_pages.deployment.now
    )
    assert status() == 200
    tokens.revoke(web_pages.deployment.store, "robot", "second", ROOT, web_pages.deployment.now)
    assert status() == 401
    script.api_token = tokens.issue(
        web_pages.deployment.store, "robot", "third", timedelta(days=9), ROOT, web_pages.deployment.now
    )
    users.disable(web_pages.deployment.store, "robot", ROOT, web_pages.deployment.now)
    assert status() == 401
    assert script.last.headers["www-authenticate"] == "Bearer"


def test_only_the_hash_of_a_token_is_kept_and_it_opens_nothing_that_wants_a_code(web_pages, script):
    web_pages.deployment.approved(profile(1))
    assert script.api_token.encode() not in content(web_pages.deployment.url)
    assert not re.search(r"/(?:ssn|users|held)", json.dumps(description()))


@pytest.mark.parametrize(("label", "days"), [("x", 9), ("Big", 9), ("a b", 9), ("good", 0), ("good", 400)])
def test_a_token_has_a_good_label_and_an_end(web_pages, script, label, days):
    with pytest.raises(DecisionError):
        tokens.issue(web_pages.deployment.store, "robot", label, timedelta(days=days), ROOT, web_pages.deployment.now)


def test_a_wrong_body_is_named_by_its_field_and_never_echoed(web_pages, script):
    secret = "078-05-1120"
    number = web_pages.deployment.ask(profile(1))
    for body in ({"reason": secret}, {"reason": "OTHER", "note": f"{secret}\x00"}, {"reason": "OTHER", secret: 1}):
        answer = script.ask_api("POST", f"{API}/requests/{number}/decline", body)
        assert answer.status_code == 422
        assert answer.json()["error"]["why"].startswith("These fields are not valid: body.")
        assert secret not in answer.text or secret in body  # the name of an unknown field is shown, a value never is
    broken = script.client.post(
        f"{API}/requests/{number}/decline",
        content=f'{{"reason": "{secret}',
        headers={"authorization": f"Bearer {script.api_token}", "content-type": "application/json"},
    )
    assert broken.status_code == 400
    assert secret not in broken.text


def test_what_is_nested_beyond_reason_is_refused(web_pages, script):
    deep = "[" * 400_000
    headers = {"authorization": f"Bearer {script.api_token}", "content-type": "application/json"}
    answer = script.client.post(f"{API}/requests/approve", content=deep, headers=headers)
    assert 400 <= answer.status_code < 500


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory):
    """Pages with some people, and the token of somebody who may do all that the API can."""
    folder = tmp_path_factory.mktemp("fuzzed")
    with pages(folder, in_file(folder)) as web_pages:
        web_pages.deployment.add("robot", Role.DATA_OWNER)
        web_pages.deployment.approved(profile(1))
        for number in range(2, 6):
            web_pages.deployment.ask(profile(number))
        web_pages.app.state.bensync.jobs._last["acme", False] = Job("acme", ["sync"], "somebody", datetime.now(UTC))
        yield web_pages, web_pages.token("robot")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")
def test_a_fuzzer_finds_no_answer_that_the_description_does_not_know(fuzzed):
    web_pages, token = fuzzed
    schema = schemathesis.openapi.from_dict(description())
    schema.app = web_pages.app
    headers = {"Authorization": f"Bearer {token}", "host": "127.0.0.1:8480"}
    for result in schema.get_all_operations():
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def fuzz(case: schemathesis.Case) -> None:
            case.path_parameters = {**(case.path_parameters or {}), "site": "acme"}
            case.call_and_validate(headers=headers)

        fuzz()


@pytest.mark.parametrize("body", ['{"confirmed": false, "confirmed": true}', '{"note": {"a": 1, "a": 1}}'])
def test_a_body_with_a_key_twice_is_refused_because_readers_disagree_on_it(web_pages, script, body):
    dangerous = web_pages.deployment.ask(leaving(1), web_pages.deployment.approved(profile(1)))
    headers = {"authorization": f"Bearer {script.api_token}", "content-type": "application/json"}
    answer = script.client.post(f"{API}/requests/{dangerous}/approve", content=body, headers=headers)
    assert answer.status_code == 400
    assert script.ask_api("GET", f"{API}/requests/{dangerous}").json()["state"] == "PENDING"


def test_a_key_of_one_operation_is_no_answer_to_another(web_pages, script):
    first, second = (web_pages.deployment.ask(profile(number)) for number in (1, 2))
    key = {"Idempotency-Key": "of-the-first"}
    headers = {"authorization": f"Bearer {script.api_token}", **key}
    for number in (first, second):
        answer = script.client.post(f"{API}/requests/{number}/approve", json={}, headers=headers)
        assert answer.json()["id"] == number
