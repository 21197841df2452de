"""`sites list`, `status` and `check` where one site's own file is broken, and where there are many."""

from __future__ import annotations

import json

from tests.fixtures.deployed import Deployed
from tests.integration.cli.commands.broken_site import BROKEN, asked


def test_every_site_is_listed_with_its_file_and_what_is_wrong_with_it(deployed: Deployed) -> None:
    listed = asked(deployed, "sites", "list")["sites"]

    assert isinstance(listed, list)
    assert [(site["site"], site["id"], site["direction"], site["source"]) for site in listed] == [
        ("bad", None, None, None),
        ("north", "SITE0000", "sends", "csvfile"),
        ("south", "SITE0001", "sends", "csvfile"),
    ]
    assert [site["file"] for site in listed] == ["sites.d/bad.toml", "sites.d/north.toml", "sites.d/south.toml"]
    assert listed[0]["disabled"]["what"] == BROKEN
    assert asked(deployed, "--site", "north", "sites", "list")["sites"] == [listed[1]]
    assert BROKEN in deployed.call("sites", "list").stdout


def test_a_check_fails_for_the_broken_one_and_looks_at_the_others(deployed: Deployed) -> None:
    answer = deployed.call("check", "--json")
    shown = json.loads(answer.stdout)
    lines = shown["findings"] if "findings" in shown else shown["check"]

    assert answer.returncode == 10
    assert [line["ok"] for line in lines if line["site"] == "bad"] == [False]
    assert {line["site"] for line in lines} == {"bad", "north", "south"}


def test_a_sync_of_all_goes_on_and_reports_the_broken_one(deployed: Deployed) -> None:
    answer = deployed.call("sync", "--json")
    runs = {run["site"]: run["error"]["what"] for run in json.loads(answer.stdout)["runs"]}

    assert sorted(runs) == ["bad", "north", "south"]
    assert runs["bad"] == BROKEN
