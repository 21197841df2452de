"""How moments, counts and sizes look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bensync.cli.app import _hoisted
from bensync.cli.render.console import moment
from bensync.wording.sync import count, size


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (2_540_000, "2.5 MB"), (7_100_000_000, "7.1 GB")],
)
def test_a_size_has_its_unit(number, text):
    assert size(number) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0 people"), (1, "1 person"), (12_000, "12,000 people")])
def test_a_count_has_its_noun(number, text):
    assert count(number, "person", "people") == text


def test_a_moment_is_shown_in_utc():
    elsewhere = datetime(2026, 6, 1, 1, 30, tzinfo=timezone(timedelta(hours=5)))
    assert moment(elsewhere) == "2026-05-31 20:30"
    assert moment(datetime(2026, 6, 1, tzinfo=UTC)) == "2026-06-01 00:00"
    assert moment(None) == ""


@pytest.mark.parametrize(
    ("words", "ordered"),
    [
        (["sync", "--json"], ["--json", "sync"]),
        (["runs", "show", "1", "--site", "acme"], ["--site", "acme", "runs", "show", "1"]),
        (["plan", "--config=x.toml", "--active"], ["--config=x.toml", "plan", "--active"]),
        (["people", "show", "--", "--json"], ["people", "show", "--", "--json"]),
        (["sync", "--site"], ["--site", "sync"]),
        ([], []),
    ],
)
def test_global_options_may_stand_behind_the_command(words, ordered):
    assert _hoisted(words) == ordered
