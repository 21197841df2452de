"""Runs and deliveries as frozen values: what bensync did, and the files that left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec


class RunKind(StrEnum):
    """The purpose of a run."""

    DAILY = "DAILY"
    RESYNC = "RESYNC"
    SNAPSHOT = "SNAPSHOT"
    EVENTS = "EVENTS"
    """Processes benefit events; HR is not read."""
    RESTORE = "RESTORE"
    """Not a run: it stands for runs after a backup, which a database restored from it does not know."""


class RunState(StrEnum):
    """The states of a run."""

    # model 2.3 defines it.

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    INTERRUPTED = "INTERRUPTED"
    """Found with a dead lease; recovery follows."""


class Outcome(StrEnum):
    """The result of a run that succeeded."""

    DELIVERED = "DELIVERED"
    NO_CHANGES = "NO_CHANGES"
    FILLED = "FILLED"
    """A snapshot filled baseline and register."""
    # The value is stored in databases and part of the JSON contract, so it keeps its old name.
    WORKED_OFF = "WORKED_OFF"
    """Benefit events were processed."""
    CAUGHT_UP = "CAUGHT_UP"
    """A person entered the numbers that were used after the backup was made."""


class DeliveryKind(StrEnum):
    """Whether a file carries changes or repeats everybody of the ticked populations."""

    DELTA = "DELTA"
    FULL = "FULL"


class DeliveryState(StrEnum):
    """The life of a delivery."""

    # sync-rules 3.11 defines it.

    PREPARED = "PREPARED"
    """Rows and number are written down; the bytes are not sealed yet."""
    SEALED = "SEALED"
    """The sealed bytes are stored and never change again; nothing can be under the final name yet."""
    UPLOADED = "UPLOADED"
    """All bytes were seen at the upload center under a temporary name."""
    PUBLISHING = "PUBLISHING"
    """The intent to publish is written down; only settling ends this."""
    UNKNOWN = "UNKNOWN"
    """Published or not, which only the receiver knows; a person asks there, and nothing else leaves meanwhile."""
    COMMITTED = "COMMITTED"
    """Delivered, and baseline, watermark and requests moved with it."""
    FAILED = "FAILED"
    """The attempts were used up before publishing; the next run replaces it under the same number."""
    ABANDONED = "ABANDONED"
    """Replaced; it never left."""
    VOID = "VOID"
    """Its number was used after the backup that this database came from; its content is not known here."""


UNPUBLISHED = (DeliveryState.SEALED, DeliveryState.UPLOADED)
"""Sealed, and certainly not under the final name."""
IN_DOUBT = (DeliveryState.PUBLISHING, DeliveryState.UNKNOWN)
"""Possibly under the final name. A person may confirm such a delivery after asking the receiver."""
UNSETTLED = (*UNPUBLISHED, *IN_DOUBT)
"""Sealed, and not at an end."""
# A partial index of the database lists these states, too: another set needs a migration.
IN_TROUBLE = (DeliveryState.FAILED, *IN_DOUBT)
"""A person should look at the delivery. Every count and list of deliveries in trouble uses this one definition."""
UNFINISHED = (DeliveryState.PREPARED, DeliveryState.FAILED, *UNSETTLED)
"""Neither committed nor replaced: its number is in use, and nothing is known to have arrived."""


class Delivery(msgspec.Struct, frozen=True):
    """One sealed file of one feed.

    Attributes:
        part: the temporary name of the last upload that was begun; empty before the first.
    """

    id: int
    run_id: int
    feed: str
    kind: DeliveryKind
    sequence: int
    name: str
    state: DeliveryState
    rows: int
    size: int
    sha256: str
    part: str
    attempts: int
    created_at: datetime
    committed_at: datetime | None = None
    error: Mapping[str, str | int] = {}
