"""Backups and restores killed at each of their fault points."""

from __future__ import annotations

import contextlib
import shutil

import pytest

from tests.fixtures.deployed import deployed
from tests.fixtures.fault_points import commits, sides
from tests.fixtures.filled import fill
from tests.fixtures.invariants import hold
from tests.integration.state.upkeep.originals import damage, left_in, rows

BACKUP = [*sides("backup.copy", "backup.rename"), "backup.pages=kill@2"]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("point", BACKUP)
def test_F52_a_killed_backup_leaves_a_whole_file_or_none(installation, point):
    installation.killed(point, "backup", str(installation.folder / "second"))

    assert (installation.folder / "second").exists() == (point == "backup.rename.after")
    again = installation.call("backup", str(installation.folder / "second"), "--force")
    assert again.returncode == 0, again
    assert left_in(installation.folder) == []
    with contextlib.closing(installation.deployment.store()) as store:
        hold(store.beside(installation.folder / "second"), "acme")
        hold(store, "acme")


BACKUP_OF_POSTGRESQL = ["copy.table=kill@7", *commits("backup.rows")]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("point", BACKUP_OF_POSTGRESQL)
def test_F52_a_killed_backup_of_postgresql_leaves_no_file_and_the_next_one_is_whole(postgresql, tmp_path, point):
    installation = deployed(tmp_path / "installation", postgresql)
    with contextlib.closing(installation.deployment.store()) as store:
        store.migrate()
        fill(store, "acme")

        installation.killed(point, "backup", str(installation.folder / "copy"))

        assert not (installation.folder / "copy").exists()
        assert installation.call("backup", str(installation.folder / "copy")).returncode == 0
        assert left_in(installation.folder) == []
        hold(store.beside(installation.folder / "copy"), "acme")


RESTORE = [
    *sides("restore.stage", "restore.replace"),
    *commits("restore.lease", "restore.mark", "restore.over"),
    *("backup.rename.after", "restore.stage.pages", "restore.replace.pages=kill@2"),
]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("point", RESTORE)
def test_a_killed_restore_leaves_the_old_or_the_new_database_whole(installation, point):
    words = ("restore", str(installation.folder / "copy"), "--yes", "--force")
    with contextlib.closing(installation.deployment.store()) as store:
        old = rows(store)["delivery"]

        installation.killed(point, *words)

        done = point == "restore.replace.after" or point.startswith("restore.over.")
        assert rows(store)["delivery"] == (old - 1 if done else old)
        hold(store, "acme")
        again = installation.call(*words)
        assert again.returncode == 0, again
        assert rows(store)["delivery"] == old - 1
        hold(store, "acme")
    assert left_in(installation.folder) == []


ASIDE = sides("restore.aside")


@pytest.mark.sampled(3)
@pytest.mark.parametrize("point", ASIDE)
def test_a_restore_over_a_damaged_database_that_is_killed_keeps_what_was_there_and_is_done_by_the_next(
    installation, point
):
    words = ("restore", str(installation.folder / "copy"), "--yes", "--force")
    damage(installation.folder / "bensync.db")
    damaged = (installation.folder / "bensync.db").read_bytes()

    installation.killed(point, *words)

    assert (installation.folder / "bensync.db").exists() == point.endswith("before")
    again = installation.call(*words)
    assert again.returncode == 0, again
    assert damaged in [file.read_bytes() for file in installation.folder.glob("bensync.db.before-restore-*")]
    with contextlib.closing(installation.deployment.store()) as store:
        hold(store, "acme")
    assert left_in(installation.folder) == []


RESTORE_INTO_POSTGRESQL = ["copy.table=kill@7", *commits("restore.rows")]


@pytest.mark.parametrize("point", RESTORE_INTO_POSTGRESQL)
def test_a_killed_restore_into_postgresql_leaves_the_old_or_the_new_database_whole(past, postgresql, tmp_path, point):
    installation = deployed(tmp_path / "installation", postgresql)
    shutil.copy(past.key, installation.key)
    with contextlib.closing(installation.deployment.store()) as store:
        store.migrate()
        fill(store, "acme")

        installation.killed(point, "restore", str(past.folder / "copy"), "--yes", "--force")

        assert rows(store)["baseline"] == (800 if point.endswith("after") else 6)
        hold(store, "acme")
