"""What a run works with: one site's hands and rules, ready to use, and the order to carry out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import msgspec

from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.core.guards import Guards
from bensync.core.intake import IntakeRules
from bensync.core.people import Status
from bensync.core.ports import Cipher, Courier, Decryptor, FieldSelection, Inbox, Notifier, Record, Source
from bensync.core.runs import RunKind
from bensync.core.status import StatusOptions
from bensync.mappings.feed import Layout
from bensync.mappings.reader import Reader
from bensync.state.site_state import SiteState
from bensync.state.store import Store
from bensync.state.sync.runs import Lease
from bensync.state.sync.sent_log import SentLog

SCHEDULE, MANUAL = "SCHEDULE", "MANUAL"
"""Why a run is made: the day is due, or somebody asked."""

Progress = Callable[[Iterator[list[Record]], int | None], Iterator[list[Record]]]
"""Passes pages through and shows how far the reading is; the number is that of the people to come."""


def no_progress(pages: Iterator[list[Record]], _total: int | None) -> Iterator[list[Record]]:
    """Passes pages through and shows nothing."""
    return pages


def utc_now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


def no_heartbeat() -> None:
    """Gives no sign of life."""


class SiteContext(msgspec.Struct, frozen=True, kw_only=True):
    """What all work at one site has at hand.

    Attributes:
        site: its name in the configuration.
        site_id: its BeneTrac Site ID, which begins every file name.
        benefits: reads the employer's rulebook; None where the site has none of its own.
        channels: who brings notices to people, by the channel's name.
        queue: the address of the page with its requests, for notices; empty where none is known.
        lease: the right to work on the site, while a run holds it; nothing is written without it then.
        clock: tells the moment, for the end of the lease.
    """

    site: str
    site_id: str
    store: Store
    rules: IntakeRules
    channels: Mapping[str, Notifier] = {}
    queue: str = ""
    lease: Lease | None = None
    clock: Callable[[], datetime] = utc_now
    benefits: Callable[[], Rulebook] | None = None

    @contextmanager
    def write(self, step: str) -> Iterator[SiteState]:
        """One transaction that may write; see `Store.work`. Under a lease it renews it, however long it took."""
        with self.store.write(self.site, step, self.lease) as work:
            yield work
            if self.lease is not None:
                work.runs.renew_lease(self.lease, self.clock())

    def read(self) -> AbstractContextManager[SiteState]:
        """One transaction that only reads; see `Store.look`."""
        return self.store.read(self.site)


class ReceiverContext(SiteContext, frozen=True, kw_only=True):
    """What receiving works with, on a machine that sees nothing of HR but the files.

    Attributes:
        preset: the name of the layout that the files have.
        dated_rows: whether they tell the history of dated rows too.
        largest: bytes; a file that is larger, sealed or opened, is refused.
    """

    inbox: Inbox
    opener: Decryptor
    preset: str
    dated_rows: bool
    largest: int


class SenderContext(SiteContext, frozen=True, kw_only=True):
    """One site's hands and rules.

    Attributes:
        mapping: the fingerprint of its mapping.
        feed: the name of its file's layout.
        embedded: whether the requests are opened here; otherwise a receiver elsewhere reads the files.
        daily_after: UTC; a daily run that begins at or after it counts for its day.
        sent_log: what was published, kept outside of the database.
        heartbeat: gives a sign of life after a good daily run.
    """

    source: Source
    wanted: FieldSelection
    reader: Reader
    mapping: str
    options: StatusOptions
    guards: Guards
    feed: str
    layout: Layout
    cipher: Cipher
    courier: Courier
    timezone: ZoneInfo
    embedded: bool
    daily_after: time
    sent_log: SentLog | None = None
    heartbeat: Callable[[], None] = no_heartbeat
    progress: Progress = no_progress


class RunOptions(msgspec.Struct, frozen=True):
    """What a run is asked to do.

    Attributes:
        kind: daily, resync or snapshot.
        cause: `SCHEDULE` or `MANUAL`; a scheduled run is refused when its day is done.
        actor: who asked.
        boxes: the ticked populations of a resync.
        allow: the fingerprint of a plan that a person released.
    """

    kind: RunKind
    trigger: str
    actor: str
    populations: frozenset[Status] | None = None
    allow: str | None = None

    @property
    def full(self) -> bool:
        """Whether everybody is read."""
        return self.kind is not RunKind.DAILY
