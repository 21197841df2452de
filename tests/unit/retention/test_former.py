"""Which former employees may be deleted: a table of reasons, and laws that hold for everybody."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bensync.core.changes import BaselineState
from bensync.core.people import Standing
from bensync.retention.former import FormerPerson, KeepReason, reason_to_keep

CUTOFF = date(2018, 11, 30)
GONE = FormerPerson(Standing.TERMINATED, date(2010, 5, 31), date(2010, 6, 2))
DAYS = st.dates(date(2000, 1, 1), date(2030, 1, 1))

PEOPLE = st.builds(
    FormerPerson,
    standing=st.sampled_from([None, *Standing]),
    ended=st.none() | DAYS,
    changed=st.none() | DAYS,
    baselines=st.frozensets(st.sampled_from(list(BaselineState))),
    cobra_until=st.none() | DAYS,
    **{
        flag: st.booleans()
        for flag in (
            "held",
            "pending",
            "open_event",
            "covered",
            "cobra_open",
            "issue",
            "in_transit",
            "shared",
            "newest",
        )
    },
)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"standing": None, "changed": None}, None),
        ({"baselines": frozenset({BaselineState.MISSING, BaselineState.RETIRED})}, None),
        ({"held": True, "standing": Standing.ACTIVE}, KeepReason.HELD),
        ({"standing": Standing.ACTIVE}, KeepReason.ACTIVE),
        ({"ended": None}, KeepReason.ACTIVE),
        ({"baselines": frozenset({BaselineState.LIVE})}, KeepReason.IN_HR),
        ({"baselines": frozenset({BaselineState.MISSING, BaselineState.OUT_OF_SCOPE})}, KeepReason.IN_HR),
        ({"pending": True}, KeepReason.PENDING),
        ({"open_event": True}, KeepReason.OPEN_EVENT),
        ({"covered": True}, KeepReason.COVERED),
        ({"cobra_open": True}, KeepReason.COBRA),
        ({"cobra_until": CUTOFF}, KeepReason.COBRA),
        ({"cobra_until": date(2018, 11, 29)}, None),
        ({"issue": True}, KeepReason.ISSUE),
        ({"in_transit": True}, KeepReason.IN_TRANSIT),
        ({"shared": True}, KeepReason.SHARED),
        ({"newest": True}, KeepReason.NEWEST),
        ({"changed": CUTOFF}, KeepReason.RECENT),
        ({"ended": CUTOFF}, KeepReason.RECENT),
        ({"ended": date(2018, 11, 29)}, None),
    ],
)
def test_a_former_employee_is_kept_for_a_reason_or_not_at_all(changes, reason):
    assert reason_to_keep(replace(GONE, **changes), CUTOFF, CUTOFF) is reason


def test_a_kind_that_is_kept_keeps_everybody():
    assert reason_to_keep(GONE, None, CUTOFF) is KeepReason.RECENT
    assert reason_to_keep(replace(GONE, cobra_until=date(2001, 1, 1)), CUTOFF, None) is KeepReason.COBRA


@given(PEOPLE, DAYS, DAYS)
def test_nobody_is_deleted_who_is_on_hold_at_work_covered_or_known_to_hr(person, cutoff, cobra_cutoff):
    if reason_to_keep(person, cutoff, cobra_cutoff) is None:
        assert person.standing is not Standing.ACTIVE
        assert not (person.held or person.pending or person.open_event or person.covered or person.issue)
        assert not (person.cobra_open or person.in_transit or person.shared or person.newest)
        assert person.baselines <= {BaselineState.MISSING, BaselineState.RETIRED}
        assert person.ended < cutoff
        assert person.changed is None or person.changed < cutoff
        assert person.cobra_until is None or person.cobra_until < cobra_cutoff


@given(PEOPLE, DAYS, DAYS, DAYS)
def test_a_longer_period_deletes_nobody_whom_a_shorter_one_keeps(person, cutoff, cobra_cutoff, other):
    earlier, later = sorted((cutoff, other))
    if reason_to_keep(person, later, cobra_cutoff) is not None:
        assert reason_to_keep(person, earlier, cobra_cutoff) is not None
