"""Problems and warnings of a census of present coverage, each with its own code. Holds no value of the file."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class CensusCode(StrEnum):
    """A finding about one line of a census; those of `WARNINGS` let the census be loaded."""

    # The file
    FILE_DAMAGED = "file_damaged"
    COLUMN_MISSING = "column_missing"
    COLUMN_UNKNOWN = "column_unknown"
    COLUMN_TWICE = "column_twice"
    NO_LINES = "no_lines"
    CELLS = "cells"
    # One cell
    VALUE_MISSING = "value_missing"
    TEXT_REFUSED = "text_refused"
    SSN_MALFORMED = "ssn_malformed"
    NUMBER_MALFORMED = "number_malformed"
    DATE_MALFORMED = "date_malformed"
    TAX_UNKNOWN = "tax_unknown"
    # The person
    PERSON_UNKNOWN = "person_unknown"
    PERSON_AMBIGUOUS = "person_ambiguous"
    SSN_MISMATCH = "ssn_mismatch"
    PERSON_TERMINATED = "person_terminated"
    ALREADY_COVERED = "already_covered"
    HAS_EVENTS = "has_events"
    # The coverage
    PLAN_UNKNOWN = "plan_unknown"
    OPTION_UNKNOWN = "option_unknown"
    PLAN_WITHOUT_RULES = "plan_without_rules"
    BEGIN_IN_FUTURE = "begin_in_future"
    BEGIN_BEFORE_HIRE = "begin_before_hire"
    DEDUCTION_BEFORE_BEGIN = "deduction_before_begin"
    AMOUNT_OUTSIDE_LIMITS = "amount_outside_limits"
    CONTRIBUTION_OUTSIDE_LIMITS = "contribution_outside_limits"
    PRICE_UNKNOWN = "price_unknown"
    DEPENDENT_UNKNOWN = "dependent_unknown"
    DEPENDENT_AMBIGUOUS = "dependent_ambiguous"
    DEPENDENT_NOT_COVERED = "dependent_not_covered"
    TWO_PLANS_OF_A_TYPE = "two_plans_of_a_type"
    DUPLICATE_LINE = "duplicate_line"
    # Warnings
    PLAN_NOT_IN_PROGRAM = "plan_not_in_program"
    NOT_ELIGIBLE = "not_eligible"
    DEPENDENTS_DO_NOT_FIT = "dependents_do_not_fit"


WARNINGS = frozenset({CensusCode.PLAN_NOT_IN_PROGRAM, CensusCode.NOT_ELIGIBLE, CensusCode.DEPENDENTS_DO_NOT_FIT})
"""The codes that a person should read, and that do not prevent the load."""


class CensusFinding(msgspec.Struct, frozen=True, gc=False):
    """One problem or warning.

    Attributes:
        code: what is wrong.
        line: the line of the file; 1 is the heading.
        column: the column of the template that holds the value; empty where the finding is about the whole line.
        employee_id: the HR employee, where the line names a participant.
    """

    code: CensusCode
    line: int
    column: str = ""
    employee_id: str = ""

    @property
    def is_warning(self) -> bool:
        """Return whether the census can be loaded despite it."""
        return self.code in WARNINGS
