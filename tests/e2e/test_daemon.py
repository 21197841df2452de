"""The daemon: once a day, at or after the hour, whatever happens (scenarios A-04, A-05)."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

from bensync.daemon import Daemon
from tests.e2e.world import World


def daemon(here: World) -> Daemon:
    """A daemon that goes by the clock of the test."""
    return Daemon(here.deployment, lambda: here.now)


def daily_runs(here: World) -> list[tuple[str, str]]:
    """When daily runs began, and how they ended."""
    return here.rows("select started_at, state from run where kind = 'DAILY' order by id")


def test_A_04_nothing_happens_before_four(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    staffed.now = staffed.now.replace(hour=3, minute=10)
    early = daemon(staffed)

    early.tick()
    assert daily_runs(staffed) == []

    staffed.now = staffed.now.replace(hour=4, minute=0)
    early.tick()
    assert [state for _, state in daily_runs(staffed)] == ["SUCCEEDED"]


def test_A_05_a_late_start_runs_exactly_once_that_day(staffed: World) -> None:
    staffed.now = staffed.now.replace(hour=9)
    late = daemon(staffed)

    for _ in range(5):
        late.tick()
        staffed.now += timedelta(hours=2)

    assert len(daily_runs(staffed)) == 1


def test_a_failed_run_is_tried_again_after_the_pause_until_it_succeeds(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    away = staffed.center.root.with_name("away")
    staffed.center.root.rename(away)
    stubborn = daemon(staffed)
    stubborn.tick()
    staffed.now += timedelta(minutes=59)
    stubborn.tick()
    assert [state for _, state in daily_runs(staffed)] == ["FAILED"]
    away.rename(staffed.center.root)

    staffed.now += timedelta(minutes=1)
    stubborn.tick()
    stubborn.tick()

    assert [state for _, state in daily_runs(staffed)] == ["FAILED", "SUCCEEDED"]
    assert len(staffed.files()) == 1


def test_trouble_with_one_site_does_not_keep_another_from_its_turn(staffed: World) -> None:
    text = staffed.config.read_text()
    broken = text[text.index("[sites.acme]") :].replace("sites.acme", "sites.aaa").replace("api.key", "missing.key")
    staffed.config.write_text(text.replace("[sites.acme]", f"{broken}\n[sites.acme]", 1))
    staffed.deployment = type(staffed.deployment)(staffed.config)
    staffed.store.close()

    daemon(staffed).tick()

    assert [state for _, state in daily_runs(staffed)] == ["SUCCEEDED"]


def test_the_real_daemon_catches_up_and_stops_in_good_order(staffed: World) -> None:
    staffed.company.now = datetime.now(UTC)
    staffed.company.update("1", city="Akron")
    text = staffed.config.read_text()
    staffed.config.write_text(f'[schedule]\ndaily_after = "00:00"\n{text}')
    command = [sys.executable, "-m", "bensync", "--config", str(staffed.config), "daemon"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            deadline = time.monotonic() + 30
            while [state for _, state in daily_runs(staffed)] != ["SUCCEEDED"] and time.monotonic() < deadline:
                assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()

    assert [state for _, state in daily_runs(staffed)] == ["SUCCEEDED"]
    assert len(staffed.files()) == 1
    assert staffed.rows("select holder from lease") == [("",)]
