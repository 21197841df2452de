"""Requests and decisions on the command line: what is asked, what must be confirmed, and what was not done."""

from __future__ import annotations

import pytest

from bensync.actions.decisions import Decision
from bensync.cli.render.requests import print_changes, print_decisions, print_effects, print_request, print_requests
from bensync.core.changes import FieldChange
from bensync.core.requests import WARNING_WORDS, RequestState, Risk, WarningCode
from bensync.errors import DecisionError
from bensync.mappings.catalogue import FIELDS
from bensync.state.read.lists import Listing
from tests.unit.cli.render.printing import printed
from tests.unit.views import request_view


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (None, "acme: No requests are pending."),
        (RequestState.DECLINED, "acme: No requests were declined."),
        (RequestState.SUPERSEDED, "acme: No requests were superseded."),
    ],
)
def test_an_empty_list_names_the_state_that_was_asked_for(state, sentence):
    assert printed(print_requests, {"acme": Listing([], 0)}, state) == sentence


def test_a_list_shows_the_state_unless_all_requests_have_the_one_that_was_asked_for():
    lists = {"acme": Listing([request_view()], 1)}
    assert "1 UPDATE LOW PENDING 104 Ada Vale ***-**-6789 2026-06-20 city" in printed(print_requests, lists, None)
    assert "1 UPDATE LOW 104 Ada Vale" in printed(print_requests, lists, RequestState.PENDING)


def test_a_list_counts_further_fields_and_warnings():
    changes = tuple(FieldChange(name, "a", "b") for name in ("city", "state", "postal_code"))
    view = request_view(changes=changes, warnings=(WarningCode.ENDS_COVERAGE,))
    assert "city and 2 more fields; 1 warning" in printed(print_requests, {"acme": Listing([view], 1)}, None)


def test_A_113_an_approved_termination_says_that_it_waits_behind_an_open_event():
    waiting = request_view(state=RequestState.APPROVED, held_up=True)
    listed = printed(print_requests, {"acme": Listing([waiting], 1)}, RequestState.APPROVED)
    assert "city; waits behind an open event (`bensync events waiting`)" in listed
    assert "waits Its benefit event waits behind an earlier one" in printed(print_request, waiting, "", FIELDS)
    assert "waits" not in printed(print_request, request_view(), "", FIELDS)


def test_a_request_shows_each_change_each_warning_and_how_to_confirm_its_caution():
    view = request_view(risk=Risk.HIGH, warnings=(WarningCode.ENDS_COVERAGE,))
    text = printed(print_request, view, "I have read it.", FIELDS)
    assert "City Akron Dayton" in text
    assert f"Warning: {WARNING_WORDS[WarningCode.ENDS_COVERAGE]} ({WarningCode.ENDS_COVERAGE})" in text
    assert "Caution: I have read it. To approve it, add --confirm." in text
    assert "--as-ssn-correction" not in text


def test_a_possible_duplicate_says_how_to_approve_it_as_the_same_person():
    text = printed(print_request, request_view(duplicate_of=5), "I know who it is.", FIELDS)
    assert "same employee participant 5" in text
    assert "add --confirm --as-ssn-correction." in text


def test_a_cleared_field_says_so_and_rewritten_history_has_no_fields():
    assert "City Akron (cleared)" in printed(print_changes, [FieldChange("city", "Akron", None)], FIELDS)
    assert printed(print_changes, [], FIELDS) == "No field changes; past dated rows were rewritten."


def test_effects_are_listed_only_where_there_are_any():
    assert printed(print_effects, []) == ""
    assert "- Medical ends." in printed(print_effects, ["Medical ends."])


def test_decisions_say_what_was_done_what_waits_and_what_was_refused():
    refused = DecisionError("Request 3 was not approved.", "It was decided already.", "See the list.")
    decided = [Decision(1), Decision(2, waits=True), Decision(3, error=refused)]
    text = printed(print_decisions, "approved", decided, [8, 9])
    assert "1 request approved." in text
    assert "Waiting for a second person to approve: 2." in text
    assert "1 request not approved" in text
    assert "3 It was decided already. See the list." in text
    assert "2 requests of HIGH risk left for a review each: 8, 9." in text


def test_a_refused_decision_alone_claims_nothing_done():
    refused = DecisionError("Request 3 was not approved.", "It was decided already.", "See the list.")
    assert "0 requests approved" not in printed(print_decisions, "approved", [Decision(3, error=refused)], [])
