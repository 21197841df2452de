"""The disk of the database is full: a coded error, an alert that arrives, and nothing that a person must fix (R7)."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bensync.core.runs import Outcome
from bensync.demo.company.company import Company
from bensync.demo.mailbox import Mailbox
from bensync.errors import StateError
from tests.e2e.carrier import Carrier
from tests.e2e.conftest import staff
from tests.e2e.disaster import begin, repeated, with_fault
from tests.e2e.test_crash_matrix import settle
from tests.e2e.world import START, World, person, world
from tests.fixtures.databases import in_file, on_sqlite
from tests.fixtures.gnupg import Correspondence
from tests.fixtures.invariants import hold
from tests.fixtures.openssh import OpenSsh

pytestmark = [pytest.mark.slow, on_sqlite]

LONG = os.environ.get("BENSYNC_LONG") == "1"
SPACE = range(0, 400, 16) if LONG else (0, 40, 96, 160)
"""Kibibytes that are left for a run; it takes some 300."""
PLENTY = 16 << 10  # kibibytes


class Disk:
    """A file system of its own in memory, whose size can be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def used(self) -> int:
        """Kibibytes that are taken."""
        usage = os.statvfs(self.folder)
        return (usage.f_blocks - usage.f_bfree) * usage.f_frsize >> 10

    def leave(self, space: int) -> None:
        """Let only so many kibibytes be free."""
        self.resize(self.used + space)

    def resize(self, size: int) -> None:
        """Make it as large as this, in kibibytes."""
        subprocess.run(["mount", "-o", f"remount,size={size}k", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={PLENTY}k", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"NOT RUN R7: a file system in memory needs root ({mounted.stderr.strip()})")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def crowded(disk: Disk, keys: Correspondence, sshd: OpenSsh, mailbox: Mailbox) -> Iterator[World]:
    """The staffed employer with its database on that disk, and its upload center elsewhere."""
    with world(
        disk.folder, keys, sshd, mailbox, Company(now=START - timedelta(days=1)), in_file(disk.folder)
    ) as employer:
        yield staff(employer)


@pytest.mark.timeout(900 if LONG else 300)
def test_R7_a_full_disk_is_reported_at_once_and_needs_no_person_afterwards(crowded: World, disk: Disk) -> None:
    there = Carrier(crowded, crowded.center.root)
    codes: list[int] = []
    for number, space in enumerate(SPACE):
        crowded.company.update("1", city=f"Town{number}")
        if number % 2:
            crowded.company.hire(person(10 + number))
        codes.append(squeezed(crowded, disk, space))
        hold(crowded.store, "acme")

        settle(crowded, there)

        assert crowded.sync().outcome is Outcome.NO_CHANGES, f"{space} KiB"
        crowded.next_day()
    there.read_all()
    assert there.last_sent["1"].values["city"] == f"Town{len(SPACE) - 1}"
    assert there.repeats == []
    assert codes[0] == StateError.code
    if LONG:
        assert codes[-1] == 0, "the largest disk is too small for a run"
        assert len(codes) >= 20


def squeezed(employer: World, disk: Disk, space: int) -> int:
    """A turn of the daemon with so much space; there is plenty again afterwards. Returns its exit code."""
    heard = len(employer.mailbox.messages)
    set_up, words = with_fault(""), (str(employer.config), employer.now.isoformat(), "turn")
    disk.leave(space)
    try:
        process = begin(set_up, words)
        process.join(60)
    finally:
        disk.resize(PLENTY)
    repeat = f"with {space} KiB left; repeat with: {repeated(set_up, words)}"
    code = process.exitcode
    assert code in {0, StateError.code}, f"it ended with {code} {repeat}"
    if code:
        subjects = [str(mail["Subject"]) for mail in employer.mailbox.messages[heard:]]
        assert any("failed" in subject for subject in subjects), f"nobody was notified ({subjects}) {repeat}"
    return code


@contextlib.contextmanager
def stuffed(disk: Disk) -> Iterator[None]:
    """Not a byte is left; there is plenty again afterwards."""
    disk.leave(0)
    try:
        yield
    finally:
        disk.resize(PLENTY)


def test_R7_a_command_on_a_full_disk_ends_with_a_coded_error_and_somebody_hears_of_it(
    crowded: World, disk: Disk
) -> None:
    crowded.company.update("1", city="Akron")

    with stuffed(disk):
        error = crowded.failure(crowded.sync)

    assert isinstance(error, StateError)
    assert any("failed" in str(mail["Subject"]) for mail in crowded.mailbox.messages)
    assert crowded.sync().outcome is Outcome.DELIVERED
