"""Sites in files of their own: a broken one is that site's trouble, and never the others'."""

from __future__ import annotations

import pytest

from bensync.errors import ConfigError
from bensync.wiring import Deployment
from tests.unit.config.example import GOOD
from tests.unit.config.two_sites import OWN, deployed


def test_every_file_in_sites_d_is_a_site_beside_those_of_the_main_file(tmp_path):
    deployment = Deployment(deployed(tmp_path, GOOD, north=OWN, south=OWN))

    assert deployment.names() == ["acme", "north", "south"]
    assert [site.id for site in deployment.settings.sites.values()] == ["ACME0001", "SITE0000", "SITE0001"]
    assert deployment.broken == {}


def test_the_main_file_needs_no_site(tmp_path):
    assert Deployment(deployed(tmp_path, north=OWN)).names() == ["north"]


def test_hidden_files_and_other_files_are_no_sites(tmp_path):
    path = deployed(tmp_path, north=OWN)
    for name in (".south.toml", "south.toml~", "README"):
        (tmp_path / "sites.d" / name).write_text("nonsense")

    deployment = Deployment(path)
    assert (deployment.names(), deployment.broken) == (["north"], {})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[source", "sites.d/bad.toml is not valid TOML"),
        ("", "sites.d/bad.toml has 5 problems."),
        (OWN.replace("csvfile", "nosuch"), "sites.bad.source"),
        (OWN.replace('active = ["Active"]', 'active = ["Terminated"]'), "sites.bad.status"),
        (OWN + "[mapping]\ncity = ''\n[guards]\nterminations = 'many'\n", "sites.bad.guards.terminations"),
        (OWN.replace("[feed]", '[feed]\nlayout = "nosuch"'), "sites.bad.feed.layout"),
        (OWN.replace('key = "', 'key = "') + "[nonsense]\n", "sites.bad.nonsense"),
        (OWN.replace("ACME0001", "B&B"), "sites.bad.id"),
    ],
    ids=["no TOML", "empty", "connector", "status", "guard", "layout", "unknown table", "id"],
)
def test_a_broken_file_disables_its_site_only_and_says_why(tmp_path, text, why):
    deployment = Deployment(deployed(tmp_path, north=OWN, bad=text, south=OWN))

    assert deployment.names() == ["north", "south"]
    assert list(deployment.broken) == ["bad"]
    error = deployment.broken["bad"]
    assert why in f"{error.what} {error.why}"
    assert error.fix
    for ask in (deployment.names, deployment.receives, deployment.sender):
        with pytest.raises(ConfigError) as caught:
            ask("bad")
        assert caught.value is error


def test_two_files_with_one_site_id_are_both_disabled_for_nothing_shows_which_is_right(tmp_path):
    path = deployed(tmp_path, north=OWN, south=OWN, west=OWN)
    (tmp_path / "sites.d" / "east.toml").write_text(OWN.replace("ACME0001", "SITE0000"))

    deployment = Deployment(path)
    assert deployment.names() == ["south", "west"]
    assert deployment.broken["east"].why == "sites.east.id: SITE0000 is the Site ID of north, too."
    assert deployment.broken["north"].why == "sites.north.id: SITE0000 is the Site ID of east, too."


def test_the_main_file_keeps_its_site_id(tmp_path):
    path = deployed(tmp_path, GOOD)
    (tmp_path / "sites.d" / "copied.toml").write_text(OWN)

    deployment = Deployment(path)
    assert deployment.names() == ["acme"]
    assert list(deployment.broken) == ["copied"]


def test_a_site_in_both_places_is_disabled(tmp_path):
    deployment = Deployment(deployed(tmp_path, GOOD, acme=OWN, north=OWN))

    assert deployment.names() == ["north"]
    assert "the main file has a table of this site, too" in deployment.broken["acme"].why


def test_only_one_sites_file_is_read_where_only_one_is_asked_for(tmp_path):
    path = deployed(tmp_path, GOOD, north=OWN, bad="[source")

    assert Deployment(path, only="north").names() == ["acme", "north"]
    assert Deployment(path, only="acme").names() == ["acme"]
    assert Deployment(path, only="north").broken == {}


def test_the_environment_lies_over_a_sites_file_too(tmp_path, monkeypatch):
    monkeypatch.setenv("BENSYNC_SITES__NORTH__ID", "OTHER01")

    assert Deployment(deployed(tmp_path, north=OWN)).settings.sites["north"].id == "OTHER01"


def test_when_every_site_is_broken_the_deployment_still_loads_and_reports_each(tmp_path):
    deployment = Deployment(deployed(tmp_path, bad="", worse="[["))

    assert deployment.names() == []
    assert list(deployment.broken) == ["bad", "worse"]


WITH_RULES = GOOD.replace('id = "ACME0001"', 'id = "ACME0001"\nbenefits = "rules.toml"')


def test_a_missing_rulebook_says_where_it_is_looked_for(tmp_path):
    with pytest.raises(ConfigError) as caught:
        Deployment(deployed(tmp_path, WITH_RULES)).rulebook("acme")
    assert caught.value.what == f"There is no rulebook at {tmp_path}/rules.toml."
    assert "sites.acme.benefits" in caught.value.fix
    assert "init" not in caught.value.fix
