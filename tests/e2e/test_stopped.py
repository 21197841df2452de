"""A run that is asked to end by SIGTERM leaves in time, with a documented code, and nothing harmful behind (R17)."""

from __future__ import annotations

import os
import signal
import time

import pytest

from bensync.core.runs import Outcome
from bensync.errors import EXIT_ASKED_TO_END
from tests.e2e.carrier import carrier
from tests.e2e.disaster import strike
from tests.e2e.test_crash_matrix import DAILY, settle
from tests.e2e.world import World, person
from tests.fixtures.databases import on_sqlite
from tests.fixtures.invariants import hold

pytestmark = [pytest.mark.slow, on_sqlite]

LONG = os.environ.get("BENSYNC_LONG") == "1"
POINTS = DAILY if LONG else DAILY[::3]
NO_WAY_BACK = ("lease.take.commit.after", "lease.give_back.commit.before")
"""There the lease stays with a process that is gone, which the next one sees."""
IN_TIME = 30.0  # seconds


@pytest.mark.parametrize("point", POINTS)
def test_R17_a_run_that_is_asked_to_end_ends_in_time_and_the_next_start_converges(staffed: World, point: str) -> None:
    with carrier(staffed, keeps=True) as there:
        staffed.company.update("1", city="Akron")
        staffed.at(staffed.now.date(), 8)
        staffed.company.hire(person(4))
        asked = time.monotonic()

        code = strike(staffed, "daily", point, "term")

        assert time.monotonic() - asked < IN_TIME
        assert code == EXIT_ASKED_TO_END == 128 + signal.SIGTERM, f"BENSYNC_FAULT={point}=term ended with {code}"
        if point not in NO_WAY_BACK:
            assert staffed.rows("select holder from lease") == [("",)], "the lease was not given back"
            hold(staffed.store, "acme")
        staffed.company.update("2", city="Toledo")
        staffed.at(staffed.now.date(), 14)
        settle(staffed, there)
        assert staffed.sync().outcome is Outcome.NO_CHANGES
        there.read_all()
    cities = {who: profile.values["city"] for who, profile in there.last_sent.items()}
    assert cities == {"1": "Akron", "2": "Toledo", "4": "Dayton"}
    assert there.repeats == []
