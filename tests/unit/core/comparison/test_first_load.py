"""The quality of a first load (sync-rules 3.13.1)."""

from __future__ import annotations

import pytest

from bensync.core.changes import FieldFill, FirstLoad
from bensync.core.comparison.first_load import examine_first_load, judge_first_load
from bensync.core.guards import Limit
from tests.unit.builders import TODAY, candidate, plan, profile, ssn

LIMIT = Limit(2, 5)


def load(**facts):
    facts = {"people": 100, "fields": (), "shared_ssns": 0, "odd_values": {}, **facts}
    return FirstLoad(**facts)


def test_the_columns_are_counted_in_their_order_and_required_only_where_they_are_columns():
    first_load = examine_first_load(
        {"city": 3}, ["gender", "city", "union_code"], ["city", "gender", "ssn"], [], 4, TODAY
    )
    assert first_load.fields == (
        FieldFill("gender", 0, required=True),
        FieldFill("city", 3, required=True),
        FieldFill("union_code", 0, required=False),
    )
    assert first_load.empty() == ("gender",)


def test_people_who_share_an_ssn_and_people_with_odd_values_are_counted():
    people = [
        candidate(profile(1, ssn=ssn(1))),
        candidate(profile(2, ssn=ssn(1))),
        candidate(profile(3, hire_date="2026-03-02", termination_date="2026-03-02")),
        candidate(profile(4, hire_date="2026-03-02", termination_date="2026-02-01")),
    ]
    first_load = examine_first_load({}, [], [], people, 4, TODAY)
    assert first_load.shared_ssns == 2
    assert first_load.odd_values == {
        "termination_date is the hire date": 1,
        "termination_date is before the first hire date": 1,
    }


@pytest.mark.parametrize(
    ("facts", "texts"),
    [
        pytest.param({}, [], id="nothing to say"),
        pytest.param({"shared_ssns": 5}, [], id="5 %"),
        pytest.param({"shared_ssns": 6}, ["6 of 100 people share an SSN"], id="more than 5 %"),
        pytest.param({"people": 10, "shared_ssns": 2}, [], id="two people"),
        pytest.param({"people": 10, "shared_ssns": 3}, ["3 of 10 people share an SSN"], id="three of ten people"),
        pytest.param({"fields": (FieldFill("city", 94, required=True),)}, ["field city is empty for 6 of 100 people"]),
        pytest.param({"fields": (FieldFill("city", 0, required=False),)}, [], id="a field that is not required"),
        pytest.param(
            {"odd_values": {"termination_date is the hire date": 60}},
            ["termination_date is the hire date for 60 of 100 people"],
            id="one source field in two dates",
        ),
    ],
)
def test_each_flaw_above_the_limit_refuses_the_first_load(facts, texts):
    alarms = list(judge_first_load(load(**facts), LIMIT))
    assert [alarm.text for alarm in alarms] == texts
    assert all(alarm.refuses and alarm.code == "first_load" and alarm.limit == "2 and 5%" for alarm in alarms)


def test_a_person_releases_a_first_load_with_flaws():
    pulled = [candidate(number) for number in range(1, 11)]
    flawed = load(people=10, shared_ssns=4)
    refused = plan(pulled, first=True, first_load=flawed)
    assert [alarm.code for alarm in refused.alarms] == ["first_load"]
    released = plan(pulled, first=True, first_load=flawed, allowed=refused.fingerprint)
    assert (released.alarms, len(released.sends), released.first_load) == ((), 10, flawed)
