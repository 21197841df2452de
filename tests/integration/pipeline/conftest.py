"""Sites and stores for the pipeline, and scenes for alerts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync.demo.mailbox import Mailbox
from bensync.pipeline.context import SenderContext
from bensync.state.db.vault import new_state_key
from bensync.state.store import Store
from bensync.wiring import Deployment
from tests.e2e.conftest import acme, bensync, staffed
from tests.e2e.intake.conftest import both, far, terminal, there
from tests.fixtures.benefit_site import Site, benefit_site
from tests.fixtures.databases import in_file
from tests.fixtures.gnupg import Correspondence
from tests.integration.pipeline.alert_scenes import Scene, mail_to, place_of

__all__ = ["acme", "bensync", "both", "far", "staffed", "terminal", "there"]


@pytest.fixture
def site(database: str) -> Iterator[Site]:
    with benefit_site(database) as site:
        yield site


@pytest.fixture
def site_on_sqlite(tmp_path: Path) -> Iterator[Site]:
    """Return the same, on SQLite alone."""
    with benefit_site(in_file(tmp_path)) as site:
        yield site


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    opened_store = Store(database, new_state_key())
    opened_store.migrate()
    yield opened_store
    opened_store.close()


@pytest.fixture
def scene(store: Store, mailbox: Mailbox) -> Scene:
    return Scene(store, mailbox, place_of(store, mail=mail_to(mailbox.port)))


@pytest.fixture
def sender(store: Store, database: str, mailbox: Mailbox, keys: Correspondence, tmp_path: Path) -> Scene:
    """A scene with everything that a run works with."""
    (tmp_path / "state.key").write_text(new_state_key())
    config = tmp_path / "bensync.toml"
    config.write_text(
        f'[state]\nurl = "{database}"\nkey = "file:{tmp_path}/state.key"\n'
        f'[mail]\nhost = "127.0.0.1"\nport = {mailbox.port}\nsender = "b@example.test"\nadmins = ["a@example.test"]\n'
        '[alerts]\nno_run_by = "06:00"\nqueue_days = 5\n'
        f'[sites.acme]\nid = "ACME0001"\n[sites.acme.source]\ntype = "csvfile"\nfolder = "{tmp_path}"\n'
        '[sites.acme.status]\nactive = ["Active"]\ninactive = ["Terminated"]\n'
        f'[sites.acme.feed]\nrecipient = "{keys.recipient}"\ngnupg_home = "{keys.sender.home}"\n'
        f'[sites.acme.upload_center]\ntype = "folder"\ndirectory = "{tmp_path}"\n'
    )
    tools: SenderContext = Deployment(config).sender_context("acme", store)
    return Scene(store, mailbox, tools)
