"""The queue from the command line: listed, approved, declined, corrected."""

from __future__ import annotations

import re

import pytest

from bensync.cli.system_user import system_user
from tests.fixtures.databases import on_sqlite
from tests.integration.cli.moves import changed

pytestmark = on_sqlite


def test_the_queue_lists_requests_in_the_shape_that_scripts_rely_on(begun):
    moving, leaving = changed(begun)
    requests = {
        request["person"]["employee_id"]: request
        for request in begun.json("requests", "list", "--state", "pending")["requests"]
    }
    assert set(requests) == {moving, leaving}
    update = requests[moving]
    assert set(update) >= {
        *("id", "site", "kind", "risk", "state", "person", "effective_date"),
        *("warnings", "changes", "delivery", "superseded_by", "opened_at"),
    }
    assert update["changes"][0]["field"] == "city"
    assert update["changes"][0]["new"] == "Elsewhere"
    assert (update["kind"], update["risk"], update["state"]) == ("UPDATE", "LOW", "PENDING")
    assert update["delivery"] == "ACME0001_DELTA_000001"
    assert update["person"]["ssn"].startswith("***-**-")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", update["opened_at"])
    assert (requests[leaving]["kind"], requests[leaving]["risk"]) == ("TERMINATE", "HIGH")
    assert {"field": "status", "old": "ACTIVE", "new": "TERMINATED"} in requests[leaving]["changes"]
    only = begun.json("requests", "list", "--kind", "terminate")["requests"]
    assert [request["person"]["employee_id"] for request in only] == [leaving]
    assert begun.run("requests", "list", "--kind", "dismissal").code == 2


def test_all_approves_low_risk_requests_and_says_what_is_left(begun):
    changed(begun)
    answer = begun.run("requests", "approve", "--all", "--json")
    assert answer.code == 0
    high = [request["id"] for request in begun.json("requests", "list", "--state", "pending")["requests"]]
    assert len(high) == 1
    assert answer.json["left"] == high
    assert [decision["done"] for decision in answer.json["decisions"]] == [True]
    assert f"left for a review each: {high[0]}" in begun.run("requests", "approve", "--all").out


def test_a_high_risk_request_wants_its_caution_confirmed(begun):
    _, leaving = changed(begun)
    (high,) = (str(request["id"]) for request in begun.json("requests", "list", "--kind", "terminate")["requests"])
    shown = begun.run("requests", "show", high)
    caution = begun.json("requests", "show", high)["request"]["caution"]
    assert "that bensync ends no coverage and notifies no carrier" in caution
    assert f"Caution: {caution} To approve it, add --confirm." in " ".join(shown.out.split())
    assert "Warning: The participant leaves, so their coverage must end. (ends_coverage)" in shown.out
    refused = begun.run("requests", "approve", high, "--json")
    assert refused.code == 15
    assert refused.json["decisions"][0]["fix"]
    assert begun.json("people", "show", leaving)["person"]["status"] == "ACTIVE"
    assert begun.run("requests", "approve", high, "--confirm", "--actor", "kim").code == 0
    assert begun.json("people", "show", leaving)["person"]["status"] == "TERMINATED"
    decided = begun.json("requests", "show", high)["request"]
    assert (decided["state"], decided["decided_by"]) == ("APPROVED", f"kim (by {system_user()})")
    again = begun.run("requests", "approve", high, "--confirm", "--json")
    assert again.code == 15
    assert "approved by kim" in again.json["decisions"][0]["why"]


def test_a_decline_needs_its_reason_and_changes_nobody(begun):
    moving, _ = changed(begun)
    (number,) = (str(request["id"]) for request in begun.json("requests", "list", "--kind", "update")["requests"])
    assert begun.run("requests", "decline", number).code == 2
    assert begun.run("requests", "decline", number, "--reason", "BECAUSE").code == 2
    assert begun.run("requests", "decline", number, "--reason", "error", "--note", "wrong town").code == 0
    declined = begun.json("requests", "show", number)["request"]
    assert (declined["state"], declined["decline_code"], declined["note"]) == ("DECLINED", "ERROR", "wrong town")
    assert begun.json("people", "show", moving)["person"]["values"]["city"] != "Elsewhere"
    assert begun.run("requests", "decline", number, "--reason", "error").code == 15


def test_requests_that_do_not_exist_are_distinguished_from_those_that_do(begun):
    changed(begun)
    assert begun.run("requests", "show", "99").code == 15
    answer = begun.run("requests", "approve", "1", "99", "--confirm", "--json")
    assert answer.code == 15
    assert [decision["done"] for decision in answer.json["decisions"]] == [True, False]


@pytest.mark.parametrize(
    "words", [("approve",), ("approve", "1", "--all"), ("approve", "--all", "--confirm"), ("approve", "x")]
)
def test_an_approval_says_clearly_what_it_is_about(begun, words):
    assert begun.run("requests", *words).code == 2


def test_a_new_ssn_can_be_decided_as_a_correction_of_the_old_participant(begun):
    who = begun.actives[0]
    before = begun.json("people", "show", who)["person"]
    begun.company.update(who, ssn="123-45-6780")
    assert begun.run("sync").code == 0
    (request,) = begun.json("requests", "list", "--state", "pending")["requests"]
    assert "possible_duplicate" in request["warnings"]
    number = str(request["id"])
    assert begun.run("requests", "approve", number, "--confirm", "--as-ssn-correction").code == 0
    after = begun.json("people", "show", who)["person"]
    assert (after["id"], after["ssn"]) == (before["id"], "***-**-6780")
    entry = begun.json("audit", "show", str(begun.json("audit")["audit"][-1]["id"]))["audit"]
    assert entry["verb"] == "request.approve_as_ssn_correction"


def test_an_empty_queue_says_so_in_words(acme):
    acme.run("migrate")
    assert acme.run("requests", "list").out == "acme: No requests are pending.\n"


def test_A_111_only_some_fields_are_approved_on_the_command_line(begun):
    moving, _ = changed(begun, homePhone="555-0111")
    (number,) = (str(request["id"]) for request in begun.json("requests", "list", "--kind", "update")["requests"])
    shown = begun.json("requests", "show", number)["request"]
    assert shown["decided_apart"] == ["city", "home_phone"]

    assert begun.run("requests", "approve", number, "--reason", "ERROR").code == 2
    assert begun.run("requests", "approve", "--all", "--only", "city").code == 2
    assert begun.run("requests", "approve", number, "--only", "pay_rate").code == 15
    assert begun.run("requests", "approve", number, "--only", "home_phone").code == 0

    decided = begun.json("requests", "show", number)["request"]
    assert (decided["state"], decided["left_out"], decided["decline_code"]) == ("APPROVED", ["city"], "ERROR")
    assert "left out" in begun.run("requests", "show", number).out
    assert begun.json("people", "show", moving)["person"]["values"]["city"] != "Elsewhere"
