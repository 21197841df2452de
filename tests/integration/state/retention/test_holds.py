"""Legal holds: what a retention run leaves alone because of one."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bensync.actions.departed.holds import hold, release_hold
from bensync.retention.former import KeepReason
from bensync.state.schema.all_tables import every_table
from bensync.state.schema.sync import DeliveryLineRow
from tests.fixtures.filled import NOW, deliver, fill
from tests.fixtures.long_ago import ROOT, about, leave, swept
from tests.integration.state.deliveries import opened


@pytest.fixture
def store(database):
    for store in opened(database):
        fill(store, "acme")
        yield store


def test_a_legal_hold_keeps_everything_about_a_person_until_it_is_released(store):
    leave(store, [2, 3])
    hold(store, "acme", "2", "case 17", ROOT, NOW)
    kept = about(store, 2)

    plan = swept(store)

    assert (plan.employees, plan.kept, plan.shared_kept) == (("3",), {KeepReason.HELD: 1}, True)
    assert about(store, 2) == kept
    release_hold(store, "acme", "2", "case 17 is closed", ROOT, NOW)
    assert swept(store).employees == ("2",)


def test_a_legal_hold_also_keeps_old_rows_and_requests_of_a_person_who_stays(store):
    for city in ("Akron", "Toledo", "Dayton"):
        deliver(store, "acme", [3, 4], city=city)
    hold(store, "acme", "3", "case 17", ROOT, NOW)
    rows = select(func.count()).select_from(DeliveryLineRow.__table__)
    count = {employee: rows.where(DeliveryLineRow.__table__.c.employee_id == employee) for employee in "34"}
    with store.read("acme") as state:
        before = {employee: state.transaction.connection.scalar(query) for employee, query in count.items()}

    swept(store)

    with store.read("acme") as state:
        after = {employee: state.transaction.connection.scalar(query) for employee, query in count.items()}
    assert after["3"] == before["3"]
    assert after["4"] < before["4"]


def test_a_legal_hold_covers_the_rows_under_a_former_employee_id(store):
    leave(store, [2])
    hold(store, "acme", "2", "case 17", ROOT, NOW)
    with store.write("acme", "test.renumber") as state:
        # HR gave the person another number; the SSN is the same.
        for table in every_table():
            if table.name in {"participant", "baseline"}:
                state.transaction.connection.execute(
                    table.update().where(table.c.employee_id == "2").values(employee_id="2002")
                )
    assert swept(store).employees == ()
