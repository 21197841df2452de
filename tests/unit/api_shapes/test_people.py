"""The shapes of participants, as far as a role may see them."""

from __future__ import annotations

from bensync.api_shapes.people import participant, participant_detail
from bensync.state.read.lists import PersonDetail
from tests.unit.views import activity, person_view, visibility

DETAIL = PersonDetail(person_view(), {"city": "Dayton", "pay_rate": "50000.00 USD"}, (activity(),))


def test_a_participant_is_shown_whole_on_the_command_line_and_masked_to_a_role():
    assert participant(person_view()).ssn == "***-**-6789"
    masked = participant(person_view(), visibility())
    assert (masked.name, masked.ssn) == ("Employee 104", "")


def test_a_hidden_field_is_left_out_because_its_name_would_say_that_HR_has_a_value():
    shown = participant_detail(DETAIL, [4], visibility(fields=frozenset({"city"})))
    assert shown.values == {"city": "Dayton"}
    assert shown.activities[0].person.name == "Employee 104"
    assert participant_detail(DETAIL, [4]).values == DETAIL.values


def test_requests_are_null_for_a_role_that_sees_none_and_empty_where_there_are_none():
    assert participant_detail(DETAIL, None).pending_requests is None
    assert participant_detail(DETAIL, iter(())).pending_requests == []
