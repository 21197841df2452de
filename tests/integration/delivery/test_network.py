"""A bad network between courier and upload center: real OpenSSH behind a proxy that delays, cuts and falls silent."""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bensync.core.ports import OutgoingFile
from bensync.delivery import ssh
from bensync.delivery.sftp import Sftp
from bensync.errors import DeliveryError, DeliveryInDoubt
from bensync.testing.couriers import NAME, Notes
from tests.fixtures.openssh import OpenSsh, openssh
from tests.fixtures.places import RootPlace, wait_for
from tests.fixtures.proxy import KINDS, Direction, Kind, Proxy, Toxic, wait_until_idle

LONG = os.environ.get("BENSYNC_LONG") == "1"
SEALED = bytes(range(256)) * 1_200
"""About three hundred kilobytes."""
TIMEOUT = 1.2
"""Seconds that are waited for a line that stands still; in all other weather nobody may be given up because he is slow."""
MOMENTS = ("connecting", "signing in", "uploading", "publishing")
SCENARIOS = list(itertools.product(KINDS, ("up", "down"), MOMENTS))
WEATHER: dict[Kind, dict[str, Any]] = {
    "latency": {"seconds": 0.01},
    "down": {},
    "bandwidth": {"amount": 2_000_000},
    "slow_close": {"seconds": 0.2},
    "timeout": {"seconds": 4 * TIMEOUT},
    "reset_peer": {},
    "slicer": {"amount": 1_000, "seconds": 0.0001},
    "limit_data": {"amount": 50},
}
PASSING = {"latency", "bandwidth", "slow_close", "slicer"}
"""Weather that only slows down."""
STILL = {"timeout", "limit_data"}
"""Weather that is seen by nothing but the time that passes."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    folder = tmp_path_factory.mktemp("network")
    (folder / "incoming").mkdir()
    with openssh(folder / "sshd", folder / "incoming") as running:
        yield running


@pytest.fixture
def root(server: OpenSsh) -> Path:
    for path in server.root.iterdir():
        path.unlink()
    return server.root


@pytest.fixture
def proxy(server: OpenSsh) -> Iterator[Proxy]:
    with Proxy(server.port) as between:
        yield between


@dataclass
class Sending:
    """One delivery over a bad line, session by session, with what its journal wrote down."""

    server: OpenSsh
    proxy: Proxy
    uploading: Callable[[], object] = lambda: None
    publishing: Callable[[], object] = lambda: None
    reads: int = 0
    timeout: float = 60.0

    def __post_init__(self) -> None:
        self.notes = Notes(RootPlace(self.courier(), self.server.root), {"intend": self.publishing})

    def courier(self, attempts: int = 4, nap: Callable[[float], object] = lambda _: None) -> Sftp:
        settings = self.server.settings(port=self.proxy.port, timeout=self.timeout, attempts=attempts)
        return Sftp(settings, wait=lambda seconds: nap(seconds) and None)

    def session(self, attempts: int = 4, nap: Callable[[float], object] = lambda _: None) -> int:
        """One session, which knows what those before it had written down."""
        intended = "intend" in self.notes.steps
        outgoing_file = OutgoingFile(NAME, len(SEALED), self._chunks, self.notes.part, intended)
        return self.courier(attempts, nap).deliver(outgoing_file, self.notes)

    def _chunks(self) -> Iterator[bytes]:
        self.reads += 1
        middle = len(SEALED) // 2
        yield SEALED[:middle]
        if self.reads == 1:
            self.uploading()
        yield SEALED[middle:]


def sending_in(weather: Toxic, moment: str, server: OpenSsh, proxy: Proxy) -> Sending:
    """A delivery that meets this weather at this moment."""

    def strike() -> None:
        proxy.strike(weather)

    timeout = TIMEOUT if weather.kind in STILL else Sending.timeout
    if moment == "uploading":
        return Sending(server, proxy, uploading=strike, timeout=timeout)
    if moment == "publishing":
        return Sending(server, proxy, publishing=strike, timeout=timeout)
    strike()
    return Sending(server, proxy, timeout=timeout)


def toxic(kind: Kind, direction: Direction, moment: str) -> Toxic:
    return Toxic(kind, direction, after=1_500 if moment == "signing in" else 0, **WEATHER[kind])


def threads() -> set[threading.Thread]:
    return set(threading.enumerate())


def sockets() -> int:
    """How many sockets this process holds."""
    links = []
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the folder itself was open for a moment
            links.append(str(entry.readlink()))
    return sum(link.startswith("socket:") for link in links)


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("kind", "direction", "moment"), SCENARIOS)
def test_weather_that_passes_costs_an_attempt_and_never_the_file(
    server: OpenSsh, root: Path, proxy: Proxy, kind: Kind, direction: Direction, moment: str
) -> None:
    threads_before, sockets_before = threads(), sockets()
    sending = sending_in(toxic(kind, direction, moment), moment, server, proxy)
    begin = time.monotonic()

    tries = sending.session(nap=lambda _: proxy.heal())

    assert time.monotonic() - begin < 2 * 4 * TIMEOUT + 30
    assert tries == (1 if kind in PASSING else 2)
    assert {path.name: path.read_bytes() for path in root.iterdir()} == {NAME: SEALED}
    assert sending.notes.steps.count("intend") == 1
    assert wait_until_idle(proxy)
    assert proxy.struck
    assert wait_for(lambda: threads() <= threads_before), threads() - threads_before
    assert wait_for(lambda: sockets() == sockets_before)


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    ("kind", "direction", "moment"),
    [
        scenario
        for scenario in SCENARIOS
        if scenario[0] not in PASSING and (LONG or (scenario[1] == "up") is (scenario[2] == "uploading"))
    ],
)
def test_weather_that_lasts_fails_cleanly_and_the_next_session_brings_the_file(
    server: OpenSsh, root: Path, proxy: Proxy, kind: Kind, direction: Direction, moment: str
) -> None:
    threads_before, sockets_before = threads(), sockets()
    sending = sending_in(toxic(kind, direction, moment), moment, server, proxy)
    begin = time.monotonic()

    with pytest.raises(DeliveryError) as caught:
        sending.session(attempts=1)

    assert caught.value.retry
    assert not isinstance(caught.value, DeliveryInDoubt)
    assert time.monotonic() - begin < 4 * TIMEOUT + 30
    assert wait_for(lambda: threads() <= threads_before), threads() - threads_before
    proxy.heal()
    assert sending.session() in {0, 1}
    assert {path.name: path.read_bytes() for path in root.iterdir()} == {NAME: SEALED}
    assert sending.notes.steps.count("intend") == 1
    assert wait_until_idle(proxy)
    assert wait_for(lambda: sockets() == sockets_before)


def test_a_server_that_takes_nothing_more_is_given_up_although_the_line_stands(
    server: OpenSsh, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than fits into the buffers on the way, so that the sender itself comes to a stand."""
    connect = ssh._Line.__init__

    def narrow(line: ssh._Line, settings: ssh.SshSettings) -> None:
        connect(line, settings)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)

    monkeypatch.setattr(ssh._Line, "__init__", narrow)
    outgoing_file = OutgoingFile(NAME, 8 << 20, lambda: itertools.repeat(bytes(1 << 20), 8), "", publishing=False)
    begin = time.monotonic()
    with Proxy(server.port, buffer=16_384) as proxy:
        proxy.strike(Toxic("timeout", "up", seconds=60, after=300_000))
        settings = server.settings(port=proxy.port, timeout=TIMEOUT, attempts=1)
        with pytest.raises(DeliveryError) as caught:
            Sftp(settings).deliver(outgoing_file, Notes(RootPlace(Sftp(settings), root)))
    assert caught.value.retry
    assert time.monotonic() - begin < 3 * TIMEOUT + 30
    assert NAME not in {path.name for path in root.iterdir()}


def test_only_a_stand_that_lasts_is_given_up(server: OpenSsh, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(ssh, "time", SimpleNamespace(monotonic=lambda: now))

    def fill() -> None:
        for _ in range(10_000):
            line.send(bytes(65_536))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = server.settings(port=listener.getsockname()[1], timeout=5)
        with ssh._Line(settings) as line, listener.accept()[0] as far:
            line.settimeout(0.1)
            with pytest.raises(TimeoutError):
                fill()
            while not select.select([], [line], [], 0)[1]:
                far.recv(1 << 20)
            now += 60
            line.send(b"it moves again")
            with pytest.raises(TimeoutError):
                fill()
            now += 4
            with pytest.raises(TimeoutError):
                fill()
            now += 2
            with pytest.raises(ConnectionAbortedError):
                fill()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_F28_a_lost_answer_to_the_rename_never_sends_twice_and_never_gets_stuck(
    server: OpenSsh, root: Path, proxy: Proxy
) -> None:
    """The line is cut when the final name stands in the folder, before the answer is passed on."""
    for number in range(200 if LONG else 15):
        final = root / NAME
        proxy.strike(Toxic("reset_peer", "down", when=final.exists))
        sending = Sending(server, proxy)
        if number % 2:  # the same session looks, and finds it
            assert sending.session(nap=lambda _: proxy.heal()) == 2
        else:  # nobody comes through any more, and the next session finds it
            with pytest.raises(DeliveryError) as caught:
                sending.session(attempts=1)
            assert caught.value.retry
            proxy.heal()
            assert sending.session() == 0
        assert proxy.struck == number + 1
        assert sending.notes.steps == ["begin", "uploaded", "intend"]
        assert sending.reads == 1
        assert {path.name: path.read_bytes() for path in root.iterdir()} == {NAME: SEALED}
        final.unlink()
