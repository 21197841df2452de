"""Runs and the lease of a site in the database: one holder at a time, and one end of a run."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from bensync.core.runs import Outcome, RunKind
from bensync.errors import BusyError, StateError
from bensync.state.store import Store
from bensync.state.sync.runs import LEASE, among_unchanged, pack_unchanged
from tests.integration.state.deliveries import KEY, NOW, opened

ROUNDS = 50
PATIENCE = 120.0


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    yield from opened(database)


def test_a_lease_is_for_one(store: Store) -> None:
    with store.write("acme", "test") as work:
        work.runs.take_lease(NOW)
        with pytest.raises(BusyError):
            work.runs.take_lease(NOW + LEASE)
        lease = work.runs.take_lease(NOW + LEASE + timedelta(seconds=1))
        work.runs.give_back_lease(lease)
        work.runs.take_lease(NOW)


def test_the_lease_of_a_dead_process_is_free_at_once(store: Store, database: str) -> None:
    code = (
        "import os, sys; from datetime import datetime; from bensync.state.store import Store\n"
        "with Store(sys.argv[1], sys.argv[2]).write('acme', 'test') as work:\n"
        "    work.runs.take_lease(datetime.fromisoformat(sys.argv[3]))\n"
    )
    command = [sys.executable, "-c", code, database, KEY, NOW.isoformat()]
    subprocess.run(command, check=True, timeout=60, env=os.environ)

    with store.write("acme", "test") as work:
        work.runs.take_lease(NOW)


def race(url: str, key: str, start: Barrier) -> list[bool]:
    """Try to be the one at work on each of fifty sites; whether it was us."""
    won = []
    with contextlib.closing(Store(url, key)) as store:
        for number in range(ROUNDS):
            start.wait(PATIENCE)
            try:
                with store.write(f"site{number}", "lease.take") as work:
                    work.runs.take_lease(NOW)
            except BusyError:
                won.append(False)
            else:
                won.append(True)
        start.wait(PATIENCE)  # the lease of a process that is gone is free
    return won


def test_A_09_of_two_processes_that_start_at_once_one_is_at_work(store: Store, database: str) -> None:
    processes = multiprocessing.get_context("spawn")
    with processes.Manager() as manager, ProcessPoolExecutor(2, processes) as pool:
        start = manager.Barrier(2)
        racers = [pool.submit(race, database, KEY, start) for _ in range(2)]
        first, second = (racer.result(PATIENCE * 2) for racer in racers)

    assert [won + other for won, other in zip(first, second, strict=True)] == [1] * ROUNDS


def test_a_run_that_succeeded_stays_so_when_the_answer_to_its_commit_was_lost(store: Store) -> None:
    with store.write("acme", "test") as work:
        run = work.runs.start(RunKind.DAILY, "MANUAL", "me", NOW.date(), NOW)
        work.runs.succeed(run, Outcome.NO_CHANGES, NOW)

    with store.write("acme", "test") as work:
        work.runs.fail(run, StateError("the line broke", "the server ended", "wait", retry=True), NOW)

    with store.read("acme") as work:
        view = work.lists.run(run)
    assert view is not None
    assert (view.state, view.error) == ("SUCCEEDED", {})


def test_only_packed_ids_are_among_them() -> None:
    packed = pack_unchanged(["12", "123", "4"])
    assert [name for name in ("1", "12", "123", "23", "4", "") if among_unchanged(name, packed)] == ["12", "123", "4"]
