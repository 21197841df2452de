"""The numbers of a site, on both databases: counts and moments, each site its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest

from bensync.core.alerts import AlertKey, Trouble
from bensync.core.model import Issue, IssueCode
from bensync.core.ports import Notice
from bensync.core.runs import Outcome, RunKind
from bensync.errors import SourceError
from bensync.state.figures import Today
from bensync.state.store import Store
from bensync.state.vault import new_state_key

NOW = datetime(2026, 6, 2, 4, 30, tzinfo=UTC)
FOUR = time(4)


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables, in each sort of database."""
    with contextlib.closing(Store(database, new_state_key())) as found:
        found.migrate()
        yield found


def run(store: Store, at: datetime, outcome: Outcome | None, seconds: int = 60, site: str = "acme") -> None:
    """One daily run that ended well, or failed where there is no outcome."""
    with store.work(site, "test") as work:
        number = work.runs.start(RunKind.DAILY, "SCHEDULE", "daemon", at.date(), at)
        ended = at + timedelta(seconds=seconds)
        if outcome is None:
            work.runs.fail(number, SourceError("HR is away"), ended)
        else:
            work.runs.succeed(number, outcome, ended)
            work.runs.finish_day(number, FOUR)


def today(store: Store, now: datetime = NOW, site: str = "acme") -> Today:
    with store.look(site) as work:
        return work.figures.today(now)


def test_a_new_site_has_nothing_to_count(store: Store) -> None:
    assert today(store) == Today(done=False, failed_at=None, begun=0, unsent=0)
    with store.look("acme") as work:
        figures = work.figures.read()
    assert (figures.last_daily, figures.oldest_pending, figures.kept_back) == (None, None, 0)
    assert not (figures.runs or figures.lasted or figures.deliveries or figures.pending or figures.sequences)


def test_a_day_is_done_by_a_good_run_and_not_by_a_failed_one(store: Store) -> None:
    run(store, NOW - timedelta(minutes=20), None)
    assert today(store) == Today(done=False, failed_at=NOW - timedelta(minutes=20), begun=0, unsent=0)
    run(store, NOW, Outcome.NO_CHANGES)
    assert today(store).done
    assert not today(store, NOW + timedelta(days=1)).done
    assert not today(store, site="beta").done


def test_runs_are_counted_by_their_end_and_the_newest_of_a_kind_is_timed(store: Store) -> None:
    for days, (outcome, seconds) in enumerate([(Outcome.DELIVERED, 9), (None, 8), (Outcome.DELIVERED, 7)]):
        run(store, NOW + timedelta(days=days), outcome, seconds)
    run(store, NOW, Outcome.NO_CHANGES, site="beta")
    with store.look("acme") as work:
        figures = work.figures.read()
    assert figures.runs == {("DAILY", "DELIVERED"): 2, ("DAILY", "FAILED"): 1}
    assert figures.lasted == {"DAILY": 7.0}
    assert figures.last_daily == NOW + timedelta(days=2, seconds=7)


def test_what_waits_for_people_is_counted(store: Store) -> None:
    issues = [Issue(employee, IssueCode.SSN_MISSING, "no SSN") for employee in ("7", "8")]
    with store.work("acme", "test") as work:
        work.issues.record(issues, {"7", "8"}, (), NOW)
        work.alerts.raise_(Trouble(AlertKey.NO_RUN, "no run", "nothing ran"), NOW)
        work.alerts.raise_(Trouble(AlertKey.KEPT_BACK, "kept back", "people"), NOW)
        work.alerts.clear(AlertKey.NO_RUN, NOW)
        work.journal.notify(Notice("one", "subject", "body", alert=True), NOW, ["mail", "env:CHAT"])
    assert today(store).unsent == 2
    with store.look("acme") as work:
        figures = work.figures.read()
    assert figures.kept_back == 2
    assert [name.partition(":")[0] for name in figures.alerts] == [AlertKey.KEPT_BACK]
