"""Workers in processes of their own on a real PostgreSQL: killed, cut off, throttled, and everybody is told once."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.disaster import sides
from tests.e2e.fleet import THROTTLED, Fleet, fleet, reap, until
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


@pytest.fixture
def throttled() -> Iterator[str]:
    """The address of an HR system that has had enough of us for hours."""

    class Throttle(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(429)
            self.send_header("Retry-After", "3")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815  # the name is the library's

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Throttle) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/api/v1"
        server.shutdown()
        thread.join()


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
    here.delivered_once(here.sites)
    for process in (*workers, here.processes[0]):
        ended_well(process)
    assert here.rows("SELECT site FROM lease WHERE holder <> ''") == []


def test_a_restart_of_PostgreSQL_in_the_middle_delays_and_loses_nothing(here: Fleet, database_server: Postgres) -> None:
    for name in names(SITES // 2):
        here.add(name)
    here.begin()
    here.start("daemon")
    worker = here.start("worker")
    until(lambda: here.worker_at_work(worker), "a turn", PATIENCE)
    database_server.strike("application_name = 'bensync-queue' AND query LIKE 'LISTEN%'")
    database_server.wait()

    until(lambda: _done(here), "every site", PATIENCE)
    until(lambda: here.rows("SELECT count(*) FROM bensync_queue.procrastinate_jobs")[0][0] == 0, "quiet", PATIENCE)
    here.delivered_once(here.sites)
    assert worker.poll() is None
    assert here.logged("worker.away") or here.logged("turn.trouble")


def _done(here: Fleet) -> bool:
    """The server may be away."""
    with contextlib.suppress(Exception):
        return here.done() == set(here.sites)
    return False


def test_a_throttled_and_a_broken_site_delay_nobody_and_are_told_in_status(here: Fleet, throttled: str) -> None:
    good = names(3)
    for name in good:
        here.add(name)
    here.begin()
    here.add("bad")
    (here.folder / "sites.d" / "bad.toml").write_text("[source")
    here.add("throttled", THROTTLED, url=throttled)
    here.start("daemon")
    here.start("worker")

    until(lambda: here.done() == set(good), "the others", PATIENCE)
    here.delivered_once(good)
    alerts = "SELECT site, key FROM alert WHERE cleared_at IS NULL"
    until(lambda: ("bad", "config_failed") in here.rows(alerts), "the alert", PATIENCE)
    until(lambda: here.rows("SELECT 1 FROM run WHERE site = 'throttled'"), "its run", PATIENCE)

    told = status(here)
    sites = {site["site"]: site for site in told["sites"]}
    assert sorted(sites) == sorted(here.sites)
    assert sites["bad"]["disabled"]["what"] == "sites.d/bad.toml is not valid TOML"
    assert [alert["alert"] for alert in sites["bad"]["alerts"]] == ["config_failed"]
    assert all(
        sites[name]["disabled"] is None and sites[name]["last_update"]["outcome"] == "DELIVERED" for name in good
    )
    assert sites["throttled"]["last_update"] is None
    assert told["total"]["sites"] == 5
    assert told["total"]["disabled"] == 1
    assert told["total"]["alerts"]["config_failed"] == 1
    assert told["total"]["pending"] == {"UPDATE": 6}
    assert told["queue"]["workers"] == 2
    listed = json.loads(here.call("sites", "list", "--json").stdout)["sites"]
    assert {site["site"]: site["disabled"] is None for site in listed} == {name: name != "bad" for name in here.sites}


def test_the_daemon_alone_works_on_several_sites_and_a_throttled_one_delays_nobody(
    tmp_path: Path, keys: Correspondence, postgresql: str, throttled: str
) -> None:
    with fleet(tmp_path, postgresql, keys, queue="own") as here:
        here.configure(parallel=2)
        here.add("athrottled", THROTTLED, url=throttled)
        good = names(2)
        for name in good:
            here.add(name)
        here.begin(good)
        daemon = here.start("daemon")

        until(lambda: here.done() == set(good), "the others", PATIENCE)
        here.delivered_once(good)
        assert here.rows("SELECT state FROM run WHERE site = 'athrottled'") in ([("RUNNING",)], [])
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
