"""Parts of a worker by themselves: when a job is tried again, and what a worker needs before it starts."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from procrastinate.jobs import Job

from bensync.config.settings import Daemon, ScheduleSettings, State
from bensync.daemon.config_snapshot import ConfigSummary
from bensync.daemon.process import LoadedConfig
from bensync.errors import BusyError, SourceError, StateError
from bensync.state.db.database import Database
from bensync.workers.queue import TURN
from bensync.workers.worker import Again, Ended, refuse_other_time
from tests.fixtures.databases import in_file


def again(job: Job, code: int) -> float:
    """Seconds until a job is tried again."""
    outline = ConfigSummary(
        sites={"acme": False},
        patience_days=1,
        state=State(url="sqlite:///x.db", key="env:KEY"),
        schedule=ScheduleSettings(retry_minutes=60),
        daemon=Daemon(tick_seconds=60),
    )
    nothing: Any = None
    decision = Again(LoadedConfig(nothing, outline, nothing), threading.Event()).get_retry_decision(
        exception=Ended(code), job=job
    )
    assert decision is not None
    assert decision.retry_at is not None
    return (decision.retry_at - datetime.now(UTC)).total_seconds()


def failed(attempts: int) -> Job:
    """A turn of today that failed so often."""
    today = datetime.now(UTC).date().isoformat()
    return Job(
        id=1,
        queue="prompt",
        lock="acme",
        queueing_lock=None,
        task_name=TURN,
        attempts=attempts,
        task_kwargs={"site": "acme", "day": today},
    )


@pytest.mark.parametrize("attempts", [0, 3, 40])
def test_A_09_a_job_that_meets_the_lease_of_a_dead_machine_is_tried_every_minute(attempts: int) -> None:
    assert 55 < again(failed(attempts), BusyError.code) <= 60


def test_a_job_that_fails_again_and_again_rests_longer_and_longer() -> None:
    assert 55 < again(failed(0), SourceError.code) <= 60
    assert 235 < again(failed(2), SourceError.code) <= 240
    assert 895 < again(failed(40), SourceError.code) <= 900


@pytest.mark.parametrize("seconds", [-31, 31])
def test_a_worker_whose_clock_is_off_does_not_start(postgresql: str, seconds: int) -> None:
    with contextlib.closing(Database(postgresql)) as database:
        refuse_other_time(database, datetime.now(UTC) + timedelta(seconds=seconds - seconds // 31 * 11))
        with pytest.raises(StateError, match=r"The clock of this machine .* 31 seconds (ahead|behind)"):
            refuse_other_time(database, datetime.now(UTC) + timedelta(seconds=seconds))


def test_a_file_goes_by_the_clock_of_its_machine(tmp_path: Any) -> None:
    with contextlib.closing(Database(in_file(tmp_path))) as database:
        assert abs(database.moment() - datetime.now(UTC)) < timedelta(seconds=30)
