"""Which fields of a request a person may choose, and what is approved then (sync-rules 3.7.8)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bensync.core.changes import ChangeKind
from bensync.core.intake.declines import Declines, declined_changes, declining, without_declined
from bensync.core.intake.proposals import classify
from bensync.core.intake.selections import SelectionError, decided_apart, select
from bensync.core.people import Participant, Profile
from bensync.core.requests import Request, RequestState, Risk
from tests.unit.builders import RULES, TODAY, participant, profile

PHONE = {"mobile_phone": "555 0100"}
LEAVING = {"active": False, "since": "2026-06-01", "termination_date": "2026-06-01"}


def asked(person: Profile, before: Participant | None, declines: Declines | None = None) -> Request:
    """The request of a row."""
    own = without_declined(person, before, declines) if declines and before else person
    proposal = classify(own, before, None, TODAY, RULES)
    assert proposal is not None
    return Request(
        id=5,
        key=b"k",
        employee_id=person.employee_id,
        kind=proposal.kind,
        risk=proposal.risk,
        state=RequestState.PENDING,
        origin=proposal.origin,
        warnings=proposal.warnings,
        effective_date=proposal.effective_date,
        changes=proposal.changes,
        profile=own,
        fingerprint=b"f",
        basis_version=3,
        opened_at=datetime(2026, 6, 10, tzinfo=UTC),
        hr_profile=person if own is not person else None,
        declined_before=declined_changes(person, before, declines) if declines and before else (),
    )


def chosen(request: Request, *only: str, unseen=(), declines: Declines | None = None, before=None):
    return select(
        request,
        before or participant(),
        None,
        declines,
        frozenset(only),
        unseen=frozenset(unseen),
        as_of=TODAY,
        rules=RULES,
    )


def test_all_that_a_request_proposes_is_the_request():
    request = asked(profile(city="Akron", **PHONE), participant())
    selection = chosen(request, "city", "mobile_phone")
    assert (selection.request, selection.fields, selection.left_out) == (request, None, ())


def test_a_field_that_is_left_out_is_declined():
    request = asked(profile(city="Akron", **PHONE), participant())
    selection = chosen(request, "mobile_phone")
    assert [change.field for change in selection.request.changes] == ["mobile_phone"]
    assert selection.request.profile.values["city"] == "Springfield"
    assert [change.field for change in selection.left_out] == ["city"]
    assert selection.fields == ("city",)
    assert selection.declines is not None
    assert [entry.field for entry in selection.declines.values] == ["city"]


def test_a_declined_field_can_be_chosen():
    person = profile(city="Akron", **PHONE)
    declines = declining(person, participant(), {"city"}, 4, Declines())
    request = asked(person, participant(), declines)
    assert [change.field for change in request.changes] == ["mobile_phone"]
    selection = chosen(request, "city", "mobile_phone", declines=declines)
    assert selection.request.profile.values["city"] == "Akron"
    assert selection.fields == ()
    assert not selection.declines


def test_a_termination_left_out_makes_an_update_and_takes_its_dates_along():
    request = asked(profile(city="Akron", **LEAVING), participant())
    assert decided_apart(request) == {"status", "city"}
    selection = chosen(request, "city")
    assert (selection.request.kind, selection.request.risk) == (ChangeKind.UPDATE, Risk.LOW)
    assert "termination_date" not in selection.request.profile.values
    assert selection.request.effective_date == TODAY
    kept = chosen(request, "status")
    assert kept.request.kind is ChangeKind.TERMINATE
    assert kept.request.profile.values["termination_date"] == "2026-06-01"
    assert kept.request.effective_date == request.effective_date


def test_what_a_person_does_not_see_stays_as_the_request_proposes_it():
    request = asked(profile(city="Akron", state="OH", **PHONE), participant())
    selection = chosen(request, "city", unseen={"mobile_phone"})
    assert {change.field for change in selection.request.changes} == {"city", "mobile_phone"}
    assert [change.field for change in selection.left_out] == ["state"]


@pytest.mark.parametrize(
    ("only", "unseen", "why"),
    [
        ({"pay_rate"}, set(), "The request has no field pay_rate to choose"),
        ({"city"}, {"city"}, "The request has no field city to choose"),
        (set(), set(), "No change of the request is selected"),
    ],
)
def test_what_cannot_be_chosen_is_refused(only, unseen, why):
    request = asked(profile(city="Akron", **PHONE), participant())
    with pytest.raises(SelectionError, match=why):
        chosen(request, *only, unseen=unseen)


def test_a_new_person_and_a_doubtful_identity_are_one_decision():
    new = asked(profile(), None)
    assert decided_apart(new) == frozenset()
    with pytest.raises(SelectionError, match="one decision"):
        select(new, None, None, None, frozenset({"city"}), unseen=frozenset(), as_of=TODAY, rules=RULES)
    swapped = asked(profile(city="Akron", **PHONE), participant(profile()))
    other = participant(profile(2, ssn=profile().values["ssn"]))
    doubtful = asked(profile(city="Akron"), other)
    assert decided_apart(swapped)
    assert decided_apart(doubtful) == frozenset()
    with pytest.raises(SelectionError, match="one decision"):
        chosen(doubtful, "city", before=other)


def test_one_change_alone_is_one_decision():
    assert decided_apart(asked(profile(city="Akron"), participant())) == frozenset()
    assert decided_apart(asked(profile(**LEAVING), participant())) == frozenset()
