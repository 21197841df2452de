"""Files that are whole or not there, and what killed processes leave of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bensync.state.db.disk import discard, draft, put_in_place, remove_drafts


@pytest.fixture
def ended_process() -> int:
    """Return the number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(timeout=60)
    return process.pid


def test_a_draft_lies_beside_its_place_under_the_number_of_its_writer(tmp_path: Path) -> None:
    assert draft(tmp_path / "copy.db") == tmp_path / f".copy.db.{os.getpid()}.part"


def test_a_finished_draft_replaces_the_file_of_before(tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("old")
    unfinished = draft(target)
    unfinished.write_text("new")
    put_in_place(unfinished, target)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("copy.db", "new")]


def test_a_draft_that_does_not_exist_leaves_the_file_of_before(tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("old")
    with pytest.raises(FileNotFoundError):
        put_in_place(draft(target), target)
    assert target.read_text() == "old"


def test_drafts_of_ended_processes_go_and_those_of_living_ones_stay(tmp_path: Path, ended_process: int) -> None:
    target = tmp_path / "copy.db"
    abandoned = {f".copy.db.{ended_process}.part", f".copy.db.{ended_process}.part-wal", f".copy.db.{os.getpid()}.part"}
    others = {f".copy.db.{os.getppid()}.part", f".other.db.{ended_process}.part", "copy.db", ".copy.db.part"}
    for name in abandoned | others:
        (tmp_path / name).touch()
    remove_drafts(target)
    assert {file.name for file in tmp_path.iterdir()} == others


def test_a_database_is_discarded_with_what_sqlite_keeps_beside_it(tmp_path: Path) -> None:
    for name in ("copy.db", "copy.db-wal", "copy.db-shm", "other.db"):
        (tmp_path / name).touch()
    discard(tmp_path / "copy.db")
    discard(tmp_path / "copy.db")
    assert [file.name for file in tmp_path.iterdir()] == ["other.db"]
