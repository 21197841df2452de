"""The audit trail: nobody changes the past unseen, not even with the whole database in their hands."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import IntegrityError

from bensync.core.changes import FieldChange
from bensync.errors import StateError
from bensync.state.audit.chain import DETAIL, Chain, Head, heads_in
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.db.vault import Seal, new_data_key
from bensync.state.store import Store
from tests.fixtures.databases import careless, on_sqlite
from tests.fixtures.older_seals import sealed_for_a_person
from tests.fixtures.user_deployment import UserDeployment, user_deployment

ENTRIES = 200


@pytest.fixture
def deployment(database) -> Iterator[UserDeployment]:
    with user_deployment(database) as deployment:
        yield deployment


@pytest.fixture
def written(deployment: UserDeployment) -> UserDeployment:
    write(deployment, ENTRIES)
    return deployment


def write(deployment: UserDeployment, count: int, site: str = "acme") -> None:
    with deployment.store.write(site, "test") as work:
        for number in range(count):
            changes = [FieldChange("city", "Dayton", f"Erie {number}")] if number % 3 else []
            deployment.pass_time(seconds=1)
            work.audit.record("kim", "participant.edit", f"participant {number}", deployment.now, changes=changes)


def head(deployment: UserDeployment, site: str = "acme") -> Head:
    with deployment.store.read(site) as work:
        return work.audit.trail.head()


def verify(deployment: UserDeployment, *anchors: Head, site: str = "acme") -> int | None:
    """The first entry that is not as it was written; None when all are."""
    with deployment.store.read(site) as work:
        fault = work.audit.trail.verify(anchors).fault
    return fault.id if fault is not None else None


def attack(deployment: UserDeployment, *statements: str) -> None:
    """What somebody does who may write to the file and knows how to take the triggers away."""
    with careless(deployment.url) as connection:
        for name in ("audit_no_update", "audit_no_delete", "audit_no_replace"):
            table = "" if connection.dialect.name == "sqlite" else "ON audit"
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name} {table}")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_trail_that_nobody_touched_is_whole(written):
    write(written, 3, "beta")

    assert verify(written) is None
    assert verify(written, head(written), head(written, "beta")) is None
    assert verify(written, site="beta") is None
    assert verify(written, site="gamma") is None
    assert head(written).id == ENTRIES
    assert head(written, "gamma") == Head("gamma")


def test_entries_count_from_one_within_each_site(deployment):
    write(deployment, 2)
    write(deployment, 3, "beta")
    write(deployment, 1)

    with deployment.store.read("acme") as work:
        assert [entry.id for entry in work.lists.audit().items] == [1, 2, 3]
    with deployment.store.read("beta") as work:
        assert [entry.id for entry in work.lists.audit().items] == [1, 2, 3]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'lee' WHERE id = 7",
        "UPDATE audit SET at = '2020-01-01', reason = 'x'",
        "UPDATE audit SET id = 999 WHERE id = 7",
        "UPDATE audit SET mac = mac || mac WHERE id = 7",
        "DELETE FROM audit WHERE id = 7",
        "DELETE FROM audit",
        "INSERT INTO audit SELECT * FROM audit WHERE id = 7 ON CONFLICT (site, id) DO UPDATE SET actor = 'lee'",
    ],
)
def test_the_database_itself_refuses_to_change_the_past(written, statement):
    with pytest.raises(IntegrityError, match="audit entries never"), careless(written.url) as connection:
        connection.exec_driver_sql(statement)

    assert verify(written) is None


@on_sqlite
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE id = 7",
        "REPLACE INTO audit SELECT site, 7, at, 'lee', verb, object, reason, NULL, NULL, mac FROM audit WHERE id = 8",
    ],
)
def test_a_replacement_by_another_name_is_refused_as_well(written, statement):
    with pytest.raises(IntegrityError, match="audit entries never"), careless(written.url) as connection:
        connection.exec_driver_sql(statement)

    assert verify(written) is None


def test_a_detail_may_be_sealed_anew_under_another_key_but_not_changed(written):
    with written.store.write("acme", "test") as work:
        connection, vault = work.transaction.connection, work.vault
        row = connection.execute(text("SELECT id, sealed_detail FROM audit WHERE id = 2")).one()
        plain = DETAIL.open(vault, row)
        again = {"sealed": DETAIL.seal(vault, plain, {"id": 2})}
        connection.execute(text("UPDATE audit SET sealed_detail = :sealed WHERE id = 2"), again)
    assert verify(written) is None

    with written.store.write("acme", "test") as work:
        other = {"sealed": DETAIL.seal(work.vault, plain.replace(b"Erie", b"Rome"), {"id": 2})}
        work.transaction.connection.execute(text("UPDATE audit SET sealed_detail = :sealed WHERE id = 2"), other)
    assert verify(written) == 2


# Each takes a position from 1 to ENTRIES, and says which entry must be named then.
Attack = Callable[[Connection, int], int]


def edit(connection: Connection, at: int) -> int:
    column = ("actor", "verb", "object", "reason")[at % 4]
    connection.execute(text(f"UPDATE audit SET {column} = {column} || 'x' WHERE id = {at}"))
    return at


def edit_time(connection: Connection, at: int) -> int:
    connection.execute(text(f"UPDATE audit SET at = '2026-05-05 05:05:05.000000' WHERE id = {at}"))
    return at


def edit_detail(connection: Connection, at: int) -> int:
    """Take the detail, and its digest with it, of another entry."""
    source = at % ENTRIES + 1 if (at % ENTRIES) % 3 else (at + 1) % ENTRIES + 1
    for name in ("sealed_detail", "digest"):
        taken = f"(SELECT {name} FROM audit AS o WHERE o.id = {source})"
        connection.execute(text(f"UPDATE audit SET {name} = {taken} WHERE id = {at}"))
    return at


def delete(connection: Connection, at: int) -> int:
    connection.execute(text(f"DELETE FROM audit WHERE id = {at}"))
    return at


def delete_and_close_up(connection: Connection, at: int) -> int:
    connection.execute(text(f"DELETE FROM audit WHERE id = {at}"))
    connection.execute(text(f"UPDATE audit SET id = -id WHERE id > {at}"))
    connection.execute(text("UPDATE audit SET id = -id - 1 WHERE id < 0"))
    return at


def cut_tail(connection: Connection, at: int) -> int:
    connection.execute(text(f"DELETE FROM audit WHERE id >= {at}"))
    return at


def cut_tail_and_fix_head(connection: Connection, at: int) -> int:
    cut_tail(connection, at)
    connection.execute(
        text(
            f"UPDATE audit_head SET id = {at - 1}, "
            f"mac = coalesce((SELECT mac FROM audit WHERE id = {at - 1}), :none)"
            + (", proof = :none" if at == 1 else "")
        ),
        {"none": b""},
    )
    return at


def swap(connection: Connection, at: int) -> int:
    other = at + 1 if at < ENTRIES else at - 1
    for old, new in ((at, -1), (other, at), (-1, other)):
        connection.execute(text(f"UPDATE audit SET id = {new} WHERE id = {old}"))
    return min(at, other)


def insert(connection: Connection, at: int) -> int:
    connection.execute(text(f"UPDATE audit SET id = -id - 1 WHERE id >= {at}"))
    connection.execute(text("UPDATE audit SET id = -id WHERE id < 0"))
    copied = "site, {at}, at, 'lee', verb, object, reason, sealed_detail, digest, mac"
    source = at + 1
    connection.execute(text(f"INSERT INTO audit SELECT {copied.format(at=at)} FROM audit WHERE id = {source}"))
    return at


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("tamper", "anchored"),
    [
        (edit, False),
        (edit_time, False),
        (edit_detail, False),
        (delete, False),
        (delete_and_close_up, False),
        (cut_tail, False),
        (cut_tail_and_fix_head, True),
        (swap, False),
        (insert, False),
    ],
)
def test_every_change_at_every_place_is_found_and_named(written, tamper: Attack, anchored):
    anchors = [head(written)] if anchored else []
    attack(written)
    missed = []
    for at in range(1, ENTRIES + 1) if "sqlite" in written.url else (1, 2, 3, 77, ENTRIES - 1, ENTRIES):
        with written.store.write("acme", "test") as work:
            connection = work.transaction.connection
            connection.exec_driver_sql("SAVEPOINT before")
            wanted = tamper(connection, at)
            fault = work.audit.trail.verify(anchors).fault
            if fault is None or fault.id != wanted:
                missed.append((at, fault))
            connection.exec_driver_sql("ROLLBACK TO before")
    assert not missed
    assert verify(written, *anchors) is None


def test_an_entry_of_another_site_does_not_fit(written):
    write(written, ENTRIES, "beta")
    attack(
        written,
        "DELETE FROM audit WHERE site = 'acme' AND id = 9",
        "UPDATE audit SET site = 'acme' WHERE site = 'beta' AND id = 9",
    )

    assert verify(written) == 9


@on_sqlite
@pytest.mark.connections
def test_a_trail_put_back_to_any_earlier_day_is_found_by_a_head_that_was_kept(deployment, tmp_path):
    dice, kept = random.Random(13), []
    for day in range(20):
        write(deployment, dice.randint(1, 12))
        shutil.copy(
            deployment.store.file, tmp_path / f"{day}.db"
        )  # nobody writes now, and the log was folded in at the last close
        kept.append(head(deployment))
    for day in range(19):
        older = Store(f"sqlite:///{tmp_path}/{day}.db", deployment.key)
        with older.read("acme") as work:
            assert work.audit.trail.verify().fault is None
            assert work.audit.trail.verify([kept[19]]).fault.id == kept[day].id + 1
        with older.write("acme", "test") as work:
            for _ in range(kept[19].id - kept[day].id + 5):
                work.audit.record("kim", "x", "y", deployment.now)
        with older.read("acme") as work:
            assert work.audit.trail.verify(kept[: day + 1]).fault is None
            assert work.audit.trail.verify([kept[day + 1]]).fault.id == kept[day + 1].id
        older.close()


def test_a_trail_that_was_removed_as_a_whole_is_missing_also_after_the_next_entry(written):
    attack(written, "DELETE FROM audit", "DELETE FROM audit_head")
    assert verify(written) == 1
    write(written, 2)

    assert verify(written) is not None
    assert verify(written, site="gamma") is None


def test_without_the_genesis_of_the_trails_nothing_opens_and_no_migration_makes_another(written):
    attack(written, "DELETE FROM audit", "DELETE FROM audit_head", "DELETE FROM secret WHERE name = 'trails'")
    for attempt in (lambda: head(written), written.store.migrate, written.store.check):
        with pytest.raises(StateError, match="record of the audit trails is missing"):
            attempt()


def test_the_next_entry_does_not_make_a_changed_head_good(written):
    attack(
        written,
        "DELETE FROM audit WHERE id > 150",
        "UPDATE audit_head SET id = 150, mac = (SELECT mac FROM audit WHERE id = 150)",
    )
    write(written, 10)

    assert verify(written) is not None


def test_a_cut_tail_stays_visible_when_more_is_written(written):
    attack(written, "DELETE FROM audit WHERE id > 150")
    write(written, 10)

    assert verify(written) == 151


def test_a_chain_made_with_another_key_is_not_taken_for_ours(written):
    with written.store.read("acme") as work:
        ours = work.transaction
        forger = Chain(ours)
        ours.vault._mac_key = new_data_key()
        assert forger.verify().fault.id == 1


def test_a_head_is_a_line_that_can_be_found_again_in_a_mail(written):
    write(written, 1, DEPLOYMENT)
    heads = [head(written), head(written, DEPLOYMENT)]
    mail = f"12 requests wait.\n\nAudit: {heads[0].line()}\r\n> {heads[1].line()}\nacme 5 notahead\n"

    assert heads_in(mail) == heads
    assert heads_in("nothing here") == []


def test_two_writers_at_once_make_one_chain(deployment):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: write(deployment, 5), range(8)))

    assert verify(deployment) is None
    assert head(deployment).id == 40


def test_what_was_rolled_back_leaves_no_gap(deployment):
    write(deployment, 2)

    def fail_half_way() -> None:
        with deployment.store.write("acme", "test") as work:
            work.audit.record("kim", "x", "y", deployment.now)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    write(deployment, 2)

    assert (verify(deployment), head(deployment).id) == (None, 4)


def test_a_trail_from_before_the_chain_is_chained_when_it_is_migrated(tmp_path):
    from importlib import resources

    from bensync.state.db.vault import new_state_key

    key, path = new_state_key(), tmp_path / "old.db"
    seal, keys = Seal(key), {name: new_data_key() for name in ("index", "fingerprint")}
    config = Config()
    config.set_main_option("script_location", str(resources.files("bensync.state") / "migrations"))
    at = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    with create_engine(f"sqlite:///{path}").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        secrets = [{"name": name, "sealed": seal.seal(value, name.encode())} for name, value in keys.items()]
        connection.execute(text("INSERT INTO secret VALUES (:name, :sealed)"), secrets)
        for number in range(50):
            row = {
                "site": "acme" if number % 5 else "beta",
                "at": f"{at + timedelta(hours=number):%Y-%m-%d %H:%M:%S.%f}",
                "sealed": sealed_for_a_person(seal, b"[]", "acme", b"audit") if number % 5 == 2 else None,
            }
            connection.execute(
                text(
                    "INSERT INTO audit (site, at, actor, verb, object, reason, sealed_detail) "
                    "VALUES (:site, :at, 'kim', 'x', 'y', '', :sealed)"
                ),
                row,
            )
    connection.engine.dispose()

    store = Store(f"sqlite:///{path}", key)
    with pytest.raises(StateError, match="not ready"):
        store.check()
    store.migrate()
    store.migrate()
    for site, count in (("acme", 40), ("beta", 10)):
        with store.read(site) as work:
            trail = work.audit.trail.verify()
            listing = work.lists.audit()
        assert (trail.fault, trail.head.id, listing.total) == (None, count, count)
        assert [entry.at for entry in listing.items] == sorted(entry.at for entry in listing.items)
    store.close()
