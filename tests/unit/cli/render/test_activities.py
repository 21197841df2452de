"""Activities on the command line."""

from __future__ import annotations

from bensync.benefits.values.activities import ActivityState
from bensync.cli.render.activities import print_activities
from bensync.state.read.event_lists import ActivityLine
from tests.unit.cli.render.printing import printed
from tests.unit.views import ADA, activity


def test_no_activity_that_matches_is_said_in_words():
    assert printed(print_activities, "acme", [], 0) == "acme: no activities match."


def test_each_activity_is_named_as_commands_take_it():
    edit = activity(id=4, event_class="", state=ActivityState.HELD, final=True)
    text = printed(print_activities, "acme", [ActivityLine(ADA, activity()), ActivityLine(ADA, edit)], 9)
    assert "104/3 Ada Vale HIR 2026-05-01 JOB HIR WAITING" in text
    assert "104/4 Ada Vale edit 2026-05-01 JOB HIR HELD final" in text
    assert "7 more; --limit 9 shows all." in text
