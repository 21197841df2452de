"""How retention is worded: why a former employee is kept, and what was deleted."""

from __future__ import annotations

from collections.abc import Mapping

from bensync.retention.former import KeepReason
from bensync.retention.plan import RetentionPlan
from bensync.wording.sync import count

KEPT: Mapping[KeepReason, str] = {
    KeepReason.HELD: "a legal hold",
    KeepReason.ACTIVE: "no end of the employment is known",
    KeepReason.IN_HR: "HR still shows the employee",
    KeepReason.PENDING: "a request waits for a decision",
    KeepReason.OPEN_EVENT: "a benefit event is not finished",
    KeepReason.COVERED: "coverage goes on",
    KeepReason.COBRA: "a COBRA record is open, or its period is not over",
    KeepReason.ISSUE: "a data issue is open",
    KeepReason.IN_TRANSIT: "a file that is not confirmed has a row about them",
    KeepReason.RECENT: "something about them is younger than the period",
    KeepReason.SHARED: "a request of theirs belongs to another participant, too",
    KeepReason.NEWEST: "they have the newest record of a table, whose number must not be used again",
}
"""Why a former employee whose period is over is kept."""

MIXED = (
    "Notices, searches, and lists of employees without changes mix people in one record. They are kept as long as a"
    " legal hold is in force."
)


def kept(plan: RetentionPlan) -> list[str]:
    """Return one line for each reason why former employees are kept."""
    return [
        f"{count(number, 'former employee is', 'former employees are')} kept: {KEPT[reason]}"
        for reason, number in plan.kept.items()
    ]
