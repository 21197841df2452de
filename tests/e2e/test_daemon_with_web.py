"""`bensync daemon --with-web` as real processes: the pages beside a small parent, and what ends either of them."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil
import pytest

from tests.e2e.parent import PATIENCE, Running, configure, ran, started, until
from tests.e2e.test_daemon_process import sample, today
from tests.e2e.world import World
from tests.fixtures.fault_points import sides
from tests.fixtures.openssh import free_port

__all__ = ["today"]

pytestmark = pytest.mark.slow

SMALL = 80_000_000
"""Bytes that the parent may have to itself; libraries that it shares with its children do not count."""


@contextmanager
def with_web(employer: World, *, anew: bool = False, **environment: str) -> Iterator[tuple[Running, str]]:
    """The daemon with its pages, and where they are; `anew` as `started` has it."""
    port = free_port()
    listen = configure(employer)
    text = employer.config.read_text()
    employer.config.write_text(f'[web]\nlisten = "127.0.0.1:{port}"\n{text}')
    with started(employer, listen, "--with-web", anew=anew, BENSYNC_OPEN_MEMORY="1", **environment) as running:
        yield running, f"http://127.0.0.1:{port}"


def served(address: str, text: str = "") -> bool:
    """Whether the pages answer, and with this text."""
    try:
        answer = httpx.get(f"{address}/privacy", verify=False)  # no TLS here, and reading whom to trust takes long
    except httpx.TransportError:
        return False
    return answer.status_code == 200 and text in answer.text


def free(address: str) -> bool:
    """Whether nobody listens there any more."""
    port = int(address.rpartition(":")[2])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_one_command_runs_and_serves_and_the_parent_stays_small(today: World) -> None:
    with with_web(today, anew=True) as (running, address):
        until(lambda: served(address), "the pages")
        until(ran(today), "the daily run")
        assert '"pages": "up"' in running.asked("/healthz")[1]
        assert running.asked("/readyz")[0] == 200
        assert sample(running, "bensync_pages_up") == 1
        taken = psutil.Process(running.process.pid).memory_full_info().uss
        assert taken < SMALL, taken
        child = running.pages()
        assert child is not None
        assert running.stop() == 0
        assert not child.is_running()
        assert free(address)
    assert not running.events("pages.ended")


def test_the_parent_imports_nothing_of_the_pages() -> None:
    ask = "import sys, bensync.daemon.process; print([name for name in sys.modules if name in {'fastapi', 'uvicorn', 'jinja2', 'bensync.web'}])"
    outcome = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, timeout=60)
    assert outcome.stdout.strip() == "[]", outcome


def test_pages_that_die_are_reported_and_started_again_and_runs_go_on(today: World) -> None:
    with with_web(today) as (running, address):
        until(lambda: served(address), "the pages")
        for deaths in (1, 2, 3):
            child = running.pages()
            assert child is not None
            child.kill()
            until(lambda deaths=deaths: len(running.events("pages.ended")) == deaths, "the line of the log")
            if deaths > 1:
                status, body = running.asked("/healthz")
                assert (status, '"pages": "down"' in body) == (200, True), "the daemon itself is well"
                assert running.asked("/readyz")[0] == 503
                assert sample(running, "bensync_pages_up") == 0
            until(lambda: served(address), "the next ones")
            assert running.asked("/readyz")[0] == 200
        ends = running.events("pages.ended")
        assert [end["code"] for end in ends] == [-signal.SIGKILL] * 3
        assert [end["again_in"] for end in ends] == [1, 2, 4]
        until(ran(today), "the daily run")
        assert running.stop() == 0


def test_pages_that_cannot_listen_keep_no_run_from_its_turn(today: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = configure(today)
        text = today.config.read_text()
        today.config.write_text(f'[web]\nlisten = "127.0.0.1:{taken.getsockname()[1]}"\n{text}')
        with started(today, listen, "--with-web") as running:
            until(ran(today), "the daily run")
            until(lambda: running.events("pages.ended"), "the line of the log")
            assert running.events("pages.ended")[0]["code"] == 10
            assert "The web pages cannot listen at" in running.said.read_text()
            assert running.stop() == 0


def test_a_killed_daemon_takes_its_pages_along(today: World) -> None:
    with with_web(today) as (running, address):
        until(lambda: served(address), "the pages")
        running.process.kill()
        running.process.wait(PATIENCE)
        until(lambda: free(address), "the end of the pages")


TENDED = sides("pages.start")


@pytest.mark.parametrize("point", TENDED)
def test_a_daemon_killed_while_it_starts_the_pages_leaves_nothing_in_the_way_of_the_next(
    today: World, point: str
) -> None:
    with with_web(today, BENSYNC_FAULT=f"{point}=kill") as (killed, address):
        assert killed.process.wait(PATIENCE) == -signal.SIGKILL
        until(lambda: free(address), "the end of the pages")
        with started(today, killed.listen, "--with-web") as running:
            until(lambda: served(address), "the next pages")
            assert running.stop() == 0


def test_SIGHUP_lets_the_pages_read_the_configuration_anew(today: World) -> None:
    with with_web(today) as (running, address):
        until(lambda: served(address), "the pages")
        text = today.config.read_text()
        today.config.write_text(text.replace("[web]\n", '[web]\noperator = "Somebody Else"\n', 1))
        running.process.send_signal(signal.SIGHUP)
        until(lambda: served(address, "Somebody Else"), "the new foot")
        assert not running.events("pages.ended")
        assert running.stop() == 0
