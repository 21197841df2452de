"""The activities of one participant. A list of people reads them without the rest of benefit events."""

from __future__ import annotations

from sqlalchemy import select

from bensync.benefits.values.activities import Activity
from bensync.state.benefits.case_mapping import activity_of
from bensync.state.db.transaction import SiteTransaction
from bensync.state.schema import benefits

_activities = benefits.ActivityRow.__table__


def activities_of(transaction: SiteTransaction, participant_id: int) -> tuple[Activity, ...]:
    """Return the activities of a participant, oldest first, without the dated rows behind them."""
    participant = (_activities.c.site == transaction.site, _activities.c.participant_id == participant_id)
    query = select(_activities).where(*participant).order_by(_activities.c.number)
    return tuple(activity_of(row, None) for row in transaction.connection.execute(query))
