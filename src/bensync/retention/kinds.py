"""The kinds of data that have a retention period: what belongs to each, its default, its legal minimum, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import msgspec

from bensync.retention.periods import Period


class Kind(StrEnum):
    """A kind of data, by its name in the table ``[retention]`` of the configuration."""

    FORMER_PEOPLE = "former_people"
    COBRA = "cobra"
    REQUESTS = "requests"
    SENT_ROWS = "sent_rows"
    RUNS = "runs"
    ISSUES = "issues"
    NOTICES = "notices"
    SEARCHES = "searches"


class KindRule(msgspec.Struct, frozen=True):
    """The rule of one kind.

    Attributes:
        label: its name on pages and lists.
        begins: when the period begins, and for which records.
        default: the period where the configuration names none.
        minimum: the shortest period that the configuration may name.
        why: the law or the use that the minimum comes from.
    """

    label: str
    begins: str
    default: Period
    minimum: Period
    why: str


# ERISA 107 (29 USC 1027): six years after the filing that a record supports. The annual report of a plan year is due
# seven months after its end, and may be extended to nine and a half (29 CFR 2520.104a-5, Form 5558), so a record of
# January must be kept for seven years and ten months.
_ERISA = Period(years=8)
_ERISA_WHY = "ERISA section 107: six years after the annual report of the plan year, which is due up to 22 months later"
_USE = Period(days=90)

KINDS: Mapping[Kind, KindRule] = {
    Kind.FORMER_PEOPLE: KindRule(
        "Former employees",
        "everything about a former employee, from the termination, the last coverage row, or the last approved change,"
        " whichever is latest",
        _ERISA,
        _ERISA,
        _ERISA_WHY,
    ),
    Kind.COBRA: KindRule(
        "COBRA records",
        "a former employee with a COBRA record, from the last day of the COBRA period",
        _ERISA,
        _ERISA,
        f"{_ERISA_WHY}; COBRA notices are plan records (29 CFR 2590.606-4)",
    ),
    Kind.REQUESTS: KindRule(
        "Decided requests",
        "approved, replaced and withdrawn requests of people who stay, from the decision",
        _ERISA,
        _ERISA,
        _ERISA_WHY,
    ),
    Kind.SENT_ROWS: KindRule(
        "Rows of sent files",
        "rows that a later file replaced, from the delivery",
        Period(years=2),
        _USE,
        "they explain a delivery while the receiver may ask about it; the approved request holds what was decided",
    ),
    Kind.RUNS: KindRule(
        "Runs",
        "runs without a file, and what every run says about single employees, from the start of the run",
        Period(years=2),
        _USE,
        "`bensync explain` answers from them why an employee was not sent",
    ),
    Kind.ISSUES: KindRule(
        "Resolved data issues",
        "resolved issues, from the day on which they were resolved",
        Period(years=2),
        _USE,
        "they explain why an employee was blocked",
    ),
    Kind.NOTICES: KindRule(
        "Notices",
        "texts of mails and alerts that were sent, from the day on which they were written",
        Period(years=1),
        Period(days=30),
        "they show what people were notified of; the audit trail holds what happened",
    ),
    Kind.SEARCHES: KindRule(
        "Searches for passive events",
        "searches for people who reach an age or a length of service, from the search",
        Period(years=2),
        _USE,
        "they show whom a search found; the activities that came of it stay with the person",
    ),
}
"""The rule of every kind."""


class Periods(msgspec.Struct, frozen=True):
    """The periods of a deployment.

    Attributes:
        by_kind: the period of each kind that the configuration names; the others have their default.
    """

    by_kind: Mapping[Kind, Period] = {}

    def of(self, kind: Kind) -> Period:
        """Return the period of a kind."""
        return self.by_kind.get(kind, KINDS[kind].default)

    def cutoff(self, kind: Kind, today: date) -> date | None:
        """Return the first day that is still within the period of a kind; None if the kind is kept."""
        return self.of(kind).cutoff(today)


def checked(kind: Kind, text: str) -> Period:
    """Return the period that the configuration names for a kind.

    Raises:
        ValueError: it is no period, or shorter than the minimum.
    """
    period, rule = Period.parse(text), KINDS[kind]
    if period.is_shorter_than(rule.minimum):
        raise ValueError(f"must be at least {rule.minimum}: {rule.why}")
    return period
