"""The lists on the command line: the newest entries, how many more there are, and an empty list in words."""

from __future__ import annotations

import pytest

from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite


def test_a_list_shows_its_newest_entries_and_says_how_many_more_there_are(begun):
    short = begun.run("people", "list", "--limit", "5")
    assert f"{len(begun.company) - 5} more; --limit {len(begun.company)} shows all." in short.out
    assert len(begun.json("people")["people"]) == len(begun.company)
    assert len(begun.json("people", "list", "--limit", "5")["people"]) == 5


@pytest.mark.parametrize("name", ["runs", "deliveries", "issues", "people", "audit"])
def test_a_list_alone_lists_and_an_empty_one_says_so_in_words(acme, name):
    acme.run("migrate")
    alone = acme.run(name)
    assert alone.code == 0
    assert alone.out == acme.run(name, "list").out
    assert "acme: " in alone.out
    assert [entry for entry in acme.json(name)[name] if entry["site"] == "acme"] == []
