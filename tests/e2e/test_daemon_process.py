"""The daemon as a real process: its turns, its questions, its signals, and whatever ends it or them."""

from __future__ import annotations

import contextlib
import signal
import time
from datetime import UTC, datetime

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bensync.cli.app import main
from bensync.core.runs import RunKind
from bensync.errors import EXIT_ASKED_TO_END
from tests.e2e.parent import PATIENCE, Running, configure, found_in_memory, ran, runs, started, until
from tests.e2e.world import World
from tests.fixtures.databases import on_sqlite

pytestmark = [pytest.mark.slow, on_sqlite]


@pytest.fixture
def today(staffed: World) -> World:
    """The staffed employer in the present, with a change that was not sent yet."""
    staffed.company.now = datetime.now(UTC)
    staffed.company.update("1", city="Akron")
    return staffed


ENDED = [str(-signal.SIGKILL), str(-signal.SIGTERM), str(EXIT_ASKED_TO_END)]
"""How a turn ends whose time is over."""


def sample(running: Running, name: str, **labels: str) -> float | None:
    """One number of /metrics."""
    _, text = running.asked("/metrics")
    for family in text_string_to_metric_families(text):
        for measured in family.samples:
            if measured.name == name and labels.items() <= measured.labels.items():
                return float(measured.value)
    return None


def idle(running: Running) -> bool:
    return not running.children()


def test_it_catches_up_in_a_child_that_is_gone_afterwards_and_stops_in_good_order(today: World) -> None:
    before = time.time()
    with started(today, configure(today), anew=True) as running:
        until(ran(today), "the daily run")
        until(lambda: idle(running), "the end of the child")
        assert running.asked("/healthz")[0] == 200
        assert running.asked("/readyz")[0] == 200
        assert running.asked("/else")[0] == 404
        until(lambda: sample(running, "bensync_turns_total", site="acme", code="0") == 1, "the count")
        assert sample(running, "bensync_runs", site="acme", kind=RunKind.DAILY, outcome="DELIVERED") == 1
        assert sample(running, "bensync_delivery_sequence", site="acme") == 1
        assert sample(running, "bensync_requests_pending", site="acme") == 1
        assert sample(running, "bensync_notices_unsent", site="acme") == 0
        assert (sample(running, "bensync_last_daily_success_timestamp_seconds", site="acme") or 0) >= int(before)
        assert (sample(running, "bensync_next_run_timestamp_seconds", site="acme") or 0) > time.time()
        assert main(["--config", str(today.config), "daemon", "--ping"]) == 0
        assert running.stop() == 0
    assert main(["--config", str(today.config), "daemon", "--ping"]) == 1
    assert runs(today) == ["SUCCEEDED"]
    assert len(today.files()) == 1
    assert today.rows("select holder from lease") == [("",)]


def test_SIGTERM_during_an_upload_ends_the_turn_in_time_and_the_next_start_converges(today: World) -> None:
    listen = configure(today, stop_seconds=1)
    with started(today, listen, BENSYNC_FAULT="sftp.write.after=stop") as running:
        until(running.stopped_child, "the upload")
        for process in (psutil.Process(running.process.pid), *running.children()):
            assert process.rlimit(psutil.RLIMIT_CORE) == (0, 0)
        asked = time.monotonic()
        assert running.stop() == 0
        assert time.monotonic() - asked < 60
        assert not running.children()
        assert running.events("turn.killed")[0]["signal"] == "SIGKILL"
    assert runs(today) == ["RUNNING"]

    with started(today, listen) as again:
        until(lambda: runs(today)[-1:] == ["SUCCEEDED"], "the next start")
        assert again.stop() == 0
    assert len(today.files()) == 1


def test_a_turn_that_may_finish_within_its_time_is_not_disturbed(today: World) -> None:
    with started(today, configure(today, stop_seconds=20), BENSYNC_FAULT="run.gathered=stop") as running:
        until(running.stopped_child, "the run")
        child = running.stopped_child()
        running.process.send_signal(signal.SIGTERM)
        until(lambda: running.events("turn.asked_to_end"), "the daemon to hear it")
        assert child is not None
        child.resume()
        assert running.process.wait(PATIENCE) == 0
    assert runs(today) == ["SUCCEEDED"]
    assert len(today.files()) == 1


def test_a_turn_that_is_asked_to_end_gives_its_lease_back(today: World) -> None:
    with started(today, configure(today, stop_seconds=0), BENSYNC_FAULT="run.gathered=stop") as running:
        until(running.stopped_child, "the run")
        child = running.stopped_child()
        assert child is not None
        child.terminate()  # it hears it when it goes on
        child.resume()
        until(lambda: today.rows("select holder from lease") == [("",)], "the lease")
        assert running.stop() == 0


def test_a_turn_killed_after_the_intent_is_finished_by_the_next_and_nothing_is_sent_twice(today: World) -> None:
    fault = "delivery.intend.commit.after=stop"  # the next turn does not come by here again
    with started(today, configure(today), BENSYNC_FAULT=fault) as running:
        until(running.stopped_child, "the intent")
        child = running.stopped_child()
        assert child is not None
        today.config.write_text("this is no TOML")  # the next turn reads what was checked
        child.kill()
        until(ran(today), "the next turn")
        until(lambda: idle(running), "its end")
        until(lambda: sample(running, "bensync_turns_total", site="acme", code="0"), "the count")
        assert sample(running, "bensync_turns_total", site="acme", code="-9") == 1
        assert running.stop() == 0
    assert len(today.files()) == 1
    assert today.rows("select state from delivery") == [("COMMITTED",)]


def test_a_turn_that_hangs_is_ended_and_counted_and_the_daemon_lives_on(today: World) -> None:
    with started(today, configure(today, turn_hours=3 / 3600), BENSYNC_FAULT="run.settled=stop") as running:
        until(lambda: running.events("turn.hangs"), "the end of its patience")
        # On a busy machine the time is over before the turn stands still, and then it ends when it is asked to.
        until(
            lambda: any(sample(running, "bensync_turns_total", site="acme", code=code) for code in ENDED), "the count"
        )
        assert running.asked("/healthz")[0] == 200
        assert running.stop() == 0


def test_a_daemon_that_is_killed_leaves_nothing_that_the_next_one_cannot_finish(today: World) -> None:
    listen = configure(today)
    with started(today, listen, BENSYNC_FAULT="sftp.rename.after=stop") as running:
        until(running.stopped_child, "the rename")
        running.process.kill()  # the kernel hangs up on a child that stands still
        running.process.wait(PATIENCE)
    with started(today, listen) as heir:
        until(ran(today), "the next daemon")
        assert heir.stop() == 0
    assert today.rows("select state from delivery") == [("COMMITTED",)]
    assert len(today.files()) == 1


def test_two_daemons_on_one_database_run_once(today: World) -> None:
    with started(today, configure(today)) as first:
        text = today.config.read_text()
        today.config.write_text(text.replace(first.listen, "", 1))
        with started(today, "") as other:
            until(ran(today), "the daily run")
            until(lambda: idle(first) and idle(other), "quiet")
            assert other.stop() == 0
        assert first.stop() == 0
    assert runs(today) == ["SUCCEEDED"]
    assert len(today.files()) == 1


def test_SIGHUP_reads_the_configuration_anew_and_refuses_a_broken_one(today: World) -> None:
    with started(today, configure(today)) as running:
        until(ran(today), "the daily run")
        good = today.config.read_text()
        today.config.write_text(good.replace("[sites.acme.status]", "[sites.acme.stature]"))
        running.process.send_signal(signal.SIGHUP)
        until(lambda: running.events("daemon.configuration_refused"), "the refusal")
        assert str(today.config) in running.events("daemon.configuration_refused")[0]["what"]
        assert running.asked("/readyz")[0] == 503
        assert sample(running, "bensync_configuration_good") == 0
        assert sample(running, "bensync_site_readable", site="acme") == 1
        second = (
            good[good.index("[sites.acme]") :].replace("sites.acme", "sites.second").replace("ACME0001", "ACME0002")
        )
        today.config.write_text(good + second)
        running.process.send_signal(signal.SIGHUP)
        until(lambda: running.asked("/readyz")[0] == 200, "the fixed one")
        assert sample(running, "bensync_site_readable", site="second") == 1
        until(lambda: sample(running, "bensync_turns_total", site="second"), "a turn at the new site")
        assert running.stop() == 0


@pytest.mark.parametrize("spoil", ["configuration", "key", "schema", "address"])
def test_it_does_not_start_on_what_is_broken(today: World, capsys: pytest.CaptureFixture[str], spoil: str) -> None:
    listen = configure(today)
    with contextlib.ExitStack() as held:
        if spoil == "configuration":
            today.config.write_text(today.config.read_text().replace("ACME0001", "acme!"))
        elif spoil == "key":
            today.state_key.unlink()
        elif spoil == "schema":
            (today.folder / "bensync.db").rename(today.folder / "away.db")
            today.broken = True
        else:
            held.enter_context(started(today, listen)).asked("/")
            until(lambda: psutil.net_connections("tcp") and _taken(listen), "the first daemon")
        with started(today, listen) as refused:
            expected = 14 if spoil == "schema" else 10
            assert refused.process.wait(PATIENCE) == expected, refused.said.read_text()
    assert "Traceback" not in refused.said.read_text()


def _taken(listen: str) -> bool:
    port = int(listen.rpartition(":")[2])
    return any(line.laddr.port == port and line.status == "LISTEN" for line in psutil.net_connections("tcp"))


def test_the_parent_holds_no_SSN_after_a_run_that_its_child_held_all_of(today: World) -> None:
    ssns = [f"{200:03}-{10:02}-{1000 + number:04}" for number in (1, 2, 3)]
    forms = [form.encode() for ssn in ssns for form in (ssn, ssn.replace("-", ""))]
    looked_into = {"BENSYNC_FAULT": "run.gathered=stop", "BENSYNC_OPEN_MEMORY": "1"}
    with started(today, configure(today), anew=True, **looked_into) as running:
        until(running.stopped_child, "the child with everybody in it")
        child = running.stopped_child()
        assert child is not None
        assert found_in_memory(child.pid, forms), "the positive control finds nothing"
        assert found_in_memory(running.process.pid, [str(today.config).encode()]), "the parent cannot be looked into"
        child.resume()
        until(ran(today), "the run")
        until(lambda: idle(running), "the end of the child")
        assert sample(running, "bensync_runs", site="acme", kind="DAILY") == 1  # it looked at the database since
        assert found_in_memory(running.process.pid, forms) == set()
        assert running.stop() == 0
