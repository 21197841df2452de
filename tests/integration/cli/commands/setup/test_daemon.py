"""`bensync daemon` as a process: the daily run, and an end in good order."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta

from tests.fixtures.databases import on_sqlite
from tests.integration.cli.moves import await_that

pytestmark = on_sqlite


def test_the_daemon_makes_the_daily_run_and_stops_when_asked(begun):
    begun.config.write_text('[schedule]\ndaily_after = "00:00"\n' + begun.config.read_text())
    begun.company.update(begun.actives[0], city="Elsewhere")
    with begun.started("daemon") as process:
        await_that(
            lambda: begun.json("runs")["runs"][-1]["state"] == "SUCCEEDED" and len(begun.json("runs")["runs"]) == 2
        )
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (0, "")
    assert "daemon.start" in err
    run = begun.json("runs")["runs"][-1]
    assert (run["actor"], run["cause"], run["outcome"]) == ("daemon", "SCHEDULE", "DELIVERED")
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    assert begun.json("status")["sites"][0]["next_run"] == f"{tomorrow}T00:00:00Z"
