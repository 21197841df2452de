"""Backup and restore on real databases: whole or not at all, from one database to the other, killed at any point."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from datetime import timedelta
from importlib import resources
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, select, text

from bensync.core.runs import RunKind
from bensync.errors import BusyError, GuardTripped, StateError
from bensync.state.aftermath import refuse_restored
from bensync.state.copies import backup, count_rows
from bensync.state.restoration import Restored, restore
from bensync.state.schema import every_table
from bensync.state.store import Store
from bensync.state.vault import new_state_key
from tests.fixtures.databases import on_sqlite
from tests.fixtures.deployed import Deployed, deployed
from tests.fixtures.fault_points import commits, sides
from tests.fixtures.filled import NOW, deliver, fill, prepare, someone
from tests.fixtures.invariants import hold

KEY = new_state_key()
LATER = NOW + timedelta(days=3)


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A store with a past."""
    with opened(database) as found:
        fill(found, "acme", "other")
        yield found


@contextlib.contextmanager
def opened(url: str, key: str = KEY) -> Iterator[Store]:
    with contextlib.closing(Store(url, key)) as found:
        found.migrate()
        yield found


def put_back(store: Store, file: Path, *, force: bool = False) -> Restored:
    return restore(store, file, ["acme"], actor="me", now=LATER, force=force)


def content(store: Store, *besides: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but of these."""
    with store.whole() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in every_table()
            if table.name not in besides
        }


def rows(store: Store) -> dict[str, int]:
    with store.whole() as connection:
        return count_rows(connection)


def left_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if ".part" in file.name or file.name.endswith("-journal"))


# Backup


def test_a_backup_is_one_private_sqlite_file_with_everything(store, tmp_path):
    target = tmp_path / "copy.bensync"
    made = backup(store, target)

    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert made.rows == rows(store)
    assert made.rows["participant"] > 0
    assert made.size == target.stat().st_size
    assert made.broken == ()
    assert not list(tmp_path.glob("copy.bensync-*")), "it needs no file beside it"
    with opened(f"sqlite:///{target}") as copy:
        for site in ("acme", "other"):
            hold(copy, site)
        assert rows(copy) == made.rows


def test_nothing_in_a_backup_names_a_person(store, tmp_path):
    backup(store, tmp_path / "copy")
    content = (tmp_path / "copy").read_bytes()

    assert b"Person1" not in content
    assert b"200110001" not in content
    assert KEY.partition(":")[2].encode() not in content


def test_a_backup_waits_for_nobody_and_sees_nothing_half_done(store, tmp_path):
    before = rows(store)
    with store.work("acme", "test") as work:
        prepare(work, [someone(work, 1)])
        made = backup(store, tmp_path / "copy")

    assert made.rows == before
    assert rows(store)["delivery"] == before["delivery"] + 1


def test_a_backup_overwrites_nothing_unasked(store, tmp_path):
    target = tmp_path / "copy"
    target.write_bytes(b"precious")
    with pytest.raises(StateError, match="is there already"):
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


def test_a_database_with_a_blemish_is_copied_and_the_blemish_told(store, tmp_path):
    with store.whole("test") as connection:
        connection.execute(text("UPDATE run SET state = 'RUNNING' WHERE site = 'other'"))

    made = backup(store, tmp_path / "copy")

    assert [line.subject for line in made.broken] == ["a run is at work under the lease"]
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


def damage(file: Path) -> None:
    """Overwrite the inner pages of a database, as a bad disk would."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as sheet:
        size = sheet.seek(0, os.SEEK_END)
        for page in range(3, size // 4096, 2):
            sheet.seek(page * 4096)
            sheet.write(b"\xff" * 1024)


# Restore


@pytest.mark.parametrize("here", ["sqlite", "postgresql"])
def test_a_backup_of_either_database_is_restored_into_either(store, here, tmp_path, database_server):
    backup(store, tmp_path / "copy")
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{tmp_path}/other.db"
        if here == "postgresql":
            url = stack.enter_context(database_server.database(f"r{os.urandom(6).hex()}", empty=True))
        target = stack.enter_context(contextlib.closing(Store(url, KEY)))
        done = put_back(target, tmp_path / "copy")

        changed = ("site", "audit", "audit_head", "lease")
        assert content(target, *changed) == content(store, *changed)
        assert done.kept is None, "there was nothing to keep"
        assert done.sites == ("acme", "other")
        deliver(target, "acme", [7])
        for site in ("acme", "other"):
            hold(target, site)
        with target.look("acme") as work:
            assert work.views.audit().items[-2].verb == "database.restore"
    assert left_in(tmp_path) == []


def test_what_was_there_is_kept_and_can_be_restored_itself(store, tmp_path):
    backup(store, tmp_path / "copy")
    deliver(store, "acme", [8, 9])
    deliver_later(store)
    later = rows(store)

    with pytest.raises(StateError, match="later data") as caught:
        put_back(store, tmp_path / "copy")
    assert "2026-06-02" in caught.value.why
    assert not list(tmp_path.glob("*before-restore*")), "nothing was done"

    done = put_back(store, tmp_path / "copy", force=True)
    assert done.kept is not None
    assert rows(store)["baseline"] < later["baseline"]

    again = put_back(store, done.kept, force=True)
    assert again.kept != done.kept, "nothing that was kept is ever overwritten"
    assert rows(store)["baseline"] == later["baseline"]
    hold(store, "acme")


def deliver_later(store: Store) -> None:
    """Something happens on the next day."""
    with store.work("acme", "test") as work:
        work.journal.audit("me", "test", "nothing", NOW + timedelta(days=1))


def test_a_restored_database_sends_nothing(store, tmp_path):
    backup(store, tmp_path / "copy")
    with store.look("acme") as work:
        refuse_restored(work, delta=True)

    done = restore(store, tmp_path / "copy", ["acme", "not-known-then"], actor="me", now=LATER)

    assert done.sites == ("acme", "not-known-then", "other")
    for site in done.sites:
        with store.look(site) as work, pytest.raises(GuardTripped, match=r"\(restored\)") as caught:
            refuse_restored(work)
        assert "caught-up" in caught.value.mend


def test_nobody_is_at_work_in_what_was_restored_and_old_leases_are_worth_nothing(store, tmp_path):
    with store.work("acme", "test") as work:
        lease = work.runs.take_lease(LATER)
        run = work.runs.start(RunKind.DAILY, "MANUAL", "me", NOW.date(), NOW)
    backup(store, tmp_path / "copy")
    with pytest.raises(BusyError):
        put_back(store, tmp_path / "copy")
    with store.work("acme", "test", lease) as work:
        work.runs.give_back_lease(lease)

    put_back(store, tmp_path / "copy")

    with pytest.raises(BusyError), store.work("acme", "test", lease):
        pass
    with store.look("acme") as work:
        assert work.views.run(run).state == "INTERRUPTED"
    hold(store, "acme")
    with store.work("acme", "test") as work:
        assert work.runs.take_lease(LATER).epoch > lease.epoch


def test_whoever_has_worked_before_goes_on_with_the_restored_keys(store, tmp_path):
    """A daemon holds its store for days; the index of another database would match nobody."""
    with opened(f"sqlite:///{tmp_path}/elsewhere.db") as elsewhere:
        fill(elsewhere, "acme")
        backup(elsewhere, tmp_path / "copy")
        with store.look("acme") as work:
            ours = someone(work, 1).key
        put_back(store, tmp_path / "copy", force=True)
        with store.look("acme") as work, elsewhere.look("acme") as there:
            assert someone(work, 1).key == someone(there, 1).key != ours
            assert work.baselines.known([someone(work, 1)])


def test_a_reader_sees_the_old_or_the_new_and_never_a_mixture(store, tmp_path):
    backup(store, tmp_path / "copy")
    deliver(store, "acme", [8, 9])
    with store.look("acme") as work:
        before = work.baselines.active()
        put_back(store, tmp_path / "copy", force=True)
        assert work.baselines.active() == before
    with store.look("acme") as work:
        assert work.baselines.active() == before - 2


REFUSED = {
    "half a file": (lambda file: os.truncate(file, file.stat().st_size // 2), "damaged"),
    "pages overwritten": (damage, "damaged"),
    "something else": (lambda file: file.write_bytes(b"a letter to my aunt" * 1000), "damaged"),
    "nothing in it": (lambda file: file.write_bytes(b""), "no backup"),
    "another database": (lambda file: alter(file, "DROP TABLE alembic_version"), "no backup"),
    "a reference into nothing": (lambda file: alter(file, "DELETE FROM run WHERE id = 1"), "damaged"),
    "a newer version": (lambda file: alter(file, "UPDATE alembic_version SET version_num = '9999'"), "cannot be"),
    "no keys": (lambda file: alter(file, "DELETE FROM secret"), "cannot be"),
    "not there": (lambda file: file.unlink(), "no backup"),
}


def alter(file: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(("spoil", "told"), REFUSED.values(), ids=REFUSED)
def test_a_backup_that_cannot_be_trusted_changes_nothing(store, tmp_path, spoil, told):
    backup(store, tmp_path / "copy")
    before = content(store)
    spoil(tmp_path / "copy")

    with pytest.raises(StateError, match=told):
        put_back(store, tmp_path / "copy", force=True)
    assert content(store) == before
    assert left_in(tmp_path) == []


def test_a_backup_of_another_state_key_is_refused(store, tmp_path):
    with opened(f"sqlite:///{tmp_path}/elsewhere.db", new_state_key()) as elsewhere:
        backup(elsewhere, tmp_path / "copy")
    before = content(store)

    with pytest.raises(StateError, match="cannot be opened"):
        put_back(store, tmp_path / "copy", force=True)
    assert content(store) == before


def test_a_backup_of_an_older_version_is_brought_to_this_one(store, tmp_path):
    old = tmp_path / "old"
    write_old_database(old)

    done = put_back(store, old, force=True)

    assert (done.came_from, done.schema) == ("0002", store.check())
    assert old.read_bytes().startswith(b"SQLite")
    with store.look("acme") as work:
        assert work.views.audit().items[0].verb == "of.old"
    with contextlib.closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0002",)]


def write_old_database(file: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files("bensync.state") / "migrations"))
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    engine.dispose()
    with opened(f"sqlite:///{file}.now") as now, now.whole() as connection:
        secrets = connection.execute(text("SELECT name, sealed FROM secret")).all()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executemany("INSERT INTO secret (name, sealed) VALUES (?, ?)", [tuple(row) for row in secrets])
        audit = ("acme", "2026-01-01 00:00:00", "me", "of.old", "nothing", "")
        connection.execute("INSERT INTO audit (site, at, actor, verb, object, reason) VALUES (?, ?, ?, ?, ?, ?)", audit)
        connection.commit()


@on_sqlite
def test_a_database_that_cannot_be_read_is_replaced_when_asked_and_kept_as_it_is(store, tmp_path):
    backup(store, tmp_path / "copy")
    expected = content(store, "site", "audit", "audit_head", "lease")
    (tmp_path / "bensync.db").write_bytes(b"no database at all" * 1000)
    for suffix in ("-wal", "-shm"):
        Path(f"{tmp_path}/bensync.db{suffix}").unlink(missing_ok=True)

    with pytest.raises(StateError):
        put_back(store, tmp_path / "copy")
    done = put_back(store, tmp_path / "copy", force=True)

    assert done.kept is not None
    assert done.kept.read_bytes().startswith(b"no database at all")
    assert content(store, "site", "audit", "audit_head", "lease") == expected
    hold(store, "acme")


# Killed


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """A deployment with a past and a backup of it, to be copied by each test."""
    here = deployed(tmp_path_factory.mktemp("past"))
    with contextlib.closing(here.deployment.store()) as store:
        store.migrate()
        fill(store, "acme", "other", people=400)
        backup(store, here.folder / "copy")
        deliver(store, "acme", [1000, 1001])
        deliver_later(store)
    return here


@pytest.fixture
def here(past: Deployed, tmp_path: Path) -> Deployed:
    """The same once more."""
    made = deployed(tmp_path / "here")
    for name in ("bensync.db", "copy", "state.key"):
        shutil.copy(past.folder / name, made.folder / name)
    return made


BACKUP = [*sides("backup.copy", "backup.rename"), "backup.pages=kill@2"]


@pytest.mark.parametrize("point", BACKUP)
def test_F52_a_killed_backup_leaves_a_whole_file_or_none(here, point):
    here.killed(point, "backup", str(here.folder / "second"))

    assert (here.folder / "second").exists() == (point == "backup.rename.after")
    again = here.call("backup", str(here.folder / "second"), "--force")
    assert again.returncode == 0, again
    assert left_in(here.folder) == []
    with contextlib.closing(here.deployment.store()) as store:
        hold(store.beside(here.folder / "second"), "acme")
        hold(store, "acme")


BACKUP_OF_POSTGRESQL = ["copy.table=kill@7", *commits("backup.rows")]


@pytest.mark.parametrize("point", BACKUP_OF_POSTGRESQL)
def test_F52_a_killed_backup_of_postgresql_leaves_no_file_and_the_next_one_is_whole(postgresql, tmp_path, point):
    here = deployed(tmp_path / "here", postgresql)
    with contextlib.closing(here.deployment.store()) as store:
        store.migrate()
        fill(store, "acme")

        here.killed(point, "backup", str(here.folder / "copy"))

        assert not (here.folder / "copy").exists()
        assert here.call("backup", str(here.folder / "copy")).returncode == 0
        assert left_in(here.folder) == []
        hold(store.beside(here.folder / "copy"), "acme")


RESTORE = [
    *sides("restore.stage", "restore.replace"),
    *commits("restore.lease", "restore.mark", "restore.over"),
    *("backup.rename.after", "restore.stage.pages", "restore.replace.pages=kill@2"),
]


@pytest.mark.parametrize("point", RESTORE)
def test_a_killed_restore_leaves_the_old_or_the_new_database_whole(here, point):
    words = ("restore", str(here.folder / "copy"), "--yes", "--force")
    with contextlib.closing(here.deployment.store()) as store:
        old = rows(store)["delivery"]

        here.killed(point, *words)

        done = point == "restore.replace.after" or point.startswith("restore.over.")
        assert rows(store)["delivery"] == (old - 1 if done else old)
        hold(store, "acme")
        again = here.call(*words)
        assert again.returncode == 0, again
        assert rows(store)["delivery"] == old - 1
        hold(store, "acme")
    assert left_in(here.folder) == []


ASIDE = sides("restore.aside")


@pytest.mark.parametrize("point", ASIDE)
def test_a_restore_over_a_damaged_database_that_is_killed_keeps_what_was_there_and_is_done_by_the_next(here, point):
    words = ("restore", str(here.folder / "copy"), "--yes", "--force")
    damage(here.folder / "bensync.db")
    damaged = (here.folder / "bensync.db").read_bytes()

    here.killed(point, *words)

    assert (here.folder / "bensync.db").exists() == point.endswith("before")
    again = here.call(*words)
    assert again.returncode == 0, again
    assert damaged in [file.read_bytes() for file in here.folder.glob("bensync.db.before-restore-*")]
    with contextlib.closing(here.deployment.store()) as store:
        hold(store, "acme")
    assert left_in(here.folder) == []


RESTORE_INTO_POSTGRESQL = ["copy.table=kill@7", *commits("restore.rows")]


@pytest.mark.parametrize("point", RESTORE_INTO_POSTGRESQL)
def test_a_killed_restore_into_postgresql_leaves_the_old_or_the_new_database_whole(past, postgresql, tmp_path, point):
    here = deployed(tmp_path / "here", postgresql)
    shutil.copy(past.key, here.key)
    with contextlib.closing(here.deployment.store()) as store:
        store.migrate()
        fill(store, "acme")

        here.killed(point, "restore", str(past.folder / "copy"), "--yes", "--force")

        assert rows(store)["baseline"] == (800 if point.endswith("after") else 6)
        hold(store, "acme")
