"""Dependents as effective-dated versions: which of them holds on a day."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from bensync.benefits.values.dependents import (
    DropReason,
    Relationship,
    appended,
    dependent_on,
    dependents_on,
    last_version,
    next_number,
    numbers,
    versions_of,
)
from bensync.benefits.values.enrollments import Terms
from tests.unit.benefits.families import dependent, spouse
from tests.unit.builders import day

ROBIN = spouse(1, 1, "2020-01-01")
SMOKES = spouse(1, 2, "2024-01-01", smoker=True)
DIVORCED = spouse(1, 3, "2025-06-01", dropped=DropReason.DIVORCE)
CHILD = dependent(2, 4, "2021-01-01")
FAMILY = (ROBIN, SMOKES, DIVORCED, CHILD)


@pytest.mark.parametrize(
    ("number", "on", "holds"),
    [
        (1, "2019-12-31", None),
        (1, "2020-01-01", ROBIN),
        (1, "2023-12-31", ROBIN),
        (1, "2024-01-01", SMOKES),
        (1, "2025-05-31", SMOKES),
        (1, "2025-06-01", None),
        (2, "2025-06-01", CHILD),
        (3, "2025-06-01", None),
    ],
)
def test_S3_173_the_last_version_up_to_a_day_holds_on_it(number, on, holds):
    assert dependent_on(FAMILY, number, day(on)) == holds


def test_the_dependents_of_a_day_come_in_the_order_of_their_entry():
    assert dependents_on(FAMILY, day("2019-01-01")) == ()
    assert dependents_on(FAMILY, day("2024-06-01")) == (SMOKES, CHILD)
    assert dependents_on(reversed(FAMILY), day("2026-01-01")) == (CHILD,)


def test_a_drop_decides_a_day_although_nobody_is_a_dependent_on_it():
    assert last_version(FAMILY, 1, day("2026-01-01")) == DIVORCED


def test_a_version_of_the_same_day_replaces_the_earlier_one_and_undoes_a_drop():
    back = spouse(1, 5, "2025-06-01")
    assert dependent_on((*FAMILY, back), 1, day("2025-06-01")) == back
    assert versions_of((*FAMILY, back), 1) == [ROBIN, SMOKES, DIVORCED, back]


def test_a_corrected_birth_date_and_ssn_count_on_every_day_and_the_rest_from_its_own_day():
    corrected = spouse(1, 5, "2024-01-01", birth_date=date(1987, 3, 1), ssn="200112345", first_name="Robyn")
    family = (ROBIN, DIVORCED, corrected)
    before = dependent_on(family, 1, day("2021-01-01"))
    assert (before.first_name, before.birth_date, before.ssn) == ("Robin", date(1987, 3, 1), "200112345")
    assert dependent_on(family, 1, day("2024-01-01")) == corrected


def test_a_number_is_never_used_again_and_a_version_counts_on():
    assert (next_number(()), next_number(FAMILY)) == (1, 3)
    assert numbers(FAMILY) == (1, 2)
    family = appended(FAMILY, dependent(3, 99))
    assert (family[:4], family[4].version) == (FAMILY, 5)


def test_a_name_is_first_and_last_or_that_of_a_trust():
    assert ROBIN.name == "Robin Moss"
    assert dependent(1, relationship=Relationship.TRUST, first_name="", last_name="Moss Trust").name == "Moss Trust"


def test_coverage_that_was_stored_before_dependents_covers_the_employee_only():
    old = msgspec.msgpack.encode({"plan": "MED", "option": "EE"})
    stored = msgspec.msgpack.decode(old, type=Terms)
    assert (stored.dependents, stored.beneficiaries) == ((), ())
