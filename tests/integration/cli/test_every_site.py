"""One command at several sites: a site that fails keeps no other from its turn."""

from __future__ import annotations

from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite


def test_several_sites_are_synced_one_after_the_other_and_one_that_fails_keeps_nobody(begun):
    begun.configure("acme", "beta")
    answer = begun.run("sync", "--json")
    assert answer.code == 12, "beta has no baseline yet"
    acme, beta = answer.json["runs"]
    assert (acme["site"], acme["outcome"]) == ("acme", "NO_CHANGES")
    assert (beta["site"], beta["error"]["kind"]) == ("beta", "GuardTripped")
    shown = begun.run("sync")
    assert "acme: run" in shown.out
    assert "beta: failed" in shown.out
    assert [site["site"] for site in begun.json("status")["sites"]] == ["acme", "beta"]
    assert begun.run("resync", "--active").code == 2, "one site must be named"
    assert begun.run("--site", "beta", "snapshot", "--yes").code == 0
    assert begun.run("sync").code == 0
    assert begun.run("sync", "--site", "acme", "--json").json["run"]["site"] == "acme"
