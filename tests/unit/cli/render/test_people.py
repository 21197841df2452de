"""Participants on the command line: a masked list, and one participant with everything that was approved."""

from __future__ import annotations

from datetime import date

from bensync.cli.render.people import print_people, print_person
from bensync.core.people import Standing
from bensync.mappings.catalogue import FIELDS
from bensync.state.read.lists import Listing, PersonDetail
from tests.unit.cli.render.printing import printed
from tests.unit.views import activity, person_view


def test_a_site_without_participants_says_so():
    assert printed(print_people, {"acme": Listing([], 0)}) == "acme: there are no participants yet."


def test_a_list_names_each_participant_as_commands_take_it():
    ended = person_view(id=8, status=Standing.TERMINATED, termination_date=date(2026, 1, 31))
    text = printed(print_people, {"acme": Listing([person_view(), ended], 2)})
    assert "104 Ada Vale ***-**-6789 ACTIVE 2024-02-01 ACTIVE p7" in text
    assert "104 Ada Vale ***-**-6789 TERMINATED 2024-02-01 2026-01-31 ACTIVE p8" in text


def test_one_participant_shows_approved_values_activities_and_pending_requests():
    detail = PersonDetail(person_view(), {"city": "Dayton"}, (activity(),))
    text = printed(print_person, detail, [4, 5], FIELDS)
    assert "requests 4, 5" in text
    assert "City Dayton" in text
    assert "2026-05-01 HIR HIR" in text
    assert "requests none pending" in printed(print_person, detail, [], FIELDS)
