"""Backups: one private file with everything, or none."""

from __future__ import annotations

import os
import stat

import pytest
from sqlalchemy import text

from bensync.errors import StateError
from bensync.state.upkeep.backup import backup
from tests.fixtures.databases import on_sqlite
from tests.fixtures.filled import prepare, someone
from tests.fixtures.invariants import hold
from tests.integration.state.upkeep.originals import KEY, damage, left_in, opened, rows


def test_a_backup_is_one_private_sqlite_file_with_everything(store, tmp_path):
    target = tmp_path / "copy.bensync"
    copied = backup(store, target)

    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert copied.rows == rows(store)
    assert copied.rows["participant"] > 0
    assert copied.size == target.stat().st_size
    assert copied.broken == ()
    assert not list(tmp_path.glob("copy.bensync-*")), "it needs no file beside it"
    with opened(f"sqlite:///{target}") as copy:
        for site in ("acme", "other"):
            hold(copy, site)
        assert rows(copy) == copied.rows


def test_nothing_in_a_backup_names_a_person(store, tmp_path):
    backup(store, tmp_path / "copy")
    content = (tmp_path / "copy").read_bytes()

    assert b"Person1" not in content
    assert b"200110001" not in content
    assert KEY.partition(":")[2].encode() not in content


def test_a_backup_waits_for_nobody_and_sees_nothing_half_done(store, tmp_path):
    before = rows(store)
    with store.write("acme", "test") as work:
        prepare(work, [someone(work, 1)])
        copied = backup(store, tmp_path / "copy")

    assert copied.rows == before
    assert rows(store)["delivery"] == before["delivery"] + 1


def test_a_backup_overwrites_nothing_unasked(store, tmp_path):
    target = tmp_path / "copy"
    target.write_bytes(b"precious")
    with pytest.raises(StateError, match="already exists"):
        backup(store, target)
    assert target.read_bytes() == b"precious"

    backup(store, target, force=True)
    assert target.read_bytes().startswith(b"SQLite")


@on_sqlite
def test_the_database_itself_is_no_place_for_a_backup(store, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "bensync.db")
    for name in ("bensync.db", "link"):
        with pytest.raises(StateError, match="is the database itself"):
            backup(store, tmp_path / name, force=True)
    hold(store, "acme")


def test_a_folder_that_is_not_there_is_a_clear_error(store, tmp_path):
    with pytest.raises(StateError, match="cannot be written"):
        backup(store, tmp_path / "nowhere" / "copy")


def test_a_database_with_a_blemish_is_copied_and_the_blemish_reported(store, tmp_path):
    with store.whole("test") as connection:
        connection.execute(text("UPDATE run SET state = 'RUNNING' WHERE site = 'other'"))

    copied = backup(store, tmp_path / "copy")

    assert [line.subject for line in copied.broken] == ["a run is at work under the lease"]
    assert (tmp_path / "copy").exists()


@on_sqlite
def test_a_damaged_database_makes_no_backup(store, tmp_path):
    damage(tmp_path / "bensync.db")

    with pytest.raises(StateError):
        backup(store, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    assert left_in(tmp_path) == []


@on_sqlite
def test_F52_what_a_killed_backup_left_is_removed_but_not_what_somebody_makes_now(store, tmp_path):
    dead, alive, other = (tmp_path / name for name in (".copy.999999999.part", f".copy.{os.getppid()}.part", ".x.part"))
    for file in (dead, alive, other):
        file.write_bytes(b"half")

    backup(store, tmp_path / "copy")

    assert (dead.exists(), alive.exists(), other.exists()) == (False, True, True)
