"""Checks of SSNs; a person without a trustworthy SSN is blocked, and checked again in every run (sync-rules 3.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import msgspec
from stdnum.us import ssn as us_ssn

from bensync.core.changes import Baseline, BaselineState, Candidate, Issue, IssueCode
from bensync.core.people import Employee, Status

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


class SharedSsns(msgspec.Struct, frozen=True):
    """What becomes of the people who were read, as far as their SSN decides it.

    Attributes:
        clear: people whose own record speaks for their SSN.
        spoken_for: employee ids of former records of these people, or of people who were not read: nothing is wrong.
        issues: people blocked, because two records claim one SSN and none of them can speak for it.
    """

    clear: list[Candidate]
    spoken_for: list[str]
    issues: list[Issue]


def split_duplicates(
    candidates: Sequence[Candidate],
    owner_of: Callable[[bytes], Baseline | None],
    sent_as: Callable[[str], Baseline | None],
) -> SharedSsns:
    """Separate the candidates whose record speaks for their SSN from those who share it with another employee.

    After a pull each SSN has the owners that HR shows: those pulled with it, and its baseline's employee if that one
    was not pulled with another SSN, so that a swap or handover within one pull is no duplicate (sync-rules 3.4.3,
    A-38). One of them speaks for the person (sync-rules 3.4.2, A-33, A-34, A-93).

    Args:
        candidates: everybody who was read and can be trusted otherwise.
        owner_of: the baseline of a key.
        sent_as: the live baseline of an HR employee.
    """
    pulled = {candidate.employee_id: candidate.key for candidate in candidates}
    claims: dict[bytes, list[Candidate]] = {}
    for candidate in candidates:
        claims.setdefault(candidate.key, []).append(candidate)
    shared = SharedSsns([], [], [])
    for candidate in candidates:
        speaker = _speaker(claims[candidate.key], owner_of(candidate.key), pulled)
        own = sent_as(candidate.employee_id)
        if speaker == candidate.employee_id:
            shared.clear.append(candidate)
        # Somebody who was sent under another SSN is no former record: with the new SSN, their own end would be lost.
        elif speaker and candidate.status is Status.INACTIVE and (own is None or own.key == candidate.key):
            shared.spoken_for.append(candidate.employee_id)
        else:
            other = "another active employee" if candidate.status is Status.ACTIVE else "another employee"
            shared.issues.append(Issue(candidate.employee_id, IssueCode.SSN_DUPLICATE, f"{other} has the same SSN"))
    return shared


def _speaker(claims: Sequence[Candidate], owner: Baseline | None, pulled: Mapping[str, bytes]) -> str | None:
    """Return the employee whose record speaks for an SSN; None if no record can."""
    active = [claim.employee_id for claim in claims if claim.status is Status.ACTIVE]
    live = owner is not None and owner.state is BaselineState.LIVE
    # The owner still has the SSN if this pull did not read them, or read them with the same SSN.
    if owner is not None and live and pulled.get(owner.employee_id, owner.key) == owner.key:
        # The owner goes on: a typing error in somebody else's new record must not stop the changes of a correct one.
        # An owner who was sent as active and left meanwhile is sent first; a new record of theirs follows in the next
        # run, so that no end is lost.
        if owner.active or owner.employee_id in active or len(active) != 1:
            return owner.employee_id
        return active[0]
    if len(claims) == 1:
        return claims[0].employee_id
    return active[0] if len(active) == 1 else None
