"""How retention is worded: every reason to keep somebody has words, with the right number."""

from __future__ import annotations

from datetime import date

from bensync.retention.former import KeepReason
from bensync.retention.plan import RetentionPlan
from bensync.wording.retention import KEPT, kept


def test_every_reason_to_keep_somebody_has_words():
    assert KEPT.keys() == set(KeepReason)


def test_people_who_are_kept_are_counted_with_their_reason():
    plan = RetentionPlan("acme", date(2026, 11, 30), kept={KeepReason.HELD: 1, KeepReason.IN_HR: 2})
    assert kept(plan) == [
        "1 former employee is kept: a legal hold",
        "2 former employees are kept: HR still shows the employee",
    ]
