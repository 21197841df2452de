"""Two daemons on one database: one that was paused beyond its lease, and many that want the same day (A-09, F04, R11)."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from datetime import date, timedelta
from multiprocessing.process import BaseProcess

import psutil
import pytest

from bensync.errors import BusyError
from bensync.state.sync.runs import LEASE
from tests.e2e.carrier import Carrier
from tests.e2e.disaster import begin, repeated, with_fault
from tests.e2e.killed import Step
from tests.e2e.parent import PATIENCE, until
from tests.e2e.racing import race
from tests.e2e.test_crash_matrix import DAILY, settle
from tests.e2e.world import World
from tests.fixtures.databases import on_sqlite

pytestmark = [pytest.mark.slow, on_sqlite]

LONG = os.environ.get("BENSYNC_LONG") == "1"

IN_A_TRANSACTION = ("delivery.rows", "delivery.requests", "delivery.baseline")
"""A run that sleeps there, or right before a commit, keeps the database locked: there is no successor."""
UNDER_THE_LEASE = DAILY[DAILY.index("lease.take.commit.after") : DAILY.index("lease.give_back.commit.before")]
ASLEEP = [point for point in UNDER_THE_LEASE if not point.endswith("commit.before") and point not in IN_A_TRANSACTION]
DONE = "delivery.commit.commit.after"
"""A run that sleeps there has sent everything, and ends well: only the lease is no longer its own."""
SOME = ["run.gathered", "sftp.write.after", "delivery.uploaded.commit.after", "delivery.intend.commit.after"]
ROUNDS = (
    [(number, ASLEEP[number % len(ASLEEP)]) for number in range(50)]
    if LONG
    else [*enumerate([*SOME, "sftp.rename.after"])]
)


@contextlib.contextmanager
def asleep(employer: World, point: str) -> Iterator[BaseProcess]:
    """A daily run that stands still at a point; resumed by a signal, and gone at the end in any case."""
    set_up, words = with_fault(f"{point}=stop"), (str(employer.config), employer.now.isoformat(), "daily")
    process = begin(set_up, words)
    try:
        until(lambda: is_stopped(process) or process.exitcode is not None, point)
        assert process.exitcode is None, f"{point} was not passed; repeat with: {repeated(set_up, words)}"
        yield process
    finally:
        process.kill()
        process.join(60)


def is_stopped(process: BaseProcess) -> bool:
    """Whether a process stands still."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(process.pid).status() == psutil.STATUS_STOPPED)
    return False


def wake(process: BaseProcess) -> int:
    """Let it go on, also where it passes the point once more; returns its exit code."""
    assert process.pid is not None
    end = time.monotonic() + PATIENCE
    while process.exitcode is None and time.monotonic() < end:
        os.kill(process.pid, signal.SIGCONT)
        process.join(0.2)
    assert process.exitcode is not None, "it did not end"
    return process.exitcode


def content(employer: World) -> dict[str, list[str]]:
    """Every row of the database."""
    return {name: sorted(map(repr, employer.rows(f"select * from {name}"))) for name in employer.table_names()}


def oversleep(employer: World, point: str) -> None:
    """A run is paused beyond its lease, a successor does everything, and the first one wakes up."""
    there = Carrier(employer, employer.center.root)
    employer.company.update("1", city="Akron")
    with asleep(employer, point) as sleeper:
        employer.now += LEASE + timedelta(minutes=1)
        employer.company.now = employer.now
        employer.company.update("2", city="Toledo")
        settle(employer, there)
        rows, files = content(employer), employer.files()

        code = wake(sleeper)

        repeat = f"repeat with: python -m pytest '{__file__}' -k '{point}'"
        changed = [name for name, stored in content(employer).items() if stored != rows[name]]
        assert changed == [], f"asleep at {point}, it changed rows of {changed} after it woke; {repeat}"
        assert code == (0 if point == DONE else BusyError.code), f"asleep at {point}, it ended with {code}; {repeat}"
        assert employer.files() == files, f"asleep at {point}, it left something at the upload center; {repeat}"
    settle(employer, there)
    there.read_all()
    assert {who: profile.values["city"] for who, profile in there.last_sent.items()} == {"1": "Akron", "2": "Toledo"}
    assert there.repeats == []


@pytest.mark.parametrize(("_round", "point"), ROUNDS)
def test_A_09_F04_a_run_that_overslept_changes_no_row_and_sends_nothing(
    staffed: World, _round: int, point: str
) -> None:
    oversleep(staffed, point)


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("point", SOME if LONG else SOME[-1:])
def test_A_09_R11_a_run_that_overslept_changes_no_row_on_a_server_either(staffed: World, point: str) -> None:
    oversleep(staffed, point)


def test_a_successor_waits_while_the_lease_of_a_sleeping_run_lasts(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    with asleep(staffed, "run.gathered") as sleeper:
        staffed.now += LEASE - timedelta(minutes=1)
        staffed.company.now = staffed.now
        assert isinstance(staffed.failure(Step(staffed.deployment, staffed.now).daily), BusyError)
        assert wake(sleeper) == 0
    assert len(staffed.files()) == 1


def compete(employer: World, rounds: int, processes: int = 8) -> None:
    """Many processes want the daily runs of the same dates; every other day there is something to send."""
    told_on: list[date] = []
    with race(employer, processes) as everybody:
        for number in range(rounds):
            if number % 2 == 0:
                employer.company.update("1", city=f"Town{number}")
                told_on.append(employer.now.date())
            answers = everybody.run(employer.now)
            assert sorted(answers) == ["done", *["done by another"] * (processes - 1)], employer.now.date()
            employer.next_day()
    ran = employer.rows("select as_of, count(*) from run where kind = 'DAILY' and state = 'SUCCEEDED' group by as_of")
    assert [count for _, count in ran] == [1] * rounds
    assert employer.rows("select count(*) from day") == [(rounds,)]
    there = Carrier(employer, employer.center.root)
    there.read_all()
    assert len(there.names()) == len(told_on)
    assert there.repeats == []


@pytest.mark.timeout(1800 if LONG else 300)
def test_A_04_of_eight_processes_that_want_the_same_day_exactly_one_gets_it(staffed: World) -> None:
    compete(staffed, 200 if LONG else 10)
