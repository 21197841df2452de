"""Benefit events, activities, coverage and COBRA records, as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from rich.console import Console

from bensync.benefits.engine.run import CaseResult
from bensync.benefits.values.cobra import Clocks, deadlines
from bensync.benefits.values.enrollments import Assignment, Enrollment, Terms
from bensync.benefits.values.events import Event
from bensync.benefits.values.offers import EligibilityFinding, Prepared, Remark
from bensync.cli.render.console import moment, more, pairs, table
from bensync.core.ports import PreflightFinding as Check
from bensync.errors import BensyncError
from bensync.pipeline.events import EventRunReport
from bensync.pipeline.passive import SiteSearchResult
from bensync.state.read.event_lists import (
    ActivityLine,
    CobraLine,
    CoverageLine,
    EventLine,
    RemarkLine,
    SearchLine,
    Summary,
)
from bensync.wording.sync import count

PROCESSES = {
    "AE": "several programs fit",
    "AN": "no program fits",
    "AS": "assigned, waiting for preparation",
    "PE": "cannot be prepared",
    "PR": "waiting for elections",
    "NT": "statement sent",
    "ET": "elections entered",
    "EE": "elections not valid",
    "FA": "closed, not eligible",
    "FP": "closed, nothing to elect",
    "FE": "finished",
    "RE": "reversed",
}
"""Where an event stands, in words; docs/reference/benefit-rules.md has more of them."""


def events(console: Console, site: str, lines: Sequence[EventLine], total: int) -> None:
    """Events, one a line."""
    if not lines:
        console.print(f"{site}: no events match.")
        return
    rows = [
        (
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
    return f"{line.process}, {PROCESSES[line.process]}"


def _marks(line: EventLine) -> list[str]:
    """What somebody should know of an event besides where it stands."""
    marks = [flag.replace("_", " ") for flag in line.flags]
    if line.stops_short:
        marks.append("would end all coverage")
    if line.final:
        marks.append("final")
    if line.indicator != "NORMAL":
        marks.append(f"next run: {line.indicator.lower()}")
    return marks


def event(
    console: Console, line: EventLine, found: Event, rows: Sequence[Enrollment], findings: Sequence[EligibilityFinding]
) -> None:
    """One event with all that it means."""
    pairs(
        console,
        f"Event {line.who.employee_id}/{line.number} of {line.who.name}: {found.event_class} of {found.event_date}",
        (
            ("state", _process(line)),
            ("status", found.status),
            ("review", ", ".join(_marks(line))),
            ("program", found.program),
            ("schedule", found.schedule),
            ("source", f"{found.source}, activities {', '.join(map(str, found.activities))}"),
            ("action", " / ".join(part for part in (found.action, found.reason) if part)),
            ("statement", found.notified),
            ("elections", found.entered),
            ("finished", found.finished),
        ),
    )
    if found.prepared is not None:
        _prepared(console, found.prepared)
    if found.choices:
        chosen = [(one.plan_type, one.plan or "waived", one.option, one.contribution) for one in found.choices]
        table(console, "Elected", ("Plan type", "Plan", "Option", "Contribution"), chosen, right=("Contribution",))
    remarks(console, found.messages)
    enrollments(console, rows, "Posted")
    if findings:
        eligibility(console, findings)


def _prepared(console: Console, found: Prepared) -> None:
    offers = [
        (
            offer.plan_type,
            option.terms.plan,
            option.terms.option,
            option.terms.amount,
            option.terms.employee,
            option.begin,
            ", ".join(
                word
                for word, holds in (
                    ("default", option.terms == offer.default),
                    ("proof needed", option.proof),
                    ("cannot be elected now", option.history_only),
                )
                if holds
            ),
        )
        for offer in found.offers
        for option in offer.options
    ]
    if offers:
        columns = ("Plan type", "Plan", "Option", "Sum", "Employee pays", "From", "Notes")
        table(console, "Offered", columns, offers, right=("Sum", "Employee pays"))
    if found.endings:
        lost = [
            (one.plan_type, one.terms.plan, one.last_day, "COBRA" if one.cobra else "", "waived" if one.waives else "")
            for one in found.endings
        ]
        table(console, "Ends", ("Plan type", "Plan", "Last day", "Occurrence", "How"), lost)
    if found.updates:
        changed = [(one.plan_type, _figures(one.old), _figures(one.new), one.begin) for one in found.updates]
        table(console, "Changes", ("Plan type", "Before", "After", "From"), changed, wrap=("Before", "After"))
    remarks(console, (*found.remarks, *found.faults))


def _figures(terms: Terms) -> str:
    sum_insured = f", {terms.amount:,}" if terms.amount is not None else ""
    return f"{terms.plan} {terms.option}{sum_insured}, employee {terms.employee}"


def remarks(console: Console, found: Iterable[Remark]) -> None:
    """Why something was left, skipped or refused."""
    rows = [(one.code, one.plan_type, one.plan, one.detail) for one in found]
    if rows:
        table(console, "Remarks", ("Remark", "Plan type", "Plan", "Detail"), rows)


def eligibility(console: Console, findings: Sequence[EligibilityFinding]) -> None:
    """Which programs and plans fit, and the facts that speak against the others."""
    rows = [
        (one.program, one.plan or "(the program)", "no" if one.against else "yes", ", ".join(one.against))
        for one in findings
    ]
    table(console, "Eligibility", ("Program", "Plan", "Eligible", "Reasons against"), rows)


def enrollments(console: Console, rows: Sequence[Enrollment], title: str = "Coverage rows") -> None:
    """Coverage rows in the order in which they were posted."""
    told = [
        (
            row.number,
            row.event or "manual",
            row.plan_type,
            row.step,
            row.coverage,
            row.terms.plan,
            row.terms.option,
            row.terms.amount,
            row.effective_date,
            "reversed" if row.reversed else "",
        )
        for row in rows
    ]
    if told:
        columns = ("No.", "Event", "Plan type", "Step", "Row", "Plan", "Option", "Sum", "From", "Counts")
        table(console, title, columns, told, right=("No.", "Event", "Sum"))


def coverage(console: Console, site: str, lines: Sequence[CoverageLine], total: int) -> None:
    """Coverage rows of a site."""
    if not lines:
        console.print(f"{site}: there is no coverage yet.")
        return
    rows = [
        (
            line.who.employee_id,
            line.who.name,
            line.plan_type,
            line.coverage,
            line.plan,
            line.option,
            line.effective_date,
            f"event {line.event}" if line.event else "manual",
            "reversed" if line.reversed else "",
        )
        for line in lines
    ]
    columns = ("HR id", "Name", "Plan type", "Row", "Plan", "Option", "From", "Posted by", "Counts")
    table(console, f"Coverage rows of {site}", columns, rows, wrap=("Name",))
    more(console, len(lines), total)


def person(
    console: Console, title: str, held: Mapping[str, Enrollment], on: date, rows: Sequence[Enrollment], programs: str
) -> None:
    """What one person has on a day, and every row behind it."""
    pairs(console, title, (("program", programs), ("as of", on)))
    if held:
        told = [(kind, _figures(row.terms), row.effective_date, row.salary_override) for kind, row in held.items()]
        table(console, "In force", ("Plan type", "Coverage", "Since", "Manual salary"), told)
    else:
        console.print("No coverage is in force on this day.")
    enrollments(console, rows)


def programs(found: Sequence[Assignment]) -> str:
    """The programs of a person, each with its first day."""
    return ", ".join(f"{one.program} from {one.effective_date}" for one in found if not one.reversed) or "NOB"


def activities(console: Console, site: str, lines: Sequence[ActivityLine], total: int) -> None:
    """Activities, one a line."""
    if not lines:
        console.print(f"{site}: no activities match.")
        return
    rows = [
        (
            f"{line.who.employee_id}/{line.activity.id}",
            line.who.name,
            line.activity.event_class or "edit",
            line.activity.event_date,
            line.activity.source,
            line.activity.action,
            line.activity.state,
            "final" if line.activity.final else "",
        )
        for line in lines
    ]
    columns = ("Activity", "Name", "Class", "Date", "Source", "Action", "State", "Look at")
    table(console, f"Activities of {site}", columns, rows, wrap=("Name",))
    more(console, len(lines), total)


def cobra(console: Console, site: str, lines: Sequence[CobraLine], total: int, clocks: Clocks, on: date) -> None:
    """COBRA records with the next step of each, and by when it is due."""
    if not lines:
        console.print(f"{site}: there are no open COBRA records.")
        return
    rows = []
    for line in lines:
        due = [one for one in deadlines(line.record, clocks) if one.done is None]
        late = "overdue" if due and due[0].due < on else ""
        rows.append(
            (
                f"{line.who.employee_id}/{line.record.event}",
                line.who.name,
                line.record.action,
                line.record.occurrence_date,
                line.record.until,
                line.record.state,
                due[0].step if due else "",
                due[0].due if due else "",
                late,
            )
        )
    columns = ("Event", "Name", "Action", "Since", "Until", "State", "Next step", "Due", "Look at")
    table(console, f"COBRA records of {site}", columns, rows, wrap=("Name",))
    more(console, len(lines), total)


def foreseen(console: Console, name: str, found: CaseResult) -> None:
    """What the next run would do to an event and its coverage."""
    rows: list[tuple[object, ...]] = [
        ("reversed", row.plan_type, row.coverage, row.terms.plan, row.effective_date) for row in found.reversed
    ]
    rows += [("posted", row.plan_type, row.coverage, row.terms.plan, row.effective_date) for row in found.posted]
    rows += [("COBRA record", "", one.state, one.action, one.occurrence_date) for one in found.cobra]
    if not rows:
        console.print(f"{name}: the next run would reverse and post nothing.")
        return
    table(console, f"{name}: effect of the next run", ("What", "Plan type", "Row", "Plan", "From"), rows)
    if found.carriers:
        console.print(f"Carriers to notify: {', '.join(found.carriers)}.")


def report(console: Console, site: str, found: EventRunReport, people: Sequence[CaseResult], most: int) -> None:
    """What a run of events did; with people, what it would have done to each."""
    if not found.counts.get("people"):
        console.print(f"{site}: there is nothing to process.")
        return
    title = f"run {found.run_id} of benefit events" if found.run_id else "the effect of a run; nothing was changed"
    totals = [
        (name.replace("_", " "), f"{number:,}") for name, number in found.counts.items() if number and "." not in name
    ]
    carriers = ("carriers to notify", ", ".join(found.carriers))
    pairs(console, f"{site}: {title}", (*totals, carriers))
    if found.remarks:
        table(console, "Remarks", ("Remark", "Times"), list(found.remarks.items()), right=("Times",))
        if found.run_id:
            console.print("`bensync events summary` shows the event of each remark.")
    rows = [
        (one.case.participant.employee_id, what, row.plan_type, row.coverage, row.terms.plan, row.effective_date)
        for one in people
        for what, rows in (("reversed", one.reversed), ("posted", one.posted))
        for row in rows
    ]
    if rows:
        table(console, "Coverage", ("HR id", "What", "Plan type", "Row", "Plan", "From"), rows[:most])
        if len(rows) > most:
            console.print(f"{len(rows) - most:,} more; --json shows all.")


def sought(console: Console, site: str, found: Sequence[SiteSearchResult]) -> None:
    """What searches for passive events found."""
    if not found:
        console.print(f"{site}: the rulebook has no passive event.")
    for one in found:
        span = f"{one.search.begin} to {one.search.end}"
        console.print(
            f"{site}: {one.search.passive}, {span}: {count(len(one.search.found), 'person', 'people')} found."
        )
        for other in one.overlaps:
            console.print(f"  Days from {other.begin} to {other.end} were searched before; no one is found twice.")


def refusals(console: Console, refused: Sequence[tuple[str, BensyncError]]) -> None:
    """What was not done, and why."""
    if refused:
        rows = [(name, error.why, error.fix) for name, error in refused]
        table(
            console,
            f"{count(len(refused), 'refusal')}",
            ("Event", "Why", "What to do"),
            rows,
            wrap=("Why", "What to do"),
        )


def summary(console: Console, site: str, found: Summary | None, lines: Sequence[RemarkLine], total: int) -> None:
    """A run of events with all its totals, and what it remarked."""
    if found is None:
        console.print(f"{site}: no run has processed events yet.")
        return
    pairs(
        console,
        f"{site}: run {found.run_id} of benefit events, {found.state}",
        (
            ("as of", found.as_of),
            ("by", found.actor),
            ("began", f"{moment(found.started_at)} UTC"),
            ("ended", f"{moment(found.ended_at)} UTC" if found.ended_at else ""),
            *((name.replace("_", " "), f"{number:,}") for name, number in found.counts.items() if number),
            ("error", found.error.get("what")),
            ("fix", found.error.get("fix")),
        ),
    )
    rows = [
        (line.code, f"{line.who.employee_id}/{line.event}", line.plan_type, line.plan, line.detail) for line in lines
    ]
    if rows:
        table(console, "Remarks", ("Remark", "Event", "Plan type", "Plan", "Detail"), rows)
        more(console, len(rows), total)


def board(console: Console, site: str, found: Sequence[Check]) -> None:
    """What must hold at any moment, and whether it does."""
    rows = [("ok" if one.ok else "BROKEN", one.subject, one.detail) for one in found]
    table(console, f"Rules for {site}", ("", "Rule", "Violations"), rows)


def searches(console: Console, site: str, lines: Sequence[SearchLine]) -> None:
    """Searches for passive events."""
    if not lines:
        console.print(f"{site}: no searches for passive events yet.")
        return
    rows = [(line.passive, line.first_day, line.last_day, line.found, line.actor, moment(line.at)) for line in lines]
    columns = ("Passive event", "From", "To", "Found", "Who", "At (UTC)")
    table(console, f"Searches of {site}", columns, rows, right=("Found",), wrap=("To",))
