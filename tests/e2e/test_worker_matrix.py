"""A turn is killed in a worker at the fault points of a daily run, and another worker finishes: nothing lost, nothing twice."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from tests.e2e.parent import configure, ran, started, until
from tests.e2e.test_crash_matrix import DAILY
from tests.e2e.world import World

LONG = os.environ.get("BENSYNC_LONG") == "1"
POINTS = DAILY if LONG else ["delivery.intend.commit.after", "sftp.rename.after"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def database(postgresql: str) -> str:
    """The queue needs a server."""
    return postgresql


@pytest.fixture
def today(staffed: World) -> World:
    """The staffed employer in the present, with a change that was not sent yet."""
    staffed.company.now = datetime.now(UTC)
    staffed.company.update("1", city="Akron")
    return staffed


@pytest.mark.parametrize("point", POINTS)
def test_A_54_A_55_A_56_a_turn_killed_in_a_worker_is_finished_by_another(today: World, point: str) -> None:
    listen = configure(today, queue="procrastinate")
    with started(today, listen):
        with started(today, "", what="worker", BENSYNC_FAULT=f"{point}=kill") as first:
            until(lambda: first.events("turn.killed"), "the kill")
        with started(today, "", what="worker") as second:
            until(ran(today), "the next worker")
            until(lambda: today.rows("select 1 from sending where sent_at is null") == [], "the notices")
            until(lambda: today.rows("select 1 from bensync_queue.procrastinate_jobs") == [], "quiet")
            assert second.stop() == 0

    assert today.rows("select state from delivery") == [("COMMITTED",)]
    assert len(today.files()) == 1
    assert [request.employee_id for request in today.queue()] == ["1"]
    assert today.rows("select count(*) from day") == [(1,)]
    subjects = [str(mail["Subject"]) for mail in today.mailbox.messages]
    assert sum("uploaded" in subject for subject in subjects) == 1
