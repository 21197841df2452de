"""The shape of activities."""

from __future__ import annotations

from bensync.api_shapes.benefits.activities import activity_entry
from bensync.state.read.event_lists import ActivityLine
from tests.unit.views import ADA, activity, visibility


def test_an_activity_carries_the_name_that_commands_take():
    shown = activity_entry(ActivityLine(ADA, activity()), "acme").model_dump(mode="json")
    assert shown["activity"] == "p7/3"
    assert (shown["number"], shown["request"], shown["state"]) == (3, 1, "WAITING")
    assert shown["person"] == {"participant": 7, "employee_id": "104", "name": "Ada Vale"}


def test_an_activity_hides_the_name_from_a_role_that_sees_none():
    assert activity_entry(ActivityLine(ADA, activity()), "acme", visibility()).person.name == "Employee 104"
