"""Applying retention: only what the preview showed, with two people if the site asks, and without a trace in the file."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from bensync.actions.departed.holds import hold
from bensync.actions.departed.retention import apply, preview
from bensync.core.access import Right, command_line_actor
from bensync.errors import BusyError, DecisionError, Denied
from bensync.retention.kinds import Kind, Periods
from bensync.retention.periods import Period
from bensync.state.schema.sync import ParticipantRow
from tests.fixtures import invariants
from tests.fixtures.databases import in_file, on_sqlite
from tests.fixtures.filled import NOW, fill
from tests.fixtures.long_ago import NINE_YEARS_LATER, REASON, ROOT, leave, participant_of
from tests.integration.state.deliveries import opened

LATER = NINE_YEARS_LATER


@pytest.fixture
def store(database):
    for store in opened(database):
        fill(store, "acme")
        leave(store, [2, 3])
        yield store


def plan_of(store, periods=None):
    return preview(store, "acme", periods or Periods(), ROOT, LATER).fingerprint()


def employees(store):
    table = ParticipantRow.__table__
    with store.read("acme") as state:
        return set(state.transaction.connection.scalars(select(table.c.employee_id)))


def trail(store):
    with store.read("acme") as state:
        views = [state.lists.audit_entry(view.id) for view in state.lists.audit(None).items]
    return [view for view in views if view.verb.startswith("retention")]


def test_exactly_what_the_preview_showed_is_deleted_and_the_trail_names_it(store):
    shown = preview(store, "acme", Periods(), ROOT, LATER)
    assert "2" in employees(store)

    done = apply(store, "acme", Periods(), shown.fingerprint(), REASON, ROOT, LATER)

    assert done.plan == shown
    assert employees(store) == {"1", "4", "5"}
    entry, people = trail(store)
    assert (entry.verb, entry.actor, entry.reason) == ("retention.apply", "root", REASON)
    assert {change.field: change.old for change in entry.changes}["former_people.participant"].startswith(
        "2 rows, 2026-"
    )
    assert [(change.field, change.old) for change in people.changes] == [("employee_id", "2, 3")]
    text = str([entry.changes, people.changes])
    assert "Person2" not in text and "Dayton" not in text
    invariants.hold(store, "acme")
    with store.read("acme") as state:
        assert state.audit.trail.verify().fault is None


def test_a_plan_that_has_changed_since_the_preview_is_refused(store):
    shown = plan_of(store)
    hold(store, "acme", "2", "case 17", ROOT, NOW)

    with pytest.raises(DecisionError, match="What would be deleted is not what the preview showed"):
        apply(store, "acme", Periods(), shown, REASON, ROOT, LATER)

    assert employees(store) >= {"2", "3"}
    assert trail(store) == []
    assert plan_of(store) != shown


def test_other_periods_make_another_plan(store):
    shown = plan_of(store)
    with pytest.raises(DecisionError):
        apply(store, "acme", Periods({Kind.FORMER_PEOPLE: Period(years=12)}), shown, REASON, ROOT, LATER)
    assert "2" in employees(store)


def test_a_plan_is_still_good_on_the_next_day(store):
    apply(store, "acme", Periods(), plan_of(store), REASON, ROOT, LATER + timedelta(days=1))
    assert "2" not in employees(store)


def test_deleting_needs_its_own_right_and_a_reason(store):
    lee = command_line_actor("lee", frozenset(Right) - {Right.DELETE_RECORDS})
    with pytest.raises(Denied):
        apply(store, "acme", Periods(), plan_of(store), REASON, lee, LATER)
    with pytest.raises(DecisionError, match="No reason was given"):
        apply(store, "acme", Periods(), plan_of(store), " ", ROOT, LATER)
    with pytest.raises(Denied):
        preview(store, "acme", Periods(), command_line_actor("sam", frozenset()), LATER)
    assert "2" in employees(store)


def test_two_people_delete_where_the_site_asks_for_a_second(store):
    shown = plan_of(store)
    with pytest.raises(DecisionError, match="waits for a second person"):
        apply(store, "acme", Periods(), shown, REASON, ROOT, LATER, takes_two=True)
    with pytest.raises(DecisionError, match="waits for a second person"):
        apply(store, "acme", Periods(), shown, REASON, ROOT, LATER, takes_two=True)
    assert "2" in employees(store)

    apply(store, "acme", Periods(), shown, REASON, command_line_actor("kim"), LATER, takes_two=True)

    assert "2" not in employees(store)


def test_nothing_is_deleted_while_a_run_is_at_work(store):
    shown = plan_of(store)
    with store.write("acme", "test.lease") as state:
        state.runs.take_lease(LATER)
    with pytest.raises(BusyError):
        apply(store, "acme", Periods(), shown, REASON, ROOT, LATER)
    assert "2" in employees(store)


def test_an_empty_plan_writes_no_entry(store):
    apply(store, "acme", Periods(), plan_of(store), REASON, ROOT, LATER)
    before = len(trail(store))
    done = apply(store, "acme", Periods(), plan_of(store), REASON, ROOT, LATER)
    assert done.plan.rows == 0
    assert len(trail(store)) == before


@on_sqlite
def test_no_byte_of_a_deleted_person_is_left_in_the_files_of_the_database(tmp_path):
    for store in opened(in_file(tmp_path)):
        fill(store, "acme", people=40)
        leave(store, [2])
        number = participant_of(store, 2)
        with store.read("acme") as state:
            table = ParticipantRow.__table__
            row = state.transaction.connection.execute(select(table).where(table.c.id == number)).one()
        needles = (row.sealed_profile, row.key)
        assert all(needle in _bytes(store.file) for needle in needles)

        done = apply(store, "acme", Periods(), plan_of(store), REASON, ROOT, LATER)

        assert done.erased
        assert [needle for needle in needles if needle in _bytes(store.file)] == []
        invariants.hold(store, "acme")


@on_sqlite
def test_a_file_that_is_being_read_is_not_called_erased(tmp_path):
    for store in opened(in_file(tmp_path)):
        fill(store, "acme")
        leave(store, [2])
        with store.read("acme") as state:
            assert state.participants.any()
            done = apply(store, "acme", Periods(), plan_of(store), REASON, ROOT, LATER)
        assert not done.erased
        assert apply(store, "acme", Periods(), plan_of(store), REASON, ROOT, LATER).erased


def _bytes(file):
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))


def test_a_plan_names_its_kind_by_the_words_of_the_configuration(store):
    shown = preview(store, "acme", Periods(), ROOT, LATER)
    assert {str(part.kind) for part in shown.deleted} <= {str(kind) for kind in Kind}
    assert replace(shown, site="zeta").fingerprint() != shown.fingerprint()
