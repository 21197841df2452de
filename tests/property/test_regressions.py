"""What the state machine found, each as a story of its own."""

from __future__ import annotations

import pytest
import structlog

from bensync.core.guards import Guards
from bensync.core.people import Standing, Status
from bensync.core.runs import Outcome
from bensync.errors import DeliveryError
from tests.property.hr_system import HrWeather
from tests.property.promises import Promises
from tests.property.small_world import SmallWorld
from tests.property.upload_center import UploadWeather

PERSON = {"lastName": "Example", "dateOfBirth": "1984-02-29", "city": "Dayton", "hireDate": "2020-03-02"}


@pytest.fixture(autouse=True)
def _quiet():
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
    yield
    structlog.reset_defaults()


@pytest.fixture
def kept_back() -> SmallWorld:
    """Employee 1 moved and was blocked; employee 2 changed after that and was sent: HR reports nothing of 1 any more."""
    world = SmallWorld(Guards())
    for number in (1, 2):
        world.company.hire({**PERSON, "ssn": f"210-10-400{number}"})
    world.snapshot()
    world.pass_time(days=1)
    world.company.update("1", city="Akron")
    world.pass_time(minutes=1)
    world.company.update("2", city="Toledo")
    world.suffer(world.daily, HrWeather.FIELD_LOST)
    assert [
        profile.employee_id for profile in world.benefits.last_sent.values() if profile.values["city"] != "Dayton"
    ] == ["2"]
    world.pass_time(days=1)
    return world


def test_a_resync_of_others_does_not_forget_blocked_people(kept_back: SmallWorld) -> None:
    kept_back.resync(frozenset({Status.INACTIVE}))
    Promises(kept_back).finish()


def test_a_failed_delivery_does_not_forget_blocked_people(kept_back: SmallWorld) -> None:
    failed = kept_back.suffer(kept_back.daily, HrWeather.FAIR, UploadWeather.CLOSED)
    assert isinstance(failed, DeliveryError)
    Promises(kept_back).finish()


@pytest.fixture
def adrift() -> SmallWorld:
    """Employee 1 works, and was ended in the benefits platform: a request asks about it."""
    world = SmallWorld(Guards())
    world.company.hire({**PERSON, "ssn": "210-10-4001"})
    world.snapshot()
    world.pass_time(days=1)
    world.terminate_here(1, world.now.date())
    world.daily()
    return world


def test_approving_a_drift_moves_the_status_and_keeps_what_was_edited_here_since(adrift: SmallWorld) -> None:
    adrift.edit(1, city="Akron")

    (decision,) = adrift.approve([request.id for request in adrift.queue()], confirmed=True)

    assert decision.done
    after = adrift.register()[1]
    assert (after.standing, after.profile.values["city"]) == (Standing.ACTIVE, "Akron")


def test_a_drift_that_was_recalculated_and_declined_is_not_asked_again(adrift: SmallWorld) -> None:
    adrift.edit(1, termination_date="2026-05-31", city="Akron")
    (refused,) = adrift.approve([request.id for request in adrift.queue()], confirmed=True)
    assert refused.successor is not None
    adrift.decline([refused.successor])
    adrift.pass_time(days=1)

    assert adrift.daily().outcome is Outcome.NO_CHANGES

    assert adrift.queue() == []
