"""Laws of coordination: whatever HR, administrators and runs do, in any order, one event at a time is processed."""

from __future__ import annotations

import contextlib

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from bensync.benefits.census.first_cases import initial_case
from bensync.benefits.engine import activity_queue, event_order
from bensync.benefits.engine.approval_activities import Approval, activities_of
from bensync.benefits.engine.elections import enter, notify
from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.postings import MANUAL
from bensync.benefits.engine.row_diff import row_edits
from bensync.benefits.engine.run import RunMode, process_case
from bensync.benefits.values.activities import Activity, ActivitySource
from bensync.benefits.values.cases import Case
from bensync.benefits.values.events import ASSIGNING, FINISHED, EventStatus, Flag, Indicator, Process
from bensync.benefits.values.offers import Choice
from bensync.core.changes import ChangeKind
from bensync.core.intake.proposals import changes
from bensync.core.people import DatedRow
from bensync.errors import DecisionError
from tests.unit.benefits.cases import automatic, covered, person
from tests.unit.builders import TODAY, day

BOOKS = [automatic(), automatic(), automatic(add_rules=[]), automatic(programs=[])]
ON = [day(text) for text in ("05-01", "05-20", "06-01", "06-10", "07-01")]
STEPS = {
    Process.AE: {*Process} - {Process.NT, Process.ET, Process.EE, Process.RE},
    Process.AN: {*Process} - {Process.NT, Process.ET, Process.EE, Process.RE},
    Process.AS: {*Process} - {Process.NT, Process.ET, Process.EE, Process.RE},
    Process.PE: {Process.PE, Process.PR, Process.FP, Process.FA, Process.FE},
    Process.PR: {Process.PR, Process.FE},
    Process.NT: {Process.NT, Process.FE},
    Process.ET: {Process.ET, Process.EE, Process.FE},
    Process.EE: {Process.EE, Process.FE},
    Process.RE: {Process.RE, Process.FE},
    **{process: {process} for process in FINISHED},
}
"""How far one run can take an event without an indicator (model 2.3)."""

numbers = st.sampled_from([0, 0, 0, 1, 2, 3, 4])
"""Which event a hand means; 0 is the open one."""
days = st.sampled_from(ON)
choices = st.lists(
    st.sampled_from(
        [
            Choice("medical", "MED", "EE"),
            Choice("medical", "MED", "FAM"),
            Choice("medical"),
            Choice("dental", "DEN", "FAM"),
            Choice("dental", "DEN", "EE"),
            Choice("vision", "NO", "EE"),
        ]
    ),
    max_size=3,
)


class Coordination(RuleBasedStateMachine):
    """One participant."""

    def __init__(self):
        super().__init__()
        self.book = BOOKS[0]
        self.facts = {"fte": "1", "state": "CA", "pay_rate": "50000.00 USD"}
        self.rows = (DatedRow("job", day("2024-02-01"), {"grade": "A"}),)
        self.case = Case(self.somebody(), enrollments=covered("medical", "life"))
        self.flags = {}
        self.posted = ()

    def somebody(self):
        grade = self.rows[-1].values["grade"] if self.rows else None
        return person(rows=self.rows, grade=grade, **self.facts)

    def meant(self, number):
        running = self.case.open
        return running.number if number == 0 and running is not None else number

    @contextlib.contextmanager
    def allowed(self):
        """A hand may be refused; then nothing has changed."""
        with contextlib.suppress(DecisionError, KeyError):
            yield

    # HR

    def approve(self):
        before, after = self.case.participant, self.somebody()
        approval = Approval(ChangeKind.UPDATE, before, after, changes(after.profile, before), TODAY, TODAY)
        self.case = activity_queue.add(replace(self.case, participant=after), activities_of(approval, self.book))

    @rule(fte=st.sampled_from(["1", "0.6", "0.1"]), state=st.sampled_from(["CA", "NV"]), rate=st.sampled_from([5, 6]))
    def hr_changes_facts(self, fte, state, rate):
        self.facts = {"fte": fte, "state": state, "pay_rate": f"{rate}0000.00 USD"}
        self.approve()

    @rule(on=days, grade=st.sampled_from("ABC"))
    def hr_inserts_a_row(self, on, grade):
        rows = [*self.rows, DatedRow("job", on, {"grade": grade})]
        self.rows = tuple(sorted(rows, key=lambda row: row.date))
        self.approve()

    @rule(number=numbers, edit=st.sampled_from(["delete", "move", "correct"]), on=days)
    def hr_edits_a_row(self, number, edit, on):
        rows = list(self.rows)
        if not rows:
            return
        old = rows.pop(number % len(rows))
        if edit == "move":
            rows.append(DatedRow("job", on, old.values))
        if edit == "correct":
            rows.append(DatedRow("job", old.date, {"grade": "X"}))
        self.rows = tuple(sorted(rows, key=lambda row: row.date))
        self.approve()

    @rule(
        event_class=st.sampled_from(["HIR", "MSC", "FSC", "ADR", "LVE"]),
        on=days,
        source=st.sampled_from(ActivitySource),
        final=st.booleans(),
        then=st.booleans(),
    )
    def an_activity_waits(self, event_class, on, source, final, then):
        self.case = activity_queue.add(self.case, [Activity(0, source, event_class, on, final=final)])
        if then:
            self.a_run(RunMode.ALL)

    # Administrators

    @rule(number=numbers, verb=st.sampled_from([activity_queue.hold, activity_queue.release, activity_queue.delete]))
    def a_hand_holds_releases_or_deletes(self, number, verb):
        with self.allowed():
            self.case = verb(self.case, number)

    @rule(number=numbers, status=st.sampled_from(EventStatus))
    def a_hand_sets_a_status(self, number, status):
        with self.allowed():
            self.case = event_order.set_status(self.case, self.meant(number), status)
            assert status is not EventStatus.VOID

    @rule(number=numbers, indicator=st.sampled_from(Indicator))
    def a_hand_marks(self, number, indicator):
        with self.allowed():
            self.case = event_order.set_indicator(self.case, self.meant(number), indicator)

    @rule(number=numbers)
    def a_hand_marks_final(self, number):
        with self.allowed():
            self.case = event_order.mark_final(self.case, self.meant(number))

    @rule(number=numbers, chosen=choices, then=st.booleans())
    def elections_come_in(self, number, chosen, then):
        with self.allowed():
            self.case = enter(self.case, self.meant(number), chosen, TODAY)
            if then:
                self.a_run(RunMode.ALL)

    @rule(number=numbers)
    def a_statement_is_made(self, number):
        with self.allowed():
            self.case = notify(self.case, self.meant(number), TODAY)

    @rule(number=numbers, flag=st.sampled_from(Flag))
    def a_hand_clears_a_flag(self, number, flag):
        with self.allowed():
            self.case = event_order.clear_flag(self.case, number, flag)
            self.flags[number] = self.flags.get(number, frozenset()) - {flag}

    @rule(number=numbers)
    def an_approval_voids(self, number):
        with self.allowed():
            self.case = event_order.void(self.case, self.meant(number))

    @rule(book=st.sampled_from(BOOKS))
    def the_rulebook_changes(self, book):
        self.book = book

    # Runs

    @rule(mode=st.sampled_from([RunMode.ALL, RunMode.ALL, RunMode.SCHEDULE, RunMode.PROCESS]))
    def a_run(self, mode):
        before, today = self.case, RunContext(self.book, TODAY)
        result = process_case(before, today, mode=mode)
        assert process_case(before, today, mode=mode) == result
        after = result.case
        for event in before.events:
            now = after.event(event.number)
            if event.indicator is Indicator.NORMAL:
                assert now.process in STEPS[event.process], (event.process, now.process)
            if Flag.DISCONNECTED in event.flags and event.indicator is not Indicator.VOID:
                assert now.process is event.process
        assert process_case(after, today, mode=mode).case == after, "a second run finds nothing to do"
        if mode is not RunMode.SCHEDULE:
            running = after.open
            assert running is None or running.process not in ASSIGNING - {Process.AE}
            assert running is not None or not any(event_order.is_queued(event) for event in after.events)
            assert not any(event.indicator is Indicator.VOID for event in after.events)
        self.case = after

    @rule()
    def a_run_that_meets_a_pending_correction(self):
        after = person(rows=self.rows[1:], **self.facts)
        pending = row_edits(ChangeKind.UPDATE, self.case.participant, after)
        result = process_case(self.case, RunContext(self.book, TODAY), pending, RunMode.PROCESS)
        resting = {event.number for event in self.case.events if any(edit.old in event.used for edit in pending)}
        for event in self.case.events:
            if event.number in resting and not event.disconnected:
                now = result.case.event(event.number)
                assert (now.process, now.prepared) == (event.process, event.prepared)
        self.case = result.case

    # Laws

    @invariant()
    def one_event_at_most_is_open_and_it_can_be_processed(self):
        running = [event for event in self.case.events if event.status is EventStatus.OPEN]
        assert len(running) <= 1
        assert not any(event.disconnected for event in running)

    @invariant()
    def what_is_void_or_not_finished_posted_nothing_that_counts(self):
        for row in self.case.enrollments:
            if not row.reversed and row.event != MANUAL:
                assert self.case.event(row.event).process is Process.FE
        assert all(event.process is Process.RE for event in self.case.events if event.status is EventStatus.VOID)
        voided = {event.number for event in self.case.events if event.status is EventStatus.VOID}
        assert all(record.state == "VOID" for record in self.case.cobra if record.event in voided)

    @invariant()
    def rows_are_only_ever_appended_or_reversed(self):
        now = self.case.enrollments
        assert [row.number for row in now] == list(range(1, len(now) + 1))
        for old, row in zip(self.posted, now, strict=False):
            assert row == old or replace(old, reversed=True) == row
        assert len(now) >= len(self.posted)
        self.posted = now

    @invariant()
    def nobody_but_a_person_clears_a_flag(self):
        for event in self.case.events:
            assert self.flags.get(event.number, frozenset()) <= event.flags
            self.flags[event.number] = event.flags

    @invariant()
    def an_event_has_one_record_at_most_and_a_number_of_its_own(self):
        for numbers_used in (
            [record.event for record in self.case.cobra],
            [event.number for event in self.case.events],
            [activity.id for activity in self.case.activities],
        ):
            assert len(numbers_used) == len(set(numbers_used))

    @invariant()
    def a_processed_activity_left_an_event_or_edited_a_row(self):
        led = {number for event in self.case.events for number in event.activities}
        for activity in self.case.activities:
            if activity.state == "PROCESSED" and activity.event_class:
                assert activity.id in led


Coordination.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestCoordination = Coordination.TestCase


def test_a_snapshot_is_the_beginning_of_the_same_story():
    machine = Coordination()
    machine.case = initial_case(machine.case, RunContext(machine.book, TODAY))
    machine.hr_changes_facts("0.1", "NV", 6)
    machine.a_run(RunMode.ALL)
    assert [event.event_class for event in machine.case.events] == ["SNP", "ADR", "MSC"]
    assert machine.case.event(1).flags == frozenset()
