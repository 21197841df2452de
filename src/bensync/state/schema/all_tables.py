"""All tables with all indexes, for migrations, backups, checks and key rotation."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Index, Table, text

import bensync.state.schema.access  # noqa: F401  # its tables join the metadata
from bensync.core.runs import IN_TROUBLE, UNSETTLED, DeliveryState
from bensync.state.schema import benefits, sync
from bensync.state.schema.base import METADATA, StateTable

__all__ = ["METADATA", "every_table"]


def every_table() -> list[Table]:
    """Return the tables of the state, each after the tables that it refers to."""
    return METADATA.sorted_tables


def _in(states: Sequence[DeliveryState]) -> str:
    """Return the condition as queries write it: SQLite uses a partial index only where the two texts agree."""
    return f"state IN ({', '.join(repr(state.value) for state in states)})"


def _partial_index(
    model: type[StateTable], name: str, where: str, *columns: str, unique: bool = False, on_postgresql: str = ""
) -> None:
    """Add an index of some rows to a table.

    Partial indexes are here, not in the classes, because SQLAlchemy loads its whole PostgreSQL dialect for the
    argument ``postgresql_where``.

    Args:
        model: the table.
        name: the name of the index.
        where: the SQL condition that selects the rows.
        columns: the indexed columns.
        unique: whether two of these rows may not have equal columns.
        on_postgresql: the condition for PostgreSQL, if it differs.
    """
    rows = text(on_postgresql or where)
    listed = (model.__table__.c[column] for column in columns)
    Index(name, *listed, unique=unique, sqlite_where=text(where), postgresql_where=rows)


# The unique ones enforce rules that a fault in the code could break: one file for each number (an abandoned delivery
# gives its number back), one accepted file for each number, one pending request for each person, one open event for
# each participant, one legal hold for each employee. The others hold the few rows that are still open, so counting them
# does not depend on the history.
_partial_index(sync.DeliveryRow, "delivery_sequence", "state <> 'ABANDONED'", "site", "feed", "sequence", unique=True)
_partial_index(sync.DeliveryRow, "delivery_in_trouble", _in(IN_TROUBLE), "site")
_partial_index(sync.DeliveryRow, "delivery_unsettled", _in(UNSETTLED), "site")
_partial_index(sync.IssueRow, "issue_lasting", "resolved_at IS NULL", "site")
_partial_index(sync.ReceivedFileRow, "received_sequence", "state = 'ACCEPTED'", "site", "sequence", unique=True)
_partial_index(sync.RequestRow, "request_pending", "state = 'PENDING'", "site", "key", unique=True)
_partial_index(sync.LegalHoldRow, "legal_hold_open", "released_at IS NULL", "site", "employee_id", unique=True)
_partial_index(sync.NoticeSendingRow, "sending_waiting", "sent_at IS NULL", "site")
_partial_index(benefits.EventRow, "event_open", "status = 'OPEN'", "participant_id", unique=True)
_partial_index(benefits.EventRow, "event_losses", "stops_short = 1", "site", on_postgresql="stops_short")
