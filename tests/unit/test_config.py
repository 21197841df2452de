"""The configuration: every problem at once, secrets by reference, the environment over the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from bensync.config.references import resolve
from bensync.config.settings import Web
from bensync.core.access import Role
from bensync.errors import ConfigError
from bensync.wiring import Deployment

GOOD = """
[state]
url = "sqlite:///bensync.db"
key = "env:BENSYNC_STATE_KEY"

[mail]
host = "127.0.0.1"
sender = "bensync@example.com"
admins = ["benefits@example.com"]

[sites.acme]
id = "ACME0001"

[sites.acme.source]
type = "csvfile"
folder = "hr"

[sites.acme.status]
active = ["Active"]
inactive = ["Terminated"]

[sites.acme.feed]
recipient = "0123456789ABCDEF0123456789ABCDEF01234567"
gnupg_home = "gnupg"

[sites.acme.upload_center]
type = "folder"
directory = "out"
"""


def written(folder: Path, text: str) -> Path:
    """The file with this text."""
    path = folder / "bensync.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str) -> ConfigError:
    """The error of a file with this text."""
    with pytest.raises(ConfigError) as caught:
        Deployment(written(folder, text))
    return caught.value


def test_a_good_file_is_read_with_its_defaults(tmp_path):
    settings = Deployment(written(tmp_path, GOOD)).settings

    assert list(settings.sites) == ["acme"]
    assert settings.schedule.daily_after.isoformat() == "04:00:00"
    assert settings.sites["acme"].guards.terminations == "5 and 5%"


def test_all_problems_are_told_at_once_with_their_path(tmp_path):
    text = (
        GOOD.replace('id = "ACME0001"', 'id = "x"')
        .replace('inactive = ["Terminated"]', 'inactive = ["Active"]')
        .replace('"0123456789ABCDEF0123456789ABCDEF01234567"', '"0123"')
        .replace('directory = "out"', 'folder = "out"')
    )

    error = refused(tmp_path, f"{text}\n[sites.acme.guards]\nterminations = 'many'\n[web]\nport = 1\n")

    for path in ("sites.acme.id", "sites.acme.status", "sites.acme.feed.recipient", "sites.acme.guards", "web"):
        assert path in error.why
    assert "upload_center" in error.why
    assert "write 5, 5% or 5 and 5%" in error.why


def test_a_wrong_fingerprint_is_one_problem_that_names_the_right_form(tmp_path):
    sftp = 'type = "sftp"\nhost = "sftp.example.com"\nuser = "acme"\nprivate_key = "env:KEY"\nhost_keys = ["AA:BB"]\n'
    error = refused(tmp_path, GOOD.replace('type = "folder"\ndirectory = "out"\n', sftp))

    (problem,) = error.problems
    assert problem.startswith("sites.acme.upload_center.sftp.host_keys.0: ")
    assert "ssh-keygen -lf" in problem


@pytest.mark.parametrize(
    ("text", "what"),
    [("[state", "not valid TOML"), ("", "problem"), ("[sites]\n", "problem")],
    ids=["no TOML", "empty", "no site"],
)
def test_a_file_that_is_no_configuration_says_so(tmp_path, text, what):
    assert what in refused(tmp_path, text).what


def test_a_site_says_what_two_people_approve_and_which_fields_a_role_sees(tmp_path):
    text = GOOD.replace('id = "ACME0001"', 'id = "ACME0001"\nsecond_approver = ["terminate", "far_back"]')
    fields = "[sites.acme.visible_fields]\nbroker = ['last_name']\n"
    site = Deployment(written(tmp_path, f"{text}\n{fields}")).settings.sites["acme"]

    assert site.intake_rules().second_approver == {"terminate", "far_back"}
    assert site.visible_fields == {Role.BROKER: ("last_name",)}


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ('id = "ACME0001"\n', "sites.acme.id"),
        ('active = ["Active"]\n', "sites.acme.status.active"),
        ('inactive = ["Terminated"]\n', "sites.acme.status.inactive"),
        ('[sites.acme.status]\nactive = ["Active"]\ninactive = ["Terminated"]\n', "sites.acme.status"),
    ],
)
def test_S0_01_S0_02_a_site_without_its_id_or_its_status_options_is_refused(tmp_path, line, path):
    assert path in refused(tmp_path, GOOD.replace(line, "")).why


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        ('id = "ACME0001"', 'id = "ACME0001"\nsecond_approver = ["everything"]', "sites.acme.second_approver"),
        ('id = "ACME0001"', 'id = "ACME0001"\nvisible_fields = { king = ["ssn"] }', "sites.acme.visible_fields"),
        ("[sites.acme", '[sites."-"', "a site has a name"),
    ],
)
def test_an_unknown_kind_or_role_and_the_name_of_the_deployment_are_refused(tmp_path, before, after, path):
    assert path in refused(tmp_path, GOOD.replace(before, after)).why


def test_a_missing_file_names_the_command_that_writes_one(tmp_path):
    with pytest.raises(ConfigError) as caught:
        Deployment(tmp_path / "none.toml")
    assert "bensync init" in caught.value.fix


def test_a_literal_secret_is_refused_and_not_repeated(tmp_path):
    error = refused(tmp_path, GOOD.replace("env:BENSYNC_STATE_KEY", "1:c2VjcmV0"))

    assert "state.key" in error.why
    assert "c2VjcmV0" not in str(error.as_json())


def test_an_unknown_site_names_the_known_ones(tmp_path):
    with pytest.raises(ConfigError) as caught:
        Deployment(written(tmp_path, GOOD)).names("other")
    assert "acme" in caught.value.why


def test_the_environment_lies_over_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("BENSYNC_SCHEDULE__DAILY_AFTER", "05:30")
    monkeypatch.setenv("BENSYNC_SITES__ACME__ID", "ACME0002")

    settings = Deployment(written(tmp_path, GOOD)).settings

    assert settings.schedule.daily_after.isoformat() == "05:30:00"
    assert settings.sites["acme"].id == "ACME0002"


def test_a_secret_is_looked_up_only_when_it_is_needed(tmp_path, monkeypatch):
    monkeypatch.delenv("BENSYNC_STATE_KEY", raising=False)
    deployment = Deployment(written(tmp_path, GOOD))

    with pytest.raises(ConfigError, match="BENSYNC_STATE_KEY"):
        deployment.store()


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_SECRET", " hush\n")
    (tmp_path / "secret").write_text("quiet\n")

    assert resolve(SecretStr("env:SOME_SECRET")) == "hush"
    assert resolve(SecretStr(f"file:{tmp_path}/secret")) == "quiet"
    with pytest.raises(ConfigError, match="cannot be read"):
        resolve(SecretStr(f"file:{tmp_path}/none"))


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd"])
def test_a_time_zone_that_does_not_exist_is_refused(tmp_path, zone):
    error = refused(tmp_path, GOOD.replace('id = "ACME0001"', f'id = "ACME0001"\neffective_timezone = "{zone}"'))

    assert "effective_timezone" in error.why


@pytest.mark.parametrize(
    "address",
    [
        "benefits.example.com",
        "ftp://benefits.example.com",
        "https://benefits.example.com/pages",
        "https://somebody:secret@benefits.example.com",
        "https://benefits.example.com/?site=acme",
        "http://benefits.example.com",
        "https://",
    ],
)
def test_S0_35_a_public_address_that_no_mail_should_name_is_refused(address):
    with pytest.raises(ValidationError):
        Web(address=address)


def test_S0_35_the_public_address_leads_to_the_requests_and_its_name_is_served():
    web = Web(address="https://benefits.example.com/")
    assert web.requests("acme") == "https://benefits.example.com/sites/acme/requests"
    assert web.names == {"127.0.0.1", "benefits.example.com"}
    assert Web().requests("acme") == ""
    assert Web(address="http://127.0.0.1:8480").requests("acme")


def test_work_on_procrastinate_needs_PostgreSQL(tmp_path):
    text = GOOD + '\n[daemon]\nqueue = "procrastinate"\n'

    assert "needs a state.url on PostgreSQL" in refused(tmp_path, text).why
    elsewhere = text.replace("sqlite:///bensync.db", "postgresql+psycopg://bensync@db/bensync")
    assert Deployment(written(tmp_path, elsewhere)).settings.daemon.queue == "procrastinate"
