"""Whatever becomes of a case, the database gives it back as it was; on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test
from msgspec.structs import replace

from bensync.benefits.engine.run import case_result
from bensync.benefits.values.activities import ActivityState
from bensync.benefits.values.enrollments import program_on
from bensync.benefits.values.events import EventStatus, Indicator
from bensync.state.db.vault import new_state_key
from bensync.state.store import Store
from tests.property.test_benefits import Coordination

NOW = datetime(2026, 6, 10, 4, tzinfo=UTC)


@pytest.fixture
def store(database):
    """An empty store with its tables."""
    with contextlib.closing(Store(database, new_state_key())) as actual:
        actual.migrate()
        yield actual


class Kept(Coordination):
    """The same random histories, written down after every step, in one transaction that is never committed."""

    def __init__(self, store):
        self.stack = contextlib.ExitStack()
        self.work = self.stack.enter_context(store.write("acme", "test"))
        self.number = 0
        super().__init__()
        self.number = self.work.participants.save(replace(self.case.participant, id=0), NOW)
        self.case = replace(self.case, participant=replace(self.case.participant, id=self.number))
        self.known = self.work.cases.load([self.number])[self.number]

    def somebody(self):
        return replace(super().somebody(), id=self.number)

    def teardown(self):
        with contextlib.suppress(KeyboardInterrupt):
            self.stack.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)

    @invariant()
    def the_database_gives_the_case_back(self):
        result = case_result(self.known, self.case, self.book)
        self.work.cases.save({self.number: self.known}, [result], NOW)
        self.known = self.work.cases.load([self.number])[self.number]
        records = tuple(sorted(self.case.cobra, key=lambda record: record.event))
        program = self.known.participant.program
        assert self.known == replace(self.case, participant=self.known.participant, cobra=records)
        if self.case.assignments:
            assert program == program_on(self.case.assignments, NOW.date())
        # Invariants are checked in no order that may be relied on, and these look at what was just written.
        self._people_with_something_to_do_are_found()
        self._what_the_engine_promises_holds_in_the_database()

    def _people_with_something_to_do_are_found(self):
        waiting = any(activity.state is ActivityState.WAITING for activity in self.case.activities)
        at_work = any(
            activity.status is EventStatus.OPEN or activity.indicator is not Indicator.NORMAL
            for activity in self.case.events
        )
        actual = self.work.cases.waiting(0, 5)
        assert not (waiting or at_work) or actual == [self.number]
        assert self.work.cases.waiting(self.number, 5) == []

    def _what_the_engine_promises_holds_in_the_database(self):
        broken = {item.subject: item.detail for item in self.work.events.board() if not item.ok}
        assert broken == {}


def test_random_histories_come_back_from_the_database_as_they_were(store):
    chosen = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(lambda: Kept(store), settings=chosen)
