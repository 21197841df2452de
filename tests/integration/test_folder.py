from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bensync.core.ports import Courier
from bensync.delivery.folder import Folder, FolderSettings
from bensync.testing.couriers import CourierContract, parcel, refusal


@dataclasses.dataclass
class LocalPlace:
    courier: Courier
    root: Path

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.root.iterdir()}

    def put(self, name: str, content: bytes) -> None:
        (self.root / name).write_bytes(content)


class TestFolderKeepsTheContract(CourierContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> LocalPlace:
        return LocalPlace(Folder(FolderSettings(directory=tmp_path)), tmp_path)


def test_a_missing_folder_is_told_and_not_made(tmp_path: Path) -> None:
    folder = Folder(FolderSettings(directory=tmp_path / "missing"))
    error = refusal(lambda: folder.deliver(parcel(), lambda: None))
    assert str(tmp_path / "missing") in error.what
    assert not error.retry
    (finding,) = folder.check()
    assert not finding.ok
    assert finding.mend
    assert not (tmp_path / "missing").exists()
