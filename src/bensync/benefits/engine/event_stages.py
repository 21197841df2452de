"""advance(): takes one event in process as far as it gets today, status by status (model 2.3). Chooses no event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from bensync.benefits.engine.elections import judge
from bensync.benefits.engine.event_order import overtakes
from bensync.benefits.engine.postings import enter_program, post, reverse
from bensync.benefits.engine.preparation import prepare
from bensync.benefits.engine.scheduling import assigned, facts_of
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.cases import Case
from bensync.benefits.values.events import BEGUN, FINISHED, Event, EventStatus, Flag, Indicator, Process, flagged
from bensync.benefits.values.offers import DIFFERENCES, Elections, Prepared, differences


class RunContext(msgspec.Struct, frozen=True):
    """The input of a run besides the case: the rulebook, today, and whether to record eligibility findings."""

    book: Rulebook
    today: date
    record: bool = False


def advance(case: Case, number: int, day: RunContext) -> Case:
    """Take an event as far as it gets today: carry out its indicator, then go on until it ends or waits."""
    started = _indicated(case, case.event(number), day)
    event = started.event(number)
    # What this run prepares is of today already.
    if event.status is EventStatus.OPEN and event.prepared is not None and _ends_today(event, event.prepared, day):
        started = _prepared_anew(started, event, event.prepared, day)
        if started.event(number).process is not event.process:
            return started
    return _go_on(started, number, day)


def _go_on(case: Case, number: int, day: RunContext) -> Case:
    """Go on step by step until a step changes nothing; every other step leads to a later status, so there are few."""
    event = case.event(number)
    if event.status is not EventStatus.OPEN:
        return case
    after = _STEPS[event.process](case, event, day)
    return after if after.event(number) == event else _go_on(after, number, day)


def _ends_today(event: Event, prepared: Prepared, day: RunContext) -> bool:
    """Return whether this run judges the event, instead of waiting for a person."""
    if event.process in (Process.ET, Process.EE):
        return True
    return event.process in BEGUN and (event.final or _alone(event, prepared, day))


def _prepared_anew(case: Case, event: Event, statement: Prepared, day: RunContext) -> Case:
    """Prepare an event again by today's data and rules, and say what differs from the statement (S3-174).

    An event that cannot be prepared any more goes to EE with its elections, and to PE without any.
    """
    # A last day may move with the day of the run; everything else follows from what the basis names.
    if statement.basis == _basis(case, event, day.book) and not statement.endings:
        return case
    day_facts = facts_of(case, event, day.book)
    prepared = _with_basis(prepare(case, event, day_facts, day.book, day.today), case, event, day.book)
    if prepared.faults and event.choices:
        return case.put(replace(event, process=Process.EE, messages=prepared.faults))
    if prepared.faults:
        return case.put(replace(event, process=Process.PE, prepared=prepared, used=day_facts.rows))
    # A run that comes to no end leaves a newer offer; what differed from the statement is still said.
    before = (remark for remark in statement.remarks if remark.code in DIFFERENCES)
    differing = dict.fromkeys((*before, *differences(statement, prepared, event.number)))
    anew = replace(prepared, remarks=(*prepared.remarks, *differing))
    return case.put(replace(event, prepared=anew, used=day_facts.rows))


def _with_basis(prepared: Prepared, case: Case, event: Event, book: Rulebook) -> Prepared:
    return replace(prepared, basis=_basis(case, event, book))


def _basis(case: Case, event: Event, book: Rulebook) -> bytes:
    """Return 16 bytes that stay the same while preparing the event again would give the same offers."""
    # Every change of a participant counts up their version. Coverage and dependents are only appended, and coverage
    # is reversed.
    counting = [row.number for row in case.enrollments if not row.reversed]
    about = (case.participant.version, str(case.participant.standing), counting, len(case.dependents))
    named = (event.event_class, event.event_date, event.program)
    return blake2b(msgspec.msgpack.encode((book.digest, about, named)), digest_size=16).digest()


def _indicated(case: Case, event: Event, day: RunContext) -> Case:
    """Back out the work of later stages, and stand where the indicator says (S3-185 to S3-191)."""
    indicator = event.indicator
    if indicator in (Indicator.NORMAL, Indicator.VOID):
        return case
    # Before anything is prepared again: the coverage of this event would count as the present one.
    case = reverse(case, event.number)
    back = replace(event, indicator=Indicator.NORMAL, messages=(), finished=None)
    if indicator is Indicator.RE_ENTER:
        # Closed, because it waits for a person and must not keep other events from being processed.
        return case.put(replace(back, process=Process.RE, status=EventStatus.CLOSED))
    if indicator is Indicator.ELECT:
        # A final mark had loaded defaults; judging the elections anew must not lose them.
        return case.put(replace(back, process=Process.ET, final=event.final or event.forced))
    blank = replace(back, choices=(), forced=False, notified=None, entered=None)
    if indicator is Indicator.PREPARE:
        return _prepared(case, blank, day)
    return case.put(assigned(case, replace(blank, prepared=None), day.book))


def _assigned(case: Case, event: Event, day: RunContext) -> Case:
    """AE: look for the program again (S3-36)."""
    return case.put(assigned(case, event, day.book))


def _prepared(case: Case, event: Event, day: RunContext) -> Case:
    """AN, AS, PE: to PR, or to its end where nothing can come of it, or to PE (S3-37, S3-43 to S3-46)."""
    day_facts = facts_of(case, event, day.book)
    prepared = _with_basis(prepare(case, event, day_facts, day.book, day.today), case, event, day.book)
    event = replace(event, prepared=prepared, used=day_facts.rows)
    if prepared.faults:
        return case.put(replace(event, process=Process.PE))
    if overtakes(case, event):
        event = flagged(event, Flag.OUT_OF_SEQUENCE)
    if not prepared.idle:
        return case.put(replace(event, process=Process.PR))
    # Nothing comes of it, but a program that was found counts from this event on.
    process = Process.FP if event.program else Process.FA
    return enter_program(case, event).put(_ended(event, process, day))


def _waiting(case: Case, event: Event, day: RunContext) -> Case:
    """PR, NT: only a final mark moves it, or an automatic class where nobody has to choose."""
    if not (event.final or _alone(event, event.prepared or Prepared(), day)):
        return case
    return _finished(case, event, day, {})


def _alone(event: Event, prepared: Prepared, day: RunContext) -> bool:
    """Return whether an event ends without a person: its class is automatic, and nobody has to choose."""
    automatic = day.book.events[event.event_class].automatic and not prepared.needs_person
    return automatic and event.process in (Process.PR, Process.NT)


def _elected(case: Case, event: Event, day: RunContext) -> Case:
    """ET, EE: to FE where every election is valid, or by a final mark; else to EE, and nothing is posted (S3-52)."""
    valid, messages = judge(case, event, day.book)
    event = replace(event, messages=messages)
    if messages and not event.final:
        return case.put(replace(event, process=Process.EE))
    return _finished(case, event, day, valid)


def _kept(case: Case, event: Event, day: RunContext) -> Case:
    """RE: a final mark judges the elections that were kept; otherwise it waits for others."""
    return _elected(case, event, day) if event.final else case


def _closed(case: Case, event: Event, _day: RunContext) -> Case:
    """FA, FP, FE: opened manually, and nothing was asked of it; it must not keep the others waiting."""
    return case.put(replace(event, status=EventStatus.CLOSED))


def _finished(case: Case, event: Event, day: RunContext, elections: Elections) -> Case:
    """FE: post, and leave the queue (S3-56, S3-57)."""
    defaults = event.final or event.forced
    case = post(case.put(event), event, elections, day.book, defaults=defaults)
    event = case.event(event.number)
    return case.put(replace(_ended(event, Process.FE, day), forced=defaults))


def _ended(event: Event, process: Process, day: RunContext) -> Event:
    return replace(event, process=process, status=EventStatus.CLOSED, final=False, finished=day.today)


_STEPS: Mapping[Process, Callable[[Case, Event, RunContext], Case]] = {
    Process.AE: _assigned,
    Process.AN: _prepared,
    Process.AS: _prepared,
    Process.PE: _prepared,
    Process.PR: _waiting,
    Process.NT: _waiting,
    Process.ET: _elected,
    Process.EE: _elected,
    Process.RE: _kept,
    **dict.fromkeys(FINISHED, _closed),
}
"""The step of an event in process, by its process status."""
