"""Reading a configuration: every problem at once, with its path, and the environment over the file."""

from __future__ import annotations

import pytest

from bensync.wiring import Deployment
from tests.unit.config.example import GOOD, refused, written


def test_all_problems_are_reported_at_once_with_their_path(tmp_path):
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


def test_the_environment_lies_over_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("BENSYNC_SCHEDULE__DAILY_AFTER", "05:30")
    monkeypatch.setenv("BENSYNC_SITES__ACME__ID", "ACME0002")

    settings = Deployment(written(tmp_path, GOOD)).settings

    assert settings.schedule.daily_after.isoformat() == "05:30:00"
    assert settings.sites["acme"].id == "ACME0002"
