"""Why a line of a census cannot be loaded, or should be read first, and how to fix it. Repeats no value of the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bensync.benefits.census.problems import CensusCode, CensusFinding


class Explanation(NamedTuple):
    """A reason and a fix, each a sentence; ``{column}`` stands for the column."""

    why: str
    fix: str


_EXPORT = "Save the sheet again as CSV UTF-8."
_CORRECT = "Correct the cell."

EXPLANATIONS: Mapping[CensusCode, Explanation] = {
    CensusCode.FILE_DAMAGED: Explanation("The file is cut off, wrongly quoted, or not in UTF-8.", _EXPORT),
    CensusCode.COLUMN_MISSING: Explanation(
        "The heading has no column {column}.", "Use the heading of `bensync enrollments template`."
    ),
    CensusCode.COLUMN_UNKNOWN: Explanation(
        "The heading has a column that the template does not have.", "Rename the column, or remove it."
    ),
    CensusCode.COLUMN_TWICE: Explanation("The heading has {column} more than once.", "Remove one of the columns."),
    CensusCode.NO_LINES: Explanation("The file has no line of coverage.", "Fill in the template."),
    CensusCode.CELLS: Explanation(
        "The line has another number of cells than the heading.", "Put cells with commas into quotes."
    ),
    CensusCode.VALUE_MISSING: Explanation("The cell {column} is empty.", "Fill it in."),
    CensusCode.TEXT_REFUSED: Explanation(
        "{column} is too long, or has characters that are invisible or begin a formula.", "Type the cell again."
    ),
    CensusCode.SSN_MALFORMED: Explanation(
        "The SSN is not nine digits of a number that can exist.",
        "Format the column as text: spreadsheets drop leading zeros.",
    ),
    CensusCode.NUMBER_MALFORMED: Explanation(
        "{column} is not an amount of 0 or more with up to two decimals.", "Enter it as 1234.50."
    ),
    CensusCode.DATE_MALFORMED: Explanation(
        "{column} is not a date since 1940.", "Enter it as MM/DD/YYYY or YYYY-MM-DD."
    ),
    CensusCode.TAX_UNKNOWN: Explanation("tax is neither before nor after.", "Enter before, after, or nothing."),
    CensusCode.PERSON_UNKNOWN: Explanation(
        "No participant has this SSN, and none this HR employee id.",
        "Approve the request of the new hire first, or remove the line.",
    ),
    CensusCode.PERSON_AMBIGUOUS: Explanation(
        "The number is the employee number of one participant and the HR employee id of another.",
        "Enter the HR employee id of the person.",
    ),
    CensusCode.SSN_MISMATCH: Explanation(
        "SSN and employee number belong to different people.", "Check both in HR, and correct the wrong one."
    ),
    CensusCode.PERSON_TERMINATED: Explanation("The participant is terminated.", "Remove the line."),
    CensusCode.ALREADY_COVERED: Explanation(
        "The participant has coverage already.",
        "Remove the lines of this person. To load other coverage, void the snapshot event first.",
    ),
    CensusCode.HAS_EVENTS: Explanation(
        "Benefit events of the participant have begun.",
        "Void these events first, or enter the coverage as elections.",
    ),
    CensusCode.PLAN_UNKNOWN: Explanation("The rulebook has no such plan.", "Correct the code, or add the plan."),
    CensusCode.OPTION_UNKNOWN: Explanation(
        "The plan has no such option.", "Correct the code, or add the option to the rulebook."
    ),
    CensusCode.PLAN_WITHOUT_RULES: Explanation(
        "No single termination rule applies to this plan, so a termination would not end the coverage.",
        "Add a termination rule for the plan to the rulebook.",
    ),
    CensusCode.BEGIN_IN_FUTURE: Explanation(
        "The coverage has not begun.", "Remove the line, and enter it later as an election."
    ),
    CensusCode.BEGIN_BEFORE_HIRE: Explanation("The coverage begins before the first hire date.", _CORRECT),
    CensusCode.DEDUCTION_BEFORE_BEGIN: Explanation("The deductions begin before the coverage.", _CORRECT),
    CensusCode.AMOUNT_OUTSIDE_LIMITS: Explanation(
        "The option insures no such amount.", "Correct the amount, or leave it empty to use the rulebook."
    ),
    CensusCode.CONTRIBUTION_OUTSIDE_LIMITS: Explanation(
        "The contribution is outside the limits of the option.", _CORRECT
    ),
    CensusCode.PRICE_UNKNOWN: Explanation(
        "The rulebook has no price for this person: the salary or another fact is missing.",
        "Enter the amount and both costs.",
    ),
    CensusCode.DEPENDENT_UNKNOWN: Explanation(
        "A dependent is not on the list of dependents of this person.",
        "Enter the dependent first, or write the name as it stands on the list.",
    ),
    CensusCode.DEPENDENT_AMBIGUOUS: Explanation(
        "Two dependents of this person have the same name.", "Write the number of the dependent."
    ),
    CensusCode.DEPENDENT_NOT_COVERED: Explanation(
        "The option does not cover a dependent of this relationship or age.",
        "Remove the dependent, or correct the option.",
    ),
    CensusCode.TWO_PLANS_OF_A_TYPE: Explanation(
        "The person has another coverage of this plan type in the file.", "Keep the one that is in force today."
    ),
    CensusCode.DUPLICATE_LINE: Explanation("The line is there twice.", "Remove one of the two."),
    CensusCode.PLAN_NOT_IN_PROGRAM: Explanation(
        "The person's benefit program does not have this plan, or no single program fits. The next event of the person "
        "would end the coverage.",
        "Check the rules of eligibility, and the person's data in HR.",
    ),
    CensusCode.DEPENDENTS_DO_NOT_FIT: Explanation(
        "The option is made for more dependents than the line names, or for fewer.",
        "Name the covered dependents, or correct the option.",
    ),
    CensusCode.NOT_ELIGIBLE: Explanation(
        "The rulebook says that the person is not eligible for this plan. The next event of the person would end the "
        "coverage.",
        "Check the rules of eligibility, and the person's data in HR.",
    ),
}
"""Every code with its reason and its fix."""


def explanation(finding: CensusFinding) -> Explanation:
    """Return why a line has this finding, and how to fix it."""
    why, fix = EXPLANATIONS[finding.code]
    return Explanation(why.format(column=finding.column), fix)
