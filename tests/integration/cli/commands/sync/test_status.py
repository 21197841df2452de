"""`bensync status` of sites that can be used and of one that cannot."""

from __future__ import annotations

from datetime import UTC, datetime

from bensync.core.alerts import AlertCondition, AlertKey
from tests.fixtures.deployed import Deployed
from tests.integration.cli.commands.broken_site import BROKEN, asked
from tests.unit.config.two_sites import OWN


def test_the_status_shows_each_and_all_summed(deployed: Deployed) -> None:
    store = deployed.deployment.store()
    with store.write("north", "test") as work:
        work.alerts.raise_(AlertCondition(AlertKey.SOURCE_FAILED, "HR is away", "since today"), datetime.now(UTC))
    store.close()

    answer = asked(deployed, "status")
    sites, total = answer["sites"], answer["total"]
    assert isinstance(sites, list)
    assert isinstance(total, dict)
    assert [(site["site"], site["disabled"] is None, len(site["alerts"])) for site in sites] == [
        ("bad", False, 0),
        ("north", True, 1),
        ("south", True, 0),
    ]
    assert (total["sites"], total["disabled"], total["alerts"]) == (3, 1, {"source_failed": 1})
    said = deployed.call("status").stdout
    assert "All 3 sites" in said
    assert BROKEN.removesuffix(".") in said
    assert "HR is away" in said


def test_one_site_is_looked_at_alone_be_it_broken_or_not(deployed: Deployed) -> None:
    assert [site["site"] for site in asked(deployed, "--site", "bad", "status")["sites"]] == ["bad"]  # type: ignore[attr-defined]
    assert [site["site"] for site in asked(deployed, "--site", "south", "status")["sites"]] == ["south"]  # type: ignore[attr-defined]
    assert deployed.call("--site", "nobody", "status").returncode == 10


def test_of_many_sites_only_those_are_shown_that_somebody_must_look_at(deployed: Deployed) -> None:
    for number in range(2, 20):
        (deployed.folder / "sites.d" / f"more{number}.toml").write_text(OWN.replace("ACME0001", f"SITE{number:04}"))
    said = deployed.call("status").stdout

    assert "site" in said
    assert "of 21 needs attention" in said
    assert BROKEN.removesuffix(".") in said
    assert "All 21 sites" in said
