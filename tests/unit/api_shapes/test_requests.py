"""The shapes of requests and of the decisions about them."""

from __future__ import annotations

from bensync.actions.decisions import Decision
from bensync.api_shapes.requests import decisions, request
from bensync.core.changes import FieldChange
from bensync.core.requests import Risk
from bensync.errors import CONFIRM, DecisionError
from tests.unit.views import request_view, visibility

CHANGES = (FieldChange("city", "Akron", "Dayton"), FieldChange("pay_rate", "1", "2"))


def test_a_request_counts_the_changes_that_the_role_does_not_see():
    shown = request(request_view(changes=CHANGES), visibility(fields=frozenset({"city"})))
    assert [change.field for change in shown.changes] == ["city"]
    assert shown.hidden_fields == 1
    assert (shown.person.name, shown.person.ssn) == ("Employee 104", "")


def test_without_a_visibility_everything_but_the_ssn_is_shown():
    shown = request(request_view(changes=CHANGES))
    assert shown.hidden_fields == 0
    assert (shown.person.name, shown.person.ssn) == ("Ada Vale", "***-**-6789")
    assert shown.participant == 7


def test_a_caution_names_nobody_to_a_role_that_sees_no_names():
    risky = request_view(risk=Risk.HIGH)
    assert request(risky).caution.startswith("I ")
    assert "Ada Vale" not in request(risky, visibility()).caution
    assert request(request_view()).caution == ""


def test_decisions_say_what_was_done_what_waits_and_how_the_api_helps():
    refused = DecisionError("Not approved.", "It needs a confirmation.", "Add --confirm.", remedy=CONFIRM)
    shown = decisions([Decision(1), Decision(2, waits=True), Decision(3, error=refused, successor=9)], iter([8]))
    assert [(entry.done, entry.waits) for entry in shown.decisions] == [(True, False), (False, True), (False, False)]
    last = shown.decisions[-1]
    assert (last.why, last.successor) == ("It needs a confirmation.", 9)
    assert "`confirmed: true`" in last.fix
    assert shown.left == [8]
