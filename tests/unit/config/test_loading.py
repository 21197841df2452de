"""The configuration: every problem at once, secrets by reference, the environment over the file."""

from __future__ import annotations

import pytest

from bensync.core.access import Role
from bensync.errors import ConfigError
from bensync.wiring import Deployment
from tests.unit.config.example import GOOD, refused, written


def test_a_good_file_is_read_with_its_defaults(tmp_path):
    settings = Deployment(written(tmp_path, GOOD)).settings

    assert list(settings.sites) == ["acme"]
    assert settings.schedule.daily_after.isoformat() == "04:00:00"
    assert settings.sites["acme"].guards.terminations == "3 and 5%"


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


def test_a_missing_file_names_the_command_that_writes_one(tmp_path):
    with pytest.raises(ConfigError) as caught:
        Deployment(tmp_path / "none.toml")
    assert "bensync init" in caught.value.fix


def test_an_unknown_site_names_the_known_ones(tmp_path):
    with pytest.raises(ConfigError) as caught:
        Deployment(written(tmp_path, GOOD)).names("other")
    assert "acme" in caught.value.why
