"""Stores and deployments with a past."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync.state.store import Store
from bensync.state.upkeep.backup import backup
from tests.fixtures.deployed import Deployed, deployed
from tests.fixtures.filled import deliver, fill
from tests.integration.state.upkeep.originals import deliver_later, opened


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A store with a past."""
    with opened(database) as found:
        fill(found, "acme", "other")
        yield found


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
