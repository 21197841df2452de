"""Plain words: complete for every code of the trade, and values as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bensync.core.changes import ChangeKind, IssueCode
from bensync.core.requests import DeclineCode, RequestState, WarningCode
from bensync.core.runs import DeliveryState, Outcome, RunKind
from bensync.mappings.catalogue import FIELDS
from bensync.state.read.filtered_lists import RequestGroup, SortOrder
from bensync.wording import sync
from bensync.wording.sync import count, size

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (sync.BUCKETS, RequestGroup), (sync.ORDERS, SortOrder), (sync.KINDS, ChangeKind), (sync.STATES, RequestState),
        (sync.DECLINES, DeclineCode), (sync.ISSUES, IssueCode), (sync.DELIVERIES, DeliveryState),
        (sync.OUTCOMES, Outcome), (sync.RUNS, RunKind),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_every_code_has_its_words(words, codes):
    assert {code.value for code in codes} == {str(code) for code in words}


def test_every_warning_is_a_sentence():
    assert all(sync.warning(code)[0].isupper() and sync.warning(code).endswith(".") for code in WarningCode)


@pytest.mark.parametrize(
    ("field", "text", "shown"),
    [
        ("birth_date", "1984-02-29", "Feb 29, 1984"),
        ("pay_rate", "58000.00 USD", "$58,000.00"),
        ("status", "TERMINATED", "Terminated"),
        ("city", "2026-01-01", "2026-01-01"),
        ("city", None, ""),
        ("gone_field", "x", "x"),
    ],
)
def test_a_value_is_written_as_people_write_it(field, text, shown):
    assert sync.value(field, text, FIELDS) == shown


@pytest.mark.parametrize(
    ("past", "shown"),
    [(0, "just now"), (90, "1 minute ago"), (7200, "2 hours ago"), (86400 * 3, "3 days ago"), (-60, "just now")],
)
def test_how_long_ago(past, shown):
    assert sync.ago(NOW - timedelta(seconds=past), NOW) == shown


@pytest.mark.parametrize(
    ("some", "shown"),
    [([], ""), (["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C", "D", "E"], "A, B, C, and 2 more")],
)
def test_a_list_is_short(some, shown):
    assert sync.listed(some) == shown


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (2_540_000, "2.5 MB"), (7_100_000_000, "7.1 GB")],
)
def test_a_size_has_its_unit(number, text):
    assert size(number) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0 people"), (1, "1 person"), (12_000, "12,000 people")])
def test_a_count_has_its_noun(number, text):
    assert count(number, "person", "people") == text


@pytest.mark.parametrize(
    ("outcome", "counts", "text"),
    [
        (Outcome.NO_CHANGES, {}, "Nothing had changed, so no file was needed"),
        (Outcome.NO_CHANGES, {"held": 1}, "All changes, of 1 person, were held for review, so no file was sent"),
        (Outcome.DELIVERED, {}, "A file was delivered"),
        (Outcome.DELIVERED, {"held": 3}, "A file was delivered; changes of 3 people were held for review"),
        (
            Outcome.NO_CHANGES,
            {"kept_back": 2},
            "Nothing had changed, so no file was needed; 2 people are blocked by data issues",
        ),
        (None, {}, "Completed"),
    ],
)
def test_the_result_of_a_run_says_what_was_held_and_who_is_blocked(outcome, counts, text):
    assert sync.run_result(outcome, counts) == text


def test_a_safety_limit_says_whether_others_were_sent():
    assert sync.alarm_effect(refuses=True, sent=False) == "nothing was sent"
    assert sync.alarm_effect(refuses=False, sent=True) == "these changes were held, all others were sent"
    assert sync.alarm_effect(refuses=False, sent=False) == "these changes were held, and no file was sent"
