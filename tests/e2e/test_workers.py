"""Workers in processes of their own on a real PostgreSQL: killed, cut off, throttled, and everybody is told once."""

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
def here(tmp_path: Path, keys: Correspondence, postgresql: str) -> Iterator[Fleet]:
    """A deployment of no sites yet, whose turns are taken by workers."""
    with fleet(tmp_path, postgresql, keys) as found:
        found.configure()
        yield found


@dataclass(frozen=True)
class Throttled:
    """An HR system that can have enough of us for hours."""

    company: Company
    url: str

    def join(self, here: Fleet, name: str) -> None:
        """Become a site of the deployment."""
        (here.folder / "api.key").write_text(self.company.api_key)
        here.add(name, THROTTLED, url=self.url)

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


def status(here: Fleet) -> dict[str, Any]:
    answer = here.call("status", "--json")
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def names(number: int) -> list[str]:
    return [f"site{one:03}" for one in range(number)]


def ended_well(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_workers_killed_at_random_moments_deliver_every_site_once(here: Fleet) -> None:
    for name in names(SITES):
        here.add(name)
    here.begin()
    here.start("daemon")
    workers = [here.start("worker"), here.start("worker")]

    died = reap(here, workers, random.Random(SEED), KILLS, PATIENCE)  # seeded on purpose
    until(lambda: here.done() == set(here.sites), f"every site; seed {SEED}", PATIENCE)

    assert died > 0
    until(lambda: here.rows("SELECT count(*) FROM bensync_queue.procrastinate_jobs")[0][0] == 0, "quiet", PATIENCE)
    # Whoever settles the file of a killed run looks once more for what is new: there may be two good runs.
    here.told_once(here.sites)
    for process in (*workers, here.processes[0]):
        ended_well(process)
    # What somebody held who was killed when all was done runs out by itself; nobody looks at a quiet site for it.
    held = here.rows("SELECT site, expires - now() FROM lease WHERE holder <> ''")
    assert len(held) <= died
    assert all(left < LEASE for _, left in held)


def test_a_restart_of_PostgreSQL_in_the_middle_delays_and_loses_nothing(here: Fleet, database_server: Postgres) -> None:
    for name in names(SITES // 2):
        here.add(name)
    here.begin()
    here.start("daemon")
    worker = here.start("worker")
    until(lambda: here.worker_at_work(worker), "a turn", PATIENCE)
    database_server.strike(LISTENING)  # it takes the whole server through a crash recovery
    database_server.wait()

    until(lambda: _done(here), "every site", PATIENCE)
    until(lambda: here.rows("SELECT count(*) FROM bensync_queue.procrastinate_jobs")[0][0] == 0, "quiet", PATIENCE)
    here.told_once(here.sites)
    assert worker.poll() is None


@pytest.mark.parametrize(
    "kill", [True, False] if LONG else [True], ids=lambda kill: "crash" if kill else "session ended"
)
def test_a_worker_listens_again_after_the_server_or_only_its_session_was_ended(
    here: Fleet, database_server: Postgres, kill: bool
) -> None:
    here.add("one")
    here.begin()
    worker = here.start("worker")
    before = database_server.strike(LISTENING, kill=kill)
    database_server.wait()

    until(lambda: _listener(database_server) not in {None, before}, "the worker to listen again", PATIENCE)
    assert worker.poll() is None
    ended_well(worker)


LISTENING = "application_name = 'bensync-queue' AND query LIKE 'LISTEN%'"
"""The session of a worker that began to listen less than half a minute ago: then it says ``SELECT 1``, and listens on."""


def _listener(server: Postgres) -> int | None:
    found = server.execute(f"SELECT pid FROM pg_stat_activity WHERE {LISTENING}")
    return found[0][0] if found else None


def _done(here: Fleet) -> bool:
    """The server may be away."""
    with contextlib.suppress(Exception):
        return here.done() == set(here.sites)
    return False


def test_A_09_R11_a_machine_that_falls_silent_is_replaced_in_minutes_and_does_nothing_when_it_wakes(
    here: Fleet,
) -> None:
    here.add("one")
    here.begin()
    here.start("daemon")
    silent = here.start_elsewhere("worker", BENSYNC_FAULT="delivery.intend.commit.after=stop")
    until(lambda: here.stopped_turn(silent), "a turn that stands still", PATIENCE)
    turn = here.stopped_turn(silent)
    assert turn is not None
    silent.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    if not LONG:
        here.change("UPDATE lease SET expires = now() + interval '2 seconds'")

    here.start("worker")
    until(lambda: here.done() == {"one"}, "another machine", 300)
    assert time.monotonic() - began < 300
    here.told_once(["one"])

    silent.send_signal(signal.SIGCONT)
    until(lambda: not here.awake(turn), "the end of the turn that slept", PATIENCE)
    assert [line["site"] for line in here.logged("run.overtaken")] == ["one"]
    here.told_once(["one"])
    ended_well(silent)


def test_a_throttled_a_broken_and_an_endless_site_delay_nobody_and_are_told_in_status(
    here: Fleet, throttled: Throttled
) -> None:
    here.config.write_text(here.config.read_text() + "parallel = 3\n")
    good = names(3)
    for name in good:
        here.add(name)
    throttled.join(here, "throttled")
    here.add("endless")
    here.begin()
    throttled.close()
    here.never_end("endless")
    here.add("bad")
    (here.folder / "sites.d" / "bad.toml").write_text("[source")
    here.start("daemon")
    here.start("worker")

    until(lambda: here.done() == set(good), "the others", PATIENCE)
    stood = here.rows("SELECT site, state FROM run WHERE kind = 'DAILY'")
    assert ("throttled", "SUCCEEDED") not in stood
    assert ("endless", "RUNNING") in stood
    here.delivered_once(good)
    alerts = "SELECT site, key FROM alert WHERE cleared_at IS NULL"
    until(lambda: ("bad", "config_failed") in here.rows(alerts), "the alert", PATIENCE)
    until(lambda: ("throttled", "source_failed") in here.rows(alerts), "the other alert", PATIENCE)

    told = status(here)
    sites = {site["site"]: site for site in told["sites"]}
    assert sorted(sites) == sorted(here.sites)
    assert sites["bad"]["disabled"]["what"] == "sites.d/bad.toml is not valid TOML"
    assert [alert["alert"] for alert in sites["bad"]["alerts"]] == ["config_failed"]
    assert all(
        sites[name]["disabled"] is None and sites[name]["last_update"]["outcome"] == "DELIVERED" for name in good
    )
    assert sites["throttled"]["last_error"]["code"] == SourceError.code
    assert [alert["alert"] for alert in sites["throttled"]["alerts"]] == ["source_failed"]
    assert told["total"]["sites"] == 6
    assert told["total"]["disabled"] == 1
    assert told["total"]["alerts"] == {"config_failed": 1, "source_failed": 1}
    assert told["total"]["pending"] == {"UPDATE": 6}
    assert told["queue"]["workers"] == 2
    listed = json.loads(here.call("sites", "list", "--json").stdout)["sites"]
    assert {site["site"]: site["disabled"] is None for site in listed} == {name: name != "bad" for name in here.sites}


def test_the_daemon_alone_works_on_several_sites_and_a_throttled_one_delays_nobody(
    tmp_path: Path, keys: Correspondence, postgresql: str, throttled: Throttled
) -> None:
    with fleet(tmp_path, postgresql, keys, queue="own") as here:
        here.configure(parallel=2)
        throttled.join(here, "athrottled")
        good = names(2)
        for name in good:
            here.add(name)
        here.begin()
        throttled.close()
        daemon = here.start("daemon")

        until(lambda: here.done() == set(good), "the others", PATIENCE)
        here.delivered_once(good)
        until(lambda: here.rows("SELECT 1 FROM alert WHERE key = 'source_failed'"), "the alert", PATIENCE)
        ended_well(daemon)


def test_a_run_by_hand_comes_before_the_runs_of_the_day(here: Fleet) -> None:
    for name in names(2):
        here.add(name)
    here.begin()
    daemon = here.start("daemon")
    jobs = "SELECT count(*) FROM bensync_queue.procrastinate_jobs"
    until(lambda: "bensync_queue" in _schemas(here) and here.rows(jobs)[0][0] == 2, "the jobs", PATIENCE)
    here.kill(daemon)
    asked = here.call("--site", "site001", "sync", "--defer", "--actor", "jo", "--json")
    assert asked.returncode == 0, asked.stderr
    assert [job["site"] for job in json.loads(asked.stdout)["deferred"]] == ["site001"]
    assert here.call("--site", "site001", "sync", "--defer").returncode == 16

    here.start("worker")
    until(
        lambda: len(here.rows("SELECT 1 FROM run WHERE state = 'SUCCEEDED' AND kind = 'DAILY'")) == 2, "all", PATIENCE
    )
    until(lambda: here.rows(jobs)[0][0] == 0, "quiet", PATIENCE)
    assert here.rows("SELECT cause, actor FROM run WHERE site = 'site001' AND kind = 'DAILY'") == [("MANUAL", "jo")]
    here.delivered_once(here.sites)


def _schemas(here: Fleet) -> set[str]:
    return {name for (name,) in here.rows("SELECT nspname FROM pg_namespace")}


def test_a_worker_that_is_asked_to_stop_finishes_or_gives_back_what_it_has(here: Fleet) -> None:
    here.add("one")
    here.config.write_text(here.config.read_text() + "stop_seconds = 0\n")
    here.begin()
    here.start("daemon")
    worker = here.start("worker", BENSYNC_FAULT="run.gathered=stop")
    until(lambda: here.rows("SELECT 1 FROM run WHERE kind = 'DAILY'"), "the run", PATIENCE)
    time.sleep(0.5)
    ended_well(worker)
    jobs = "SELECT status::text FROM bensync_queue.procrastinate_jobs"
    assert here.rows(jobs) == [("todo",)]

    here.start("worker")
    until(lambda: here.done() == {"one"}, "the next worker", PATIENCE)
    here.delivered_once(["one"])


def test_the_tables_of_the_queue_are_made_once_and_found_again(here: Fleet) -> None:
    here.add("one")
    first = json.loads(here.call("migrate", "--json").stdout)
    again = json.loads(here.call("migrate", "--json").stdout)

    assert first == again
    assert first["queue"].startswith("03.")
    assert status(here)["queue"] == {"waiting": 0, "at_work": 0, "workers": 0}


ASKED = sides("queue.schema.commit", "queue.defer")


@pytest.mark.parametrize("point", ASKED)
def test_a_daemon_killed_while_it_asks_asks_once(here: Fleet, point: str) -> None:
    for name in names(2):
        here.add(name)
    here.begin()
    daemon = here.start("daemon", BENSYNC_FAULT=f"{point}=kill")
    assert daemon.wait(PATIENCE) == -signal.SIGKILL

    again = here.start("daemon")
    jobs = "SELECT lock FROM bensync_queue.procrastinate_jobs ORDER BY lock"
    until(lambda: "bensync_queue" in _schemas(here) and len(here.rows(jobs)) == 2, "the jobs", PATIENCE)
    ended_well(again)
    assert here.rows(jobs) == [("site000",), ("site001",)]
