"""The history of an employee in words: one title and one text for each kind of episode."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bensync.core.changes import ChangeKind, IssueCode
from bensync.core.requests import DeclineCode, RequestState, WarningCode
from bensync.core.runs import DeliveryState
from bensync.mappings.catalogue import FIELDS
from bensync.state.read.timeline import Episode, EpisodeKind
from bensync.wording.timeline import code, episode

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
GUARD_TITLE = "Held for review"


def words(kind: EpisodeKind, **values) -> tuple[str, str]:
    return episode(Episode(AT, kind, **values), FIELDS)


def sent(delivery: DeliveryState, *fields: str, change: ChangeKind = ChangeKind.UPDATE) -> tuple[str, str]:
    return words(EpisodeKind.SENT, change=change, fields=fields, delivery=delivery)


def test_a_sent_row_names_its_kind_and_the_labels_of_its_fields():
    row = sent(DeliveryState.COMMITTED, "status", "pay_rate", change=ChangeKind.TERMINATE)
    assert row == ("Sent as termination", "Status, Pay rate")


def test_a_sent_row_without_fields_has_all_of_them():
    assert sent(DeliveryState.COMMITTED, change=ChangeKind.NEW) == ("Sent as new employee", "all fields")


def test_a_sent_row_names_the_state_of_a_file_that_was_not_delivered():
    assert sent(DeliveryState.UNKNOWN, "city") == ("Sent as changed details", "City (the file: in doubt)")


def test_an_unchanged_employee_is_the_same_as_last_sent():
    assert words(EpisodeKind.UNCHANGED) == ("Unchanged", "same as last sent")


@pytest.mark.parametrize(
    ("outcome", "detail", "title", "text"),
    [
        (IssueCode.SSN_MISSING, "HR holds no SSN", "No SSN in HR", "HR holds no SSN"),
        (IssueCode.HELD, "terminations", GUARD_TITLE, "Too many terminations in one sync"),
        (IssueCode.HELD, "one_field:city", GUARD_TITLE, "The same field changed for too many employees"),
        (IssueCode.HELD, "a guard of a later version", GUARD_TITLE, "a guard of a later version"),
        ("outside", "not in a population that was ticked", "Outside", "not in a population that was ticked"),
    ],
)
def test_a_skipped_employee_has_the_title_of_the_issue_and_its_detail(outcome, detail, title, text):
    assert words(EpisodeKind.SKIPPED, outcome=outcome, detail=detail) == (title, text)


@pytest.mark.parametrize(
    ("warnings", "last"),
    [
        ((), "No warnings."),
        (
            (WarningCode.RETROACTIVE, WarningCode.INCOMPLETE),
            "The change is retroactive. Required fields are missing.",
        ),
    ],
)
def test_an_opened_request_names_its_kind_date_and_warnings(warnings, last):
    opened = words(
        EpisodeKind.REQUEST_OPENED, change=ChangeKind.NEW, effective_date=date(2026, 4, 2), warnings=warnings
    )
    assert opened == ("Request opened", f"new employee, effective Apr 2, 2026. {last}")


@pytest.mark.parametrize(
    ("values", "title", "text"),
    [
        ({"state": RequestState.APPROVED, "decided_by": "kim"}, "Request approved", "by kim"),
        (
            {"state": RequestState.DECLINED, "decided_by": "kim", "decline_code": DeclineCode.INELIGIBLE},
            "Request declined",
            "by kim, not eligible",
        ),
        (
            {"state": RequestState.SUPERSEDED, "superseded_by": 7, "closed_because": "replaced"},
            "Request replaced",
            "request 7 replaced it",
        ),
        (
            {"state": RequestState.SUPERSEDED, "closed_because": "reverted"},
            "Request replaced",
            "No difference is left: HR and the benefits platform agree.",
        ),
        (
            {"state": RequestState.WITHDRAWN, "closed_because": "withdrawn"},
            "Request withdrawn",
            "HR took the change back before anybody decided.",
        ),
        (
            {
                "state": RequestState.APPROVED,
                "decided_by": "kim",
                "fields": ("city",),
                "decline_code": DeclineCode.ERROR,
            },
            "Request approved",
            "by kim, without City, wrong in HR",
        ),
    ],
)
def test_a_closed_request_names_the_person_or_the_reason(values, title, text):
    assert words(EpisodeKind.REQUEST_CLOSED, **values) == (title, text)


def test_A_88_a_release_names_the_person_and_the_reason():
    text = words(EpisodeKind.RELEASED, decided_by="kim", detail="a test record")
    assert text == ("Released as gone from HR", "by kim: a test record")


@pytest.mark.parametrize(
    ("kind", "values", "word"),
    [
        (EpisodeKind.SENT, {"change": ChangeKind.TERMINATE}, "TERMINATE"),
        (EpisodeKind.UNCHANGED, {}, "unchanged"),
        (EpisodeKind.SKIPPED, {"outcome": "ssn_missing"}, "ssn_missing"),
        (EpisodeKind.REQUEST_OPENED, {"change": ChangeKind.NEW}, "NEW"),
        (EpisodeKind.RELEASED, {"decided_by": "kim"}, "released"),
        (
            EpisodeKind.REQUEST_CLOSED,
            {"state": RequestState.DECLINED, "decline_code": DeclineCode.ERROR, "decided_by": "kim"},
            "ERROR",
        ),
        (EpisodeKind.REQUEST_CLOSED, {"state": RequestState.WITHDRAWN, "closed_because": "withdrawn"}, "withdrawn"),
        # The reason of what the approval left out is not the reason of the approval.
        (EpisodeKind.REQUEST_CLOSED, {"state": RequestState.APPROVED, "decline_code": DeclineCode.ERROR}, "APPROVED"),
    ],
)
def test_every_event_has_a_stable_word_for_programs_beside_its_sentences(kind, values, word):
    assert code(Episode(AT, kind, **values)) == word
