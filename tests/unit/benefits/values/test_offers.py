"""What a prepared event offers, and whether a person is needed (S3-41, S3-135)."""

from __future__ import annotations

import pytest

from bensync.benefits.values.enrollments import Terms
from bensync.benefits.values.offers import CoverageOutcome, Ending, Offer, Option, Prepared, Update
from tests.unit.builders import day

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
