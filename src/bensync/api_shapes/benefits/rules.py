"""The shapes of an employer's rulebook."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from bensync.api_shapes.base import Shape, Subject
from bensync.wording import eligibility as wording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bensync.benefits import readiness
    from bensync.benefits.rulebook.rulebook import Rulebook
    from bensync.benefits.rulebook.tables import Action
    from bensync.core.people import Participant


class ActionMeaning(Shape):
    """The meaning of an action of HR from a day on, with or without a reason (S4-11)."""

    action: str
    reason: str = Field(description="empty: any reason without an entry of its own")
    since: date | None = Field(description="the first day on which it counts; null: always")
    event: str = Field(description="event class; empty: MSC")
    status: str = Field(description="benefits employee status; empty: as before")
    cobra: str = Field(description="COBRA action code; empty: that of the event class")
    in_force: bool = Field(description="whether it counts on the day that was asked about")


class Gap(Shape):
    """One thing that would fail or mislead in a run of benefit events."""

    code: str
    about: str = Field(description="the field, fact, plan or program; no value of a person")
    text: str = Field(description="what it is, and what to do")


class PersonGaps(Shape):
    """A participant for whom a run would fail."""

    site: str
    person: Subject
    gaps: list[Gap]


class RulebookCheck(Shape):
    """A rulebook that can be used, and what would mislead in it."""

    of: str = Field(description="the site, or the file")
    programs: int
    plans: int
    add_rules: int
    change_rules: int
    termination_rules: int
    passive: int
    schedules: int
    gaps: list[Gap]


def gap(entry: readiness.Gap) -> Gap:
    """Return the shape of a gap."""
    return Gap(code=entry.code, about=entry.about, text=wording.gap_text(entry))


def person_gaps(site: str, participant: Participant, gaps: Iterable[readiness.Gap]) -> PersonGaps:
    """Return the shape of the gaps of a participant."""
    values = participant.profile.values
    name = " ".join(filter(None, (values.get("first_name"), values.get("last_name"))))
    person = Subject(participant=participant.id, employee_id=participant.employee_id, name=name)
    return PersonGaps(site=site, person=person, gaps=[gap(entry) for entry in gaps])


def rulebook_check(of: str, book: Rulebook, gaps: Iterable[readiness.Gap]) -> RulebookCheck:
    """Return the shape of a rulebook that was checked."""
    lists = ("programs", "plans", "add_rules", "change_rules", "termination_rules", "passive", "schedules")
    counts = {name: len(getattr(book, name)) for name in lists}
    return RulebookCheck(of=of, **counts, gaps=[gap(entry) for entry in gaps])


def action_meaning(entry: Action, *, in_force: bool) -> ActionMeaning:
    """Return the shape of one entry of the map."""
    return ActionMeaning(
        action=entry.action,
        reason=entry.reason,
        since=None if entry.since == date.min else entry.since,
        event=entry.event,
        status=entry.status,
        cobra=entry.cobra,
        in_force=in_force,
    )
