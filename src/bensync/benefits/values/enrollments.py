"""Coverage as effective-dated rows: append only, without end dates; the last row up to a day says what holds on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from bensync.benefits.values.election_details import ElectionDetails

NO_PROGRAM = "NOB"
"""The program of somebody who has none (S4-28)."""


class Coverage(StrEnum):
    """The meaning of a row from its effective date on."""

    ELECT = "ELECT"
    WAIVE = "WAIVE"
    TERM = "TERM"


class PostingStep(StrEnum):
    """The step of an event in which a coverage row was posted; the steps follow each other in this order."""

    # S2-12 to S2-17 define them.

    LOAD = "LOAD"
    """The coverage that was there on the first day, as a census has it."""
    STOP = "STOP"
    CHANGE = "CHANGE"
    ADD = "ADD"


class BeneficiaryKind(StrEnum):
    """Whether a beneficiary is paid first, or only if no primary one is left."""

    PRIMARY = "primary"
    CONTINGENT = "contingent"


class Allocation(msgspec.Struct, frozen=True):
    """The share of one beneficiary in a coverage: the number of the dependent, and percent of the sum insured."""

    dependent: int
    percent: Decimal
    kind: BeneficiaryKind = BeneficiaryKind.PRIMARY


class Terms(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content of a coverage: its option, and figures per month; ``amount`` is the sum insured, if any.

    ``gl_employee`` and ``gl_company`` are the general-ledger accounts to which the two costs are posted;
    ``elected`` is the sum that was elected, while proof is awaited for what is over the guaranteed issue;
    ``details`` are what the election of its plan type holds besides; ``credit`` are the excess credits of a month
    that it receives;
    ``dependents`` are the numbers of those covered besides the employee, in their order.
    """

    plan: str
    option: str
    amount: Decimal | None = None
    employee: Decimal = Decimal(0)
    company: Decimal = Decimal(0)
    contribution: Decimal | None = None
    tax: str = ""
    account: str = ""
    gl_employee: str = ""
    gl_company: str = ""
    elected: Decimal | None = None
    details: ElectionDetails | None = None
    credit: Decimal | None = None
    dependents: tuple[int, ...] = ()
    beneficiaries: tuple[Allocation, ...] = ()


class Enrollment(msgspec.Struct, frozen=True, omit_defaults=True):
    """One effective-dated coverage row of one plan type.

    Attributes:
        number: counts the rows of a participant; of two rows of one day the later one holds.
        event: the number of the event that posted it.
        deduction_begin: from when payroll deducts for it.
        salary_override: a coverage salary that was set manually; a change of salary leaves such a row alone (S2-11).
        reversed: the event was voided or reprocessed; the row counts no more, and stays to be seen.
    """

    number: int
    event: int
    plan_type: str
    step: PostingStep
    coverage: Coverage
    effective_date: date
    deduction_begin: date
    terms: Terms
    salary_override: Decimal | None = None
    reversed: bool = False


class Assignment(msgspec.Struct, frozen=True):
    """The benefit program from a day on, as one event found it."""

    event: int
    program: str
    effective_date: date
    reversed: bool = False


def rows_of(rows: Iterable[Enrollment], plan_type: str) -> list[Enrollment]:
    """Return the rows of one plan type that are not reversed, in the order in which they take effect."""
    counting = [row for row in rows if row.plan_type == plan_type and not row.reversed]
    # A row has no end date; it holds until the next one, so the order decides what holds. The number is the order of
    # posting.
    return sorted(counting, key=lambda row: (row.effective_date, row.number))


def coverage_on(rows: Iterable[Enrollment], plan_type: str, on: date) -> Enrollment | None:
    """Return the coverage of a plan type that is in force on a day, if there is one."""
    row = last_row(rows, plan_type, on)
    return row if row is not None and row.coverage is Coverage.ELECT else None


def covered_since(rows: Iterable[Enrollment], plan_type: str, on: date) -> date | None:
    """Return the first day of the coverage in force on a day, across changes without a gap; None without coverage."""
    since: date | None = None
    # The last row of a day decides: a change is a TERM and an ELECT on the same day, and no gap.
    by_day = {row.effective_date: row for row in rows_of(rows, plan_type) if row.effective_date <= on}
    for day, row in by_day.items():
        since = (since or day) if row.coverage is Coverage.ELECT else None
    return since


def last_row(rows: Iterable[Enrollment], plan_type: str, on: date) -> Enrollment | None:
    """Return the row that decides what holds on a day: coverage, a waiver or an end."""
    due = [row for row in rows_of(rows, plan_type) if row.effective_date <= on]
    return due[-1] if due else None


def later_coverages(rows: Iterable[Enrollment], plan_type: str, after: date) -> list[Enrollment]:
    """Return the coverages that begin after a day; of two rows of one day the later one counts."""
    # A later row of one day overwrites the earlier one: a change is a TERM and an ELECT on the same day.
    last = {row.effective_date: row for row in rows_of(rows, plan_type) if row.effective_date > after}
    return [row for row in last.values() if row.coverage is Coverage.ELECT]


def plan_types(rows: Sequence[Enrollment], on: date) -> list[str]:
    """Return the plan types with coverage in force on a day or beginning later, in the order of their first rows."""
    kinds = dict.fromkeys(row.plan_type for row in rows)
    return [kind for kind in kinds if coverage_on(rows, kind, on) or later_coverages(rows, kind, on)]


def covering(rows: Iterable[Enrollment], dependent: int, on: date) -> tuple[str, ...]:
    """Return the plan types whose coverage names a dependent on a day or begins later."""
    counting = [row for row in rows if not row.reversed]
    naming = [row for row in counting if dependent in row.terms.dependents]
    kinds = dict.fromkeys(row.plan_type for row in naming if row.effective_date > on)
    for row in naming:
        held = coverage_on(counting, row.plan_type, on)
        if held is not None and dependent in held.terms.dependents:
            kinds[row.plan_type] = None
    return tuple(kinds)


def program_on(assignments: Sequence[Assignment], on: date) -> str:
    """Return the code of the program that holds on a day; `NO_PROGRAM` where none was assigned (S4-28)."""
    due = [assignment for assignment in assignments if not assignment.reversed and assignment.effective_date <= on]
    return (
        # Of two programs of one day the later assignment counts; its place breaks the tie.
        max(enumerate(due), key=lambda assignment: (assignment[1].effective_date, assignment[0]))[1].program
        if due
        else NO_PROGRAM
    )
