"""The retention plan: its fingerprint, its days, and ranges of keys."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bensync.retention.kinds import Kind
from bensync.retention.plan import DeletedRows, Ranges, RetentionPlan

ROWS = DeletedRows(Kind.ISSUES, "issue", 3, date(2020, 1, 2), date(2021, 3, 4), "id", "1-3")
PLAN = RetentionPlan("acme", date(2026, 11, 30), (ROWS, replace(ROWS, table="run", first=None, last=None)))


def ranges(*numbers: int) -> str:
    listed = Ranges()
    listed.add(numbers)
    return str(listed)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [((), ""), ((3,), "3"), ((7, 8, 9), "7-9"), ((3, 7, 8, 9, 12), "3, 7-9, 12"), ((5, 5, 6), "5-6")],
)
def test_keys_are_written_as_ranges(numbers, text):
    assert ranges(*numbers) == text


@given(st.lists(st.integers(0, 60)).map(sorted))
def test_ranges_name_every_number_and_no_other(numbers):
    named = set()
    for part in filter(None, ranges(*numbers).split(", ")):
        first, _, last = part.partition("-")
        named |= set(range(int(first), int(last or first) + 1))
    assert named == set(numbers)


def test_a_plan_knows_its_rows():
    assert PLAN.rows == 6
    assert RetentionPlan("acme", date(2026, 11, 30)).rows == 0


def test_the_fingerprint_is_the_same_on_another_day_and_another_one_for_another_row():
    assert replace(PLAN, today=date(2026, 12, 1)).fingerprint() == PLAN.fingerprint()
    others = [
        replace(PLAN, site="zeta"),
        replace(PLAN, employees=("7",)),
        replace(PLAN, deleted=(replace(ROWS, keys="1-2, 4"),)),
    ]
    assert len({plan.fingerprint() for plan in (PLAN, *others)}) == 4
