"""What a finished event writes down: coverage rows that stop, change and add, in this order, and their reversal.

Rows are only ever appended. Where nothing differs nothing is posted, and a reversed row stays to be seen.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TypeVar

import msgspec

from bensync.benefits.engine.eligibility_facts import facts
from bensync.benefits.plan_types.credits import credit_statement
from bensync.benefits.rulebook.pricing import PriceBasis, Unpriced
from bensync.benefits.rulebook.pricing import terms as priced
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values import cobra
from bensync.benefits.values.calendar import plus
from bensync.benefits.values.cases import Case
from bensync.benefits.values.enrollments import (
    NO_PROGRAM,
    Allocation,
    Assignment,
    Coverage,
    Enrollment,
    PostingStep,
    Terms,
    coverage_on,
    covered_since,
    last_row,
    later_coverages,
    program_on,
    rows_of,
)
from bensync.benefits.values.events import Event
from bensync.benefits.values.offers import Elections, Ending, Offer, Option, Prepared, Remark, Update
from bensync.errors import DecisionError

R = TypeVar("R", Enrollment, Assignment)

MANUAL = 0
"""Stands for the event of a row that no event posted."""


def post(case: Case, event: Event, elections: Elections, book: Rulebook, *, defaults: bool) -> Case:
    """Return the case with the rows of a final event, its program and its COBRA record.

    A loss that falls under a record in effect opens none, and the event says so in its messages (S2-23).

    Args:
        case: the participant.
        event: the event; it is prepared.
        elections: the valid choices.
        book: the employer's rulebook.
        defaults: whether to load defaults where nobody chose (a final mark); otherwise only those of ``auto_add``.
    """
    prepared = event.prepared or Prepared()
    poster = _Poster(case, event)
    wanted = {offer.plan_type: _wanted(offer, elections, defaults=defaults) for offer in prepared.offers}
    gone = {ending.plan_type for ending in prepared.endings}
    for ending in prepared.endings:
        poster.stop(ending, wanted.get(ending.plan_type))
    for offer in prepared.offers:
        if offer.plan_type in elections and wanted[offer.plan_type] is None and offer.plan_type not in gone:
            poster.waive(offer)
    for update in prepared.updates:
        replaced = _replaced_from(update, prepared, elections)
        if replaced is None:
            poster.change(update.plan_type, update.new, update.begin, update.deduction_begin)
        poster.lose(update, replaced or update.begin)
    if book.credits and event.program:
        event = _assign_credits(poster, event, wanted, book)
    # Judged after the stops and before the first add: a plan type whose coverage has just ended is added, not changed.
    takes = [(kind, option, poster.covered(kind, option)) for kind, option in wanted.items() if option is not None]
    for kind, option in (take[:2] for take in takes if take[2]):
        poster.change(kind, option.terms, option.begin, option.deduction_begin)
    for kind, option in (take[:2] for take in takes if not take[2]):
        poster.add(kind, option)
    return _with_cobra(enter_program(poster.case, event), event, poster.losses, book)


def _assign_credits(poster: _Poster, event: Event, wanted: dict[str, Option | None], book: Rulebook) -> Event:
    """Assign the excess credits of a person to the coverage of their target plan (S3-175).

    Args:
        poster: has posted what ends and what just follows.
        event: the event.
        wanted: what is elected or loaded, by plan type; the options receive their credits here.
        book: the employer's rulebook.

    Returns:
        The event, with a message if no coverage receives the credits.
    """
    rows = poster.case.enrollments
    last = {kind: rows_of(rows, kind)[-1] for kind in dict.fromkeys(row.plan_type for row in rows if not row.reversed)}
    held = {kind: row.terms for kind, row in last.items() if row.coverage is Coverage.ELECT}
    after = {**held, **{kind: option.terms for kind, option in wanted.items() if option is not None}}
    employment = book.events[event.event_class].employment
    day_facts = facts(poster.case.participant, event.event_date, book, employment)
    statement = credit_statement(after.values(), day_facts, book)
    excess = statement.left if statement.left > 0 else None
    for kind, terms in after.items():
        credit = excess if terms.plan == statement.target else None
        option = wanted.get(kind)
        credited = msgspec.structs.replace(terms, credit=credit)
        if option is not None:
            wanted[kind] = msgspec.structs.replace(option, terms=credited)
        elif terms.credit != credit:
            poster.change(kind, credited, event.event_date, event.event_date)
    if excess is None or not statement.target or any(terms.plan == statement.target for terms in after.values()):
        return event
    remark = Remark("credits_not_assigned", event.number, plan=statement.target)
    event = msgspec.structs.replace(event, messages=(*event.messages, remark))
    poster.case = poster.case.put(event)
    return event


def _replaced_from(update: Update, prepared: Prepared, elections: Elections) -> date | None:
    """Return the day from which an election replaces an update; None if the update is posted.

    Dependents who leave before the election begins leave on their own day.
    """
    if update.plan_type not in elections:
        return None
    elected = elections[update.plan_type]
    waives = (offer.waive_begin for offer in prepared.offers if offer.plan_type == update.plan_type)
    begin = (elected.begin if elected is not None else next(waives, None)) or update.begin
    return None if update.removals and update.begin < begin else begin


def _wanted(offer: Offer, elections: Elections, *, defaults: bool) -> Option | None:
    """Return the option that a plan type gets: the elected one, otherwise the default; None leaves or waives."""
    if offer.plan_type in elections:
        return elections[offer.plan_type]
    if not (defaults or offer.auto_add):
        return None
    # The default also names the dependents whom it covers, and the option as it was offered does not.
    loaded = (option for option in offer.options if offer.is_default(option))
    return next((msgspec.structs.replace(option, terms=offer.default) for option in loaded), None)


def enter_program(case: Case, event: Event) -> Case:
    """Return the case with the program that an event found, if it is another one."""
    program = event.program or NO_PROGRAM
    if program_on(case.assignments, event.event_date) == program:
        return case
    row = Assignment(event.number, program, event.event_date)
    return msgspec.structs.replace(case, assignments=(*case.assignments, row))


def _with_cobra(case: Case, event: Event, losses: list[cobra.Loss], book: Rulebook) -> Case:
    """Return the case with the COBRA record of an event, if its losses open one (model K17)."""
    meaning = book.meaning(event.action, event.reason, event.event_date)
    action = (meaning.cobra if meaning is not None else "") or book.events[event.event_class].cobra
    # The record of an earlier processing of this event gives way: it must not count as one in effect.
    others = tuple(record for record in case.cobra if record.event != event.number)
    under = {record.event for record in others for loss in losses if cobra.in_effect(record, loss)}
    if under:
        remarks = (Remark("cobra_in_effect", event.number, detail=str(number)) for number in sorted(under))
        case = case.put(msgspec.structs.replace(event, messages=(*event.messages, *remarks)))
    record = cobra.open_record(others, event.number, event.event_date, action, losses, book.cobra)
    return case if record is None else msgspec.structs.replace(case, cobra=(*others, record))


def reverse(case: Case, number: int) -> Case:
    """Return the case with the postings of an event reversed and its COBRA record void (model K13, L13)."""
    return msgspec.structs.replace(
        case,
        enrollments=tuple(_reversed(row, number) for row in case.enrollments),
        assignments=tuple(_reversed(row, number) for row in case.assignments),
        cobra=cobra.void(case.cobra, number),
    )


def _reversed(row: R, number: int) -> R:
    return msgspec.structs.replace(row, reversed=True) if row.event == number else row


def override_salary(case: Case, plan_type: str, salary: Decimal, on: date, book: Rulebook) -> Case:
    """Set the coverage salary of a coverage manually; changes of salary leave it alone from then on (S2-11).

    Raises:
        DecisionError: no such coverage is in force, its plan is not in the rulebook, or the plan has no price.
    """
    what = f"The salary of the {plan_type} coverage was not set."
    return _repriced(case, plan_type, on, book, what, salary)


def receive_proof(case: Case, plan_type: str, on: date, book: Rulebook) -> Case:
    """Put the whole elected sum of a coverage in force, because its proof was received (S3-164).

    Raises:
        DecisionError: no such coverage is in force or waits for proof, or its plan is gone or has no price.
    """
    what = f"The proof for the {plan_type} coverage was not recorded."
    row = coverage_on(case.enrollments, plan_type, on)
    if row is not None and row.terms.elected is None:
        raise DecisionError(what, "No proof is awaited: what was elected is in force.", "Look at the coverages first.")
    return _repriced(case, plan_type, on, book, what, row.salary_override if row is not None else None)


def _repriced(case: Case, plan_type: str, on: date, book: Rulebook, what: str, salary: Decimal | None) -> Case:
    """Return the case with a coverage at the prices of a day, without a limit of what is granted."""
    row = coverage_on(case.enrollments, plan_type, on)
    plan = book.plan.get(row.terms.plan) if row is not None else None
    option = plan.option(row.terms.option) if plan is not None and row is not None else None
    if row is None or plan is None or option is None:
        why = "No such coverage is in force on that day, or its plan is not in the rulebook."
        raise DecisionError(what, why, "Look at the coverages first.")
    basis = PriceBasis(case.participant, facts(case.participant, on, book), book)
    figures = priced(plan, option, basis, on, salary=salary)
    if isinstance(figures, Unpriced):
        why = f"Its plan has no price ({figures.code}: {figures.detail})."
        raise DecisionError(what, why, "Fix the rate table, or the data in HR.")
    figures = _inherited(figures, row.terms)
    figures = msgspec.structs.replace(figures, dependents=row.terms.dependents, beneficiaries=row.terms.beneficiaries)
    poster = _Poster(case, None)
    poster.append(plan_type, PostingStep.CHANGE, Coverage.TERM, row.terms, on)
    poster.append(plan_type, PostingStep.CHANGE, Coverage.ELECT, figures, on, override=salary)
    return poster.case


def set_beneficiaries(case: Case, row: Enrollment, shares: tuple[Allocation, ...], on: date) -> Case:
    """Return the case with other beneficiaries of a coverage from a day on; equal ones post nothing."""
    if row.terms.beneficiaries == shares:
        return case
    poster = _Poster(case, None)
    new = msgspec.structs.replace(row.terms, beneficiaries=shares)
    poster.append(row.plan_type, PostingStep.CHANGE, Coverage.TERM, row.terms, on)
    poster.append(row.plan_type, PostingStep.CHANGE, Coverage.ELECT, new, on, override=row.salary_override)
    return poster.case


def reach_step(case: Case, number: int, step: cobra.Milestone, on: date, today: date) -> Case:
    """Write down that a step of the COBRA record of an event was taken.

    Raises:
        DecisionError: the day lies ahead, or the event has no record that is open.
    """
    if on > today:
        raise DecisionError(
            "The step was not recorded.", "Its date is in the future.", "Record the step once it is done."
        )
    record = _open_record(case, number, f"The step was not recorded for event {number}.")
    return _with_record(case, cobra.with_step(record, step, on))


def close_record(case: Case, number: int) -> Case:
    """Close the COBRA record of an event: nothing is due any more (decision 67).

    Raises:
        DecisionError: the event has no record that is open.
    """
    return _with_record(
        case, cobra.closed(_open_record(case, number, f"The COBRA record of event {number} was not closed."))
    )


def _open_record(case: Case, number: int, what: str) -> cobra.CobraRecord:
    for record in case.cobra:
        if record.event == number and record.state is cobra.CobraState.OPEN:
            return record
    raise DecisionError(what, "The event has no open COBRA record.", "Check the number in the list of COBRA records.")


def _with_record(case: Case, record: cobra.CobraRecord) -> Case:
    records = {kept.event: kept for kept in case.cobra} | {record.event: record}
    return msgspec.structs.replace(case, cobra=tuple(records.values()))


def _inherited(new: Terms, old: Terms) -> Terms:
    """Return new terms of the same plan, with contribution, details, tax type and account inherited where none are."""
    if new.plan != old.plan:
        return new
    # Contribution and details are one election: a new amount must not meet the percentage of an earlier one.
    silent = new.contribution is None and new.details is None
    return msgspec.structs.replace(
        new,
        contribution=old.contribution if silent else new.contribution,
        details=old.details if silent else new.details,
        tax=new.tax or old.tax,
        account=new.account or old.account,
    )


class _Poster:
    """Appends the rows of one event, or manual ones; ``losses`` are coverages that ended with COBRA (S2-24)."""

    def __init__(self, case: Case, event: Event | None) -> None:
        self.case = case
        self.losses: list[cobra.Loss] = []
        self._number = event.number if event is not None else MANUAL

    def covered(self, kind: str, option: Option) -> bool:
        """Return whether a coverage is in force when an option would begin, or begins later."""
        return self._standing(kind, option.begin) is not None

    def _standing(self, kind: str, on: date) -> Enrollment | None:
        rows = self.case.enrollments
        return coverage_on(rows, kind, on) or next(iter(later_coverages(rows, kind, on)), None)

    def stop(self, ending: Ending, replaced_by: Option | None) -> None:
        """End a coverage; a coverage that takes over begins without an overlap, and without a gap nothing is lost."""
        kind, free = ending.plan_type, plus(ending.last_day, days=1)
        follows = replaced_by is not None and replaced_by.begin <= free
        if replaced_by is not None and follows:
            free = replaced_by.begin
        since = covered_since(self.case.enrollments, kind, plus(free, days=-1))
        # A COBRA loss needs coverage up to the day before: what never began cannot be lost.
        if self._end(kind, Coverage.WAIVE if ending.waives else Coverage.TERM, free):
            self.losses += [cobra.Loss(free, since)] if since is not None and ending.cobra and not follows else []

    def waive(self, offer: Offer) -> None:
        """Post a waiver, unless one is in force."""
        begin = offer.waive_begin or min(option.begin for option in offer.options)
        last = last_row(self.case.enrollments, offer.plan_type, begin)
        ended = self._end(offer.plan_type, Coverage.WAIVE, begin)
        if not ended and (last is None or last.coverage is not Coverage.WAIVE):
            self.append(offer.plan_type, PostingStep.STOP, Coverage.WAIVE, Terms("", ""), begin)

    def _end(self, kind: str, coverage: Coverage, free: date) -> bool:
        """End the coverage in force on a day and those that begin later; return whether there were any."""
        now = coverage_on(self.case.enrollments, kind, free)
        ends = [(now, free)] if now is not None else []
        ends += [(row, row.effective_date) for row in later_coverages(self.case.enrollments, kind, free)]
        for row, day in ends:
            self.append(kind, PostingStep.STOP, coverage, row.terms, day)
        return bool(ends)

    def change(self, kind: str, terms: Terms, begin: date, deduction_begin: date) -> None:
        """Stop and re-add a coverage that differs (S2-13); one that has not begun changes on its first day."""
        row = self._standing(kind, begin)
        new = _inherited(terms, row.terms) if row is not None else terms
        if row is None or row.terms == new:
            return
        first = max(begin, row.effective_date)
        # A salary that was set manually survives a change within the plan; another plan is priced anew.
        override = row.salary_override if new.plan == row.terms.plan else None
        self.append(kind, PostingStep.CHANGE, Coverage.TERM, row.terms, first)
        self.append(kind, PostingStep.CHANGE, Coverage.ELECT, new, first, max(first, deduction_begin), override)

    def lose(self, update: Update, day: date) -> None:
        """Note the losses of the dependents who leave a coverage from a day on."""
        since = covered_since(self.case.enrollments, update.plan_type, plus(day, days=-1))
        self.losses += [
            cobra.Loss(day, since, (removal.dependent,), removal.cobra, removal.months)
            for removal in update.removals
            if removal.cobra and since is not None
        ]

    def add(self, kind: str, option: Option) -> None:
        """Begin a coverage."""
        self.append(kind, PostingStep.ADD, Coverage.ELECT, option.terms, option.begin, option.deduction_begin)

    def append(
        self,
        kind: str,
        step: PostingStep,
        coverage: Coverage,
        terms: Terms,
        on: date,
        deduction_begin: date | None = None,
        override: Decimal | None = None,
    ) -> None:
        """Append one row; rows are never changed or removed."""
        number = len(self.case.enrollments) + 1
        row = Enrollment(number, self._number, kind, step, coverage, on, deduction_begin or on, terms, override)
        self.case = msgspec.structs.replace(self.case, enrollments=(*self.case.enrollments, row))
