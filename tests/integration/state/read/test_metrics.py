"""The numbers of a site, on both databases: counts and moments, each site its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from bensync.core.alerts import AlertCondition, AlertKey
from bensync.core.changes import Issue, IssueCode
from bensync.core.ports import Notice
from bensync.core.runs import Outcome, RunKind
from bensync.errors import SourceError
from bensync.state.db.vault import new_state_key
from bensync.state.read.metrics import (
    SiteActivity,
    SiteFigures,
    heavy_everywhere,
    read_everywhere,
    restless_everywhere,
    today_everywhere,
)
from bensync.state.schema import sync
from bensync.state.store import Store

NOW = datetime(2026, 6, 2, 4, 30, tzinfo=UTC)
FOUR = time(4)


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables, in each sort of database."""
    with contextlib.closing(Store(database, new_state_key())) as opened_store:
        opened_store.migrate()
        yield opened_store


def run(store: Store, at: datetime, outcome: Outcome | None, seconds: int = 60, site: str = "acme") -> None:
    """One daily run that ended well, or failed where there is no outcome."""
    with store.write(site, "test") as work:
        number = work.runs.start(RunKind.DAILY, "SCHEDULE", "daemon", at.date(), at)
        ended = at + timedelta(seconds=seconds)
        if outcome is None:
            work.runs.fail(number, SourceError("HR is away"), ended)
        else:
            work.runs.succeed(number, outcome, ended)
            work.runs.finish_day(number, FOUR)


def today(store: Store, now: datetime = NOW, site: str = "acme") -> SiteActivity:
    with store.read(site) as work:
        return work.metrics.today(now)


def test_a_new_site_has_nothing_to_count(store: Store) -> None:
    assert today(store) == SiteActivity(done=False, failed_at=None, begun=0, unsent=0)
    with store.read("acme") as work:
        figures = work.metrics.read()
    assert (figures.last_daily, figures.oldest_pending, figures.kept_back) == (None, None, 0)
    assert not (figures.runs or figures.lasted or figures.deliveries or figures.pending or figures.sequences)


def test_a_day_is_done_by_a_good_run_and_not_by_a_failed_one(store: Store) -> None:
    run(store, NOW - timedelta(minutes=20), None)
    assert today(store) == SiteActivity(done=False, failed_at=NOW - timedelta(minutes=20), begun=0, unsent=0)
    run(store, NOW, Outcome.NO_CHANGES)
    assert today(store).done
    assert not today(store, NOW + timedelta(days=1)).done
    assert not today(store, site="beta").done


def test_runs_are_counted_by_their_end_and_the_newest_of_a_kind_is_timed(store: Store) -> None:
    for days, (outcome, seconds) in enumerate([(Outcome.DELIVERED, 9), (None, 8), (Outcome.DELIVERED, 7)]):
        run(store, NOW + timedelta(days=days), outcome, seconds)
    run(store, NOW, Outcome.NO_CHANGES, site="beta")
    with store.read("acme") as work:
        figures = work.metrics.read()
    assert figures.runs == {("DAILY", "DELIVERED"): 2, ("DAILY", "FAILED"): 1}
    assert figures.lasted == {"DAILY": 7.0}
    assert figures.last_daily == NOW + timedelta(days=2, seconds=7)


def test_what_waits_for_people_is_counted(store: Store) -> None:
    issues = [Issue(employee, IssueCode.SSN_MISSING, "no SSN") for employee in ("7", "8")]
    with store.write("acme", "test") as work:
        work.issues.record(issues, {"7", "8"}, (), NOW)
        work.alerts.raise_(AlertCondition(AlertKey.NO_RUN, "no run", "nothing ran"), NOW)
        work.alerts.raise_(AlertCondition(AlertKey.KEPT_BACK, "blocked employees", "people"), NOW)
        work.alerts.clear(AlertKey.NO_RUN, NOW)
        work.notices.add(Notice("one", "subject", "body", alert=True), NOW, ["mail", "env:CHAT"])
    assert today(store).unsent == 2
    with store.read("acme") as work:
        figures = work.metrics.read()
    assert figures.kept_back == 2
    assert [name.partition(":")[0] for name in figures.alerts] == [AlertKey.KEPT_BACK]


def test_all_sites_are_read_at_once_as_each_alone(store: Store) -> None:
    run(store, NOW - timedelta(days=1), Outcome.DELIVERED, seconds=30)
    run(store, NOW, None)
    run(store, NOW, Outcome.NO_CHANGES, site="other")
    with store.write("third", "test") as work:
        work.notices.add(Notice("key", "subject", "body"), NOW, ["mail", "chat"])
    with store.whole() as connection:
        days, figures = today_everywhere(connection, NOW), read_everywhere(connection)

    assert sorted(days) == ["acme", "other", "third"]
    for site in (*days, "nobody"):
        with store.read(site) as work:
            assert days.get(site, SiteActivity()) == work.metrics.today(NOW)
            assert figures.get(site, SiteFigures()) == work.metrics.read()
    assert (days["acme"].failed_at, days["other"].done, days["third"].unsent) == (NOW, True, 2)
    assert figures["acme"].lasted == {"DAILY": 60.0}
    assert figures["other"].runs == {("DAILY", "NO_CHANGES"): 1}


def test_what_is_due_is_found_by_indexes_of_today_and_never_by_the_history(store: Store) -> None:
    with store.whole() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN " if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        statements: list[tuple[str, Any]] = []
        event.listen(
            connection, "before_cursor_execute", lambda *arguments: statements.append((arguments[2], arguments[3]))
        )
        today_everywhere(connection, NOW)
        plans = [
            " ".join(str(row) for row in connection.exec_driver_sql(explain + statement, parameters))
            for statement, parameters in list(statements)
        ]
    small = "sending_waiting" if connection.dialect.name == "postgresql" else "COVERING INDEX sending_unsent"
    calls = "event_call"  # one row a site at most, so that reading all of them is the way
    for index, plan in zip(("day_by_date", "run_by_start", "delivery_unsettled", small, calls), plans, strict=True):
        assert index in plan


def test_a_site_is_heavy_when_its_newest_daily_run_failed_or_took_long(store: Store) -> None:
    yesterday = NOW - timedelta(days=1)
    for site, outcomes in {
        "well": [(None, 60), (Outcome.DELIVERED, 60)],
        "failed": [(Outcome.DELIVERED, 60), (None, 60)],
        "huge": [(Outcome.DELIVERED, 1200)],
    }.items():
        for outcome, seconds in outcomes:
            run(store, yesterday, outcome, seconds, site)
    run(store, NOW - timedelta(days=3), None, site="long ago")

    with store.whole() as connection:
        assert heavy_everywhere(connection, NOW, timedelta(minutes=10)) == {"failed", "huge"}


def request(store: Store, site: str, opened_at: datetime) -> None:
    """A request that waits."""
    given = {"site": site, "key": b"key", "employee_id": "1", "kind": "NEW", "risk": "LOW", "state": "PENDING"}
    sealed = {"fingerprint": b"", "sealed_profile": b"", "sealed_changes": b"", "warnings": []}
    rest = {"origin": "FILE", "effective_date": opened_at.date(), "basis_version": 0, "opened_at": opened_at}
    with store.whole("test.request") as connection:
        connection.execute(sync.RequestRow.__table__.insert().values(**given, **sealed, **rest))


def test_a_site_is_restless_while_an_alert_is_open_or_a_request_waits_for_long(store: Store) -> None:
    with store.write("quiet", "test") as work:
        work.alerts.raise_(AlertCondition(AlertKey.SOURCE_FAILED, "HR is away", "since today"), NOW)
        work.alerts.clear(AlertKey.SOURCE_FAILED, NOW)
    with store.write("wrong", "test") as work:
        work.alerts.raise_(AlertCondition(AlertKey.SOURCE_FAILED, "HR is away", "since today"), NOW)
    request(store, "waiting", NOW - timedelta(days=3))
    request(store, "fresh", NOW)
    with store.whole() as connection:
        assert restless_everywhere(connection, NOW - timedelta(days=2)) == {"wrong", "waiting"}
