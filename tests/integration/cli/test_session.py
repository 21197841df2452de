"""The session of a command: a configuration that cannot be used is refused with every problem."""

from __future__ import annotations

import pytest

from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite


def test_all_problems_of_a_configuration_are_shown_at_once(acme):
    text = acme.config.read_text().replace('id = "ACME0001"', 'id = "lower case"\nshoe_size = 4')
    acme.config.write_text(text.replace("[state]", '[state]\ncolour = "red"'))
    answer = acme.run("status")
    assert answer.code == 10
    for where in ("sites.acme.id", "sites.acme.shoe_size", "state.colour"):
        assert where in answer.err
    assert answer.out == ""
    assert answer.err.splitlines()[0].startswith("what:")


@pytest.mark.parametrize("command", ["status", "sync", "plan", "people", "check"])
def test_an_unknown_site_is_a_configuration_error(acme, command):
    answer = acme.run("--site", "nowhere", command, "--json")
    assert answer.code == answer.error["code"] == 10
    assert "acme" in answer.error["why"]
