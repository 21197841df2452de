"""Two sites that can be used and one that cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from bensync.state.db.vault import new_state_key
from tests.fixtures.deployed import Deployed
from tests.unit.config.two_sites import MAIN, OWN


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """Two sites that can be used and one that cannot, on SQLite."""
    monkeypatch.setenv("BENSYNC_STATE_KEY", new_state_key())
    deployed_site = Deployed(tmp_path, f"sqlite:///{tmp_path}/bensync.db")
    text = MAIN.replace("sqlite:///bensync.db", deployed_site.url)
    deployed_site.config.write_text(text[: text.index("[mail]")] + '[daemon]\nlisten = ""\n')
    (tmp_path / "sites.d").mkdir()
    for number, name in enumerate(("north", "south")):
        (tmp_path / "sites.d" / f"{name}.toml").write_text(OWN.replace("ACME0001", f"SITE{number:04}"))
    (tmp_path / "sites.d" / "bad.toml").write_text("[source")
    store = deployed_site.deployment.store()
    store.migrate()
    store.close()
    return deployed_site
