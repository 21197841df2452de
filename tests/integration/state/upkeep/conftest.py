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
    with opened(database) as opened_store:
        fill(opened_store, "acme", "other")
        yield opened_store


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """A deployment with a past and a backup of it, to be copied by each test."""
    installation = deployed(tmp_path_factory.mktemp("past"))
    with contextlib.closing(installation.deployment.store()) as store:
        store.migrate()
        fill(store, "acme", "other", people=400)
        backup(store, installation.folder / "copy")
        deliver(store, "acme", [1000, 1001])
        deliver_later(store)
    return installation


@pytest.fixture
def installation(past: Deployed, tmp_path: Path) -> Deployed:
    """The same once more."""
    deployed_site = deployed(tmp_path / "installation")
    for name in ("bensync.db", "copy", "state.key"):
        shutil.copy(past.folder / name, deployed_site.folder / name)
    return deployed_site
