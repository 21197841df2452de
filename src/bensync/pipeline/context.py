"""What a run works with: the adapters and rules of one site, ready to use, and the options of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import msgspec

from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.core.comparison.scope import ScopeRules
from bensync.core.guards import Guards
from bensync.core.intake.proposals import IntakeRules
from bensync.core.people import Status
from bensync.core.ports import Cipher, Courier, Decryptor, FieldSelection, Inbox, Notifier, Record, Source
from bensync.core.runs import RunKind
from bensync.core.schedule import Weekday
from bensync.core.status import StatusOptions
from bensync.mappings.feed import Layout
from bensync.mappings.reader import Reader
from bensync.state.site_state import SiteState
from bensync.state.store import Store
from bensync.state.sync.runs import Lease
from bensync.state.sync.sent_log import SentLog

SCHEDULE, MANUAL = "SCHEDULE", "MANUAL"
"""What triggered a run: the schedule, or a person."""

Progress = Callable[[Iterator[list[Record]], int | None], Iterator[list[Record]]]
"""Passes pages through and shows the progress of reading; the number is that of the employees expected."""


def no_progress(pages: Iterator[list[Record]], _total: int | None) -> Iterator[list[Record]]:
    """Pass pages through and show nothing."""
    return pages


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def no_heartbeat() -> None:
    """Send no heartbeat."""


class SiteContext(msgspec.Struct, frozen=True, kw_only=True):
    """What every operation on one site needs.

    Attributes:
        site: its name in the configuration.
        site_id: its BeneTrac Site ID, which begins every file name.
        benefits: reads the employer's rulebook; None where the site has none of its own.
        channels: notifiers by name of their channel.
        queue: the address of the page with its requests, for notices; empty if unknown.
        lease: the lease of the site, while this process holds it; then nothing is written without it.
        clock: returns the current time, for the end of the lease.
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
        """Open a transaction that may write; see `Store.write`. Under a lease it also renews the lease."""
        with self.store.write(self.site, step, self.lease) as state:
            yield state
            # At the end, however long the transaction took: until its commit no other process can take the lease.
            if self.lease is not None:
                state.runs.renew_lease(self.lease, self.clock())

    def read(self) -> AbstractContextManager[SiteState]:
        """Open a transaction that only reads; see `Store.read`."""
        return self.store.read(self.site)


class ReceiverContext(SiteContext, frozen=True, kw_only=True):
    """What a receiver needs, on a machine that sees only the files, never HR.

    Attributes:
        preset: the name of the layout that the files have.
        dated_rows: whether the files contain the history of dated rows.
        largest: bytes; a file that is larger, sealed or opened, is refused.
    """

    inbox: Inbox
    opener: Decryptor
    preset: str
    dated_rows: bool
    largest: int


class SenderContext(SiteContext, frozen=True, kw_only=True):
    """What a run of one site needs.

    Attributes:
        mapping: the fingerprint of its mapping.
        feed: the name of its file's layout.
        embedded: whether requests are opened here; otherwise a receiver on another machine reads the files.
        daily_after: UTC; a daily run that begins at or after it counts for its day.
        reconcile_on: the weekday on which the daily run reads everybody; None for none.
        sent_log: the record of published files, kept outside the database.
        heartbeat: sends a heartbeat after a successful daily run.
    """

    source: Source
    wanted: FieldSelection
    reader: Reader
    mapping: str
    options: StatusOptions
    scope: ScopeRules = ScopeRules()
    guards: Guards
    feed: str
    layout: Layout
    cipher: Cipher
    courier: Courier
    timezone: ZoneInfo
    embedded: bool
    daily_after: time
    reconcile_on: Weekday | None = None
    sent_log: SentLog | None = None
    heartbeat: Callable[[], None] = no_heartbeat
    progress: Progress = no_progress


class RunOptions(msgspec.Struct, frozen=True):
    """What one run does.

    Attributes:
        kind: daily, resync or snapshot.
        trigger: `SCHEDULE` or `MANUAL`; a scheduled run is refused when its day is done.
        actor: the person or program that started it.
        populations: the populations of a resync.
        allow: the fingerprint of a plan that a person approved.
        watched: whether a person at a terminal sees how the run ends; a refusal is then no alert (decision 81).
    """

    kind: RunKind
    trigger: str
    actor: str
    populations: frozenset[Status] | None = None
    allow: str | None = None
    watched: bool = False

    @property
    def full(self) -> bool:
        """Whether everybody is read."""
        return self.kind is not RunKind.DAILY
