"""Which former employees may be deleted: those whose period is over, and whom nothing needs any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum

import msgspec

from bensync.core.changes import BaselineState
from bensync.core.people import Standing


class KeepReason(StrEnum):
    """Why a record whose period is over is kept nevertheless; the first that applies counts."""

    HELD = "held"
    """A legal hold names the person."""
    ACTIVE = "active"
    """The participant is active, or no end is known."""
    IN_HR = "in_hr"
    """HR still shows the employee; without the baseline the next run would send them as new."""
    PENDING = "pending"
    """A request waits for a decision."""
    OPEN_EVENT = "open_event"
    """A benefit event or an activity is not finished."""
    COVERED = "covered"
    """Coverage goes on."""
    COBRA = "cobra"
    """A COBRA record is open, or its period is not over."""
    ISSUE = "issue"
    """A data issue is open."""
    IN_TRANSIT = "in_transit"
    """A file that is not confirmed has a row about the person."""
    RECENT = "recent"
    """Something about the person is younger than the period."""
    SHARED = "shared"
    """A request of the person was applied to somebody else, too."""
    NEWEST = "newest"
    """The record has the highest number of its table, which would be given out again."""


class FormerPerson(msgspec.Struct, frozen=True):
    """What decides whether everything about one person may be deleted.

    Attributes:
        standing: of the participant; None for a person who was sent and never approved.
        ended: the termination date, or for a person who was never approved the day on which they were last sent.
        changed: the latest day on which anything about them was sent, asked, approved or posted.
        baselines: the states of the baselines with their SSN or their employee id.
        held: whether a legal hold names them.
        pending: whether a request waits for a decision.
        open_event: whether an event or an activity is not finished.
        covered: whether coverage goes on.
        cobra_open: whether a COBRA record is open.
        cobra_until: the last day of their COBRA periods.
        issue: whether a data issue is open.
        in_transit: whether a file that is not confirmed has a row about them.
        shared: whether one of their requests belongs to another participant's activity.
        newest: whether one of their records has the highest number of its table.
    """

    standing: Standing | None
    ended: date | None
    changed: date | None = None
    baselines: frozenset[BaselineState] = frozenset()
    held: bool = False
    pending: bool = False
    open_event: bool = False
    covered: bool = False
    cobra_open: bool = False
    cobra_until: date | None = None
    issue: bool = False
    in_transit: bool = False
    shared: bool = False
    newest: bool = False


_SEEN = frozenset({BaselineState.LIVE, BaselineState.OUT_OF_SCOPE})
"""States of a baseline whose employee HR still shows."""

_FACTS: Mapping[KeepReason, Callable[[FormerPerson], bool]] = {
    KeepReason.HELD: lambda person: person.held,
    KeepReason.ACTIVE: lambda person: person.standing is Standing.ACTIVE or person.ended is None,
    KeepReason.IN_HR: lambda person: not _SEEN.isdisjoint(person.baselines),
    KeepReason.PENDING: lambda person: person.pending,
    KeepReason.OPEN_EVENT: lambda person: person.open_event,
    KeepReason.COVERED: lambda person: person.covered,
    KeepReason.COBRA: lambda person: person.cobra_open,
    KeepReason.ISSUE: lambda person: person.issue,
    KeepReason.IN_TRANSIT: lambda person: person.in_transit,
    KeepReason.SHARED: lambda person: person.shared,
    KeepReason.NEWEST: lambda person: person.newest,
}
"""The reasons that hold whatever the period is, in the order in which they are looked at."""


def reason_to_keep(person: FormerPerson, cutoff: date | None, cobra_cutoff: date | None) -> KeepReason | None:
    """Return why everything about a person must be kept, or None if it may be deleted.

    Args:
        person: the facts about them.
        cutoff: the first day within the period of former employees; None if they are kept for good.
        cobra_cutoff: the first day within the period of COBRA records, likewise.
    """
    for reason, applies in _FACTS.items():
        if applies(person):
            return reason
    if person.cobra_until is not None and (cobra_cutoff is None or person.cobra_until >= cobra_cutoff):
        return KeepReason.COBRA
    latest = max(day for day in (person.ended, person.changed) if day is not None)
    return KeepReason.RECENT if cutoff is None or latest >= cutoff else None
