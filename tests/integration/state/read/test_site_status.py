"""How all sites stand, asked at once: the same as site by site, with as many statements for many as for few."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, event

from bensync.core.alerts import AlertCondition, AlertKey
from bensync.core.changes import Issue, IssueCode
from bensync.core.runs import Outcome, RunKind
from bensync.errors import SourceError
from bensync.state.audit.entries import pending_approvals
from bensync.state.db.vault import new_state_key
from bensync.state.read.metrics import today_everywhere
from bensync.state.read.site_status import StatusView, site_statuses
from bensync.state.site_state import SiteState
from bensync.state.store import Store
from bensync.state.sync.alerts import open_everywhere

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    with contextlib.closing(Store(database, new_state_key())) as opened_store:
        opened_store.migrate()
        yield opened_store


def ran(work: SiteState, kind: RunKind, *, well: bool, hours: int) -> int:
    """A run that is over."""
    at = NOW + timedelta(hours=hours)
    number = work.runs.start(kind, "SCHEDULE", "daemon", at.date(), at)
    if well:
        work.runs.succeed(number, Outcome.NO_CHANGES, at)
    else:
        work.runs.fail(number, SourceError("HR is away", "it is closed"), at)
    return number


def fill(store: Store, sites: int) -> None:
    """Sites with a history: every third one failed last, every fourth keeps somebody back."""
    for site in range(sites):
        with store.write(f"site{site:03}", "test") as work:
            ran(work, RunKind.DAILY, well=False, hours=0)
            ran(work, RunKind.DAILY, well=True, hours=1)
            if site % 3 == 0:
                ran(work, RunKind.DAILY, well=False, hours=2)
                work.alerts.raise_(AlertCondition(AlertKey.SOURCE_FAILED, "HR is away", "since today"), NOW)
            if site % 4 == 0:
                work.issues.record([Issue("1", IssueCode.SSN_MISSING, "no SSN")], {"1"}, set(), NOW)
            ran(work, RunKind.EVENTS, well=site % 2 == 0, hours=3)
            work.audit.record("jo", "plan.allow.first", f"plan {site}", NOW)


@contextlib.contextmanager
def counted(connection: Connection) -> Iterator[list[str]]:
    """The statements that are made meanwhile."""
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    yield statements
    event.remove(connection, "before_cursor_execute", note)


def look(connection: Connection, sites: int) -> int:
    """All that `bensync status` asks; returns how many statements that took."""
    with counted(connection) as statements:
        site_statuses(connection)
        today_everywhere(connection, NOW)
        open_everywhere(connection)
        pending_approvals(
            connection, [f"site{site:03}" for site in range(sites)], ["plan.allow"], NOW - timedelta(days=1)
        )
    return len(statements)


def test_of_each_site_the_last_runs_count_and_runs_of_events_do_not(store: Store) -> None:
    fill(store, 5)
    with store.whole() as connection:
        statuses = site_statuses(connection)
        alone = {site: site_statuses(connection, site)[site] for site in statuses}
    assert statuses == alone
    assert sorted(statuses) == [f"site{site:03}" for site in range(5)]
    last = {site: (view.last_update is not None, view.last_error is not None) for site, view in statuses.items()}
    assert last == {f"site{site:03}": (True, site % 3 == 0) for site in range(5)}
    assert [statuses[f"site{site:03}"].issues for site in range(5)] == [1, 0, 0, 0, 1]
    update = statuses["site001"].last_update
    assert update is not None
    assert (update.kind, update.outcome, update.started_at) == (
        RunKind.DAILY,
        Outcome.NO_CHANGES,
        NOW + timedelta(hours=1),
    )


def test_a_site_sees_of_itself_what_everybody_sees_and_nothing_of_others(store: Store) -> None:
    fill(store, 2)
    with store.read("site001") as work:
        assert work.lists.status().site == "site001"
        assert work.lists.status().last_error is None
        assert work.alerts.open() == []
        assert [half.subject for half in work.audit.pending_approvals(["plan.allow"], NOW - timedelta(days=1))] == [
            "plan 1"
        ]
    with store.read("nobody") as work:
        assert work.lists.status() == StatusView("nobody")


def test_many_sites_take_as_many_statements_as_few(store: Store) -> None:
    fill(store, 2)
    with store.whole() as connection:
        few = look(connection, 2)
    fill(store, 60)
    with store.whole() as connection:
        assert look(connection, 60) == few < 15


def test_acts_that_wait_are_listed_site_by_site(store: Store) -> None:
    fill(store, 3)
    with store.write("site001", "test") as work:
        work.audit.record("kim", "plan.allow.second", "plan 1", NOW)
    with store.whole() as connection:
        waiting = pending_approvals(
            connection, ["site002", "site001", "site000"], ["plan.allow"], NOW - timedelta(days=1)
        )
    assert [(half.site, half.subject) for half in waiting] == [("site002", "plan 2"), ("site000", "plan 0")]
