"""The shape of audit entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bensync.api_shapes.base import FieldDifference, Moment, Shape, copied, difference

if TYPE_CHECKING:
    from bensync.state.read.lists import AuditView


class AuditEntry(Shape):
    """One audit entry: actor, action, time, and changes, which a list leaves out."""

    id: int
    site: str
    at: Moment
    actor: str
    verb: str
    object: str
    reason: str
    changes: list[FieldDifference]


def entry(view: AuditView) -> AuditEntry:
    """Return one audit entry."""
    return copied(AuditEntry, view, changes=[difference(change) for change in view.changes])
