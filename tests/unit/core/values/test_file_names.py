"""The names of files, and the highest number among them."""

from __future__ import annotations

import pytest

from bensync.core.runs import DeliveryKind
from bensync.core.values.file_names import file_name, highest_number, kind_and_number


@pytest.mark.parametrize("kind", DeliveryKind)
@pytest.mark.parametrize("number", [1, 999_999, 1_000_000])
def test_kind_and_number_are_read_back_from_a_name(kind: DeliveryKind, number: int) -> None:
    assert kind_and_number("ACME0001", file_name("ACME0001", kind, number)) == (kind, number)


@pytest.mark.parametrize(
    "name",
    [
        "ACME0002_FULL_000001.csv.gpg",
        "ACME0001_FULL_1.csv.gpg",
        "ACME0001_FULL_٠٠٠٠٠١.csv.gpg",
        "ACME0001_FULL_000001.csv.gpg.done",
        "ACME0001_FULL_000001.csv.gpg.1a2b3c4d.part",
        "ACME0001_OTHER_000001.csv.gpg",
        "",
    ],
)
def test_other_names_are_not_those_of_a_site(name: str) -> None:
    assert kind_and_number("ACME0001", name) is None


def test_the_highest_number_counts_over_both_kinds_and_is_none_without_files() -> None:
    names = ["ACME0001_FULL_000002.csv.gpg", "ACME0001_DELTA_000007.csv.gpg", "ACME0002_FULL_000009.csv.gpg", "x"]
    assert highest_number("ACME0001", names) == 7
    assert highest_number("ACME0003", names) == 0
