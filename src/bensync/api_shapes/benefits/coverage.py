"""The shapes of coverage, of benefit programs and of COBRA records."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import Field

from bensync.api_shapes.base import Money, Shape, Subject, copied, subject
from bensync.api_shapes.benefits.dependents import Allocation, allocations
from bensync.benefits.census.problems import CensusCode
from bensync.benefits.values import cobra, costs, enrollments
from bensync.benefits.values import election_details as values
from bensync.benefits.values.cobra import CobraState, Milestone
from bensync.benefits.values.enrollments import Coverage, PostingStep
from bensync.wording.census import explanation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bensync.benefits.census import census_file
    from bensync.benefits.census.problems import CensusFinding
    from bensync.benefits.census.report import CensusReport
    from bensync.benefits.rulebook.figures import PersonFigures
    from bensync.state.read.event_lists import CobraLine, CoverageLine
    from bensync.wording.visibility import Visibility

FIGURES = ("amount", "employee", "company", "contribution", "elected", "credit")
"""Figures from which the pay follows; null for a role that does not see it."""


class Cost(Shape):
    """What one party pays in a plan year: so many deductions, of which the first ones are one cent more."""

    year: Money
    month: Money
    count: int = Field(description="the deductions of the plan year")
    each: Money = Field(description="a deduction that is not one cent more")
    higher: int = Field(description="how many deductions are one cent more")


class CoverageFigures(Shape):
    """What follows from the costs of a coverage: per deduction, month and year, and imputed income per month."""

    calendar: str = Field(description="the pay calendar; empty if none fits")
    frequency: str
    employee: Cost | None
    company: Cost | None
    contribution: Cost | None = Field(description="of a year; of a spending account, over the deductions left")
    imputed_income: Money | None = Field(description="taxable per month, of group life over the exclusion")


class FundShare(Shape):
    """The percentage of the contributions that one fund receives."""

    fund: str
    percent: Money


class ElectionDetails(Shape):
    """What an election holds besides its option; each plan type takes some of it."""

    provider: str
    previously_seen: bool
    percent: Money | None
    after_tax: Money | None
    after_tax_percent: Money | None
    rollover: bool
    funds: list[FundShare]
    per_deduction: Money | None
    hours_bought: Money | None
    hours_sold: Money | None


class Terms(Shape):
    """What a coverage is; its figures are per month, and null for a role that does not see the pay."""

    plan: str
    option: str
    amount: Money | None = Field(description="the sum insured")
    employee: Money | None = Field(description="what the employee pays")
    company: Money | None = Field(description="what the employer pays")
    contribution: Money | None
    elected: Money | None = Field(description="the elected sum, while proof is awaited for a part of it")
    details: ElectionDetails | None = Field(description="what the election holds besides; null for none")
    credit: Money | None = Field(description="excess credits of a month that it receives")
    tax: str
    account: str
    gl_employee: str = Field(description="the general-ledger account of what the employee pays")
    gl_company: str = Field(description="that of what the employer pays")
    dependents: list[int] = Field(description="the numbers of the dependents that it covers")
    beneficiaries: list[Allocation]
    figures: CoverageFigures | None = Field(description="null where they were not asked for")


class CoverageRow(Terms):
    """One coverage row; the last row up to a day says what holds on it."""

    number: int
    event: int
    plan_type: str
    step: PostingStep
    coverage: Coverage
    effective_date: date
    deduction_begin: date
    salary_override: Money | None = Field(description="the salary that a person set for this coverage")
    reversed: bool


class CoverageEntry(Shape):
    """One coverage row of a list, without its figures."""

    site: str
    person: Subject
    number: int
    event: int
    plan_type: str
    plan: str
    option: str
    step: PostingStep
    coverage: Coverage
    effective_date: date
    deduction_begin: date
    reversed: bool


class ProgramRow(Shape):
    """The benefit program from a day on."""

    event: int
    program: str
    effective_date: date
    reversed: bool


class CobraDeadline(Shape):
    """The last day for one step of a COBRA record, and the day on which it was taken."""

    step: Milestone
    due: date
    done: date | None


class CobraRecord(Shape):
    """One COBRA record."""

    event: int
    event_date: date
    action: str
    occurrence_date: date
    until: date
    state: CobraState
    employment_record: int
    dependents: list[int] = Field(description="who lost coverage alone; empty where everybody lost it")
    deadlines: list[CobraDeadline]


class CobraEntry(CobraRecord):
    """One COBRA record of a list."""

    site: str
    person: Subject


class Credits(Shape):
    """Flexible credits per month: given in general and by plan, spent, and what is left for the target plan."""

    general: Money
    by_plan: dict[str, Money]
    spent: Money
    left: Money
    target: str


class PersonCoverage(Shape):
    """What one participant has on a day, and every row behind it."""

    participant: int
    site: str
    as_of: date
    in_force: list[CoverageRow]
    rows: list[CoverageRow]
    programs: list[ProgramRow]
    cobra: list[CobraRecord]
    credits: Credits | None = Field(description="null where the employer gives none, or for a role without figures")


def term_fields(
    terms: enrollments.Terms, *, figures: bool, derived: costs.CoverageFigures | None = None
) -> dict[str, Any]:
    """Return the fields of a coverage; figures are null for a role that does not see the pay."""
    # Null rather than absent: the keys are the same for every role, so a program never guesses.
    shown = {name: getattr(terms, name) if figures else None for name in FIGURES}
    named = {name: getattr(terms, name) for name in ("plan", "option", "tax", "account", "gl_employee", "gl_company")}
    assigned = {"dependents": list(terms.dependents), "beneficiaries": allocations(terms.beneficiaries)}
    # Percentages and hours follow from the pay as contributions do.
    details = election_details(terms.details) if figures else None
    return {
        **named,
        **assigned,
        **shown,
        "details": details,
        "figures": _figures(derived) if derived is not None and figures else None,
    }


def election_details(details: values.ElectionDetails | None) -> ElectionDetails | None:
    """Return what an election holds besides its option; None for nothing."""
    if details is None:
        return None
    return copied(ElectionDetails, details, funds=[copied(FundShare, share) for share in details.funds])


def _figures(derived: costs.CoverageFigures) -> CoverageFigures:
    parties = {"employee": derived.employee, "company": derived.company, "contribution": derived.contribution}
    shown = {name: copied(Cost, cost) if cost is not None else None for name, cost in parties.items()}
    return copied(CoverageFigures, derived, **shown)


def terms(values: enrollments.Terms, *, figures: bool = True) -> Terms:
    """Return what a coverage is."""
    return Terms(**term_fields(values, figures=figures))


def coverage_row(
    row: enrollments.Enrollment, *, figures: bool = True, derive: PersonFigures | None = None
) -> CoverageRow:
    """Return one coverage row; with ``derive`` also what follows from its costs."""
    override = row.salary_override if figures else None
    derived = (
        derive.of(row.plan_type, row.terms, row.effective_date, row.deduction_begin) if derive is not None else None
    )
    fields = term_fields(row.terms, figures=figures, derived=derived)
    return copied(CoverageRow, row, salary_override=override, **fields)


def coverage_entry(line: CoverageLine, site: str, visibility: Visibility | None = None) -> CoverageEntry:
    """Return one coverage row of a list."""
    return copied(CoverageEntry, line, site=site, person=subject(line.who, visibility))


def cobra_record(record: cobra.CobraRecord, clocks: cobra.Clocks) -> CobraRecord:
    """Return one COBRA record with the last day for each step."""
    return copied(CobraRecord, record, deadlines=_deadlines(record, clocks))


def cobra_entry(line: CobraLine, clocks: cobra.Clocks, site: str, visibility: Visibility | None = None) -> CobraEntry:
    """Return one COBRA record of a list."""
    person = subject(line.who, visibility)
    return copied(CobraEntry, line.record, site=site, person=person, deadlines=_deadlines(line.record, clocks))


def coverage_fields(
    participant: int,
    site: str,
    on: date,
    rows: Iterable[enrollments.Enrollment],
    programs: Iterable[enrollments.Assignment],
    records: Iterable[cobra.CobraRecord],
    clocks: cobra.Clocks,
    *,
    figures: bool = True,
    derive: PersonFigures | None = None,
) -> dict[str, Any]:
    """Return the fields of what one participant has on a day.

    Args:
        participant: whose coverage it is.
        site: the employer.
        on: the day on which coverage is in force.
        rows: all coverage rows, in the order in which they were posted.
        programs: the programs, in the order in which they were found.
        records: the COBRA records.
        clocks: how long each step of a COBRA record may take.
        figures: whether the role sees sums and contributions.
        derive: derives the costs per deduction, and imputed income, of what is in force.
    """
    # Read twice, and the caller may pass an iterator.
    posted = list(rows)
    held = [enrollments.coverage_on(posted, kind, on) for kind in enrollments.plan_types(posted, on)]
    statement = derive.credits(row.terms for row in held if row is not None) if derive is not None else None
    return {
        "participant": participant,
        "site": site,
        "as_of": on,
        "in_force": [coverage_row(row, figures=figures, derive=derive) for row in held if row is not None],
        "rows": [coverage_row(row, figures=figures) for row in posted],
        "programs": [copied(ProgramRow, row) for row in programs],
        "cobra": [cobra_record(record, clocks) for record in records],
        "credits": copied(Credits, statement, left=statement.left) if statement is not None and figures else None,
    }


def person_coverage(
    participant: int,
    site: str,
    on: date,
    rows: Iterable[enrollments.Enrollment],
    programs: Iterable[enrollments.Assignment],
    records: Iterable[cobra.CobraRecord],
    clocks: cobra.Clocks,
    *,
    derive: PersonFigures | None = None,
) -> PersonCoverage:
    """Return what one participant has on a day, and every row behind it."""
    return PersonCoverage(**coverage_fields(participant, site, on, rows, programs, records, clocks, derive=derive))


def _deadlines(record: cobra.CobraRecord, clocks: cobra.Clocks) -> list[CobraDeadline]:
    return [copied(CobraDeadline, deadline) for deadline in cobra.deadlines(record, clocks)]


class CensusColumn(Shape):
    """One column of the template of a census."""

    name: str
    required: bool
    help: str


class CensusLineFinding(Shape):
    """A problem of one line of a census, or a warning; it repeats no value of the file."""

    line: int = Field(description="of the file; 1 is the heading")
    code: CensusCode
    column: str = Field(description="of the template; empty where it is about the whole line")
    employee_id: str = Field(description="empty where the line names no participant")
    why: str
    fix: str


class CensusOption(Shape):
    """The coverages of one option in a census."""

    plan: str
    option: str
    people: int
    employee: Money = Field(description="what these employees pay per month")
    company: Money = Field(description="what the employer pays for them per month")


class Census(Shape):
    """What loading a census of present coverage does, or would do."""

    site: str
    digest: str = Field(description="names exactly this load; a load must name it")
    file: str = Field(description="SHA-256 of the file")
    loaded: bool
    begins: bool = Field(description="whether benefit events of the site begin with this load")
    people: int
    coverages: int
    employee: Money
    company: Money
    options: list[CensusOption]
    uncovered: int = Field(description="active participants without a line and without coverage")
    uncovered_ids: list[str] = Field(description="their HR employee ids, the first 1,000")
    hires: int = Field(description="those of them whose hire is so recent that it becomes an event")
    problems: list[CensusLineFinding] = Field(description="the first 1,000; nothing is loaded while there is one")
    warnings: list[CensusLineFinding] = Field(description="the first 1,000")
    counts: dict[str, int] = Field(description="all problems and warnings by code")


def census_column(column: census_file.Column) -> CensusColumn:
    """Return one column of the template of a census."""
    return CensusColumn(name=column.name, required=column.required, help=column.help)


def census(report: CensusReport, site: str) -> Census:
    """Return the shape of a report."""
    return Census(
        site=site,
        digest=report.digest,
        file=report.file_digest,
        loaded=report.loaded,
        begins=report.begins,
        people=report.people,
        coverages=report.coverages,
        employee=report.employee,
        company=report.company,
        options=[copied(CensusOption, total) for total in report.options],
        uncovered=report.uncovered,
        uncovered_ids=list(report.uncovered_ids),
        hires=report.hires,
        problems=[_finding(problem) for problem in report.problems],
        warnings=[_finding(warning) for warning in report.warnings],
        counts=dict(report.counts),
    )


def _finding(finding: CensusFinding) -> CensusLineFinding:
    why, fix = explanation(finding)
    return copied(CensusLineFinding, finding, why=why, fix=fix)
