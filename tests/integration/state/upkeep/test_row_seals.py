"""Sealed values of older versions: an upgrade binds them to their rows, and loses none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, text

from bensync.errors import StateError
from bensync.state.db.vault import new_state_key, with_new_version, without_version
from bensync.state.schema.sync import ParticipantRow
from bensync.state.store import Store
from bensync.state.upkeep.row_seals import bind_all
from bensync.state.upkeep.sealed import check_sealed
from tests.fixtures.filled import fill
from tests.fixtures.invariants import hold
from tests.fixtures.older_seals import loosen_seals

KEY = new_state_key()


@pytest.fixture
def old(database: str) -> Iterator[Store]:
    """A database with a past, sealed as before schema 0022."""
    with contextlib.closing(Store(database, KEY)) as store:
        store.migrate()
        fill(store, "acme", "other")
        loosen_seals(store)
        yield store


def upgrade(store: Store) -> None:
    """Do what `Store.migrate` does with an older database; `test_upgrade` migrates one of version 0.1."""
    with store.whole("test") as connection:
        bind_all(connection, lambda site: store.site(connection, site).vault, store.seal.versions)


def faults(store: Store) -> str:
    with store.whole() as connection:
        return "\n".join(line.detail for line in check_sealed(store.site(connection, "acme")) if not line.ok)


def test_an_upgrade_binds_every_value_to_its_row(old):
    assert "was moved" in faults(old), "the old seals open nowhere until the upgrade"
    upgrade(old)

    for site in ("acme", "other"):
        hold(old, site)
    lacking = select(func.count()).select_from(ParticipantRow).where(ParticipantRow.fingerprint.is_(None))
    with old.whole() as connection:
        assert connection.scalar(lacking) == 0


def test_a_value_that_was_moved_before_the_upgrade_stays_shut_and_is_named(old):
    with old.whole("test") as connection:
        query = text("SELECT sealed_profile FROM participant WHERE site = 'acme' ORDER BY id LIMIT 1 OFFSET 1")
        other = {"sealed": connection.execute(query).scalar_one()}
        connection.execute(
            text(
                "UPDATE participant SET sealed_profile = :sealed WHERE id = "
                "(SELECT min(id) FROM participant WHERE site = 'acme')"
            ),
            other,
        )
    upgrade(old)

    (line,) = faults(old).splitlines()
    assert line.startswith("participant ")


def test_without_an_old_version_of_the_key_nothing_is_upgraded(old, database):
    renewed = with_new_version(KEY)
    newer = Store(database, without_version(renewed, 1))
    rotated = Store(database, renewed)
    with contextlib.closing(newer), contextlib.closing(rotated):
        with rotated.whole("test") as connection:
            for row in connection.execute(text("SELECT name, sealed FROM secret")).all():
                sealed = rotated.seal.seal(rotated.seal.unseal(row.sealed, row.name.encode()), row.name.encode())
                connection.execute(
                    text("UPDATE secret SET sealed = :sealed WHERE name = :name"), {"sealed": sealed, "name": row.name}
                )
        with pytest.raises(StateError, match="not upgraded") as caught:
            upgrade(newer)
        assert "version 1 of the state key" in caught.value.why
        upgrade(rotated)
    hold(rotated, "acme")
