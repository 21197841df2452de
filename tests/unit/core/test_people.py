"""Profiles, participants and their dates as values."""

from __future__ import annotations

import pytest

from bensync.core.people import (
    DatedRow,
    decode_profile,
    decode_without_rows,
    encode_profile,
    last_hire,
    masked_ssn,
    termination_date,
)
from tests.unit.builders import candidate, day, participant, profile, status_row


def test_a_profile_comes_back_from_its_canonical_bytes():
    person = profile(rows=[status_row("01-01"), DatedRow("pay", day("02-01"), {"pay_rate": "10.00 USD"})])
    assert decode_profile(encode_profile(person)) == person
    assert candidate(person).profile() == person


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, None),
        ({"hire_date": "2024-02-01"}, "2024-02-01"),
        ({"rehire_date": "2025-02-01"}, "2025-02-01"),
        ({"hire_date": "2024-02-01", "rehire_date": "2025-02-01"}, "2025-02-01"),
        ({"hire_date": "2025-03-01", "rehire_date": "2025-02-01"}, "2025-03-01"),
        ({"original_hire_date": "2025-03-01"}, None),
    ],
)
def test_the_last_hire_is_the_later_of_hire_and_rehire(values, expected):
    assert last_hire(values) == (day(expected) if expected else None)


def test_the_termination_date_is_none_where_hr_holds_none():
    assert termination_date({}) is None
    assert termination_date({"termination_date": "2026-01-31"}) == day("01-31")


def test_a_participant_bears_the_employee_id_that_was_last_approved():
    assert participant(profile(42)).employee_id == "42"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(None, None, id="none"),
        pytest.param("123456789", "***-**-6789", id="the last four digits"),
        pytest.param("12345678", "***-**-****", id="what is no SSN shows nothing"),
        pytest.param("12345678A", "***-**-****", id="nor does this"),
    ],
)
def test_people_see_the_last_four_digits_of_an_ssn_at_most(text, shown):
    assert masked_ssn(text) == shown


def test_a_profile_can_be_read_without_its_dated_rows():
    person = profile(rows=[status_row("01-01")], left="03-01")
    assert decode_without_rows(encode_profile(person)) == profile(left="03-01")
