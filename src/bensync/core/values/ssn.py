"""Checks of SSNs; a person without a trustworthy SSN is blocked, and checked again in every run (sync-rules 3.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from stdnum.us import ssn as us_ssn

from bensync.core.changes import Baseline, BaselineState, Candidate, Issue, IssueCode
from bensync.core.people import Employee

# Letters may touch the number ("SSN123-45-6789"), digits may not: those are longer numbers, such as invoices.
_LIKE_AN_SSN = re.compile(r"(?<!\d)\d{3}[-. /]?\d{2}[-. /]?(\d{4})(?!\d)", re.ASCII)


def check_ssn(employee: Employee) -> Issue | None:
    """Return an issue if the SSN is missing or cannot be one, otherwise None (sync-rules 3.4.1)."""
    text = employee.values.get("ssn")
    if text is None:
        return Issue(employee.id, IssueCode.SSN_MISSING, "HR holds no SSN")
    problem = ssn_problem(text)
    return Issue(employee.id, IssueCode.SSN_INVALID, problem) if problem else None


def ssn_problem(text: str) -> str:
    """Return why a text cannot be an SSN, without the text; empty if it can.

    An SSN has nine digits, no area 000, 666 or 9xx, no group 00 and no serial 0000; numbers that were printed on
    specimen cards, or that the SSA lists as never assigned, are none either.
    """
    # stdnum would accept separators and other digits of Unicode, which must not become part of the key.
    if len(text) != 9 or not text.isascii() or not us_ssn.is_valid(text):
        return "the SSN is not nine digits of a number that can exist"
    if text == "123456789" or len(set(text)) == 1:
        return "the SSN is a placeholder that was never assigned"
    return ""


def without_ssn(text: str) -> str:
    """Return a text that people typed with everything masked that looks like an SSN (S1-22)."""
    return _LIKE_AN_SSN.sub(r"***-**-\1", text)


def split_duplicates(
    candidates: Sequence[Candidate], owner_of: Callable[[bytes], Baseline | None]
) -> tuple[list[Candidate], list[Issue]]:
    """Separate the candidates whose SSN is theirs alone from those who share it with another live employee.

    After a pull each SSN has the owners that HR shows: those pulled with it, and its baseline's employee if that one
    was not pulled with another SSN, so that a swap or handover within one pull is no duplicate (sync-rules 3.4.3,
    A-38). The owner in the baseline proceeds; everybody else is blocked (sync-rules 3.4.2, A-33, A-34).

    Args:
        candidates: everybody who was read and can be trusted otherwise.
        owner_of: the baseline of a key.
    """
    pulled = {candidate.employee_id: candidate.key for candidate in candidates}
    claims: dict[bytes, int] = {}
    for candidate in candidates:
        claims[candidate.key] = claims.get(candidate.key, 0) + 1
    clear: list[Candidate] = []
    issues: list[Issue] = []
    for candidate in candidates:
        owner = owner_of(candidate.key)
        owner_id = owner.employee_id if owner is not None and owner.state is BaselineState.LIVE else None
        # The owner goes on: a typing error in somebody else's new record must not stop the changes of a correct one.
        if owner_id == candidate.employee_id:
            clear.append(candidate)
        # The owner still has the SSN if this pull did not read them, or read them with the same SSN.
        elif claims[candidate.key] > 1 or (
            owner_id is not None and pulled.get(owner_id, candidate.key) == candidate.key
        ):
            issues.append(
                Issue(candidate.employee_id, IssueCode.SSN_DUPLICATE, "another live employee has the same SSN")
            )
        else:
            clear.append(candidate)
    return clear, issues
