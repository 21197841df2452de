"""COBRA records: when one arises, how long each step may take, and what voiding does to them.

The engine opens and voids records; handling them is left to the administrator, and the engine only says by when
each step is due (S3-12).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from bensync.benefits.values.calendar import plus


class CobraState(StrEnum):
    """The states of a COBRA record; it becomes void with its event, and a person closes it."""

    # model L13 and decision 67 define them.

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    VOID = "VOID"


class Milestone(StrEnum):
    """A step of a COBRA record that a person takes; the clock of the next step runs from its day."""

    ADMINISTRATOR_TOLD = "administrator_told"
    NOTICE_SENT = "notice_sent"
    ELECTED = "elected"
    PAID = "paid"


class Clocks(BaseModel):
    """The calendar days that each step may take, and the day on which the first clock begins (29 CFR 2590.606).

    Attributes:
        employer_tells: days for the employer to notify the administrator.
        administrator_tells: days for the administrator to send the election notice.
        both: the two together, where the employer is the administrator.
        election: the person decides, from the later of the loss of coverage and the notice.
        first_premium: the first payment, from the election.
        employer_administers: whether the employer is the administrator.
        from_loss: whether the first clock runs from the loss of coverage instead of the event.
        months: how long the coverage may last.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    employer_tells: int = Field(30, ge=0)
    administrator_tells: int = Field(14, ge=0)
    both: int = Field(44, ge=0)
    election: int = Field(60, ge=0)
    first_premium: int = Field(45, ge=0)
    employer_administers: bool = False
    from_loss: bool = True
    months: int = Field(18, gt=0)


class CobraRecord(msgspec.Struct, frozen=True):
    """The COBRA record of one qualifying event; an event has at most one.

    Attributes:
        event: the number of the event whose postings ended the coverage.
        event_date: the day of that event.
        action: the COBRA action code of its action and reason (S3-11).
        occurrence_date: the day after the first benefit ended (S2-24).
        until: the last day on which continued coverage may be in force.
        milestones: the days on which steps were taken.
        employment_record: always 0; the source has one job a person (model K8).
        dependents: the dependents who lost coverage while that of the employee goes on; empty where all lost it.
    """

    event: int
    event_date: date
    action: str
    occurrence_date: date
    until: date
    state: CobraState = CobraState.OPEN
    milestones: tuple[tuple[Milestone, date], ...] = ()
    employment_record: int = 0
    dependents: tuple[int, ...] = ()


class Loss(msgspec.Struct, frozen=True):
    """A coverage that ended under a rule with a COBRA occurrence.

    Attributes:
        day: the first day without it.
        since: the first day of that coverage without a gap.
        dependents: those who left a coverage that goes on; empty where the coverage itself ended.
        action: the COBRA action code of their leaving; ``months``: how long their continued coverage may last.
    """

    day: date
    since: date
    dependents: tuple[int, ...] = ()
    action: str = ""
    months: int = 0


class Deadline(msgspec.Struct, frozen=True):
    """By when a step must be taken; ``done`` is the day on which it was."""

    step: Milestone
    due: date
    done: date | None


def open_record(
    records: Iterable[CobraRecord], event: int, event_date: date, action: str, losses: Iterable[Loss], clocks: Clocks
) -> CobraRecord | None:
    """Return the record that the losses of one event open; None if each is under a record in effect (S2-23, A-70).

    Args:
        records: those of the participant.
        event: the number of the event.
        event_date: the day of the event.
        action: the COBRA action code of the event.
        losses: the coverages that ended under a rule with a COBRA occurrence.
        clocks: the periods of the employer.
    """
    kept = list(records)
    new = [loss for loss in losses if not any(in_effect(record, loss) for record in kept)]
    if not new:
        return None
    occurrence = min(loss.day for loss in new)
    alone = all(loss.dependents for loss in new)
    # One record for an event: where employee and dependents lose coverage by it, the longest of their periods counts,
    # because a period that ends too early is a coverage lost.
    months = max(loss.months if loss.dependents else clocks.months for loss in new)
    # The last covered day: 18 months from July 1 end on December 31 of the next year.
    until = plus(plus(occurrence if clocks.from_loss else event_date, months), days=-1)
    dependents = tuple(sorted({number for loss in new for number in loss.dependents})) if alone else ()
    code = next(loss.action for loss in new) if alone else action
    return CobraRecord(event, event_date, code, occurrence, until, dependents=dependents)


def in_effect(record: CobraRecord, loss: Loss) -> bool:
    """Return whether the record covers a loss; a coverage that began anew since is none of its (decision 67)."""
    covers = record.occurrence_date <= loss.day <= record.until
    # The record of a child covers neither the employee nor another child.
    if record.dependents and not (loss.dependents and set(loss.dependents) <= set(record.dependents)):
        return False
    return record.state is CobraState.OPEN and covers and loss.since < record.occurrence_date


def deadlines(record: CobraRecord, clocks: Clocks) -> tuple[Deadline, ...]:
    """Return by when each step is due; until a step is taken, the next clock runs from the last day for it.

    Source: 29 CFR 2590.606.
    """
    done = dict(record.milestones)
    start = record.occurrence_date if clocks.from_loss else record.event_date
    notified = plus(start, days=clocks.employer_tells)
    # Each clock runs from the day of the step before it. A step that is still open counts as taken on its last day, so
    # that the later deadlines are the latest possible ones.
    notice = plus(done.get(Milestone.ADMINISTRATOR_TOLD, notified), days=clocks.administrator_tells)
    if clocks.employer_administers:
        notice = plus(start, days=clocks.both)
    sent = done.get(Milestone.NOTICE_SENT, notice)
    # The election period runs at least 60 days from the later of notice and loss of coverage (ERISA, section 605).
    elected = plus(max(sent, record.occurrence_date), days=clocks.election)
    paid = plus(done.get(Milestone.ELECTED, elected), days=clocks.first_premium)
    due = {
        Milestone.ADMINISTRATOR_TOLD: notified,
        Milestone.NOTICE_SENT: notice,
        Milestone.ELECTED: elected,
        Milestone.PAID: paid,
    }
    if clocks.employer_administers:
        del due[Milestone.ADMINISTRATOR_TOLD]
    return tuple(Deadline(step, day, done.get(step)) for step, day in due.items())


def with_step(record: CobraRecord, step: Milestone, on: date) -> CobraRecord:
    """Return the record with a step taken on a day; if it was taken before, the new day replaces the old one."""
    # Sorted, so that equal records are equal values whatever the order of entry was.
    taken = tuple(sorted({**dict(record.milestones), step: on}.items()))
    return msgspec.structs.replace(record, milestones=taken)


def closed(record: CobraRecord) -> CobraRecord:
    """Return the record as one that a person closed: nothing is due any more, and it covers no later loss."""
    return msgspec.structs.replace(record, state=CobraState.CLOSED)


def void(records: Iterable[CobraRecord], event: int) -> tuple[CobraRecord, ...]:
    """Return the records, with those of this event void (model L13)."""
    return tuple(
        msgspec.structs.replace(record, state=CobraState.VOID) if record.event == event else record
        for record in records
    )
