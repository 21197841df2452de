"""Restores on real databases: the old or the new, never a mixture, and nothing is sent by itself."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from importlib import resources
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from bensync.core.runs import RunKind
from bensync.errors import BusyError, GuardTripped, StateError
from bensync.state.db.vault import new_state_key
from bensync.state.store import Store
from bensync.state.upkeep.after_restore import refuse_restored
from bensync.state.upkeep.backup import backup
from bensync.state.upkeep.restore import restore
from tests.fixtures.databases import on_sqlite
from tests.fixtures.filled import NOW, deliver, fill, someone
from tests.fixtures.invariants import hold
from tests.integration.state.upkeep.originals import (
    KEY,
    LATER,
    content,
    damage,
    deliver_later,
    left_in,
    opened,
    put_back,
    rows,
)


@pytest.mark.parametrize("installation", ["sqlite", "postgresql"])
def test_a_backup_of_either_database_is_restored_into_either(store, installation, tmp_path, database_server):
    backup(store, tmp_path / "copy")
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{tmp_path}/other.db"
        if installation == "postgresql":
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
        with target.read("acme") as work:
            assert work.lists.audit().items[-2].verb == "database.restore"
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


def test_a_restored_database_sends_nothing(store, tmp_path):
    backup(store, tmp_path / "copy")
    with store.read("acme") as work:
        refuse_restored(work, delta=True)

    done = restore(store, tmp_path / "copy", ["acme", "not-known-then"], actor="me", now=LATER)

    assert done.sites == ("acme", "not-known-then", "other")
    for site in done.sites:
        with store.read(site) as work, pytest.raises(GuardTripped, match=r"\(restored\)") as caught:
            refuse_restored(work)
        assert "caught-up" in caught.value.fix


def test_nobody_is_at_work_in_what_was_restored_and_old_leases_are_worth_nothing(store, tmp_path):
    with store.write("acme", "test") as work:
        lease = work.runs.take_lease(LATER)
        run = work.runs.start(RunKind.DAILY, "MANUAL", "me", NOW.date(), NOW)
    backup(store, tmp_path / "copy")
    with pytest.raises(BusyError):
        put_back(store, tmp_path / "copy")
    with store.write("acme", "test", lease) as work:
        work.runs.give_back_lease(lease)

    put_back(store, tmp_path / "copy")

    with pytest.raises(BusyError), store.write("acme", "test", lease):
        pass
    with store.read("acme") as work:
        assert work.lists.run(run).state == "INTERRUPTED"
    hold(store, "acme")
    with store.write("acme", "test") as work:
        assert work.runs.take_lease(LATER).epoch > lease.epoch


def test_a_process_that_worked_before_goes_on_with_the_restored_keys(store, tmp_path):
    """A daemon holds its store for days; the index of another database would match nobody."""
    with opened(f"sqlite:///{tmp_path}/elsewhere.db") as elsewhere:
        fill(elsewhere, "acme")
        backup(elsewhere, tmp_path / "copy")
        with store.read("acme") as work:
            ours = someone(work, 1).key
        put_back(store, tmp_path / "copy", force=True)
        with store.read("acme") as work, elsewhere.read("acme") as there:
            assert someone(work, 1).key == someone(there, 1).key != ours
            assert work.baselines.known([someone(work, 1)])


def test_a_reader_sees_the_old_or_the_new_and_never_a_mixture(store, tmp_path):
    backup(store, tmp_path / "copy")
    deliver(store, "acme", [8, 9])
    with store.read("acme") as work:
        before = work.baselines.active()
        put_back(store, tmp_path / "copy", force=True)
        assert work.baselines.active() == before
    with store.read("acme") as work:
        assert work.baselines.active() == before - 2


REFUSED = {
    "half a file": (lambda file: os.truncate(file, file.stat().st_size // 2), "damaged"),
    "pages overwritten": (damage, "damaged"),
    "something else": (lambda file: file.write_bytes(b"a letter to my aunt" * 1000), "damaged"),
    "nothing in it": (lambda file: file.write_bytes(b""), "is not a backup|no backup"),
    "another database": (lambda file: alter(file, "DROP TABLE alembic_version"), "is not a backup|no backup"),
    "a reference into nothing": (lambda file: alter(file, "DELETE FROM run WHERE id = 1"), "damaged"),
    "a newer version": (lambda file: alter(file, "UPDATE alembic_version SET version_num = '9999'"), "cannot be"),
    "no keys": (lambda file: alter(file, "DELETE FROM secret"), "cannot be"),
    "not there": (lambda file: file.unlink(), "is not a backup|no backup"),
}


def alter(file: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("spoil", "why"), REFUSED.values(), ids=REFUSED)
def test_a_backup_that_cannot_be_trusted_changes_nothing(store, tmp_path, spoil, why):
    backup(store, tmp_path / "copy")
    before = content(store)
    spoil(tmp_path / "copy")

    with pytest.raises(StateError, match=why):
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
    with store.read("acme") as work:
        assert work.lists.audit().items[0].verb == "of.old"
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
        secrets = connection.execute(text("SELECT name, sealed FROM secret WHERE name <> 'trails'")).all()
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
