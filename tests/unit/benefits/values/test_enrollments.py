"""Coverage rows and program assignments: which of them holds on a day."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from bensync.benefits.values.enrollments import (
    Assignment,
    Coverage,
    Enrollment,
    Terms,
    coverage_on,
    last_row,
    later_coverages,
    plan_types,
    program_on,
)
from tests.unit.benefits.cases import covered
from tests.unit.builders import TODAY, day


def test_S4_28_somebody_without_any_program_has_none_until_one_is_assigned():
    assert program_on([], TODAY) == "NOB"
    rows = [Assignment(1, "A", day("06-01")), Assignment(2, "B", day("06-01")), Assignment(3, "C", day("06-11"))]
    assert program_on(rows, TODAY) == "B"
    assert program_on([replace(row, reversed=True) for row in rows], TODAY) == "NOB"


MEDICAL = covered("medical", since="2024-03-01")[0]
ENDED = replace(MEDICAL, number=2, coverage=Coverage.TERM, effective_date=day("06-01"))
RE_ADDED = replace(MEDICAL, number=3, effective_date=day("06-01"))
AGAIN = replace(MEDICAL, number=3, effective_date=day("07-01"))


@pytest.mark.parametrize(
    ("rows", "on", "holds"),
    [
        ([], "06-10", None),
        ([MEDICAL], "2024-02-28", None),
        ([MEDICAL], "2024-03-01", MEDICAL),
        ([MEDICAL, ENDED], "05-31", MEDICAL),
        ([MEDICAL, ENDED], "06-01", None),
        ([MEDICAL, replace(ENDED, reversed=True)], "06-01", MEDICAL),
        ([MEDICAL, ENDED, RE_ADDED], "06-01", RE_ADDED),
    ],
    ids=["no rows", "before", "first day", "day before the end", "ended", "end reversed", "re-added on the same day"],
)
def test_the_last_row_up_to_a_day_says_what_holds_on_it(rows, on, holds):
    assert coverage_on(rows, "medical", day(on)) == holds


def test_a_waiver_or_an_end_is_a_row_too_and_no_coverage():
    waived = replace(ENDED, coverage=Coverage.WAIVE)
    assert last_row([MEDICAL, waived], "medical", day("06-10")) == waived
    assert coverage_on([MEDICAL, waived], "medical", day("06-10")) is None


def test_coverage_that_begins_later_is_seen_unless_it_is_ended_on_its_first_day():
    assert later_coverages([MEDICAL, ENDED, AGAIN], "medical", day("06-10")) == [AGAIN]
    ended_at_once = replace(AGAIN, number=4, coverage=Coverage.TERM)
    assert later_coverages([MEDICAL, ENDED, AGAIN, ended_at_once], "medical", day("06-10")) == []


def test_plan_types_are_those_with_coverage_now_or_later():
    life = replace(covered("life")[0], number=5, salary_override=Decimal(1), effective_date=day("08-01"))
    assert plan_types([MEDICAL, ENDED, AGAIN, life], day("06-10")) == ["medical", "life"]
    assert plan_types([MEDICAL, ENDED], day("06-10")) == []


def test_a_row_that_was_stored_before_its_newest_fields_is_read_with_their_defaults():
    terms = {"plan": "MED", "option": "EE", "amount": None, "employee": "80.00", "company": "420.00",
             "contribution": None, "tax": "", "account": ""}  # fmt: skip
    row = {"number": 1, "event": 1, "plan_type": "medical", "step": "ADD", "coverage": "ELECT",
           "effective_date": "2026-01-01", "deduction_begin": "2026-01-01", "terms": terms,
           "salary_override": None, "reversed": False}  # fmt: skip
    read = msgspec.msgpack.decode(msgspec.msgpack.encode(row), type=Enrollment)
    assert read.terms == Terms("MED", "EE", employee=Decimal("80.00"), company=Decimal("420.00"))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(read), type=Enrollment) == read
