"""Coverage as a page shows it: a line for each plan type, and COBRA records with their deadlines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from bensync.benefits.rulebook.figures import PersonFigures
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.calendar import plus
from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import CobraRecord, CobraState, Milestone, deadlines
from bensync.benefits.values.costs import CENT, CoverageFigures, Spread
from bensync.benefits.values.enrollments import Coverage, Enrollment, Terms, last_row, rows_of
from bensync.benefits.values.events import EventStatus
from bensync.wording import benefits, sync

# Days. The shortest COBRA step is the 14 days in which a plan administrator sends the election notice.
_SOON = 14


DETAILS: Mapping[str, str] = {
    "provider": "Provider ID",
    "previously_seen": "Seen by this provider before",
    "percent": "Percent of pay, instead of a contribution per year",
    "after_tax": "After-tax contribution per year",
    "after_tax_percent": "After-tax percent of pay",
    "rollover": "Continue after tax when the legal limit is reached",
    "funds": "Funds with their percentages, such as BONDS 60, STOCKS 40",
    "per_deduction": "Amount of each deduction, instead of equal parts",
    "hours_bought": "Hours to buy",
    "hours_sold": "Hours to sell",
}
"""The labels of the details of an election."""


class Cover(msgspec.Struct, frozen=True):
    """The coverage of a participant in one plan type, and its next change.

    Attributes:
        name: the plan type for people.
        plan: plan and option; empty for none.
        badge: its state in a word; ``tone`` is its color.
        when: the date of that state.
        next: the next change; empty for none.
        figures: amounts and costs, for roles that can see them.
    """

    name: str
    plan: str
    badge: str
    tone: str
    when: str
    next: str
    figures: Sequence[tuple[str, str]]


class CobraDeadline(msgspec.Struct, frozen=True):
    """One step of a COBRA record, and its state today."""

    step: Milestone
    name: str
    due: date
    done: date | None
    badge: str
    tone: str


class CobraView(msgspec.Struct, frozen=True):
    """A COBRA record with its deadlines; ``next`` is the first open step."""

    record: CobraRecord
    action: str
    open: bool
    deadlines: Sequence[CobraDeadline]
    next: CobraDeadline | None


class DeadlineCounts(msgspec.Struct, frozen=True):
    """How many COBRA deadlines were missed, and how many come within 14 days."""

    missed: int = 0
    soon: int = 0


def covers(case: Case, book: Rulebook, today: date, *, figures: bool) -> list[Cover]:
    """Return a line for each plan type that a participant has, had or will have; current coverage comes first."""
    kinds = dict.fromkeys(row.plan_type for row in case.enrollments if not row.reversed)
    derive = PersonFigures(case.participant, today, book) if figures else None
    lines = [_cover(case.enrollments, kind, book, today, derive=derive) for kind in kinds]
    # Only waived and ended coverage has no tone; sorted() keeps the order within both halves.
    return sorted(lines, key=lambda cover: cover.tone == "")


def _cover(
    rows: Sequence[Enrollment], kind: str, book: Rulebook, today: date, *, derive: PersonFigures | None
) -> Cover:
    now, after = last_row(rows, kind, today), _ahead(rows, kind, today)
    row = now or after[0]
    badge, tone = _BADGES[row.coverage] if now is not None else ("Starts", "info")
    held = row.coverage is Coverage.ELECT
    terms = row.terms
    derived = (
        derive.of(kind, terms, max(row.effective_date, today), row.deduction_begin)
        if held and derive is not None
        else None
    )
    named = [benefits.plan(book, terms.plan), benefits.option(book, terms.plan, terms.option)]
    return Cover(
        name=benefits.plan_type(kind),
        plan=", ".join(part for part in named if part) if terms.plan else "",
        badge=badge,
        tone=tone,
        when=_when(row, today),
        next=_next(after if now is not None else after[1:], book, held=held),
        figures=figures_of(terms, row.salary_override, derived) if derived is not None else (),
    )


def _when(row: Enrollment, today: date) -> str:
    # The row is dated on the first day without coverage; people ask for the last day with it.
    if row.coverage is Coverage.TERM:
        return f"last day {sync.day(plus(row.effective_date, days=-1))}"
    return f"{'from' if row.effective_date > today else 'since'} {sync.day(row.effective_date)}"


_BADGES = {Coverage.ELECT: ("Covered", "good"), Coverage.WAIVE: ("Waived", ""), Coverage.TERM: ("Ended", "")}


def _ahead(rows: Sequence[Enrollment], kind: str, today: date) -> list[Enrollment]:
    """Return the rows that take effect later, one for each date."""
    # Rows are added, never edited: of several for one date, the last one counts.
    last = {row.effective_date: row for row in rows_of(rows, kind) if row.effective_date > today}
    return list(last.values())


def _next(after: Sequence[Enrollment], book: Rulebook, *, held: bool) -> str:
    if not after:
        return ""
    row = after[0]
    if row.coverage is Coverage.ELECT:
        verb = "changes to" if held else "starts again:"
        name = f"{benefits.plan(book, row.terms.plan)}, "
        option = benefits.option(book, row.terms.plan, row.terms.option)
        return f"{verb} {name}{option} on {sync.day(row.effective_date)}"
    return f"last day {sync.day(plus(row.effective_date, days=-1))}" if held else ""


def figures_of(
    terms: Terms, override: Decimal | None = None, derived: CoverageFigures | None = None
) -> Sequence[tuple[str, str]]:
    """Return the amounts and costs of a coverage, as label and text."""
    derived = derived if derived is not None else CoverageFigures()
    figures = (
        ("insured", terms.amount),
        ("per month for the employee", terms.employee or None),
        *(_deductions(derived.employee, derived.frequency) if derived.employee and terms.employee else ()),
        ("elected, waits for proof of insurability", terms.elected),
        ("per month for the company", terms.company or None),
        ("contribution", terms.contribution),
        *(_deductions(derived.contribution, derived.frequency, "contributed") if derived.contribution else ()),
        ("imputed income per month", derived.imputed_income or None),
        ("coverage salary, entered manually", override),
    )
    return tuple((name, f"${amount:,}") for name, amount in figures if amount is not None)


def _deductions(
    cost: Spread, frequency: str, per_year: str = "for the employee"
) -> Sequence[tuple[str, Decimal | None]]:
    """Return the deductions of a plan year such that their sum is explained."""
    every = f"for each of {cost.count} {frequency} deductions"
    more = f"for each of the first {cost.higher} of {cost.count} {frequency} deductions"
    rest = f"for each of the other {cost.count - cost.higher}" if cost.higher else every
    return (
        (more, cost.each + CENT if cost.higher else None),
        (rest, cost.each if cost.count else None),
        (f"per year {per_year}", cost.year),
    )


def cobra_views(case: Case, book: Rulebook, today: date) -> list[CobraView]:
    """Return the COBRA records of a participant, newest first."""
    return [cobra_view(record, book, today) for record in reversed(case.cobra)]


def cobra_remarks(case: Case, book: Rulebook) -> list[tuple[int, str]]:
    """Return the events whose losses opened no record because an earlier one is in effect, each with a sentence."""
    return [
        (event.number, benefits.refusal(message, book))
        for event in case.events
        if event.status is not EventStatus.VOID
        for message in event.messages
        if message.code == "cobra_in_effect"
    ]


def cobra_view(record: CobraRecord, book: Rulebook, today: date) -> CobraView:
    """Return one record with the state of each step today."""
    steps = [
        CobraDeadline(entry.step, benefits.MILESTONES[entry.step][entry.done is not None], entry.due, entry.done,
                      *_urgency(entry.due, entry.done, today))
        for entry in deadlines(record, book.cobra)
    ]  # fmt: skip
    is_open = record.state is CobraState.OPEN
    following = next((step for step in steps if step.done is None), None) if is_open else None
    action = benefits.COBRA_ACTIONS.get(record.action) or sync.plain(record.action).lower()
    return CobraView(record, action, is_open, steps, following)


def deadline_counts(records: Iterable[tuple[int, CobraRecord]], book: Rulebook, today: date) -> DeadlineCounts:
    """Return how many of these records, given with their participants, missed a deadline or come close to one."""
    views = (cobra_view(record, book, today) for _, record in records)
    tones = [view.next.tone for view in views if view.next is not None]
    return DeadlineCounts(tones.count("bad"), tones.count("warn"))


def _urgency(due: date, done: date | None, today: date) -> tuple[str, str]:
    """Return badge and tone of a deadline: met, met late, missed, near, far."""
    if done is not None:
        return ("Done", "good") if done <= due else ("Done, late", "warn")
    if due < today:
        return "Missed", "bad"
    return ("Soon", "warn") if (due - today).days <= _SOON else ("Ahead", "info")
