"""The commands of the first day: what they write, check and refuse."""

from __future__ import annotations

import stat

from bensync import wiring
from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite
FINGERPRINT = "0123456789ABCDEF0123456789ABCDEF01234567"
INIT = (
    *("init", "--site-id", "ACME0001", "--company", "acme", "--recipient", FINGERPRINT),
    *("--upload-host", "sftp.example.com", "--upload-user", "acme", "--host-key", "SHA256:" + "a" * 43),
)


def test_init_writes_a_configuration_that_loads_and_a_database_that_is_ready(acme, tmp_path):
    path = tmp_path / "fresh" / "bensync.toml"
    answer = acme.run("--config", str(path), "--site", "acme", *INIT, "--json")
    assert answer.code == 0
    assert answer.json["init"] == {
        "config": str(path),
        "state_key": str(path.with_name("state.key")),
        "site": "acme",
        "to_fill_in": [],
    }
    settings = wiring.Deployment(path).settings
    assert settings.sites["acme"].id == "ACME0001"
    for name in ("state.key", "bensync.toml"):
        assert stat.S_IMODE(path.with_name(name).stat().st_mode) == 0o600
    assert acme.run("--config", str(path), "status").code == 0


def test_init_overwrites_nothing(acme, tmp_path):
    path = tmp_path / "fresh" / "bensync.toml"
    assert acme.run("--config", str(path), *INIT).code == 0
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    path.unlink()
    assert acme.run("--config", str(path), *INIT).code == 10, "the state key is still there"
    del before["bensync.toml"]
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_init_marks_what_nobody_gave_and_nothing_starts_before_it_is_filled_in(acme, tmp_path):
    path = tmp_path / "fresh" / "bensync.toml"
    answer = acme.run("--config", str(path), "init", "--yes")
    assert answer.code == 0
    assert "FILL-IN" in path.read_text()
    assert "entries marked with FILL-IN" in answer.out
    broken = acme.run("--config", str(path), "status", "--json")
    assert broken.error["code"] == 10
    for where in ("sites.main.id", "sites.main.feed.recipient", "host_keys"):
        assert where in broken.error["why"], "all problems at once, each with its path"


def test_init_does_not_ask_a_script(acme, tmp_path):
    answer = acme.run("--config", str(tmp_path / "x" / "bensync.toml"), "init", "--json")
    assert answer.code == 2
    assert "--site-id" in answer.error["why"]
    assert not (tmp_path / "x").exists()
