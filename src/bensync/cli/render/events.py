"""Benefit events on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console

from bensync.benefits.engine.run import CaseResult
from bensync.benefits.rulebook.figures import PersonFigures
from bensync.benefits.values.enrollments import Enrollment
from bensync.benefits.values.events import Event
from bensync.benefits.values.offers import Prepared, Remark
from bensync.cli.render.console import more, pairs, table
from bensync.cli.render.coverage import deduction, figures, print_enrollments
from bensync.core.ports import PreflightFinding as Check
from bensync.errors import BensyncError
from bensync.state.read.event_lists import (
    EventLine,
)
from bensync.wording.benefits import PROCESSES
from bensync.wording.eligibility import FindingLine
from bensync.wording.sync import count


def print_events(console: Console, site: str, lines: Sequence[EventLine], total: int) -> None:
    """Print events, one a line."""
    if not lines:
        console.print(f"{site}: no events match.")
        return
    rows = [
        (
            # In the form that the commands for events take.
            f"{line.who.employee_id}/{line.number}",
            line.who.name,
            line.event_class,
            line.event_date,
            line.status,
            _process(line),
            line.program,
            ", ".join(_marks(line)),
        )
        for line in lines
    ]
    columns = ("Event", "Name", "Class", "Date", "Status", "State", "Program", "Review")
    table(console, f"Benefit events of {site}", columns, rows, wrap=("Name",))
    more(console, len(lines), total)


def _process(line: EventLine) -> str:
    if line.status == "VOID":
        return "void"
    return f"{line.process}: {PROCESSES[line.process][0]}"


def _marks(line: EventLine) -> list[str]:
    """Return what a reviewer should know about an event besides its stage."""
    marks = [flag.replace("_", " ") for flag in line.flags]
    if line.stops_short:
        marks.append("would end all coverage")
    if line.final:
        marks.append("final")
    if line.indicator != "NORMAL":
        marks.append(f"next run: {line.indicator.lower()}")
    return marks


def print_event(
    console: Console,
    line: EventLine,
    event: Event,
    rows: Sequence[Enrollment],
    eligibility: Sequence[FindingLine],
    derive: PersonFigures,
) -> None:
    """Print one event in full."""
    pairs(
        console,
        f"Event {line.who.employee_id}/{line.number} of {line.who.name}: {event.event_class} of {event.event_date}",
        (
            ("state", _process(line)),
            ("status", event.status),
            ("review", ", ".join(_marks(line))),
            ("program", event.program),
            ("schedule", event.schedule),
            ("source", f"{event.source}, activities {', '.join(map(str, event.activities))}"),
            ("action", " / ".join(part for part in (event.action, event.reason) if part)),
            ("statement", event.notified),
            ("elections", event.entered),
            ("finished", event.finished),
        ),
    )
    if event.prepared is not None:
        _print_prepared(console, event.prepared, derive)
    if event.choices:
        chosen = [
            (choice.plan_type, choice.plan or "waived", choice.option, choice.contribution) for choice in event.choices
        ]
        table(console, "Elected", ("Plan type", "Plan", "Option", "Contribution"), chosen, right=("Contribution",))
    print_remarks(console, event.messages)
    print_enrollments(console, rows, "Posted")
    if eligibility:
        print_eligibility(console, eligibility)


def _print_prepared(console: Console, prepared: Prepared, derive: PersonFigures) -> None:
    offers = [
        (
            offer.plan_type,
            option.terms.plan,
            option.terms.option,
            option.terms.amount,
            option.terms.employee,
            deduction(derive.of(offer.plan_type, option.terms, option.begin)),
            option.begin,
            ", ".join(
                word
                for word, holds in (
                    # Compared by terms, because an offer does not say which of its options the default is.
                    ("default", offer.is_default(option)),
                    ("proof needed", option.proof),
                    ("cannot be elected now", option.history_only),
                )
                if holds
            ),
        )
        for offer in prepared.offers
        for option in offer.options
    ]
    if offers:
        columns = ("Plan type", "Plan", "Option", "Sum", "A month", "Deductions", "From", "Notes")
        table(console, "Offered, with what the employee pays", columns, offers, right=("Sum", "A month"))
    if prepared.endings:
        lost = [
            (
                ending.plan_type,
                ending.terms.plan,
                ending.last_day,
                "COBRA" if ending.cobra else "",
                "waived" if ending.waives else "",
            )
            for ending in prepared.endings
        ]
        table(console, "Ends", ("Plan type", "Plan", "Last day", "Occurrence", "How"), lost)
    if prepared.updates:
        changed = [
            (update.plan_type, figures(update.old), figures(update.new), update.begin) for update in prepared.updates
        ]
        table(console, "Changes", ("Plan type", "Before", "After", "From"), changed, wrap=("Before", "After"))
    print_remarks(console, (*prepared.remarks, *prepared.faults))


def print_remarks(console: Console, remarks: Iterable[Remark]) -> None:
    """Print why something was left out, skipped or refused."""
    rows = [(remark.code, remark.plan_type, remark.plan, remark.detail) for remark in remarks]
    if rows:
        table(console, "Remarks", ("Remark", "Plan type", "Plan", "Detail"), rows)


def print_eligibility(console: Console, lines: Sequence[FindingLine]) -> None:
    """Print the programs, plans and options, each with the tests that were passed or not."""
    rows = []
    for line in lines:
        names = "" if line.tests else ", ".join(line.against)
        rows.append((line.name, "yes" if line.fits else "no", names, "", "", ""))
        rows += [
            (
                "",
                "passed" if test.passed else "failed",
                test.fact,
                test.value,
                test.wants + (" (one is enough)" if test.alternative else ""),
                ", ".join(test.notes),
            )
            for test in line.tests
        ]
    columns = ("For", "Eligible", "Fact", "Value", "Wanted", "Remarks")
    table(console, "Eligibility", columns, rows, wrap=("Wanted", "Remarks"))


def print_foreseen(console: Console, name: str, result: CaseResult) -> None:
    """Print the effect of the next run on an event and its coverage."""
    rows: list[tuple[object, ...]] = [
        ("reversed", row.plan_type, row.coverage, row.terms.plan, row.effective_date) for row in result.reversed
    ]
    rows += [("posted", row.plan_type, row.coverage, row.terms.plan, row.effective_date) for row in result.posted]
    rows += [("COBRA record", "", record.state, record.action, record.occurrence_date) for record in result.cobra]
    if not rows:
        console.print(f"{name}: the next run would reverse and post nothing.")
        return
    table(console, f"{name}: effect of the next run", ("What", "Plan type", "Row", "Plan", "From"), rows)
    if result.carriers:
        console.print(f"Carriers to notify: {', '.join(result.carriers)}.")


def print_refusals(console: Console, refused: Sequence[tuple[str, BensyncError]]) -> None:
    """Print the refused changes, each with its reason."""
    if refused:
        rows = [(name, error.why, error.fix) for name, error in refused]
        table(
            console,
            f"{count(len(refused), 'refusal')}",
            ("Event", "Why", "What to do"),
            rows,
            wrap=("Why", "What to do"),
        )


def print_board(console: Console, site: str, findings: Sequence[Check]) -> None:
    """Print the invariants, and whether each holds."""
    rows = [("ok" if finding.ok else "BROKEN", finding.subject, finding.detail) for finding in findings]
    table(console, f"Rules for {site}", ("", "Rule", "Violations"), rows)
