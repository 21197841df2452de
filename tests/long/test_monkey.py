"""Ten minutes of a monkey: it kills the daemon, its turns, a sync, the upload center and HR at random (R20)."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import psutil
import pytest

from bensync.core.runs import Outcome
from bensync.demo.bamboohr.server import serve
from bensync.demo.company.company import Company
from bensync.demo.mailbox import Mailbox
from tests.e2e.carrier import Carrier
from tests.e2e.parent import Running, configure, started
from tests.e2e.test_crash_matrix import settle
from tests.e2e.world import World, person
from tests.fixtures.databases import on_sqlite
from tests.fixtures.gnupg import Correspondence
from tests.fixtures.invariants import hold
from tests.fixtures.openssh import OpenSsh, openssh
from tests.property.soak import chosen_seed

pytestmark = on_sqlite

SECONDS = float(os.environ.get("BENSYNC_MONKEY_SECONDS", "600"))
PAUSES = (1.0, 5.0)  # seconds between two kills


class Sshd:
    """An upload center that can be killed with all its sessions, and comes back on the same port."""

    def __init__(self, folder: Path, center: OpenSsh) -> None:
        self._folder = folder
        self.center = center
        self._again: subprocess.Popen[bytes] | None = None

    def kill(self) -> None:
        """Kill it; it is there again at once."""
        for process in psutil.process_iter(["cmdline"]):
            if str(self._folder / "sshd_config") in (process.info["cmdline"] or []):
                for child in (*process.children(recursive=True), process):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        child.kill()
        if self._again is not None:
            self._again.wait()
        with (self._folder / "sshd.log").open("ab") as log:
            words = ["/usr/sbin/sshd", "-D", "-e", "-f", str(self._folder / "sshd_config")]
            self._again = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)

    def close(self) -> None:
        """End what was started again."""
        if self._again is not None:
            self._again.terminate()
            self._again.wait(10)


class Monkey:
    """Breaks one thing after the other, and lets it be started again.

    Args:
        here: an employer in the present.
        sshd: its upload center.
        hr: holds the server of HR, and nothing else.
        seed: the same one chooses the same victims.
    """

    def __init__(self, employer: World, sshd: Sshd, hr: contextlib.ExitStack, seed: int) -> None:
        self._here = employer
        self._sshd = sshd
        self._rng = Random(seed)
        self._town = 0
        self._listen = configure(employer)
        self._hr = hr
        self._port = int(employer.url.rpartition(":")[2].partition("/")[0])
        self._daemon = contextlib.ExitStack()
        self._sync: subprocess.Popen[bytes] | None = None
        self.kills: dict[str, int] = {}

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Everything runs; all of it has ended at the end."""
        self._start_daemon()
        try:
            yield
        finally:
            self._kill_sync()
            self._daemon.close()

    def swing(self) -> None:
        """HR goes on, something dies."""
        self._edit()
        self._forget_the_day()
        if self._sync is None or self._sync.poll() is not None:
            self._start_sync()
        time.sleep(self._rng.uniform(*PAUSES))
        ways = (self._kill_daemon, self._kill_turn, self._kill_sync, self._kill_sshd, self._kill_hr)
        way = self._rng.choice(ways)
        self.kills[way.__name__] = self.kills.get(way.__name__, 0) + 1
        way()

    def _edit(self) -> None:
        company = self._here.company
        company.now = max(company.now, datetime.now(UTC))
        self._town += 1
        company.update(str(self._rng.randint(1, 3)), city=f"Town{self._town}")

    def _forget_the_day(self) -> None:
        """A day has one daily run; here it begins again and again, and a failed one is not waited for."""
        with self._here.store.whole("test.day") as connection:
            connection.exec_driver_sql("delete from day")
            connection.exec_driver_sql("update run set kind = 'RESYNC' where kind = 'DAILY' and state != 'RUNNING'")

    def _start_daemon(self) -> None:
        self._running: Running = self._daemon.enter_context(started(self._here, self._listen))

    def _start_sync(self) -> None:
        command = [sys.executable, "-m", "bensync", "--config", str(self._here.config), "sync"]
        with (self._here.folder / "sync.log").open("ab") as log:
            self._sync = subprocess.Popen(command, stdout=log, stderr=log)

    def _kill_daemon(self) -> None:
        children = self._running.children()
        self._running.process.kill()
        self._running.process.wait()
        for child in children if self._rng.random() < 0.5 else ():
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        self._daemon.close()
        self._start_daemon()

    def _kill_turn(self) -> None:
        for child in self._running.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                child.send_signal(self._rng.choice([signal.SIGKILL, signal.SIGTERM]))

    def _kill_sync(self) -> None:
        if self._sync is not None:
            self._sync.kill()
            self._sync.wait()

    def _kill_sshd(self) -> None:
        self._sshd.kill()

    def _kill_hr(self) -> None:
        self._hr.close()
        time.sleep(self._rng.random())
        self._hr.enter_context(serve(self._here.company, self._port))


@pytest.fixture
def sturdy(tmp_path: Path) -> Iterator[Sshd]:
    root = tmp_path / "incoming"
    root.mkdir()
    with openssh(tmp_path / "sshd", root) as center:
        sshd = Sshd(tmp_path / "sshd", center)
        try:
            yield sshd
        finally:
            sshd.close()


@pytest.mark.timeout(SECONDS + 300)
def test_R20_after_ten_minutes_of_random_kills_nothing_has_drifted(
    tmp_path: Path, keys: Correspondence, sturdy: Sshd, mailbox: Mailbox
) -> None:
    seed = chosen_seed(1)
    repeat = f"seed {seed}; repeat with: BENSYNC_LONG=1 BENSYNC_SEED={seed} python -m pytest tests/long/test_monkey.py"
    print(repeat)  # noqa: T201  # a reader of the log of a long test wants it
    company = Company(now=datetime.now(UTC))
    with contextlib.ExitStack() as hr:
        url = hr.enter_context(serve(company)).url
        employer = World(tmp_path, company, url, keys, sturdy.center, mailbox, now=datetime.now(UTC))
        for number in (1, 2, 3):
            company.hire(person(number), job={"jobTitle": "Clerk"}, pay={"rate": "50000.00 USD"})
        employer.snapshot()
        monkey = Monkey(employer, sturdy, hr, seed)
        with monkey.at_work():
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                monkey.swing()
        look(employer, repeat)
        print(monkey.kills, len(employer.files()), "files")  # noqa: T201  # the same
        employer.store.close()


def look(employer: World, repeat: str) -> None:
    """Everything rests, and both sides agree."""
    employer.company.weather.clear()
    employer.now = employer.company.now = datetime.now(UTC)
    there = Carrier(employer, employer.center.root)
    for _ in range(2):
        settle(employer, there)
    assert employer.sync().outcome is Outcome.NO_CHANGES, repeat
    hold(employer.store, "acme")
    there.read_all()
    assert there.names(), f"nothing was ever sent; {repeat}"
    for employee, profile in there.last_sent.items():
        assert profile.values["city"] == employer.company.employee(employee).fields["city"], f"{employee}; {repeat}"
    assert there.repeats == [], repeat
    assert [path.name for path in employer.files() if path.name.endswith(".part")] == [], repeat
