"""Everything about a former employee is deleted, and nothing about others."""

from __future__ import annotations

import pytest

from bensync.actions import approvals
from bensync.core.requests import DeclineCode
from bensync.retention.former import KeepReason
from bensync.retention.kinds import Kind
from tests.fixtures import invariants
from tests.fixtures.filled import NOW, deliver, fill, someone
from tests.fixtures.long_ago import ROOT, about, leave, participant_of, swept
from tests.integration.state.deliveries import opened


@pytest.fixture
def store(database):
    for store in opened(database):
        fill(store, "acme")
        yield store


def test_everything_about_a_former_employee_is_deleted_and_nothing_about_others(store):
    leave(store, [2, 5])
    with store.read("acme") as state:
        gone = participant_of(store, 2)
        before = state.participants.by_ids(range(100))

    plan = swept(store)

    assert plan.employees == ("2",)
    assert about(store, 2) == set()
    assert {row.table for row in plan.deleted if row.kind is Kind.FORMER_PEOPLE} >= {
        "participant",
        "request",
        "baseline",
    }
    with store.read("acme") as state:
        assert state.participants.by_ids(range(100)) == {key: person for key, person in before.items() if key != gone}
    # Nobody was above employee 5 in number: theirs must not be given out again.
    assert plan.kept == {KeepReason.NEWEST: 1}


def never_approved(store, employee):
    """Send a person whose request is declined and whom HR does not show any more, and then another one."""
    deliver(store, "acme", [employee])
    with store.read("acme") as state:
        number = state.requests.pending_ids()[-1]
    approvals.decline(store, "acme", [number], ROOT, NOW, DeclineCode.INELIGIBLE)
    with store.write("acme", "test.gone") as state:
        state.baselines.mark_gone([str(employee)])
    deliver(store, "acme", [employee + 1])


def test_a_person_who_was_sent_and_never_approved_is_deleted_once_hr_does_not_show_them(store):
    never_approved(store, 7)
    plan = swept(store)
    assert plan.employees == ("7",)
    assert about(store, 7) == set()


def test_a_person_who_is_deleted_and_comes_back_is_a_new_hire(store):
    leave(store, [2])
    swept(store)
    with store.read("acme") as state:
        back = someone(state, 2)
        assert state.baselines.known([back]) == {}
        assert state.baselines.of_employees(["2"]) == []
    deliver(store, "acme", [2])
    with store.read("acme") as state:
        request = state.lists.requests(None).items[-1]
        assert (request.person.employee_id, str(request.kind), request.participant_id) == ("2", "NEW", None)
    invariants.hold(store, "acme")
