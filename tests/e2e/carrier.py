"""The far end of the wire: opens the real files in order with plain gpg, and knows nothing but what they say."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

from bensync.core.people import Profile
from tests.e2e.world import World


class Carrier:
    """The receiver of a world's files.

    Attributes:
        last_sent: the last profile that was sent of each employee.
        repeats: employees of whom a file says what an earlier one said already.
    """

    def __init__(self, employer: World, folder: Path) -> None:
        self._here = employer
        self._shelf = folder
        self.last_sent: dict[str, Profile] = {}
        self.repeats: list[str] = []

    def names(self) -> list[str]:
        """The files that arrived, by number."""
        return sorted(path.name for path in self._shelf.glob("*.csv.gpg"))

    def read_all(self) -> None:
        """Read every file; numbers have no gap, and every file follows the one before it."""
        previous = ""
        for number, name in enumerate(self.names(), start=1):
            content = (self._shelf / name).read_bytes()
            parsed = self._here.read(self._shelf / name)
            assert (parsed.header.sequence, parsed.header.previous) == (number, previous), name
            previous = hashlib.sha256(content).hexdigest()
            for profile in parsed.profiles:
                if self.last_sent.get(profile.employee_id) == profile:
                    self.repeats.append(profile.employee_id)
                self.last_sent[profile.employee_id] = profile


@contextlib.contextmanager
def carrier(employer: World, *, keeps: bool) -> Iterator[Carrier]:
    """A carrier that leaves files where they are, or takes each away at once."""
    if keeps:
        yield Carrier(employer, employer.center.root)
        return
    taken = employer.folder / "taken"
    taken.mkdir()
    with _sweeping(employer.center.root, taken):
        yield Carrier(employer, taken)


@contextlib.contextmanager
def _sweeping(root: Path, taken: Path) -> Iterator[None]:
    stopped = threading.Event()
    doubles: list[str] = []

    def sweep() -> None:
        while not stopped.wait(0.001):
            for path in root.glob("*.csv.gpg"):
                if (taken / path.name).exists():
                    doubles.append(path.name)
                path.rename(taken / path.name)

    thread = threading.Thread(target=sweep)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
    assert doubles == [], "a file came twice"
