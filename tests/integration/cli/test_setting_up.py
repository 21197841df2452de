"""The commands of the first day: what they write, check and refuse."""

from __future__ import annotations

import stat

import pytest

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


def test_check_tells_line_by_line_and_fails_until_all_is_well(acme, mailbox):
    acme.run("migrate")
    without_mail = acme.run("check", "--json")
    assert without_mail.code == 10
    assert [line["subject"] for line in without_mail.json["findings"] if not line["ok"]] == ["mail"]
    mail = f'host = "{mailbox.host}"\nport = {mailbox.port}\nsender = "b@example.com"\nadmins = ["a@example.com"]\n'
    acme.configure("acme", extra=f"[mail]\n{mail}")
    well = acme.run("check")
    assert well.code == 0, well.out
    assert "acme: no problems." in well.out
    acme.company.forbid("ssn")
    hidden = acme.run("check")
    assert hidden.code == 10
    assert "1 problem to fix" in hidden.out


def test_all_problems_of_a_configuration_are_shown_at_once(acme):
    text = acme.config.read_text().replace('id = "ACME0001"', 'id = "lower case"\nshoe_size = 4')
    acme.config.write_text(text.replace("[state]", '[state]\ncolour = "red"'))
    answer = acme.run("status")
    assert answer.code == 10
    for where in ("sites.acme.id", "sites.acme.shoe_size", "state.colour"):
        assert where in answer.err
    assert answer.out == ""
    assert answer.err.splitlines()[0].startswith("what:")


@pytest.mark.parametrize("command", ["status", "sync", "plan", "people", "check"])
def test_an_unknown_site_is_a_configuration_error(acme, command):
    answer = acme.run("--site", "nowhere", command, "--json")
    assert answer.code == answer.error["code"] == 10
    assert "acme" in answer.error["why"]


def test_a_database_without_tables_asks_for_migrate(acme):
    answer = acme.run("status", "--json")
    assert answer.code == 14
    assert "bensync migrate" in answer.error["fix"]


def test_connectors_lists_what_is_installed(acme):
    assert acme.json("connectors") == {"connectors": ["bamboohr", "csvfile"]}
    assert acme.run("connectors").out.split() == ["bamboohr", "csvfile"]
