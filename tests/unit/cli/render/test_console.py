"""Moments on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from bensync.cli.render.console import moment


def test_a_moment_is_shown_in_utc():
    elsewhere = datetime(2026, 6, 1, 1, 30, tzinfo=timezone(timedelta(hours=5)))
    assert moment(elsewhere) == "2026-05-31 20:30"
    assert moment(datetime(2026, 6, 1, tzinfo=UTC)) == "2026-06-01 00:00"
    assert moment(None) == ""
