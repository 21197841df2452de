from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync import fault_points
from bensync.delivery.folder import FolderCourier, FolderSettings
from bensync.errors import DeliveryError
from bensync.testing.couriers import NAME, SEALED, CourierContract, Notes, SweptContract, outgoing_file, refused
from tests.fixtures.places import RootPlace, Swept, swept

POINTS = [
    f"folder.{effect}.{side}"
    for effect in ("stat", "open", "write", "close", "rename", "remove", "fsync")
    for side in ("before", "after")
]


def folder(root: Path) -> FolderCourier:
    return FolderCourier(FolderSettings(directory=root))


class TestFolderKeepsTheContract(CourierContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> RootPlace:
        return RootPlace(folder(tmp_path), tmp_path)


class TestASweptFolderKeepsTheContract(SweptContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Iterator[Swept]:
        with swept(Swept(folder(tmp_path), tmp_path)) as place:
            yield place


def test_a_missing_folder_is_reported_and_not_made(tmp_path: Path) -> None:
    root = tmp_path / "missing"
    notes = Notes(RootPlace(folder(tmp_path), tmp_path))
    error = refused(lambda: folder(root).deliver(outgoing_file(), notes))
    assert str(root) in error.what
    (finding,) = folder(root).check()
    assert not finding.ok
    assert finding.fix
    assert not root.exists()


@pytest.fixture
def disarmed(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    fault_points.arm()


@pytest.mark.parametrize("point", POINTS)
def test_a_full_disk_at_any_step_is_a_bensync_error_and_the_next_session_delivers(
    tmp_path: Path, disarmed: pytest.MonkeyPatch, point: str
) -> None:
    place = RootPlace(folder(tmp_path), tmp_path)
    notes = Notes(place)
    disarmed.setenv(fault_points.VARIABLE, f"{point}=full")
    disarmed.setenv("BENSYNC_TEST", "1")
    fault_points.arm()
    trouble = None
    try:
        place.courier.deliver(outgoing_file(), notes)
    except DeliveryError as error:
        trouble = error
    disarmed.undo()
    fault_points.arm()

    assert trouble is None or os.strerror(errno.ENOSPC) in trouble.why
    # Once the link stands the file is there, whatever the rest of the step said.
    there = NAME in place.files()
    assert (trouble is None) is there
    again = outgoing_file(part=notes.part, publishing="intend" in notes.steps)
    assert place.courier.deliver(again, Notes(place)) == (0 if there else 1)
    assert place.files() == {NAME: SEALED}


def test_a_disk_that_is_full_for_real_leaves_nothing(tmp_path: Path) -> None:
    place = RootPlace(folder(tmp_path), tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(SEALED) // 2, hard))
    try:
        refused(lambda: place.courier.deliver(outgoing_file(), Notes(place)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert place.files() == {}
