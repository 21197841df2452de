"""Coverage and COBRA records on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from rich.console import Console

from bensync.benefits.rulebook.figures import PersonFigures
from bensync.benefits.values.cobra import Clocks, deadlines
from bensync.benefits.values.costs import CENT, CoverageFigures
from bensync.benefits.values.enrollments import Assignment, Enrollment, Terms
from bensync.cli.render.console import more, pairs, table
from bensync.state.read.event_lists import (
    CobraLine,
    CoverageLine,
)


def figures(terms: Terms) -> str:
    """Return plan, option, sum insured and employee cost of a coverage, as text."""
    sum_insured = f", {terms.amount:,}" if terms.amount is not None else ""
    return f"{terms.plan} {terms.option}{sum_insured}, employee {terms.employee}"


def deduction(derived: CoverageFigures) -> str:
    """Return the employee's deductions of a plan year: `20 x 36.93, 6 x 36.92, biweekly`; empty without any."""
    cost = derived.employee
    if cost is None or not cost.count or not cost.year:
        return ""
    parts = [(cost.higher, cost.each + CENT), (cost.count - cost.higher, cost.each)]
    return ", ".join([*(f"{count} x {amount}" for count, amount in parts if count), derived.frequency])


def print_enrollments(console: Console, rows: Sequence[Enrollment], title: str = "Coverage rows") -> None:
    """Print coverage rows in the order in which they were posted."""
    cells = [
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
    if cells:
        columns = ("No.", "Event", "Plan type", "Step", "Row", "Plan", "Option", "Sum", "From", "Counts")
        table(console, title, columns, cells, right=("No.", "Event", "Sum"))


def print_coverage(console: Console, site: str, lines: Sequence[CoverageLine], total: int) -> None:
    """Print the coverage rows of a site."""
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


def print_person_coverage(
    console: Console,
    title: str,
    held: Mapping[str, Enrollment],
    on: date,
    rows: Sequence[Enrollment],
    programs: str,
    derive: PersonFigures,
) -> None:
    """Print the coverage of one person on a day, and every row behind it."""
    given = derive.credits(row.terms for row in held.values())
    shown = f"{given.given} a month, {given.spent} spent, {given.left} left" if given is not None else ""
    pairs(console, title, (("program", programs), ("as of", on), ("credits", shown)))
    if held:
        derived = {kind: derive.of(kind, row.terms, max(row.effective_date, on)) for kind, row in held.items()}
        cells = [
            (
                kind,
                figures(row.terms),
                deduction(derived[kind]),
                derived[kind].imputed_income,
                row.effective_date,
                row.salary_override,
            )
            for kind, row in held.items()
        ]
        columns = ("Plan type", "Coverage", "Deductions", "Imputed income", "Since", "Manual salary")
        table(console, "In force", columns, cells, wrap=("Coverage",))
    else:
        console.print("No coverage is in force on this day.")
    print_enrollments(console, rows)


def programs_of(assignments: Sequence[Assignment]) -> str:
    """Return the programs of a person, each with its first day."""
    return (
        ", ".join(
            f"{assignment.program} from {assignment.effective_date}"
            for assignment in assignments
            if not assignment.reversed
        )
        or "NOB"
    )


def print_cobra(console: Console, site: str, lines: Sequence[CobraLine], total: int, clocks: Clocks, on: date) -> None:
    """Print COBRA records with the next step of each and its due date."""
    if not lines:
        console.print(f"{site}: there are no open COBRA records.")
        return
    rows = []
    for line in lines:
        due = [deadline for deadline in deadlines(line.record, clocks) if deadline.done is None]
        # Only the first open step can be late; the next ones are counted from it.
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
