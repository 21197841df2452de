"""What operations on a site work with: a transaction under a lease renews the lease at its end."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from bensync.core.intake.proposals import IntakeRules
from bensync.errors import BusyError
from bensync.pipeline.context import SiteContext, no_progress
from bensync.state.store import Store
from bensync.state.sync.runs import LEASE
from tests.integration.state.deliveries import NOW


def context(store: Store, now: datetime) -> SiteContext:
    return SiteContext(site="acme", site_id="ACME0001", store=store, rules=IntakeRules(), clock=lambda: now)


def test_a_transaction_under_a_lease_renews_it(store: Store) -> None:
    with store.write("acme", "test") as state:
        lease = state.runs.take_lease(NOW)
    later = NOW + LEASE - timedelta(seconds=1)
    with replace(context(store, later), lease=lease).write("test"):
        pass
    with pytest.raises(BusyError), store.write("acme", "test") as state:
        state.runs.take_lease(NOW + LEASE + timedelta(seconds=1))


def test_a_transaction_that_fails_renews_nothing(store: Store) -> None:
    with store.write("acme", "test") as state:
        lease = state.runs.take_lease(NOW)
    later = NOW + LEASE - timedelta(seconds=1)
    with pytest.raises(ZeroDivisionError), replace(context(store, later), lease=lease).write("test"):
        raise ZeroDivisionError
    with store.write("acme", "test") as state:
        state.runs.take_lease(NOW + LEASE + timedelta(seconds=1))


def test_pages_pass_through_without_a_progress_bar() -> None:
    pages = iter([[], []])
    assert no_progress(pages, 2) is pages
