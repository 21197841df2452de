"""The shapes of an employer's rulebook."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from bensync.api_shapes.base import Shape

if TYPE_CHECKING:
    from bensync.benefits.rulebook.tables import Action


class ActionMeaning(Shape):
    """The meaning of an action of HR from a day on, with or without a reason (S4-11)."""

    action: str
    reason: str = Field(description="empty: any reason without an entry of its own")
    since: date | None = Field(description="the first day on which it counts; null: always")
    event: str = Field(description="event class; empty: MSC")
    status: str = Field(description="benefits employee status; empty: as before")
    cobra: str = Field(description="COBRA action code; empty: that of the event class")
    in_force: bool = Field(description="whether it counts on the day that was asked about")


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
