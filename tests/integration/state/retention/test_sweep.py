"""A retention run: who and what is deleted, what is kept, and that the database is sound afterwards."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bensync.actions import approvals
from bensync.actions.departed.holds import hold, release_hold
from bensync.core.requests import DeclineCode
from bensync.retention.former import KeepReason
from bensync.retention.kinds import Kind, Periods
from bensync.retention.periods import KEEP, Period
from bensync.state.retention.sweep import sweep
from bensync.state.schema.all_tables import every_table
from bensync.state.schema.sync import DeliveryLineRow
from bensync.state.upkeep.backup import backup
from tests.fixtures import invariants
from tests.fixtures.filled import NOW, commit, deliver, fill, prepare, someone
from tests.fixtures.long_ago import NINE_YEARS_LATER, ROOT, leave, participant_of
from tests.integration.state.deliveries import opened


@pytest.fixture
def store(database):
    for store in opened(database):
        fill(store, "acme")
        yield store


def swept(store, later=NINE_YEARS_LATER, periods=None, *, benefits=False):
    """Apply a retention run, and check that everything still holds."""
    with store.write("acme", "test.sweep") as state:
        plan = sweep(state, periods or Periods(), later.date(), benefits=benefits)
    invariants.hold(store, "acme")
    return plan


def rows_by_table(store):
    with store.whole() as connection:
        return {table.name: connection.scalar(select(func.count()).select_from(table)) for table in every_table()}


def about(store, employee):
    """The tables that have a row about an employee or their SSN."""
    with store.read("acme") as state:
        key = someone(state, employee).key
        conditions = {
            table.name: [
                table.c[name] == value
                for name, value in (("key", key), ("employee_id", str(employee)))
                if name in table.c
            ]
            for table in every_table()
            if table.name not in {"notice", "alert", "role_grant"}
        }
        return {
            name
            for name, either in conditions.items()
            for condition in either
            if state.transaction.connection.scalar(select(func.count()).where(condition))
        }


def test_everything_about_a_former_employee_is_deleted_and_nothing_about_others(store):
    leave(store, [2, 5])
    with store.read("acme") as state:
        gone = participant_of(store, 2)
        before = state.participants.by_ids(range(100))

    plan = swept(store)

    assert plan.employees == ("2",)
    assert about(store, 2) == set()
    assert {row.table for row in plan.deleted if row.kind is Kind.FORMER_PEOPLE} >= {
        "participant",
        "request",
        "baseline",
    }
    with store.read("acme") as state:
        assert state.participants.by_ids(range(100)) == {key: person for key, person in before.items() if key != gone}
    # Nobody was above employee 5 in number: theirs must not be given out again.
    assert plan.kept == {KeepReason.NEWEST: 1}


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


def test_a_period_of_keep_deletes_nothing(store):
    leave(store, [2])
    before = rows_by_table(store)
    plan = swept(store, periods=Periods(dict.fromkeys(Kind, KEEP)))
    assert (plan.rows, plan.deleted) == (0, ())
    assert rows_by_table(store) == before


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


def never_approved(store, employee):
    """Send a person whose request is declined and whom HR does not show any more, and then another one."""
    deliver(store, "acme", [employee])
    with store.read("acme") as state:
        number = state.requests.pending_ids()[-1]
    approvals.decline(store, "acme", [number], ROOT, NOW, DeclineCode.INELIGIBLE)
    with store.write("acme", "test.gone") as state:
        state.baselines.mark_gone([str(employee)])
    deliver(store, "acme", [employee + 1])


def test_a_person_who_was_sent_and_never_approved_is_deleted_once_hr_does_not_show_them(store):
    never_approved(store, 7)
    plan = swept(store)
    assert plan.employees == ("7",)
    assert about(store, 7) == set()


def test_what_is_old_about_people_who_stay_is_deleted_and_the_numbers_of_files_stay(store):
    for city in ("Akron", "Toledo", "Dayton"):
        with store.write("acme", "test.full") as state:
            delivery = prepare(state, [someone(state, number, city=city) for number in range(6)])
            commit(state, delivery)
    before = rows_by_table(store)

    plan = swept(store)

    after = rows_by_table(store)
    assert after["delivery"] == before["delivery"]
    assert after["received"] == before["received"]
    assert after["audit"] == before["audit"]
    assert after["baseline"] == before["baseline"] == 6
    with store.write("acme", "test.next") as state:
        assert state.deliveries.open_slot("benetrac").sequence == 6
    assert Kind.REQUESTS in {part.kind for part in plan.deleted}


def test_a_run_after_a_run_finds_nothing(store):
    leave(store, [2, 3])
    first = swept(store)
    again = swept(store)
    assert first.rows > 0
    assert (again.rows, again.employees) == (0, ())


def test_the_plan_counts_exactly_the_rows_that_are_gone(store):
    leave(store, [2, 3, 4])
    before = Counter(rows_by_table(store))
    plan = swept(store)
    gone = before - Counter(rows_by_table(store))
    counted = Counter()
    for part in plan.deleted:
        counted[part.table] += part.rows
    assert counted == gone


def test_a_rehearsal_changes_nothing_and_names_the_same_rows(store, tmp_path):
    leave(store, [2, 3])
    before = rows_by_table(store)
    with store.rehearse("acme") as state:
        shown = sweep(state, Periods(), NINE_YEARS_LATER.date(), benefits=False)
    assert rows_by_table(store) == before
    assert swept(store) == shown
    assert backup(store, tmp_path / "copy.db").broken == ()


def test_a_person_who_is_deleted_and_comes_back_is_a_new_hire(store):
    leave(store, [2])
    swept(store)
    with store.read("acme") as state:
        back = someone(state, 2)
        assert state.baselines.known([back]) == {}
        assert state.baselines.of_employees(["2"]) == []
    deliver(store, "acme", [2])
    with store.read("acme") as state:
        request = state.lists.requests(None).items[-1]
        assert (request.person.employee_id, str(request.kind), request.participant_id) == ("2", "NEW", None)
    invariants.hold(store, "acme")


def test_another_site_is_not_touched(store):
    fill(store, "zeta")
    leave(store, [2], site="zeta")
    with store.read("zeta") as state:
        before = state.participants.by_ids(range(100))
    swept(store)
    with store.read("zeta") as state:
        assert state.participants.by_ids(range(100)) == before
    invariants.hold(store, "zeta")


def test_a_shorter_period_of_runs_keeps_what_a_delivery_needs(store):
    plan = swept(store, NOW + timedelta(days=200), Periods({Kind.RUNS: Period(days=90)}))
    with store.read("acme") as state:
        assert [view.state for view in state.lists.deliveries(None).items] == ["COMMITTED", "COMMITTED"]
    assert {part.kind for part in plan.deleted} <= {Kind.RUNS}
