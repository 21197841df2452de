"""A process that is killed while somebody signs in or is given a role leaves all of it, or nothing."""

from __future__ import annotations

import os

import pytest

from bensync.core.access import Right, Role
from tests.fixtures.acts import ACTS, die
from tests.fixtures.databases import SORTS
from tests.fixtures.fault_points import commits
from tests.fixtures.house import House, house
from tests.fixtures.invariants import hold

LONG = os.environ.get("BENSYNC_LONG") == "1"
HER_WAY_IN = ("users.revoke", "users.reset", "password.change")
ACCESS = commits(*ACTS)

pytestmark = pytest.mark.databases(*(SORTS if LONG else ["sqlite"]))


@pytest.fixture
def here(database):
    with house(database) as found:
        yield found


@pytest.mark.sampled(4)
@pytest.mark.parametrize("point", ACCESS)
def test_R1_a_killed_act_of_access_is_whole_or_did_not_happen(here: House, point: str) -> None:
    kim = here.add("kim", Role.DATA_OWNER)
    act = point.partition(".commit.")[0]

    die(here, kim, act, point)

    hold(here.store, "acme")
    with here.store.read("acme") as work:
        assert work.audit.trail.verify().fault is None
    if act not in HER_WAY_IN:
        assert here.actor(kim).may(Right.DECIDE, "acme")
