"""Alerts of a site: one row per key, and a notice only when it is news."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bensync.core.alerts import AlertCondition, AlertKey
from bensync.core.changes import Issue, IssueCode
from bensync.state.store import Store
from tests.integration.state.deliveries import NOW, opened

OUTAGE = AlertCondition(AlertKey.UNREACHABLE, "the upload center cannot be read", "no route")


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    yield from opened(database)


def test_an_alert_is_news_once_and_news_again_after_it_was_cleared(store: Store) -> None:
    with store.write("acme", "test") as state:
        first = state.alerts.raise_(OUTAGE, NOW)
        assert first is not None
        assert state.alerts.raise_(OUTAGE, NOW + timedelta(minutes=1)) is None
        (alert,) = state.alerts.open()
        assert (alert.raised_at, alert.seen_at) == (NOW, NOW + timedelta(minutes=1))

        over = state.alerts.clear(OUTAGE.key, NOW + timedelta(hours=1))
        assert over is not None
        assert state.alerts.open() == []
        assert state.alerts.clear(OUTAGE.key, NOW + timedelta(hours=1)) is None

        second = state.alerts.raise_(OUTAGE, NOW + timedelta(hours=2))
        assert second is not None
        assert len({first.key, over.key, second.key}) == 3, "each episode is a notice of its own"


def test_parts_of_a_kind_are_alerts_of_their_own_and_cleared_together(store: Store) -> None:
    def failing(channel: str) -> AlertCondition:
        return AlertCondition(AlertKey.MAIL_FAILED, f"notices over {channel} fail", "refused", channel)

    with store.write("acme", "test") as state:
        for condition in (failing("mail"), failing("pager"), OUTAGE):
            assert state.alerts.raise_(condition, NOW) is not None
        assert state.alerts.clear(AlertKey.MAIL_FAILED, NOW, "pager") is not None
        assert [alert.name for alert in state.alerts.open()] == ["mail_failed:mail", "unreachable"]
        assert len(state.alerts.clear_all([AlertKey.MAIL_FAILED], NOW)) == 1
        assert state.alerts.clear_all([], NOW) == []
        assert [alert.name for alert in state.alerts.open()] == ["unreachable"]


def test_a_site_sees_and_clears_its_own_alerts_only(store: Store) -> None:
    with store.write("acme", "test") as state:
        state.alerts.raise_(OUTAGE, NOW)
    with store.write("globex", "test") as state:
        assert state.alerts.open() == []
        assert state.alerts.clear(OUTAGE.key, NOW) is None
    with store.read("acme") as state:
        assert len(state.alerts.open()) == 1


def test_held_changes_and_data_issues_are_distinguished(store: Store) -> None:
    with store.write("acme", "test") as state:
        assert not state.alerts.is_anybody(held=True)
        state.issues.record([Issue("1", IssueCode.HELD, "terminations")], (), (), NOW)
        assert (state.alerts.is_anybody(held=True), state.alerts.is_anybody(held=False)) == (True, False)
        state.issues.record([Issue("2", IssueCode.SSN_MISSING, "ssn is empty")], (), (), NOW)
        assert state.alerts.is_anybody(held=False)
        assert state.alerts.oldest_issue(IssueCode.SSN_MISSING) == NOW
        assert state.alerts.oldest_issue(IssueCode.NOT_SHOWN) is None
