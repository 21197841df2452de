"""Laws of effective-dated dependents: an entry on a day keeps the past, and the database gives every version back."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from msgspec.structs import replace

from bensync.benefits.engine.run import case_result
from bensync.benefits.values.dependents import (
    DropReason,
    Relationship,
    appended,
    dependent_on,
    dependents_on,
    next_number,
)
from bensync.state.db.vault import new_state_key
from bensync.state.store import Store
from tests.unit.benefits.cases import automatic, person
from tests.unit.benefits.families import dependent

NOW = datetime(2026, 6, 10, 4, tzinfo=UTC)
DAYS = [date(2026, 1, 1) + timedelta(days=number) for number in range(8)]


@pytest.fixture
def store(database):
    with contextlib.closing(Store(database, new_state_key())) as actual:
        actual.migrate()
        yield actual


class Family(RuleBasedStateMachine):
    """One family, stored after every step, beside a model that holds one value for each person and day."""

    def __init__(self, store):
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.work = self.stack.enter_context(store.write("acme", "test"))
        number = self.work.participants.save(replace(person(), id=0), NOW)
        self.stored = self.work.cases.load([number])[number]
        self.case = self.stored
        self.model = {}
        self.begins = {}

    def teardown(self):
        with contextlib.suppress(KeyboardInterrupt):
            self.stack.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)

    def enter(self, number, on, **fields):
        version = dependent(number, since=on.isoformat(), **fields)
        self.case = replace(self.case, dependents=appended(self.case.dependents, version))
        begins = self.begins.setdefault(number, set())
        begins.add(on)
        # The model fills the days up to the next entry, which stays as it was entered.
        end = min((other for other in begins if other > on), default=date.max)
        held = None if version.dropped else (version.relationship, version.student)
        self.model.setdefault(number, {}).update({day: held for day in DAYS if on <= day < end})

    @initialize(on=st.sampled_from(DAYS))
    def the_first_one(self, on):
        self.enter(1, on)

    @rule(on=st.sampled_from(DAYS), relationship=st.sampled_from(Relationship), student=st.booleans())
    def somebody_is_added(self, on, relationship, student):
        self.enter(next_number(self.case.dependents), on, relationship=relationship, student=student)

    @rule(number=st.integers(1, 3), on=st.sampled_from(DAYS), student=st.booleans(), dropped=st.booleans())
    def somebody_changes_or_is_dropped(self, number, on, student, dropped):
        if number < next_number(self.case.dependents):
            self.enter(number, on, student=student, dropped=DropReason.OTHER if dropped else None)

    @invariant()
    def each_day_holds_what_was_entered_for_it(self):
        for number, held_on in self.model.items():
            for on in DAYS:
                version = dependent_on(self.case.dependents, number, on)
                held = None if version is None else (version.relationship, version.student)
                assert held == held_on.get(on)

    @invariant()
    def the_list_of_a_day_is_made_of_its_dependents(self):
        for on in DAYS:
            wanted = [number for number in sorted(self.model) if self.model[number].get(on) is not None]
            assert [version.number for version in dependents_on(self.case.dependents, on)] == wanted

    @invariant()
    def the_database_gives_every_version_back(self):
        number = self.case.participant.id
        self.work.cases.save({number: self.stored}, [case_result(self.stored, self.case, automatic())], NOW)
        self.stored = self.work.cases.load([number])[number]
        assert self.stored == self.case


def test_random_families_hold_on_each_day_what_was_entered_for_it(store):
    chosen = settings(max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(lambda: Family(store), settings=chosen)
