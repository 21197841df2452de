"""What was declined stays declined until HR changes it, value by value and row by row (sync-rules 3.7.6)."""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace

from bensync.core.changes import FieldChange
from bensync.core.intake.declines import (
    HISTORY,
    DeclinedValue,
    Declines,
    declined_changes,
    declined_fields,
    declining,
    is_status_declined,
    released,
    still_declined,
    without_declined,
)
from bensync.core.intake.proposals import changes
from bensync.core.people import DatedRow, Profile, Status
from tests.unit.builders import participant, profile

CITY = {"city": "Akron"}
OLD = DatedRow("job", date(2025, 1, 1), {"job_title": "Clerk", "department": "Office"})
NEW = DatedRow("job", date(2026, 6, 1), {"job_title": "Chief", "department": "Sales"})
ADDRESS = DatedRow("address", date(2026, 6, 1), {"city": "Akron"})


def working(*rows: DatedRow, **values: str | None) -> Profile:
    """Somebody whose job stands in dated rows."""
    present = {"job_title": rows[-1].values.get("job_title"), "department": rows[-1].values.get("department")}
    return profile(rows=rows, **{**present, **values})


APPROVED = participant(working(OLD))


def all_of(person: Profile, before=APPROVED, old: Declines | None = None, request: int = 5) -> Declines:
    """A decision against everything that differs."""
    fields = {change.field for change in changes(person, before)}
    return declining(person, before, fields, request, old or Declines())


def test_nothing_is_left_out_where_nothing_was_declined():
    person = profile(**CITY)
    assert without_declined(person, participant(), Declines()) is person
    assert declined_changes(person, participant(), Declines()) == ()
    assert not Declines()


def test_a_declined_value_keeps_the_approved_one():
    person = profile(**CITY, mobile_phone="555 0100")
    declines = declining(person, participant(), {"city"}, 5, Declines())
    merged = without_declined(person, participant(), declines)
    assert (merged.values["city"], merged.values["mobile_phone"]) == ("Springfield", "555 0100")
    assert list(merged.values) == list(person.values)
    assert declined_changes(person, participant(), declines) == (FieldChange("city", "Springfield", "Akron"),)
    assert declines.values == (DeclinedValue("city", "Akron", None, 5),)
    assert declines


def test_a_declined_clearing_keeps_the_approved_value_and_a_declined_first_value_stays_away():
    person = profile(city=None, mobile_phone="555 0100")
    merged = without_declined(person, participant(), all_of(person, participant()))
    assert merged.values == participant().profile.values


def test_a_declined_termination_keeps_the_status_with_its_dates():
    person = profile(active=False, since="2026-06-01", termination_date="2026-06-01")
    merged = without_declined(person, participant(), all_of(person, participant()))
    assert merged == participant().profile


def test_a_declined_reactivation_keeps_a_participant_terminated():
    gone = participant(profile(active=False, since="2026-03-01", termination_date="2026-03-01"), ended="03-01")
    person = profile(since="2026-06-01")
    merged = without_declined(person, gone, all_of(person, gone))
    assert (merged.status, merged.status_date) == (Status.INACTIVE, date(2026, 3, 1))


def test_a_declined_identity_keeps_the_employee_id():
    person = replace(profile(), employee_id="99")
    merged = without_declined(person, participant(), all_of(person, participant()))
    assert merged.employee_id == "1"


def test_a_row_of_declined_fields_only_never_reaches_the_participant():
    person = working(OLD, NEW)
    declines = all_of(person)
    assert declines.added == (NEW,)
    assert without_declined(person, APPROVED, declines).rows == (OLD,)
    assert all_of(person, old=declines) == declines


def test_a_row_with_one_declined_field_holds_the_approved_value_of_the_row_before_it():
    person = working(OLD, NEW)
    declines = declining(person, APPROVED, {"job_title"}, 5, Declines())
    merged = without_declined(person, APPROVED, declines)
    assert merged.rows == (OLD, replace(NEW, values={"job_title": "Clerk", "department": "Sales"}))
    again = without_declined(person, participant(merged), declines)
    assert again == merged


def test_a_corrected_row_holds_the_approved_value_of_its_own_day():
    corrected = replace(OLD, values={"job_title": "Chief", "department": "Sales"})
    person = working(corrected)
    merged = without_declined(person, APPROVED, declining(person, APPROVED, {"job_title"}, 5, Declines()))
    assert merged.rows == (replace(OLD, values={"job_title": "Clerk", "department": "Sales"}),)


def test_a_first_row_without_an_approved_one_loses_the_declined_value():
    nobody = participant(profile(job_title=None))
    person = working(NEW)
    merged = without_declined(person, nobody, declining(person, nobody, {"job_title"}, 5, Declines()))
    assert merged.rows == (replace(NEW, values={"department": "Sales"}),)


def test_a_declined_clearing_in_a_row_is_filled_again():
    person = working(OLD, DatedRow("job", date(2026, 6, 1), {"department": "Sales"}))
    merged = without_declined(person, APPROVED, declining(person, APPROVED, {"job_title"}, 5, Declines()))
    assert merged.rows[-1].values == {"department": "Sales", "job_title": "Clerk"}


def test_a_declined_deletion_of_a_row_keeps_it_and_is_shown_as_history():
    before = participant(working(OLD, replace(NEW, values=OLD.values)))
    person = working(replace(NEW, values=OLD.values))
    declines = all_of(person, before)
    assert declines.removed == (OLD,)
    assert without_declined(person, before, declines).rows == before.profile.rows
    assert declined_changes(person, before, declines) == (FieldChange(HISTORY, None, None),)


def test_a_field_and_its_row_are_one_line():
    person = working(OLD, NEW)
    assert [change.field for change in declined_changes(person, APPROVED, all_of(person))] == [
        "job_title",
        "department",
    ]


def test_choosing_a_field_releases_it_with_the_rows_that_were_declined_with_it():
    person = working(OLD, NEW)
    left = released(all_of(person), person, {"department"})
    assert [entry.field for entry in left.values] == ["job_title"]
    assert left.added == ()
    assert without_declined(person, APPROVED, left).rows[-1].values == {"job_title": "Clerk", "department": "Sales"}


def test_choosing_the_history_releases_rows_and_no_value():
    person = replace(working(OLD, NEW), rows=(OLD, NEW, ADDRESS))
    declines = all_of(person)
    left = released(declines, person, {HISTORY})
    assert (left.added, left.values) == ((), declines.values)


def test_choosing_the_present_value_leaves_a_declined_value_of_the_past_declined():
    declines = declining(working(OLD, NEW), APPROVED, {"job_title"}, 5, Declines())
    later = working(OLD, NEW, DatedRow("job", date(2026, 7, 1), {"job_title": "Head", "department": "Sales"}))
    assert released(declines, later, {"job_title"}) == declines
    assert "Chief" not in [row.values["job_title"] for row in without_declined(later, APPROVED, declines).rows]


def test_a_value_that_hr_changed_counts_as_new():
    declines = all_of(profile(**CITY), participant())
    assert still_declined(declines, profile(**CITY)) == declines
    assert not still_declined(declines, profile())
    assert not still_declined(declines, profile(city="Toledo"))


def test_rows_that_hr_changed_count_as_new():
    person = working(OLD, NEW)
    declines = all_of(person)
    assert still_declined(declines, person) == declines
    assert not still_declined(declines, working(OLD))
    later = working(OLD, NEW, DatedRow("job", date(2026, 7, 1), {"job_title": "Head", "department": "Sales"}))
    assert still_declined(declines, later) == declines
    kept = Declines(removed=(OLD,))
    assert still_declined(kept, working(NEW)) == kept
    assert not still_declined(kept, working(OLD, NEW))


def test_the_same_status_of_the_same_version_is_declined_for_drift_too():
    person = profile(active=False, since="2026-06-01", termination_date="2026-06-01")
    declines = replace(all_of(person, participant()), version=3)
    assert is_status_declined(declines, person, 3)
    assert not is_status_declined(declines, person, 4)
    later = profile(active=False, since="2026-07-01", termination_date="2026-07-01")
    assert not is_status_declined(declines, later, 3)
    assert "status" in declined_fields(person, declines)
