"""Eligibility in words, as far as a role sees the facts (S3-139)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bensync.benefits.values.offers import EligibilityFinding, FactTest, JobResult
from bensync.mappings.catalogue import FIELDS
from bensync.wording.eligibility import EligibilitySentences, wants
from bensync.wording.visibility import Visibility
from tests.unit.benefits.cases import BOOK, book
from tests.unit.benefits.situations import TWO_JOBS


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ({"present": True}, "any value"),
        ({"present": False}, "no value"),
        ({"one_of": ("CA",)}, "CA"),
        ({"one_of": ("CA", "NY", "OH", "TX")}, "CA, NY, OH or TX"),
        ({"none_of": ("A", "B")}, "not A or B"),
        ({"starts_with": ("90", "91")}, "begins with 90 or 91"),
        ({"at_least": Decimal("0.5"), "below": Decimal("0.75")}, "at least 0.5 and below 0.75"),
    ],
)
def test_a_test_says_what_it_wants(test, words):
    assert wants(FactTest("fte", passed=True, **test)) == words


def test_a_finding_names_the_value_the_wish_and_where_the_value_is_from():
    test = FactTest("state", passed=False, value="NY", one_of=("CA",), since=date(2026, 3, 1), alternative=True)
    finding = EligibilityFinding("FULL", "MED", ("state",), "FAM", (test,))
    (line,) = EligibilitySentences(BOOK, "7").findings([finding])
    assert (line.name, line.fits, line.against) == ("MED, option FAM", False, ["State"])
    (shown,) = line.tests
    assert (shown.fact, shown.value, shown.wants, shown.passed, shown.alternative) == ("State", "NY", "CA", False, True)
    assert shown.notes == ["home address", "since Mar 1, 2026"]


def test_a_blank_value_and_each_job_of_a_sum_are_in_words():
    jobs = (("fte", JobResult.ELIGIBLE), ("second_fte", JobResult.NOT_EVALUATED))
    sentences = EligibilitySentences(book(**TWO_JOBS), "7")
    shown = sentences.test(FactTest("all_fte", passed=False, jobs=jobs))
    assert (shown.value, shown.notes) == ("blank", ["Full-time equivalent: eligible", "Second fte: not evaluated"])


@pytest.mark.parametrize(
    ("fact", "field"),
    [
        ("annual_salary", "pay_rate"),
        ("age", "birth_date"),
        ("dependents.children", "birth_date"),
        ("standing", "status"),
        ("fte", "fte"),
        ("all_fte", "fte"),
    ],
)
def test_a_fact_is_seen_by_who_sees_what_it_is_computed_from(fact, field):
    for seen in (True, False):
        visibility = Visibility(_Seeing(field if seen else "none"), FIELDS)
        sentences = EligibilitySentences(book(**TWO_JOBS), "7", visibility)
        value = FactTest(fact, passed=True, value="1", since=date(2026, 1, 1))
        expected = seen or field == "status"
        if fact == "all_fte":
            expected = False  # a second job counts in it, which this role never sees
        assert (sentences.value_of(value) is not None) is expected
        assert (sentences.test(value).value == "hidden") is not expected
        assert bool(sentences.test(value).notes) is expected


class _Seeing:
    """An actor who sees one field."""

    def __init__(self, field):
        self._field = field

    def sees(self, field, _employee_id=""):
        return field == self._field


def test_without_a_reader_everything_but_the_ssn_is_seen():
    sentences = EligibilitySentences(BOOK, "7")
    assert sentences.sees("pay_rate")
    assert not sentences.sees("ssn")
