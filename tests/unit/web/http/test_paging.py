"""Paging: the page of a list that an address names."""

from __future__ import annotations

import pytest

from bensync.web.http.paging import Paging, paging


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("7", 7), ("0", 1), ("-3", 1), ("x", 1), ("", 1), ("²", 1), ("9999999", 100_000), ("99999999", 1)],
)
def test_a_page_number_that_makes_no_sense_means_the_first_page(text, number):
    assert paging({"page": text}).number == number


def test_without_a_number_the_first_page_is_meant():
    assert paging({}, 30) == Paging(1, 30)


def test_a_page_knows_its_rows():
    assert list(range(100))[Paging(3, 10).rows] == list(range(20, 30))
