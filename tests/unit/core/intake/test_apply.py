"""What an approval makes of a participant (sync-rules 3.8)."""

from __future__ import annotations

import pytest

from bensync.core.changes import ChangeKind
from bensync.core.intake.proposals import apply, classify
from bensync.core.people import Standing
from tests.unit.builders import RULES, TODAY, day, key, participant, profile, ssn, status_row

LEFT = {"active": False, "since": "2026-03-01"}


def decided(row, person):
    """Classify a row and approve it."""
    proposal = classify(row, person, None, TODAY, RULES)
    assert proposal is not None
    own = key(row.values["ssn"])
    return proposal.kind, apply(proposal.kind, row, own, person, proposal.effective_date)


def test_A_11_a_new_hire_becomes_an_active_participant_hired_on_their_day():
    kind, applied = decided(profile(), None)
    created = applied
    assert kind is ChangeKind.NEW
    assert (created.id, created.version, created.standing, created.program, created.benefit_record) == (
        0,
        1,
        Standing.ACTIVE,
        "NOB",
        0,
    )
    assert (created.hire_date, created.termination_date, created.key) == (day("2024-02-01"), None, key(ssn(1)))


def test_A_24_a_new_inactive_person_becomes_a_terminated_participant():
    kind, applied = decided(profile(**LEFT), None)
    assert kind is ChangeKind.NEW
    assert (applied.standing, applied.termination_date) == (Standing.TERMINATED, day("03-01"))


def test_A_16_a_termination_ends_the_participant():
    kind, applied = decided(profile(active=False, since="06-05"), participant())
    assert kind is ChangeKind.TERMINATE
    assert (applied.standing, applied.termination_date) == (Standing.TERMINATED, day("06-05"))


def test_A_18_a_reactivation_clears_the_termination_date_and_restores_nothing_else():
    kind, applied = decided(profile(), participant(profile(**LEFT), ended="03-01"))
    assert kind is ChangeKind.REACTIVATE
    assert (applied.standing, applied.termination_date) == (Standing.ACTIVE, None)


def test_A_19_a_rehire_is_active_from_the_rehire_date():
    kind, applied = decided(profile(rehire_date="2026-06-01"), participant(profile(**LEFT), ended="03-01"))
    assert kind is ChangeKind.REHIRE
    assert (applied.standing, applied.termination_date) == (Standing.ACTIVE, None)
    assert applied.hire_date == day("06-01")


@pytest.mark.parametrize("field", ["termination_date", "left"])
def test_A_20_who_left_and_came_back_between_two_syncs_stays_active(field):
    kind, applied = decided(profile(**{field: "2026-03-03"}, rehire_date="2026-03-05"), participant())
    assert kind is ChangeKind.REHIRE
    assert applied.standing is Standing.ACTIVE


def test_a_correction_takes_over_the_history():
    rows = [status_row("2024-02-01"), status_row("2025-01-01")]
    kind, applied = decided(profile(rows=rows[1:]), participant(profile(rows=rows)))
    assert kind is ChangeKind.CORRECTION
    assert applied.profile.rows == (rows[1],)


@pytest.mark.parametrize(
    ("sent_date", "expected"),
    [
        pytest.param(None, "03-01", id="HR holds none: what was approved stays"),
        pytest.param("2026-02-20", "02-20", id="HR's date is taken over"),
    ],
)
def test_an_update_of_a_terminated_participant_keeps_or_moves_the_termination_date(sent_date, expected):
    row = profile(city="Shelbyville", termination_date=sent_date, **LEFT)
    kind, applied = decided(row, participant(profile(**LEFT), ended="03-01"))
    assert kind is ChangeKind.UPDATE
    assert (applied.standing, applied.termination_date) == (Standing.TERMINATED, day(expected))


def test_an_approval_keeps_what_the_benefits_platform_alone_knows():
    person = participant(number=99)
    _, applied = decided(profile(city="Shelbyville"), person)
    after = applied
    assert (after.id, after.version, after.key) == (99, person.version + 1, person.key)
    assert (after.program, after.benefit_record) == (person.program, person.benefit_record)


def test_an_ssn_correction_gives_the_participant_another_key():
    person, row = participant(profile(1)), profile(1, ssn=ssn(9))
    after = apply(ChangeKind.UPDATE, row, key(ssn(9)), person, TODAY)
    assert (after.id, after.key) == (person.id, key(ssn(9)))


def test_a_termination_of_which_nobody_knows_the_day_stays_without_one():
    _, applied = decided(profile(city="Shelbyville", **LEFT), participant(profile(**LEFT)))
    assert (applied.standing, applied.termination_date) == (Standing.TERMINATED, None)
