"""Benefit events on real databases: from an approval to coverage, runs that are ended early, and what hands may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import text

from bensync import approvals, casework, corrections, pipeline
from bensync.benefits import activities, coordination
from bensync.benefits.elections import enter
from bensync.benefits.model import ActivityState, Choice, EventStatus, Flag, Indicator, Process
from bensync.benefits.run import Mode
from bensync.core.access import Grant, Right, Role, acting
from bensync.core.intake import IntakeRules
from bensync.core.model import DatedRow, Participant, Risk, WarningCode
from bensync.core.ports import Notice
from bensync.core.runs import RunKind, RunState
from bensync.errors import DecisionError, Denied, StateError
from bensync.pipeline import events
from bensync.pipeline.intake import open_requests
from bensync.pipeline.tools import MANUAL, Place
from bensync.state.invariants import check
from bensync.state.outbox import DeliveredRow
from bensync.state.queue import FileRef
from bensync.state.sealed import check_sealed
from tests.fixtures.databases import in_file
from tests.fixtures.house import ROOT, House, house
from tests.fixtures.invariants import hold
from tests.unit.benefits.cases import FACTS, book
from tests.unit.builders import profile

RULES = IntakeRules()
TEN = [{"code": "TEN", "measure": "service_years", "reaches": 10, "event": "MSC"}]
BOOK = book(passive=TEN)
SINCE = DatedRow("job", date(2024, 2, 1), {"grade": "A"})
MOVED = DatedRow("job", date(2024, 2, 1), {"grade": "B"})


class Channel:
    """Keeps the notices that it was given."""

    def __init__(self):
        self.sent: list[Notice] = []

    def send(self, notice):
        self.sent.append(notice)

    def check(self):
        return ()


@dataclass
class Site:
    """One employer with a rulebook."""

    house: House
    channel: Channel
    book: object = BOOK

    @property
    def place(self):
        channels = {"mail": self.channel}
        return Place(site="acme", site_id="ACME", store=self.house.store, rules=RULES, channels=channels)

    def clock(self):
        return self.house.now

    def hired(self, number=1, *, rows=(SINCE,), **facts) -> Participant:
        """Somebody approved, whose hire waits."""
        return self.house.approved(profile(number, rows=rows, grade="A", **{**FACTS, **facts}))

    def run(self, mode=Mode.ALL, witness=lambda _: None, **how):
        order = pipeline.EventsOrder(MANUAL, "kim", mode, **how)
        return pipeline.work_off_events(self.place, self.book, order, self.clock, witness)

    def covered(self, number=1, **facts) -> Participant:
        """Somebody with medical and dental coverage from their hire on."""
        who = self.hired(number, **facts)
        self.run()
        chosen = [Choice("medical", "MED", "EE"), Choice("dental", "DEN", "EE")]
        self.change(who, "event.elect", partial(enter, number=1, choices=chosen, on=self.house.now.date()))
        self.run()
        return who

    def change(self, who, verb, alter, actor=ROOT):
        return casework.change(
            self.house.store, "acme", who.id, verb, alter, self.book, actor, now=self.house.now, reason="asked to"
        )

    def ask(self, number=1, *, rows=(SINCE,), **changes) -> int:
        """What HR says now, as the row of a file; returns the request that it opened."""
        person = profile(number, rows=rows, grade="A", **{**FACTS, **changes})
        with self.house.store.work("acme", "test.ask") as work:
            key = work.vault.index(person.values["ssn"])
            row = DeliveredRow(1, key, b"fingerprint", person)
            open_requests(work, FileRef(), [[row]], self.house.now.date(), RULES, self.house.now)
            return max(work.queue.pending_ids())

    def approve(self, number, *, confirmed=True, voiding=False):
        how = {"confirmed": confirmed, "voiding": voiding, "book": self.book}
        (made,) = approvals.approve(self.house.store, "acme", [number], ROOT, self.house.now, RULES, **how)
        return made

    def case(self, who):
        with self.house.store.look("acme") as work:
            return work.cases.load([who.id])[who.id]

    def look(self, read):
        with self.house.store.look("acme") as work:
            return read(work)

    def stands(self, who):
        return [(str(one.process), str(one.status)) for one in self.case(who).events]


@pytest.fixture
def here(database):
    with house(database) as found:
        yield Site(found, Channel())


@pytest.fixture
def alone(tmp_path):
    """The same, on SQLite alone."""
    with house(in_file(tmp_path)) as found:
        yield Site(found, Channel())


# From an approval to coverage


def test_A_69_A_70_an_approved_termination_ends_coverage_and_opens_cobra(here):
    who = here.covered()
    assert here.case(who).participant.program == "FULL"

    number = here.ask(active=False, since="2026-06-01")
    assert here.approve(number).done
    report = here.run()

    case = here.case(who)
    assert [(one.request_id, one.final) for one in case.activities][-1] == (number, True)
    assert here.stands(who)[-1] == ("FE", "CLOSED")
    assert {row.plan_type for row in case.enrollments if row.coverage == "TERM"} == {"medical", "dental"}
    assert [(one.event, one.occurrence_date) for one in case.cobra] == [(2, date(2026, 7, 1))]
    assert case.participant.program == "NOB"
    assert report.carriers == ("bright", "north")
    assert (report.counts["finished"], report.counts["cobra"], report.counts["process.FE"]) == (1, 1, 2)
    hold(here.house.store, "acme")


def test_S0_25_carriers_whose_members_were_touched_are_told_in_one_notice_without_names(here):
    here.covered()

    (notice,) = [one for one in here.channel.sent if "Carriers" in one.body]
    assert "Brightsmile Dental" in notice.body
    assert "Northstar Health" in notice.body
    assert "Robin" not in notice.body + notice.subject


def test_a_run_is_recorded_with_its_totals_and_its_remarks(here):
    who = here.covered()
    here.approve(here.ask(fte="0.1"))
    report = here.run()

    summary = here.look(lambda work: work.events.summary())
    assert (summary.run_id, summary.state, summary.actor) == (report.run_id, RunState.SUCCEEDED, "kim")
    assert summary.counts == report.counts
    assert summary.remarks == report.remarks
    assert summary.remarks["loss_of_all"] == 1
    (line,) = here.look(lambda work: work.events.remarks(report.run_id, "loss_of_all")).items
    assert (line.who.participant_id, line.event) == (who.id, 2)
    assert [one.number for one in here.look(lambda work: work.events.terminations()).items] == [2]
    assert here.look(lambda work: work.views.run(report.run_id)).kind is RunKind.EVENTS
    assert here.look(lambda work: work.views.status()).last_update is None, "HR was not read"


def test_S3_75_a_run_may_schedule_alone_or_process_alone(here):
    who = here.hired()

    here.run(Mode.PROCESS)
    assert here.stands(who) == []
    here.run(Mode.SCHEDULE)
    assert here.stands(who) == [("AS", "OPEN")]
    here.run(Mode.PROCESS)
    assert here.stands(who) == [("PR", "OPEN")]


def test_S3_82_a_run_of_some_employees_leaves_all_others(here):
    first, second = here.hired(1), here.hired(2)

    report = here.run(only=(second.id,))

    assert (here.stands(first), here.stands(second)) == ([], [("PR", "OPEN")])
    assert report.counts["people"] == 1
    assert "whole" not in report.counts


def test_A_73_a_report_says_the_same_as_the_run_and_changes_nothing(here):
    who = here.covered()
    here.approve(here.ask(active=False, since="2026-06-01"))
    before = here.case(who)
    seen = []

    told = here.run(report_only=True, witness=seen.append)
    assert here.case(who) == before
    assert told.run_id == 0
    done = here.run()
    assert told.remarks == done.remarks
    assert {name: done.counts[name] for name in told.counts} == told.counts
    assert [outcome.case.events for outcome in seen] == [here.case(who).events]


def test_S3_78_a_run_that_was_ended_early_goes_on_where_it_stopped(here, monkeypatch):
    monkeypatch.setattr(events, "PAGE", 2)
    people = [here.hired(number) for number in range(1, 7)]
    seen = []

    def witness(outcome):
        seen.append(outcome.case.participant.id)
        if len(seen) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        here.run(witness=witness)
    done = [bool(here.stands(who)) for who in people]
    assert done == [True] * 4 + [False] * 2

    report = here.run()
    assert report.counts["people"] == 2
    assert report.counts["resumed_after"] == people[3].id
    assert all(here.stands(who) == [("PR", "OPEN")] for who in people)
    assert "resumed_after" not in here.run().counts
    hold(here.house.store, "acme")


def test_a_run_on_another_day_begins_with_the_first_again(alone, monkeypatch):
    monkeypatch.setattr(events, "PAGE", 1)
    alone.hired(1), alone.hired(2)
    with pytest.raises(KeyboardInterrupt):
        alone.run(witness=lambda _: (_ for _ in ()).throw(KeyboardInterrupt))

    alone.house.pass_time(days=1)
    assert alone.run().counts["people"] == 2


def test_a_run_that_fails_is_recorded_and_alerted_and_the_next_one_calms(alone):
    alone.hired()

    def witness(_):
        raise StateError("The disk is gone", "test", "test")

    with pytest.raises(StateError):
        alone.run(witness=witness)
    summary = alone.look(lambda work: work.events.summary())
    assert (summary.state, summary.error["what"]) == (RunState.FAILED, "The disk is gone")
    assert [one.name for one in alone.look(lambda work: work.alerts.open())] == ["state_failed:events"]

    alone.run()
    assert alone.look(lambda work: work.alerts.open()) == []


def test_a_bug_with_one_participant_keeps_nobody_else_waiting(alone, monkeypatch):
    first, second = alone.hired(1), alone.hired(2)

    def work_off(case, *rest):
        if case.participant.id == first.id:
            raise ZeroDivisionError
        return original(case, *rest)

    original = events.work_off
    monkeypatch.setattr(events, "work_off", work_off)
    report = alone.run()

    assert (alone.stands(first), alone.stands(second)) == ([], [("PR", "OPEN")])
    assert report.counts["failed"] == 1
    assert report.remarks == {"not_worked_off": 1}
    assert "1 person could not be worked off" in alone.channel.sent[-1].body


def test_a_run_is_wanted_once_a_day_and_whenever_somebody_changed_something(alone):
    def due():
        return alone.look(lambda work: work.event_runs.due(alone.house.now.date()))

    assert due()
    alone.run()
    assert not due()
    who = alone.hired()
    assert due()
    alone.house.pass_time(minutes=1)
    alone.run(only=(who.id,))
    assert due(), "a run of some is none of all"
    alone.run()
    assert not due()
    alone.house.pass_time(days=1)
    assert due()


# Corrections of rows that events rest on


def test_a_request_that_corrects_a_row_of_a_finished_event_is_of_high_risk(here):
    who = here.covered()
    number = here.ask(rows=(MOVED,))

    request = here.look(lambda work: work.queue.get([number]))[number]
    assert request.risk is Risk.HIGH
    assert WarningCode.TOUCHES_EVENT in request.warnings
    refused = here.approve(number, confirmed=False)
    assert "confirm" in refused.error.mend
    assert here.approve(number).done
    here.run()
    assert Flag.ELIG_JOB in here.case(who).event(1).flags


def test_an_event_that_went_on_while_a_request_waited_makes_it_one_to_confirm(here):
    who = here.hired()
    here.run()
    number = here.ask(rows=(MOVED,))
    assert here.look(lambda work: work.queue.get([number]))[number].risk is Risk.LOW, "at PR nothing is decided"
    here.change(who, "event.elect", partial(enter, number=1, choices=[Choice("medical")], on=here.house.now.date()))

    refused = here.approve(number, confirmed=False)
    assert "worked off" in refused.error.why
    assert here.approve(number).done


def test_A_76_a_request_that_waits_keeps_its_event_from_being_finished(here):
    who = here.hired()
    here.run()
    here.ask(rows=(MOVED,))
    here.change(who, "event.final", partial(coordination.mark_final, number=1))

    report = here.run()
    assert report.remarks["pending_correction"] == 1
    assert here.stands(who) == [("PR", "OPEN")]


def test_A_76_an_event_goes_on_once_the_correction_is_decided(here):
    who = here.hired()
    here.run(Mode.SCHEDULE)
    number = here.ask(rows=(MOVED,))
    here.run()
    assert here.stands(who) == [("AS", "OPEN")]

    assert here.approve(number).done
    here.run()
    assert here.stands(who)[0] == ("PR", "OPEN")


LEFT = DatedRow("status", date(2026, 6, 1), {"benetrac_status": "Inactive"})


def left_and_back(here, **how):
    """Somebody whose termination was worked off, and whose row of it HR has deleted since."""
    who = here.covered()
    here.approve(here.ask(active=False, since="2026-06-01", rows=(SINCE, LEFT)))
    here.run()
    assert here.stands(who)[-1] == ("FE", "CLOSED")
    number = here.ask()
    request = here.look(lambda work: work.queue.get([number]))[number]
    assert (str(request.kind), request.risk) == ("REACTIVATE", Risk.HIGH)
    assert WarningCode.TOUCHES_EVENT in request.warnings
    assert here.approve(number, **how).done
    here.run()
    return here.case(who)


def test_A_74_an_approval_that_voids_takes_back_what_rested_on_a_deleted_row(here):
    case = left_and_back(here, voiding=True)

    assert (str(case.participant.standing), case.participant.program) == ("ACTIVE", "FULL")
    event = case.event(2)
    assert (str(event.status), str(event.process)) == ("VOID", "RE")
    assert {row.event for row in case.enrollments if not row.reversed} == {1}
    assert [str(one.state) for one in case.cobra] == ["VOID"]
    assert ("root", "event.void") in here.house.audit("acme")
    hold(here.house.store, "acme")


def test_A_74_an_approval_that_does_not_void_disconnects_the_event_and_leaves_its_coverage(here):
    case = left_and_back(here)

    event = case.event(2)
    assert (str(case.participant.standing), event.disconnected) == ("ACTIVE", True)
    assert {row.event for row in case.enrollments if not row.reversed} == {1, 2}
    with pytest.raises(DecisionError):
        here.change(case.participant, "x", partial(coordination.mark, number=2, indicator=Indicator.ASSIGN))
    here.change(case.participant, "event.void", partial(coordination.mark, number=2, indicator=Indicator.VOID))
    here.run()
    assert {row.event for row in here.case(case.participant).enrollments if not row.reversed} == {1}


# By hand


def test_A_72_a_held_activity_waits_until_it_is_released(here):
    who = here.hired()
    here.change(who, "activity.hold", partial(activities.hold, number=1))
    here.run()
    assert here.stands(who) == []
    assert here.look(lambda work: work.events.tally()).held == 1

    here.change(who, "activity.release", partial(activities.release, number=1))
    here.run()
    assert here.stands(who) == [("PR", "OPEN")]
    assert here.house.audit("acme")[-1] == ("root", "activity.release")


def test_voiding_an_event_reverses_its_coverage_and_its_cobra_record(here):
    who = here.covered()
    here.approve(here.ask(active=False, since="2026-06-01"))
    here.run()
    here.change(who, "event.void", partial(coordination.mark, number=2, indicator=Indicator.VOID))
    report = here.run()

    case = here.case(who)
    assert (report.counts["reversed"], report.counts["cobra_void"]) == (2, 1)
    assert {row.event for row in case.enrollments if not row.reversed} == {1}
    assert [str(one.state) for one in case.cobra] == ["VOID"]
    assert case.participant.program == "FULL"
    assert case.event(2).status is EventStatus.VOID
    assert here.look(lambda work: work.events.cobra()).total == 0
    assert here.look(lambda work: work.events.cobra(open_only=False)).total == 1
    broken = [one for one in here.look(lambda work: work.events.board()) if not one.ok]
    assert [one.subject for one in broken] == ["nobody is terminated with open coverage"]


def test_a_preview_says_what_a_hand_would_do_and_saves_nothing(here):
    who = here.covered()
    before = here.case(who)

    found = casework.preview(
        here.house.store, "acme", who.id, partial(coordination.void, number=1), BOOK, ROOT, now=here.house.now
    )

    assert len(found.reversed) == 2
    assert here.case(who) == before


def test_what_the_engine_refuses_leaves_no_trace(here):
    who = here.hired()
    before = here.house.audit("acme")
    for alter in (partial(activities.release, number=1), partial(coordination.mark_final, number=9)):
        with pytest.raises(DecisionError):
            here.change(who, "x", alter)
    with pytest.raises(DecisionError):
        casework.change(here.house.store, "acme", 99, "x", lambda case: case, BOOK, ROOT, now=here.house.now)
    assert here.house.audit("acme") == before


def test_nobody_works_on_events_without_the_right_to(here):
    who = here.hired()
    reader = acting("lee", [Grant("acme", Role.AUDITOR, extras=frozenset({Right.SEE_PEOPLE}))], "acme")
    owner = acting("kim", [Grant("acme", Role.DATA_OWNER)], "acme")

    with pytest.raises(Denied):
        here.change(who, "activity.hold", partial(activities.hold, number=1), reader)
    assert here.house.audit("acme")[-1] == ("lee", "events.refused")
    here.change(who, "activity.hold", partial(activities.hold, number=1), owner)
    assert here.case(who).activities[0].state is ActivityState.HELD


def test_a_hand_that_corrects_a_participant_leaves_the_activities_of_the_rulebook(here):
    who = here.hired()
    store, now = here.house.store, here.house.now
    corrections.edit(store, "acme", who.id, {"postal_code": "90002", "city": "Erie"}, "call", ROOT, now, book=BOOK)
    corrections.terminate(store, "acme", who.id, date(2026, 6, 1), "left", ROOT, now, book=BOOK)
    corrections.reinstate(store, "acme", who.id, "an error", ROOT, now, book=BOOK)

    found = [(one.id, one.event_class, one.final) for one in here.case(who).activities]
    assert found == [(1, "HIR", False), (2, "ADR", False), (3, "TER", True), (4, "MSC", False)]


# Stock and time


def test_S3_14_taking_stock_gives_everybody_without_events_a_closed_one_and_their_program(here):
    people = [here.hired(1), here.hired(2, fte="0.1")]
    with here.house.store.work("acme", "test.clear") as work:
        for who in people:
            work.desk.connection.execute(text("DELETE FROM activity WHERE participant_id = :who"), {"who": who.id})

    assert pipeline.begin_events(here.place, BOOK, "kim", here.clock) == 2
    assert [here.stands(who) for who in people] == [[("FE", "CLOSED")], [("FA", "CLOSED")]]
    assert [here.case(who).participant.program for who in people] == ["FULL", "NOB"]
    assert pipeline.begin_events(here.place, BOOK, "kim", here.clock) == 0


def test_A_79_time_brings_events_about_once_and_overlaps_are_told(here):
    who = here.hired(hire_date="2016-06-02")
    here.run()
    assert [one.event_class for one in here.case(who).activities] == ["HIR"]
    here.house.pass_time(days=1)
    here.run()
    here.run()
    assert [one.event_class for one in here.case(who).activities] == ["HIR", "MSC"]

    day = here.house.now.date()
    found = pipeline.seek(here.place, BOOK, "TEN", day - timedelta(days=400), day, "kim", here.house.now)
    assert found.search.found == ()
    assert len(found.overlaps) == 2
    assert [line.found for line in here.look(lambda work: work.events.searches())] == [0, 1, 0]
    with pytest.raises(DecisionError):
        pipeline.seek(here.place, BOOK, "NONE", day, day, "kim", here.house.now)


def test_the_program_of_a_later_day_becomes_the_participants_on_that_day(here):
    who = here.covered()
    here.change(
        who, "activity.add", partial(activities.insert, event_class="TER", event_date=date(2026, 6, 5), book=BOOK)
    )
    here.run()
    here.change(who, "event.final", partial(coordination.mark_final, number=2))
    here.run()
    assert here.case(who).participant.program == "FULL"

    here.house.pass_time(days=5)
    here.run()
    assert here.case(who).participant.program == "NOB"


# What the database refuses and finds


def test_coverage_rows_never_change_whoever_tries(here):
    here.covered()
    with pytest.raises(StateError), here.house.store.whole("test.cheat") as connection:
        connection.execute(text("UPDATE enrollment SET effective_date = '2020-01-01'"))


TWICE = """INSERT INTO event SELECT participant_id, 99, site, event_class, event_date, priority, source, status, process,
indicator, flags, activities, final, program, stops_short, pending, notified, entered, finished, sealed_event
FROM event WHERE status = 'OPEN'"""


def test_nobody_has_two_events_in_process_whoever_tries(here):
    here.hired()
    here.run()
    with pytest.raises(StateError), here.house.store.whole("test.cheat") as connection:
        connection.execute(text(TWICE))


DAMAGE = {
    "nobody is terminated with open coverage": "UPDATE participant SET standing = 'TERMINATED', program = 'NOB'",
    "a change leaves neither overlap nor gap": (
        "INSERT INTO enrollment SELECT participant_id, 99, site, event, plan_type, plan, option, 'CHANGE', 'TERM', "
        "effective_date, deduction_begin, reversed, sealed_enrollment FROM enrollment WHERE number = 1"
    ),
    "no COBRA record is without its event": (
        "INSERT INTO cobra VALUES (1, 7, 'acme', '2026-06-01', 'X', '2026-06-01', '2026-12-01', 'OPEN', '[]', 0)"
    ),
    "coverage rests on events that are final": "UPDATE event SET process = 'PR'",
    "activities that were worked off have an event": "UPDATE event SET activities = '[]'",
    "every approved change can be traced": "UPDATE request SET kind = 'TERMINATE'; DELETE FROM activity",
}


@pytest.mark.parametrize("subject", DAMAGE)
def test_a_broken_standing_invariant_is_found(here, subject):
    here.covered()
    assert all(one.ok for one in here.look(lambda work: work.events.board()))

    with here.house.store.whole("test.damage") as connection:
        for statement in DAMAGE[subject].split(";"):
            connection.execute(text(statement))

    assert subject in [one.subject for one in here.look(lambda work: list(check(work))) if not one.ok]
    assert subject in [one.subject for one in here.look(lambda work: work.events.board()) if not one.ok]


def test_an_event_that_was_moved_to_another_participant_does_not_open(here):
    here.covered(1)
    here.hired(2)
    assert all(one.ok for one in here.look(lambda work: list(check_sealed(work))))
    with here.house.store.whole("test.cheat") as connection:
        connection.execute(text("UPDATE event SET participant_id = 2"))

    broken = [one for one in here.look(lambda work: list(check_sealed(work))) if not one.ok]
    assert [one.subject for one in broken] == ["every sealed value opens, and is the person's"]


def test_another_ssn_leaves_events_and_coverage_as_they_were(here):
    who = here.covered()
    before = here.case(who)
    corrections.edit(
        here.house.store, "acme", who.id, {"ssn": "123459999"}, "a letter", ROOT, here.house.now, book=BOOK
    )

    after = here.case(who)
    assert after.participant.key != before.participant.key
    assert (after.events, after.enrollments) == (before.events, before.enrollments)


# Lists


def test_lists_show_page_by_page_whom_and_what(here):
    people = [here.covered(number) for number in (1, 2, 3)]
    here.approve(here.ask(2, active=False, since="2026-06-01"))

    page = here.look(lambda work: work.events.events(number=2, size=2))
    assert (page.total, page.pages, len(page.items)) == (3, 2, 1)
    assert page.items[0].who.name == "Robin Example"
    waiting = here.look(lambda work: work.events.activities(ActivityState.WAITING))
    assert [(one.who.participant_id, one.activity.event_class) for one in waiting.items] == [(people[1].id, "TER")]
    here.run()
    lines = here.look(lambda work: work.events.coverage(plan="DEN"))
    assert sorted({line.who.participant_id for line in lines.items}) == [one.id for one in people]
    assert here.look(lambda work: work.events.event(people[1].id, 2)).process is Process.FE
    assert here.look(lambda work: work.events.event(people[1].id, 9)) is None
    assert [one.program for one in here.look(lambda work: work.events.assignments(people[1].id))] == ["FULL", "NOB"]
    assert here.look(lambda work: work.events.tally()).cobra == 1


def test_another_site_sees_nothing_of_all_that(here):
    who = here.covered()
    with here.house.store.look("beta") as work:
        assert work.cases.load([who.id]) == {}
        assert work.cases.waiting(0, 9) == []
        assert (work.events.events().total, work.events.coverage().total, work.events.summary()) == (0, 0, None)
        assert work.events.events_of(who.id) == ()
