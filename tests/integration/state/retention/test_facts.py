"""The facts that keep a former employee, read from a database with a past."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bensync.retention.former import KeepReason
from tests.fixtures.filled import NOW, deliver, fill, prepare, someone
from tests.fixtures.long_ago import about, leave, swept
from tests.integration.state.deliveries import opened


@pytest.fixture
def store(database):
    for store in opened(database):
        fill(store, "acme")
        yield store


def test_an_employee_whom_hr_still_shows_is_kept(store):
    leave(store, [2], seen_in_hr=True)
    plan = swept(store)
    assert (plan.employees, plan.kept) == ((), {KeepReason.IN_HR: 1})
    assert "baseline" in about(store, 2)


def test_nobody_is_deleted_before_the_period_is_over(store):
    leave(store, [2])
    plan = swept(store, NOW + timedelta(days=8 * 365))
    assert (plan.employees, plan.kept) == ((), {})
    assert swept(store, NOW + timedelta(days=8 * 366 + 10)).employees == ("2",)


def test_a_former_employee_with_a_pending_request_is_kept(store):
    leave(store, [2])
    deliver(store, "acme", [2], city="Toledo")
    with store.write("acme", "test.gone") as state:
        state.baselines.mark_gone(["2"])
    plan = swept(store)
    assert (plan.employees, plan.kept) == ((), {KeepReason.PENDING: 1})


def test_a_former_employee_in_a_file_that_is_not_confirmed_is_kept(store):
    leave(store, [2])
    with store.write("acme", "test.prepare") as state:
        prepare(state, [someone(state, 2, city="Toledo")])
    plan = swept(store)
    assert (plan.employees, plan.kept) == ((), {KeepReason.IN_TRANSIT: 1})


def test_an_activity_that_waits_keeps_a_former_employee_where_benefit_events_are_processed(store):
    leave(store, [2])
    plan = swept(store, benefits=True)
    assert (plan.employees, plan.kept) == ((), {KeepReason.OPEN_EVENT: 1})
