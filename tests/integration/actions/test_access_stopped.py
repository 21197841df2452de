"""A process that is killed while somebody signs in or is given a role leaves all of it, or nothing."""

from __future__ import annotations

import os

import pytest

from bensync.core.access import Right, Role
from tests.fixtures.acts import ACTS, die
from tests.fixtures.databases import SORTS
from tests.fixtures.fault_points import commits
from tests.fixtures.invariants import hold
from tests.fixtures.user_deployment import UserDeployment, user_deployment

LONG = os.environ.get("BENSYNC_LONG") == "1"
HER_WAY_IN = ("users.revoke", "users.reset", "password.change")
ACCESS = commits(*ACTS)

pytestmark = pytest.mark.databases(*(SORTS if LONG else ["sqlite"]))


@pytest.fixture
def deployment(database):
    with user_deployment(database) as deployment:
        yield deployment


@pytest.mark.sampled(4)
@pytest.mark.parametrize("point", ACCESS)
def test_R1_a_killed_act_of_access_is_whole_or_did_not_happen(deployment: UserDeployment, point: str) -> None:
    kim = deployment.add("kim", Role.DATA_OWNER)
    act = point.partition(".commit.")[0]

    die(deployment, kim, act, point)

    hold(deployment.store, "acme")
    with deployment.store.read("acme") as work:
        assert work.audit.trail.verify().fault is None
    if act not in HER_WAY_IN:
        assert deployment.actor(kim).may(Right.DECIDE, "acme")
