"""The preflight of the connector: forbidden fields and a wrong key are found before a run."""

from __future__ import annotations

from tests.integration.connectors.bamboohr.company import (
    WANTED,
)


def test_the_preflight_finds_a_forbidden_field_and_column(world):
    world.company.forbid("ssn")
    world.company.forbid("benetracStatus")
    wrong = {finding.subject: finding for finding in world.source.check(WANTED) if not finding.ok}
    assert wrong.keys() == {"ssn", "employmentStatus.benetracStatus"}
    assert all(finding.fix for finding in wrong.values())


def test_the_preflight_of_a_wrong_key_says_so_and_ends(world):
    world.company.api_key = "another"
    (finding,) = world.source.check(WANTED)
    assert (finding.subject, finding.ok) == ("sign-in", False)
    assert "401" in finding.detail
    assert "API key" in finding.fix
