"""Field changes, candidates and ledgers as values."""

from __future__ import annotations

from bensync.core.changes import FieldChange, Ledger, field_changes
from tests.unit.builders import candidate, profile, status_row


def test_field_changes_follow_the_new_values_and_end_with_what_was_cleared():
    old = {"city": "Springfield", "gender": "X", "state": "CA"}
    new = {"state": "NV", "gender": "X", "country": "US"}
    assert field_changes(old, new) == (
        FieldChange("state", "CA", "NV"),
        FieldChange("country", None, "US"),
        FieldChange("city", "Springfield", None),
    )


def test_field_changes_look_at_the_named_fields_only():
    assert field_changes({"city": "A", "state": "B"}, {}, ["state", "country"]) == (FieldChange("state", "B", None),)


def test_a_candidate_shows_the_present_without_dated_rows():
    person = profile(rows=[status_row("01-01")])
    assert candidate(person).present() == profile()


def test_a_ledger_adds_up_to_the_people_active_afterwards():
    ledger = Ledger(100, hires=3, rehires=2, reactivations=1, terminations=4, moved=-1)
    assert ledger.after == 101
    assert ledger.as_json()["after"] == 101
