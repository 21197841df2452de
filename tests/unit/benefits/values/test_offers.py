"""What a prepared event offers, and whether a person is needed (S3-41, S3-135)."""

from __future__ import annotations

import pytest

from bensync.benefits.values.enrollments import Terms
from bensync.benefits.values.offers import CoverageOutcome, Ending, Offer, Option, Prepared, Update, differences
from tests.unit.builders import day

DAY = day("06-01")
TERMS = Terms("MED", "EE")
CHOOSABLE = Option(TERMS, day("06-01"), day("06-01"))
HISTORY = Option(TERMS, day("06-01"), day("06-01"), history_only=True)


def prepared(*options, auto_add=False, **fields):
    """An event that offers medical coverage with these options."""
    return Prepared(offers=(Offer("medical", CoverageOutcome.NO, options, auto_add=auto_add),), **fields)


@pytest.mark.parametrize(
    ("event", "electable", "idle", "needs_person"),
    [
        (Prepared(), False, True, False),
        (prepared(HISTORY), False, True, False),
        (prepared(CHOOSABLE), True, False, True),
        (prepared(CHOOSABLE, auto_add=True), True, False, False),
        (Prepared(endings=(Ending("medical", TERMS, day("06-30"), cobra=True),)), False, False, False),
        (Prepared(updates=(Update("life", TERMS, TERMS, day("06-01"), day("06-01")),)), False, False, False),
        (Prepared(loss_of_all=True), False, False, True),
    ],
    ids=["nothing", "history only", "a choice", "added by itself", "an ending", "an update", "the loss of everything"],
)
def test_an_event_needs_a_person_where_there_is_a_choice_or_everything_would_end(event, electable, idle, needs_person):
    assert (event.electable, event.idle, event.needs_person) == (electable, idle, needs_person)


def offered(*options, default=None):
    """What was prepared for the medical plans: one option for each code."""
    terms = {code: Terms("MED", code) for code in options}
    offer = Offer("medical", CoverageOutcome.NO, tuple(Option(entry, DAY, DAY) for entry in terms.values()), default)
    return Prepared(offers=(offer,))


def ending(last):
    """What was prepared for a coverage that ends on a day."""
    return Prepared(endings=(Ending("medical", Terms("MED", "EE"), last, cobra=True),))


@pytest.mark.parametrize(
    ("statement", "today", "expected"),
    [
        (offered("EE"), offered("EE"), []),
        (offered("EE"), offered("EE", "FAM"), [("newly_offered", "MED", "FAM")]),
        (offered("EE", "FAM"), offered("EE"), [("no_longer_offered", "MED", "FAM")]),
        (Prepared(), offered("EE"), [("newly_offered", "MED", "EE")]),
        (offered("EE"), Prepared(), [("no_longer_offered", "MED", "EE")]),
        (offered("EE"), offered("EE", default=Terms("MED", "EE")), [("default_changed", "MED", "EE")]),
        (ending(DAY), ending(day("07-31")), [("ending_changed", "MED", "")]),
        (ending(DAY), Prepared(), [("ending_changed", "MED", "")]),
        (Prepared(), ending(DAY), [("ending_changed", "MED", "")]),
        (ending(DAY), ending(DAY), []),
    ],
)
def test_S3_174_what_differs_from_the_statement_is_named(statement, today, expected):
    assert [(line.code, line.plan, line.detail) for line in differences(statement, today, 1)] == expected
