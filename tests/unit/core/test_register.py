"""What an approval makes of a participant (sync-rules 3.8)."""

from __future__ import annotations

import pytest

from bensync.core.intake import changes, classify
from bensync.core.model import Activity, Kind, Standing
from bensync.core.register import TRIGGERS, apply
from bensync.mappings.catalogue import FIELDS
from tests.unit.builders import RULES, TODAY, day, key, participant, profile, ssn, status_row

LEFT = {"active": False, "since": "2026-03-01"}


def decided(row, person):
    """Classify a row and approve it."""
    found = classify(row, person, None, TODAY, RULES)
    assert found is not None
    own = key(row.values["ssn"])
    return found.kind, apply(found.kind, row, own, person, found.changes, found.effective_date, TODAY)


def test_A_11_a_new_hire_becomes_an_active_participant_hired_on_their_day():
    kind, applied = decided(profile(), None)
    made = applied.participant
    assert kind is Kind.NEW
    assert (made.id, made.version, made.standing, made.program, made.benefit_record) == (
        0,
        1,
        Standing.ACTIVE,
        "NOB",
        0,
    )
    assert (made.hire_date, made.termination_date, made.key) == (day("2024-02-01"), None, key(ssn(1)))
    assert applied.activities == (Activity("HIR", day("2024-02-01"), "hire"),)


def test_A_24_a_new_inactive_person_becomes_a_terminated_participant_without_any_activity():
    kind, applied = decided(profile(**LEFT), None)
    assert kind is Kind.NEW
    assert (applied.participant.standing, applied.participant.termination_date) == (Standing.TERMINATED, day("03-01"))
    assert applied.activities == ()


def test_A_16_a_termination_ends_the_participant_and_its_event_is_final():
    kind, applied = decided(profile(active=False, since="06-05"), participant())
    assert kind is Kind.TERMINATE
    assert (applied.participant.standing, applied.participant.termination_date) == (Standing.TERMINATED, day("06-05"))
    assert applied.activities == (Activity("TER", day("06-05"), "termination", final=True),)


def test_A_18_a_reactivation_clears_the_termination_date_and_restores_nothing_else():
    kind, applied = decided(profile(), participant(profile(**LEFT), ended="03-01"))
    assert kind is Kind.REACTIVATE
    assert (applied.participant.standing, applied.participant.termination_date) == (Standing.ACTIVE, None)
    assert applied.activities == (Activity("MSC", TODAY, "reactivation"),)


def test_A_19_a_rehire_is_active_from_the_rehire_date():
    kind, applied = decided(profile(rehire_date="2026-06-01"), participant(profile(**LEFT), ended="03-01"))
    assert kind is Kind.REHIRE
    assert (applied.participant.standing, applied.participant.termination_date) == (Standing.ACTIVE, None)
    assert applied.participant.hire_date == day("06-01")
    assert applied.activities == (Activity("HIR", day("06-01"), "rehire"),)


def test_a_rehire_with_a_past_termination_date_in_hr_is_no_gap_where_the_termination_is_known():
    row = profile(rehire_date="2026-06-01", termination_date="2026-03-01")
    _, applied = decided(row, participant(profile(**LEFT), ended="03-01"))
    assert [activity.event_class for activity in applied.activities] == ["HIR"]


@pytest.mark.parametrize("told", ["termination_date", "left"])
def test_A_20_a_gap_leaves_a_termination_and_then_a_hire(told):
    kind, applied = decided(profile(**{told: "2026-03-03"}, rehire_date="2026-03-05"), participant())
    assert kind is Kind.REHIRE
    assert applied.participant.standing is Standing.ACTIVE
    assert applied.activities == (
        Activity("TER", day("03-03"), "termination", final=True),
        Activity("HIR", day("03-05"), "rehire"),
    )


@pytest.mark.parametrize(
    ("facts", "classes"),
    [
        pytest.param({"postal_code": "90002"}, ["ADR"], id="postal code"),
        pytest.param({"state": "NV"}, ["ADR"], id="state"),
        pytest.param({"country": "CA"}, ["ADR"], id="country"),
        pytest.param({"job_title": None}, ["MSC"], id="a cleared job title"),
        pytest.param({"pay_rate": "10.00 USD", "fte": "0.5"}, ["MSC"], id="two fields of one group"),
        pytest.param({"birth_date": "1990-02-01"}, ["INFO"], id="birth date"),
        pytest.param({"state": "NV", "location": "Reno", "birth_date": "1990-02-01"}, ["ADR", "INFO", "MSC"], id="all"),
        pytest.param({"city": "Shelbyville", "mobile_phone": "555 0100"}, [], id="fields that trigger nothing"),
    ],
)
def test_an_update_leaves_one_activity_per_group_of_trigger_fields(facts, classes):
    kind, applied = decided(profile(**facts), participant())
    assert kind is Kind.UPDATE
    assert [activity.event_class for activity in applied.activities] == classes
    assert {(activity.event_date, activity.final) for activity in applied.activities} <= {(TODAY, False)}


def test_every_trigger_is_a_field_of_the_catalogue():
    assert set(FIELDS) >= set(TRIGGERS)


def test_a_correction_takes_over_the_history_and_leaves_no_activity():
    rows = [status_row("2024-02-01"), status_row("2025-01-01")]
    kind, applied = decided(profile(rows=rows[1:]), participant(profile(rows=rows)))
    assert kind is Kind.CORRECTION
    assert applied.participant.profile.rows == (rows[1],)
    assert applied.activities == ()


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(None, "03-01", id="HR holds none: what was approved stays"),
        pytest.param("2026-02-20", "02-20", id="HR's date is taken over"),
    ],
)
def test_an_update_of_a_terminated_participant_keeps_or_moves_the_termination_date(told, expected):
    row = profile(city="Shelbyville", termination_date=told, **LEFT)
    kind, applied = decided(row, participant(profile(**LEFT), ended="03-01"))
    assert kind is Kind.UPDATE
    assert (applied.participant.standing, applied.participant.termination_date) == (Standing.TERMINATED, day(expected))


def test_an_approval_keeps_what_the_benefits_side_alone_knows():
    person = participant(number=99)
    _, applied = decided(profile(city="Shelbyville"), person)
    after = applied.participant
    assert (after.id, after.version, after.key) == (99, person.version + 1, person.key)
    assert (after.program, after.benefit_record) == (person.program, person.benefit_record)


def test_an_ssn_correction_gives_the_participant_another_key():
    person, row = participant(profile(1)), profile(1, ssn=ssn(9))
    after = apply(Kind.UPDATE, row, key(ssn(9)), person, changes(row, person), TODAY, TODAY).participant
    assert (after.id, after.key) == (person.id, key(ssn(9)))


def test_a_termination_of_which_nobody_knows_the_day_stays_without_one():
    _, applied = decided(profile(city="Shelbyville", **LEFT), participant(profile(**LEFT)))
    assert (applied.participant.standing, applied.participant.termination_date) == (Standing.TERMINATED, None)
