"""The command line itself: its global options."""

from __future__ import annotations

import pytest

from bensync.cli.app import _hoisted


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
