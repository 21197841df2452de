"""Workers in processes of their own on a real PostgreSQL: killed, cut off, throttled, and everybody is sent once."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bensync.cli.system_user import system_user
from bensync.demo.bamboohr.server import serve
from bensync.demo.company.company import Company
from bensync.errors import SourceError
from bensync.state.sync.runs import LEASE
from tests.e2e.disaster import sides
from tests.e2e.fleet import THROTTLED, Fleet, fleet, reap, until
from tests.e2e.world import person
from tests.fixtures.gnupg import Correspondence
from tests.fixtures.postgres import Postgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600 if os.environ.get("BENSYNC_LONG") == "1" else 240)]

LONG = os.environ.get("BENSYNC_LONG") == "1"
SITES = 200 if LONG else 6
KILLS = 25 if LONG else 1
SEED = int(os.environ.get("BENSYNC_SEED", "20260601"))
PATIENCE = 3000.0 if LONG else 200.0  # two processors are shared by many


@pytest.fixture
def machines(tmp_path: Path, keys: Correspondence, postgresql: str) -> Iterator[Fleet]:
    """A deployment of no sites yet, whose turns are taken by workers."""
    with fleet(tmp_path, postgresql, keys) as started_fleet:
        started_fleet.configure()
        yield started_fleet


@dataclass(frozen=True)
class Throttled:
    """An HR system that can have enough of us for hours."""

    company: Company
    url: str

    def join(self, machines: Fleet, name: str) -> None:
        """Become a site of the deployment."""
        (machines.folder / "api.key").write_text(self.company.api_key)
        machines.add(name, THROTTLED, url=self.url)

    def close(self) -> None:
        """Let something happen in HR, and answer nobody from now on."""
        self.company.now = datetime.now(UTC)
        self.company.update("1", city="Akron")
        self.company.weather.throttle(1_000_000, retry_after=4)


@pytest.fixture
def throttled() -> Iterator[Throttled]:
    """It has three people, and still answers."""
    company = Company(now=datetime.now(UTC) - timedelta(days=1))
    for number in (1, 2, 3):
        company.hire(person(number), job={"jobTitle": "Clerk"}, pay={"rate": "50000.00 USD"})
    company.now = datetime.now(UTC)
    with serve(company) as server:
        yield Throttled(company, server.url)


def status(machines: Fleet) -> dict[str, Any]:
    answer = machines.call("status", "--json")
    assert answer.returncode == 0, answer.stderr
    shown: dict[str, Any] = json.loads(answer.stdout)
    return shown


def names(number: int) -> list[str]:
    return [f"site{index:03}" for index in range(number)]


def ended_well(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_workers_killed_at_random_moments_deliver_every_site_once(machines: Fleet) -> None:
    for name in names(SITES):
        machines.add(name)
    machines.begin()
    machines.start("daemon")
    workers = [machines.start("worker"), machines.start("worker")]

    died = reap(machines, workers, random.Random(SEED), KILLS, PATIENCE)  # seeded on purpose
    until(lambda: machines.done() == set(machines.sites), f"every site; seed {SEED}", PATIENCE)

    assert died > 0
    until(lambda: machines.rows("SELECT count(*) FROM bensync_queue.procrastinate_jobs")[0][0] == 0, "quiet", PATIENCE)
    # The worker that settles the file of a killed run looks once more for what is new: there may be two good runs.
    machines.sent_once(machines.sites)
    for process in (*workers, machines.processes[0]):
        ended_well(process)
    # What somebody held who was killed when all was done runs out by itself; nobody looks at a quiet site for it.
    held = machines.rows("SELECT site, expires - now() FROM lease WHERE holder <> ''")
    assert len(held) <= died
    assert all(left < LEASE for _, left in held)


def test_a_restart_of_PostgreSQL_in_the_middle_delays_and_loses_nothing(
    machines: Fleet, database_server: Postgres
) -> None:
    for name in names(SITES // 2):
        machines.add(name)
    machines.begin()
    machines.start("daemon")
    worker = machines.start("worker")
    until(lambda: machines.worker_at_work(worker), "a turn", PATIENCE)
    database_server.strike(LISTENING)  # it takes the whole server through a crash recovery
    database_server.wait()

    until(lambda: _done(machines), "every site", PATIENCE)
    until(lambda: machines.rows("SELECT count(*) FROM bensync_queue.procrastinate_jobs")[0][0] == 0, "quiet", PATIENCE)
    machines.sent_once(machines.sites)
    assert worker.poll() is None


@pytest.mark.parametrize(
    "kill", [True, False] if LONG else [True], ids=lambda kill: "crash" if kill else "session ended"
)
def test_a_worker_listens_again_after_the_server_or_only_its_session_was_ended(
    machines: Fleet, database_server: Postgres, kill: bool
) -> None:
    machines.add("one")
    machines.begin()
    worker = machines.start("worker")
    before = database_server.strike(LISTENING, kill=kill)
    database_server.wait()

    until(lambda: _listener(database_server) not in {None, before}, "the worker to listen again", PATIENCE)
    assert worker.poll() is None
    ended_well(worker)


LISTENING = "application_name = 'bensync-queue' AND query LIKE 'LISTEN%'"
"""The session of a worker that began to listen less than half a minute ago: then it says ``SELECT 1``, and listens on."""


def _listener(server: Postgres) -> int | None:
    listeners = server.execute(f"SELECT pid FROM pg_stat_activity WHERE {LISTENING}")
    return listeners[0][0] if listeners else None


def _done(machines: Fleet) -> bool:
    """The server may be away."""
    with contextlib.suppress(Exception):
        return machines.done() == set(machines.sites)
    return False


def test_A_09_R11_a_machine_that_falls_silent_is_replaced_in_minutes_and_does_nothing_when_it_wakes(
    machines: Fleet,
) -> None:
    machines.add("one")
    machines.begin()
    machines.start("daemon")
    silent = machines.start_elsewhere("worker", BENSYNC_FAULT="delivery.intend.commit.after=stop")
    until(lambda: machines.stopped_turn(silent), "a turn that stands still", PATIENCE)
    turn = machines.stopped_turn(silent)
    assert turn is not None
    silent.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    if not LONG:
        machines.change("UPDATE lease SET expires = now() + interval '2 seconds'")

    machines.start("worker")
    until(lambda: machines.done() == {"one"}, "another machine", 300)
    assert time.monotonic() - began < 300
    machines.sent_once(["one"])

    silent.send_signal(signal.SIGCONT)
    until(lambda: not machines.awake(turn), "the end of the turn that slept", PATIENCE)
    assert [line["site"] for line in machines.logged("run.overtaken")] == ["one"]
    machines.sent_once(["one"])
    ended_well(silent)


def test_a_throttled_a_broken_and_an_endless_site_delay_nobody_and_stand_in_status(
    machines: Fleet, throttled: Throttled
) -> None:
    machines.config.write_text(machines.config.read_text() + "parallel = 3\n")
    good = names(3)
    for name in good:
        machines.add(name)
    throttled.join(machines, "throttled")
    machines.add("endless")
    machines.begin()
    throttled.close()
    machines.never_end("endless")
    machines.add("bad")
    (machines.folder / "sites.d" / "bad.toml").write_text("[source")
    machines.start("daemon")
    machines.start("worker")

    until(lambda: machines.done() == set(good), "the others", PATIENCE)
    stood = machines.rows("SELECT site, state FROM run WHERE kind = 'DAILY'")
    assert ("throttled", "SUCCEEDED") not in stood
    assert ("endless", "RUNNING") in stood
    machines.delivered_once(good)
    alerts = "SELECT site, key FROM alert WHERE cleared_at IS NULL"
    until(lambda: ("bad", "config_failed") in machines.rows(alerts), "the alert", PATIENCE)
    until(lambda: ("throttled", "source_failed") in machines.rows(alerts), "the other alert", PATIENCE)

    shown = status(machines)
    sites = {site["site"]: site for site in shown["sites"]}
    assert sorted(sites) == sorted(machines.sites)
    assert sites["bad"]["disabled"]["what"] == "sites.d/bad.toml is not valid TOML."
    assert [alert["alert"] for alert in sites["bad"]["alerts"]] == ["config_failed"]
    assert all(
        sites[name]["disabled"] is None and sites[name]["last_update"]["outcome"] == "DELIVERED" for name in good
    )
    assert sites["throttled"]["last_error"]["code"] == SourceError.code
    assert [alert["alert"] for alert in sites["throttled"]["alerts"]] == ["source_failed"]
    assert shown["total"]["sites"] == 6
    assert shown["total"]["disabled"] == 1
    assert shown["total"]["alerts"] == {"config_failed": 1, "source_failed": 1}
    assert shown["total"]["pending"] == {"UPDATE": 6}
    assert shown["queue"]["workers"] == 2
    listed = json.loads(machines.call("sites", "list", "--json").stdout)["sites"]
    assert {site["site"]: site["disabled"] is None for site in listed} == {
        name: name != "bad" for name in machines.sites
    }


def test_the_daemon_alone_works_on_several_sites_and_a_throttled_one_delays_nobody(
    tmp_path: Path, keys: Correspondence, postgresql: str, throttled: Throttled
) -> None:
    with fleet(tmp_path, postgresql, keys, queue="own") as machines:
        machines.configure(parallel=2)
        throttled.join(machines, "athrottled")
        good = names(2)
        for name in good:
            machines.add(name)
        machines.begin()
        throttled.close()
        daemon = machines.start("daemon")

        until(lambda: machines.done() == set(good), "the others", PATIENCE)
        machines.delivered_once(good)
        until(lambda: machines.rows("SELECT 1 FROM alert WHERE key = 'source_failed'"), "the alert", PATIENCE)
        ended_well(daemon)


def test_a_manual_run_comes_before_the_runs_of_the_day(machines: Fleet) -> None:
    for name in names(2):
        machines.add(name)
    machines.begin()
    daemon = machines.start("daemon")
    jobs = "SELECT count(*) FROM bensync_queue.procrastinate_jobs"
    until(lambda: "bensync_queue" in _schemas(machines) and machines.rows(jobs)[0][0] == 2, "the jobs", PATIENCE)
    machines.kill(daemon)
    asked = machines.call("--site", "site001", "sync", "--defer", "--actor", "jo", "--json")
    assert asked.returncode == 0, asked.stderr
    assert [job["site"] for job in json.loads(asked.stdout)["deferred"]] == ["site001"]
    assert machines.call("--site", "site001", "sync", "--defer").returncode == 16

    machines.start("worker")
    until(
        lambda: len(machines.rows("SELECT 1 FROM run WHERE state = 'SUCCEEDED' AND kind = 'DAILY'")) == 2,
        "all",
        PATIENCE,
    )
    until(lambda: machines.rows(jobs)[0][0] == 0, "quiet", PATIENCE)
    assert machines.rows("SELECT cause, actor FROM run WHERE site = 'site001' AND kind = 'DAILY'") == [
        ("MANUAL", f"jo (by {system_user()})")
    ]
    machines.delivered_once(machines.sites)


def _schemas(machines: Fleet) -> set[str]:
    return {name for (name,) in machines.rows("SELECT nspname FROM pg_namespace")}


def test_a_worker_that_is_asked_to_stop_finishes_or_gives_back_what_it_has(machines: Fleet) -> None:
    machines.add("one")
    machines.config.write_text(machines.config.read_text() + "stop_seconds = 0\n")
    machines.begin()
    machines.start("daemon")
    worker = machines.start("worker", BENSYNC_FAULT="run.gathered=stop")
    until(lambda: machines.rows("SELECT 1 FROM run WHERE kind = 'DAILY'"), "the run", PATIENCE)
    time.sleep(0.5)
    ended_well(worker)
    jobs = "SELECT status::text FROM bensync_queue.procrastinate_jobs"
    assert machines.rows(jobs) == [("todo",)]

    machines.start("worker")
    until(lambda: machines.done() == {"one"}, "the next worker", PATIENCE)
    machines.delivered_once(["one"])


def test_the_tables_of_the_queue_are_made_once_and_found_again(machines: Fleet) -> None:
    machines.add("one")
    first = json.loads(machines.call("migrate", "--json").stdout)
    again = json.loads(machines.call("migrate", "--json").stdout)

    assert first == again
    assert first["queue"].startswith("03.")
    assert status(machines)["queue"] == {"waiting": 0, "at_work": 0, "workers": 0}


ASKED = sides("queue.schema.commit", "queue.defer")


@pytest.mark.parametrize("point", ASKED)
def test_a_daemon_killed_while_it_asks_asks_once(machines: Fleet, point: str) -> None:
    for name in names(2):
        machines.add(name)
    machines.begin()
    daemon = machines.start("daemon", BENSYNC_FAULT=f"{point}=kill")
    assert daemon.wait(PATIENCE) == -signal.SIGKILL

    again = machines.start("daemon")
    jobs = "SELECT lock FROM bensync_queue.procrastinate_jobs ORDER BY lock"
    until(lambda: "bensync_queue" in _schemas(machines) and len(machines.rows(jobs)) == 2, "the jobs", PATIENCE)
    ended_well(again)
    assert machines.rows(jobs) == [("site000",), ("site001",)]
