"""Single settings: what each refuses."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bensync.config.settings import Web
from bensync.wiring import Deployment
from tests.unit.config.example import GOOD, refused, written


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
