"""The n-th write, or sync to disk, of the database and of the log of what was sent fails, for every n (R8)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from bensync.core.runs import Outcome
from bensync.errors import StateError
from tests.e2e import killed
from tests.e2e.carrier import Carrier
from tests.e2e.test_crash_matrix import settle
from tests.e2e.world import World
from tests.fixtures.databases import on_sqlite
from tests.fixtures.invariants import hold

pytestmark = on_sqlite

MOST = 2000  # calls of one kind; a turn makes some hundreds
CASES = [
    # the call, its error, on which files, and how many are passed between two that fail
    ("fdatasync", "EIO", ("bensync.db", "bensync.db-wal"), 1),
    ("pwrite64", "ENOSPC", ("bensync.db", "bensync.db-wal"), 9),
    ("pwrite64", "EIO", ("bensync.db", "bensync.db-wal"), 13),
    ("ftruncate", "EIO", ("bensync.db", "bensync.db-wal", "bensync.db-shm"), 3),
    ("fsync", "EIO", ("bensync.db.sent",), 1),
    ("write", "ENOSPC", ("bensync.db.sent",), 1),
]


@pytest.fixture
def traced() -> None:
    """The machine lets us trace our own processes."""
    program = shutil.which("strace")
    tried = subprocess.run([program, "-qq", "true"], capture_output=True, text=True) if program else None
    if tried is None or tried.returncode != 0:
        pytest.skip(f"NOT RUN R8: strace cannot be used here ({tried.stderr.strip() if tried else 'not installed'})")


@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize(
    ("call", "error", "names", "step"), CASES, ids=lambda case: case if isinstance(case, str) else ""
)
def test_R8_whichever_call_fails_the_state_is_the_old_or_the_new_one_and_the_next_start_converges(
    staffed: World, call: str, error: str, names: tuple[str, ...], step: int
) -> None:
    there = Carrier(staffed, staffed.center.root)
    failed: list[int] = []
    for number in count(1, step):
        assert number < MOST, "it never came to an end"
        staffed.company.update("1", city=f"Town{number}")
        code, hit, repeat = turned(staffed, call, f"{call}:error={error}:when={number}", names)
        assert code in {0, StateError.code}, f"it ended with {code}; repeat with: {repeat}"
        hold(staffed.store, "acme")
        assert staffed.rows("pragma integrity_check") == [("ok",)], repeat
        if code == 0:
            # What SQLite tidies up when it closes may fail without harm: everything was written before.
            assert staffed.rows("select state from delivery order by id desc limit 1") == [("COMMITTED",)], repeat
        settle(staffed, there)
        assert staffed.sync().outcome is Outcome.NO_CHANGES, repeat
        staffed.next_day()
        if not hit:
            break
        failed += [number] if code else []
    there.read_all()
    assert there.last_sent["1"].values["city"] == f"Town{number}"
    assert there.repeats == []
    assert failed, "no failing call was noticed"


def turned(employer: World, call: str, injected: str, names: tuple[str, ...]) -> tuple[int, bool, str]:
    """A turn of the daemon under strace: its exit code, whether a call failed, and the command that repeats it."""
    log = employer.folder / "strace.log"
    paths = [word for name in names for word in ("-P", str(employer.folder / name))]
    strace = ["strace", "-f", "-qq", "-o", str(log), "-e", f"trace={call}", "-e", f"inject={injected}", *paths]
    command = [*strace, sys.executable, "-m", killed.__name__, str(employer.config), employer.now.isoformat(), "turn"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=Path.cwd())
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, "(INJECTED)" in log.read_text(), " ".join(command)
