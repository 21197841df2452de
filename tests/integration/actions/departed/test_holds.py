"""Legal holds: who may place and release them, what the trail says, and that nobody can remove one unseen."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from sqlalchemy import delete, update

from bensync.actions.departed.holds import hold, release_hold
from bensync.actions.departed.retention import preview
from bensync.core.access import Role, command_line_actor
from bensync.errors import DecisionError, Denied, StateError, StepUpNeeded
from bensync.retention.kinds import Periods
from bensync.state.schema.sync import LegalHoldRow
from bensync.state.upkeep.fsck import check
from tests.fixtures.user_deployment import user_deployment
from tests.unit.builders import profile

pytestmark = pytest.mark.usefixtures("quick_passwords")

CASE = "case 17 of the district court"
_holds = LegalHoldRow.__table__


@pytest.fixture
def deployment(database):
    with user_deployment(database) as deployment:
        deployment.approved(profile(1))
        yield deployment


def in_force(deployment):
    with deployment.store.read("acme") as state:
        return [view.employee_id for view in state.holds.open()]


def test_a_hold_is_placed_once_and_released_with_reasons_in_the_audit_trail(deployment):
    kim = deployment.actor(deployment.add("kim", Role.DATA_OWNER))

    hold(deployment.store, "acme", "1", CASE, kim, deployment.now)
    assert in_force(deployment) == ["1"]
    with pytest.raises(DecisionError, match="in force already"):
        hold(deployment.store, "acme", "1", CASE, kim, deployment.now)
    release_hold(deployment.store, "acme", "1", "the case is closed", kim, deployment.now)

    assert in_force(deployment) == []
    assert deployment.audit("acme")[-2:] == [("kim", "hold.place"), ("kim", "hold.release")]
    with deployment.store.read("acme") as state:
        (past,) = state.holds.of("1")
    assert (past.placed_by, past.released_by, past.reason) == ("kim", "kim", CASE)
    with pytest.raises(DecisionError, match="No legal hold is in force"):
        release_hold(deployment.store, "acme", "1", "the case is closed", kim, deployment.now)
    hold(deployment.store, "acme", "1", "case 18", kim, deployment.now)
    assert in_force(deployment) == ["1"]


def test_an_ssn_in_the_reason_of_a_hold_is_masked(deployment):
    hold(deployment.store, "acme", "1", "the case of 345-67-8901", command_line_actor("root"), deployment.now)
    with deployment.store.read("acme") as state:
        (view,) = state.holds.open()
    assert "345-67-8901" not in view.reason


def test_a_hold_needs_the_right_a_reason_and_a_person_who_is_stored(deployment):
    lee = deployment.actor(deployment.add("lee", Role.AUDITOR))
    sam = deployment.actor(deployment.add("sam", Role.SENIOR_USER))
    for act in (hold, release_hold):
        with pytest.raises(Denied):
            act(deployment.store, "acme", "1", CASE, lee, deployment.now)
        with pytest.raises(DecisionError, match="Nothing was changed"):
            act(deployment.store, "acme", "1", " ", sam, deployment.now)
    with pytest.raises(DecisionError, match="No legal hold was placed on employee 4711"):
        hold(deployment.store, "acme", "4711", CASE, sam, deployment.now)
    assert in_force(deployment) == []


def test_a_hold_needs_a_fresh_code(deployment):
    kim = deployment.actor(deployment.add("kim", Role.DATA_OWNER))
    with pytest.raises(StepUpNeeded):
        hold(deployment.store, "acme", "1", CASE, replace(kim, fresh=False), deployment.now)
    assert in_force(deployment) == []


@pytest.mark.parametrize(
    ("tamper", "finding"),
    [
        (delete(_holds), "the legal hold of employee 1 is missing"),
        (update(_holds).values(employee_id="2"), "was not written by bensync as it is"),
        (
            update(_holds).values(released_by="kim", released_at=_holds.c.placed_at),
            "was not written by bensync as it is",
        ),
    ],
    ids=["removed", "of another person", "released"],
)
def test_a_hold_that_somebody_took_away_in_the_database_stops_every_deletion(deployment, tamper, finding):
    root = command_line_actor("root")
    hold(deployment.store, "acme", "1", CASE, root, deployment.now)
    with deployment.store.whole("test.tamper") as connection:
        connection.execute(tamper)

    with deployment.store.read("acme") as state:
        broken = {line.subject: line.detail for line in check(state) if not line.ok}
    assert finding in broken["legal holds are those of the audit trail"]
    with pytest.raises(StateError, match="Nothing was deleted"):
        preview(deployment.store, "acme", Periods(), root, deployment.now)
