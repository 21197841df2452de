"""The schema whole, for migrations, copies, checks and keys: they know those tables, too, that nobody asked for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Index, Table, text

import bensync.state.schema.access  # noqa: F401  # its tables join the metadata
from bensync.core.runs import IN_TROUBLE, UNSETTLED, DeliveryState
from bensync.state.schema import benefits, sync
from bensync.state.schema.sync import METADATA

__all__ = ["METADATA", "every_table"]


def every_table() -> list[Table]:
    """The tables of the state, each behind those that it refers to."""
    return METADATA.sorted_tables


def _in(states: Sequence[DeliveryState]) -> str:
    """The condition as the queries write it: SQLite uses a partial index only where the two texts agree."""
    return f"state IN ({', '.join(repr(state.value) for state in states)})"


def _some(table: Table, name: str, where: str, *columns: str, unique: bool = False, on_server: str = "") -> None:
    """An index of some rows only. It stands here, for SQLAlchemy loads PostgreSQL whole when it hears of one.

    Args:
        table: whose rows.
        name: of the index.
        where: which of them.
        columns: what they are looked up by.
        unique: whether no two of these rows may be alike.
        on_server: how PostgreSQL says which, where it says it otherwise.
    """
    there = text(on_server or where)
    listed = (table.c[column] for column in columns)
    Index(name, *listed, unique=unique, sqlite_where=text(where), postgresql_where=there)


_some(sync.DeliveryRow, "delivery_sequence", "state <> 'ABANDONED'", "site", "feed", "sequence", unique=True)
_some(sync.DeliveryRow, "delivery_in_trouble", _in(IN_TROUBLE), "site")
_some(sync.DeliveryRow, "delivery_unsettled", _in(UNSETTLED), "site")
_some(sync.IssueRow, "issue_lasting", "resolved_at IS NULL", "site")
_some(sync.ReceivedFileRow, "received_sequence", "state = 'ACCEPTED'", "site", "sequence", unique=True)
_some(sync.RequestRow, "request_pending", "state = 'PENDING'", "site", "key", unique=True)
_some(sync.NoticeSendingRow, "sending_waiting", "sent_at IS NULL", "site")
_some(benefits.EventRow, "event_open", "status = 'OPEN'", "participant_id", unique=True)
_some(benefits.EventRow, "event_losses", "stops_short = 1", "site", on_server="stops_short")
