"""All tables: the models and the migrations describe the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bensync.state.schema.all_tables import METADATA
from bensync.state.store import Store
from tests.integration.state.deliveries import opened


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    yield from opened(database)


def test_migrations_and_models_agree(store: Store) -> None:
    store.check()
    with store.whole() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_the_newest_schema_is_the_one_that_alembic_ends_with(store: Store) -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files("bensync.state") / "migrations"))

    assert ScriptDirectory.from_config(config).get_current_head() == store.check()
