"""What a run works with: one site's hands and rules, ready to use, and the order to carry out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import msgspec

from bensync.core.guards import Guards
from bensync.core.intake import IntakeRules
from bensync.core.model import RunKind, Status
from bensync.core.ports import Cipher, Courier, Notifier, Record, Source, Wanted
from bensync.core.status import StatusOptions
from bensync.mappings.feed import Layout
from bensync.mappings.source import Reader
from bensync.state.store import Store

Progress = Callable[[Iterator[list[Record]], int | None], Iterator[list[Record]]]
"""Passes pages through and shows how far the reading is; the number is that of the people to come."""


def no_progress(pages: Iterator[list[Record]], _total: int | None) -> Iterator[list[Record]]:
    """Passes pages through and shows nothing."""
    return pages


class Tools(msgspec.Struct, frozen=True):
    """One site's hands and rules.

    Attributes:
        site: its name in the configuration.
        site_id: its BeneTrac Site ID, which begins every file name.
        mapping: the fingerprint of its mapping.
        feed: the name of its file's layout.
    """

    site: str
    site_id: str
    store: Store
    source: Source
    wanted: Wanted
    reader: Reader
    mapping: str
    options: StatusOptions
    guards: Guards
    rules: IntakeRules
    feed: str
    layout: Layout
    cipher: Cipher
    courier: Courier
    notifier: Notifier | None
    timezone: ZoneInfo
    progress: Progress = no_progress


class Order(msgspec.Struct, frozen=True):
    """What a run is asked to do.

    Attributes:
        kind: daily, resync or snapshot.
        cause: SCHEDULE or MANUAL.
        actor: who asked.
        boxes: the ticked populations of a resync.
        allow: the fingerprint of a plan that a person released.
    """

    kind: RunKind
    cause: str
    actor: str
    boxes: frozenset[Status] | None = None
    allow: str | None = None

    @property
    def full(self) -> bool:
        """Whether everybody is read."""
        return self.kind is not RunKind.DAILY
