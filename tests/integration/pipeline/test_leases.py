"""The lease of a site over time: renewed while its holder lives, free minutes after it is silent, on both databases."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bensync.core.intake.proposals import IntakeRules
from bensync.errors import BusyError, StateError
from bensync.pipeline import leases
from bensync.pipeline.context import SiteContext
from bensync.pipeline.leases import leased, renew
from bensync.state.db.vault import new_state_key
from bensync.state.store import Store
from bensync.state.sync.runs import LEASE

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
PATIENCE = 30.0


class Clock:
    """Shows what the test says."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    with contextlib.closing(Store(database, new_state_key())) as opened_store:
        opened_store.migrate()
        yield opened_store


@pytest.fixture
def place(store: Store) -> SiteContext:
    """A site."""
    return SiteContext(site="acme", site_id="ACME0001", store=store, rules=IntakeRules())


def until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.01)


def expires(place: SiteContext) -> Any:
    with place.store.whole() as connection:
        stored = connection.exec_driver_sql("SELECT expires FROM lease WHERE site = 'acme'").scalar()
    if isinstance(stored, str):
        return datetime.fromisoformat(stored).replace(tzinfo=UTC)
    return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored


def take_over(place: SiteContext, now: datetime) -> None:
    with place.store.write(place.site, "test") as work:
        work.runs.take_lease(now)


def test_a_site_is_free_within_five_minutes_of_its_last_sign_of_life() -> None:
    assert leases.BEAT * 2 < LEASE <= timedelta(minutes=3)  # and a tick of a minute until somebody tries


def test_a_run_that_waits_for_hours_keeps_its_lease(place: SiteContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "BEAT", timedelta(milliseconds=20))
    clock = Clock()
    with leased(place, clock):
        for hour in range(1, 4):
            clock.now = NOW + timedelta(hours=hour)
            until(lambda: expires(place) == clock.now + LEASE, "a sign of life")
            with pytest.raises(BusyError, match="Another run of site acme is in progress"):
                take_over(place, clock.now + LEASE)
    take_over(place, clock.now)


def test_a_holder_that_is_silent_loses_its_lease_and_writes_nothing_more(place: SiteContext) -> None:
    clock = Clock()
    with leased(place, clock) as held:
        take_over(place, NOW + LEASE + timedelta(seconds=1))
        assert renew(held) is False
        with pytest.raises(BusyError, match="has taken over"), held.write("test") as work:
            work.audit.record("me", "test", "too late", NOW)
    with place.read() as work:
        assert list(work.lists.audit().items) == []
    with pytest.raises(BusyError):  # and does not give back what is not its own
        take_over(place, NOW + LEASE)


def test_a_transaction_that_takes_long_renews_the_lease_at_its_end(place: SiteContext) -> None:
    clock = Clock()
    with leased(place, clock) as held:
        with held.write("test"):
            clock.now += timedelta(hours=1)
        assert expires(place) == clock.now + LEASE


def test_a_database_that_is_away_for_a_moment_does_not_end_the_signs_of_life(
    place: SiteContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    with leased(place, clock) as held:

        def refuse(*_: object) -> None:
            raise StateError("The database cannot be used.", "it is away", retry=True)

        with monkeypatch.context() as broken:
            broken.setattr(Store, "write", refuse)
            assert renew(held)
        clock.now += timedelta(minutes=1)
        assert renew(held)
        assert expires(place) == clock.now + LEASE
