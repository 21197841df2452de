"""The real daemon as a process, with its children, its questions and its memory; and one round of it in this process."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import psutil

from bensync.daemon.config_snapshot import outlined
from bensync.daemon.scheduler import Ended, Liveness, Scheduler
from bensync.daemon.turn import take_turn
from tests.e2e.receiver import Receiver
from tests.e2e.world import World
from tests.fixtures.commands import Begun, begin
from tests.fixtures.openssh import free_port

PATIENCE = 120.0  # seconds; two processors are shared by many
_WRITABLE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw")


class OneRound:
    """The rounds of a daemon that goes by the clock of the test and takes its turns in this process.

    Args:
        here: where it works.
        alone: whether the clock of HR stays behind; otherwise it goes with ours.
    """

    def __init__(self, employer: World | Receiver, *, alone: bool = False) -> None:
        self._here = employer
        self._alone = alone
        self.turns: list[str] = []
        self._rounds = Scheduler(Liveness(), threading.Event(), lambda: employer.now, lambda: self._seconds)
        self._seconds = 0.0
        self._before = employer.now

    def tick(self) -> None:
        """One look at every site; time passes at least by a minute, whatever the clock says."""
        passed = (self._here.now - self._before).total_seconds()
        self._seconds += passed if passed > 0 else 60.0
        self._before = self._here.now
        deployment = self._here.deployment
        self._rounds.tick(outlined(deployment.settings, deployment.broken), self._here.store, self, self)

    def busy(self) -> frozenset[str]:
        """Nobody: a turn is over when the next one begins."""
        return frozenset()

    def take(self, site: str, *, heavy: bool, ended: Ended) -> None:
        """A turn, at once."""
        self.turns.append(site)
        if not self._alone and isinstance(self._here, World):
            self._here.company.now = self._here.now
        ended(take_turn(self._here.deployment, self._here.store, site, lambda: self._here.now), 0)


def until(true: Callable[[], object], what: str) -> None:
    """Wait for something, for as long as it may take at most."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)


def configure(employer: World, **daemon: object) -> str:
    """Let the daemon of a world run at once and tick every second; returns where it answers."""
    listen = f"127.0.0.1:{free_port()}"
    entries = {"listen": listen, "tick_seconds": 1, **daemon}
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in entries.items())
    text = employer.config.read_text()
    employer.config.write_text(f'[schedule]\ndaily_after = "00:00"\n[daemon]\n{lines}{text}')
    return listen


@dataclass(frozen=True)
class Running:
    """A daemon that was started."""

    process: subprocess.Popen[bytes] | Begun
    listen: str
    said: Path

    def asked(self, path: str) -> tuple[int, str]:
        """What it answers; status 0 while it does not."""
        host, port = self.listen.split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        try:
            with contextlib.closing(connection):
                connection.request("GET", path)
                answer = connection.getresponse()
                return answer.status, answer.read().decode()
        except OSError:
            return 0, ""

    @property
    def log(self) -> list[dict[str, Any]]:
        """What it and its children logged."""
        return [json.loads(line) for line in self.said.read_text().splitlines() if line.startswith("{")]

    def events(self, name: str) -> list[dict[str, Any]]:
        """The log lines of one kind."""
        return [line for line in self.log if line.get("event") == name]

    def children(self) -> list[psutil.Process]:
        """The turns at work now."""
        with contextlib.suppress(psutil.NoSuchProcess):
            processes = psutil.Process(self.process.pid).children()
            return [child for child in processes if "bensync.daemon.turn" in _words(child)]
        return []

    def pages(self) -> psutil.Process | None:
        """The process of the pages, when it is there."""
        with contextlib.suppress(psutil.NoSuchProcess):
            processes = psutil.Process(self.process.pid).children()
            return next((child for child in processes if "serve" in _words(child)), None)
        return None

    def stopped_child(self) -> psutil.Process | None:
        """A turn that stopped itself at its fault point."""
        return next((child for child in self.children() if _status(child) == psutil.STATUS_STOPPED), None)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; returns its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def _words(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.cmdline()
    return []


def _status(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.NoSuchProcess):
        return str(process.status())
    return ""


@contextlib.contextmanager
def started(
    employer: World, listen: str, *words: str, what: str = "daemon", anew: bool = False, **environment: str
) -> Iterator[Running]:
    """The daemon, or a worker, in a process of its own; whatever is left of it and its children is killed.

    Args:
        employer: whose configuration it has.
        listen: where it answers.
        words: more words of the command.
        what: the command.
        anew: start Python for it instead of forking it, where the process itself is tested.
        environment: variables besides ours.
    """
    said = employer.folder / f"{what}-{time.monotonic_ns()}.log"
    command = ["--json", "--config", str(employer.config), what, *words]
    tested = {**os.environ, "BENSYNC_TEST": "1", **environment}
    with said.open("wb") as log, _process(command, tested, log, anew=anew) as process:
        running = Running(process, listen, said)
        try:
            yield running
        finally:
            for child in (*running.children(), *filter(None, [running.pages()])):
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
            process.kill()


def _process(
    words: list[str], environment: dict[str, str], log: IO[bytes], *, anew: bool
) -> subprocess.Popen[bytes] | Begun:
    if anew:
        return subprocess.Popen([sys.executable, "-m", "bensync", *words], stdout=log, stderr=log, env=environment)
    return begin(*words, environment=environment, log=log)


def runs(employer: World) -> list[str]:
    """How the daily runs stand, oldest first."""
    return [state for (state,) in employer.rows("select state from run where kind = 'DAILY' order by id")]


def ran(employer: World) -> Callable[[], bool]:
    """Whether the last daily run ended well."""
    return lambda: runs(employer)[-1:] == ["SUCCEEDED"]


def found_in_memory(pid: int, needles: list[bytes]) -> set[bytes]:
    """Which of these a process holds anywhere in the memory that it may write to."""
    values: set[bytes] = set()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for start, end in _regions(pid):
            with contextlib.suppress(OSError):  # gone meanwhile, or not to be read by anybody
                memory.seek(start)
                content = memory.read(end - start)
                values.update(filter(partial(_holds, content), needles))
    return values


def _holds(content: bytes, needle: bytes) -> bool:
    return needle in content


def _regions(pid: int) -> Iterator[tuple[int, int]]:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if (place := _WRITABLE.match(line)) is not None:
            yield int(place[1], 16), int(place[2], 16)
