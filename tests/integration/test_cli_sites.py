"""`sites list`, `status` and `check` where one site's own file is broken, and where there are many."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bensync.core.alerts import AlertCondition, AlertKey
from bensync.state.db.vault import new_state_key
from tests.fixtures.deployed import Deployed
from tests.unit.test_sites import MAIN, OWN

BROKEN = "sites.d/bad.toml is not valid TOML"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """Two sites that can be used and one that cannot, on SQLite."""
    monkeypatch.setenv("BENSYNC_STATE_KEY", new_state_key())
    found = Deployed(tmp_path, f"sqlite:///{tmp_path}/bensync.db")
    text = MAIN.replace("sqlite:///bensync.db", found.url)
    found.config.write_text(text[: text.index("[mail]")] + '[daemon]\nlisten = ""\n')
    (tmp_path / "sites.d").mkdir()
    for number, name in enumerate(("north", "south")):
        (tmp_path / "sites.d" / f"{name}.toml").write_text(OWN.replace("ACME0001", f"SITE{number:04}"))
    (tmp_path / "sites.d" / "bad.toml").write_text("[source")
    store = found.deployment.store()
    store.migrate()
    store.close()
    return found


def asked(here: Deployed, *words: str) -> dict[str, object]:
    answer: subprocess.CompletedProcess[str] = here.call(*words, "--json")
    found: dict[str, object] = json.loads(answer.stdout)
    return found


def test_every_site_is_listed_with_its_file_and_what_is_wrong_with_it(here: Deployed) -> None:
    listed = asked(here, "sites", "list")["sites"]

    assert isinstance(listed, list)
    assert [(site["site"], site["id"], site["direction"], site["source"]) for site in listed] == [
        ("bad", None, None, None),
        ("north", "SITE0000", "sends", "csvfile"),
        ("south", "SITE0001", "sends", "csvfile"),
    ]
    assert [site["file"] for site in listed] == ["sites.d/bad.toml", "sites.d/north.toml", "sites.d/south.toml"]
    assert listed[0]["disabled"]["what"] == BROKEN
    assert asked(here, "--site", "north", "sites", "list")["sites"] == [listed[1]]
    assert BROKEN in here.call("sites", "list").stdout


def test_the_status_tells_of_each_and_of_all_summed(here: Deployed) -> None:
    store = here.deployment.store()
    with store.write("north", "test") as work:
        work.alerts.raise_(AlertCondition(AlertKey.SOURCE_FAILED, "HR is away", "since today"), datetime.now(UTC))
    store.close()

    told = asked(here, "status")
    sites, total = told["sites"], told["total"]
    assert isinstance(sites, list)
    assert isinstance(total, dict)
    assert [(site["site"], site["disabled"] is None, len(site["alerts"])) for site in sites] == [
        ("bad", False, 0),
        ("north", True, 1),
        ("south", True, 0),
    ]
    assert (total["sites"], total["disabled"], total["alerts"]) == (3, 1, {"source_failed": 1})
    said = here.call("status").stdout
    assert "All 3 sites" in said
    assert BROKEN in said
    assert "HR is away" in said


def test_one_site_is_looked_at_alone_be_it_broken_or_not(here: Deployed) -> None:
    assert [site["site"] for site in asked(here, "--site", "bad", "status")["sites"]] == ["bad"]  # type: ignore[attr-defined]
    assert [site["site"] for site in asked(here, "--site", "south", "status")["sites"]] == ["south"]  # type: ignore[attr-defined]
    assert here.call("--site", "nobody", "status").returncode == 10


def test_a_check_fails_for_the_broken_one_and_looks_at_the_others(here: Deployed) -> None:
    answer = here.call("check", "--json")
    found = json.loads(answer.stdout)
    lines = found["findings"] if "findings" in found else found["check"]

    assert answer.returncode == 10
    assert [line["ok"] for line in lines if line["site"] == "bad"] == [False]
    assert {line["site"] for line in lines} == {"bad", "north", "south"}


def test_a_sync_of_all_goes_on_and_tells_of_the_broken_one(here: Deployed) -> None:
    answer = here.call("sync", "--json")
    runs = {run["site"]: run["error"]["what"] for run in json.loads(answer.stdout)["runs"]}

    assert sorted(runs) == ["bad", "north", "south"]
    assert runs["bad"] == BROKEN


def test_of_many_sites_only_those_are_shown_that_somebody_must_look_at(here: Deployed) -> None:
    for number in range(2, 20):
        (here.folder / "sites.d" / f"more{number}.toml").write_text(OWN.replace("ACME0001", f"SITE{number:04}"))
    said = here.call("status").stdout

    assert "site" in said
    assert "of 21 need attention" in said
    assert BROKEN in said
    assert "All 21 sites" in said


def test_without_a_queue_nothing_is_deferred(here: Deployed) -> None:
    answer = here.call("--site", "north", "sync", "--defer")

    assert answer.returncode == 2
    assert "procrastinate" in answer.stderr
