"""The ports to the outside world, and the small values that cross them.

A port exists only where there are two implementations or more. None of them knows a rule of the trade.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

RawRow = Mapping[str, str | None]
"""One row of a dated table: column name of the source -> text, None for empty. ``id`` where the source has row ids."""


class Record(msgspec.Struct, frozen=True):
    """One person exactly as the source gave them; never stored.

    ``fields`` maps the source's field names to text, None for empty. A wanted field that is not a key here was
    not part of the answer, which is not the same as empty (sync-rules 3.14). ``tables`` maps the source's table
    names to all rows of this person, past and future, in the order in which the source gave them.
    """

    id: str
    fields: Mapping[str, str | None]
    tables: Mapping[str, Sequence[RawRow]]


UnchangedCheck = Callable[[str, bytes], bool]
"""Whether the record of a person (by id) is unchanged since it was last sent, so that it need not be read.

The bytes are all that the source says of the person, in a form of its own: the same record, the same bytes.
"""


def read_everyone(_person: str, _record: bytes) -> bool:
    """Return False: every record is read."""
    return False


class FieldSelection(msgspec.Struct, frozen=True):
    """The fields, and the tables with their columns, that a source is asked for, under the names of the source.

    ``is_unchanged`` may be called once for each person; unchanged ones are left out of the pages. A source that
    never calls it is slower, and still correct.
    """

    fields: tuple[str, ...]
    tables: Mapping[str, tuple[str, ...]]
    is_unchanged: UnchangedCheck = read_everyone


class Pull(msgspec.Struct, frozen=True):
    """The answer of a source, read lazily: nothing may be planned before ``pages`` has ended without an error.

    Attributes:
        pages: lists of records; each person exactly once.
        total: number of records to come, for the progress bar; None when unknown.
        deleted: ids that the source says were deleted for good since the watermark.
        named: ids that the source says changed since the watermark, whether the pages show them or not.
        everybody: whether the pages, with the unchanged people that were left out, are everybody whom the source shows.
        watermark: the source's own mark up to which this answer reads; None when the source gave none, and the
            old mark stays.
        clock: the source's own clock when it began to answer, in UTC; None when it gives none.
    """

    pages: Iterator[list[Record]]
    total: int | None
    deleted: tuple[str, ...]
    watermark: str | None
    clock: datetime | None = None
    named: frozenset[str] = frozenset()
    everybody: bool = False


class ChangeRoute(StrEnum):
    """How a change of a field in HR reaches a daily run."""

    CHANGE_FEED = "change_feed"
    """HR names the employee as changed."""
    WHOLE_TABLE = "whole_table"
    """Every run reads the whole table or file, so no change can be missed."""
    RECONCILIATION = "reconciliation"
    """HR names nobody: only a run that reads everybody finds the change."""


class PreflightFinding(msgspec.Struct, frozen=True):
    """One line of a preflight: what was looked at, whether it is well, what was seen, how to fix it."""

    subject: str
    ok: bool
    detail: str
    fix: str = ""


def routed(
    wanted: FieldSelection, field: Callable[[str], ChangeRoute], table: Callable[[str], ChangeRoute]
) -> dict[str, ChangeRoute]:
    """Return the route of each wanted field by its name, and of each wanted column by that of its table."""
    return {name: field(name) for name in wanted.fields} | {
        f"{name}.{column}": table(name) for name, columns in wanted.tables.items() for column in columns
    }


class Source(Protocol):
    """An HR system that is read and never written."""

    def pull(
        self,
        wanted: FieldSelection,
        since: str | None,
        also: frozenset[str] = frozenset(),
        *,
        everybody: bool = False,
    ) -> Pull:
        """Read the people changed since a watermark, and those named in ``also``; everybody when ``since`` is None.

        Args:
            wanted: fields and tables to read.
            since: a watermark that an earlier pull returned.
            also: ids to read whether they changed or not; ids that do not exist any more are left out.
            everybody: read everybody although a watermark is given; deletions since it are still reported.

        Raises:
            SourceError: HR cannot be read, or a wanted field or table is missing from the answer.
        """
        ...

    def check(self, wanted: FieldSelection) -> Iterable[PreflightFinding]:
        """Preflight: sign-in, and every wanted field and table one by one. Raises nothing."""
        ...

    @staticmethod
    def routes(wanted: FieldSelection) -> Mapping[str, ChangeRoute]:
        """Return how changes of each wanted field (``name``) and column (``table.column``) reach a daily run.

        Contacts nobody, and raises nothing.
        """
        ...


class Cipher(Protocol):
    """Seals a file for one recipient; plain text never touches a disk."""

    def seal(self, plain: Iterable[bytes]) -> Iterator[bytes]:
        """Encrypt a stream, and sign it where a signer is configured.

        Raises:
            DeliveryError: the key is missing, expired, revoked or not the pinned one; nothing was yielded then.
        """
        ...

    def check(self) -> Iterable[PreflightFinding]:
        """Preflight: the key, its fingerprint and its expiry. Raises nothing."""
        ...

    def expires(self) -> datetime | None:
        """Return when the first of the keys expires; None if none of them does.

        Raises:
            DeliveryError: a key cannot be used already.
        """
        ...


class OutgoingFile(msgspec.Struct, frozen=True):
    """Sealed bytes on their way, frozen: every attempt sends the same bytes under the same name.

    Attributes:
        name: the final file name at the upload center.
        size: number of sealed bytes.
        chunks: opens the sealed bytes anew for each attempt.
        part: the temporary name that an earlier upload was begun under; empty when there was none.
        publishing: whether the intent to publish was written down before (by an earlier attempt), so that a
            file found under the final name may be our own.
    """

    name: str
    size: int
    chunks: Callable[[], Iterator[bytes]]
    part: str
    publishing: bool


class TransferJournal(Protocol):
    """Records how far a transfer got, each time before its next step.

    Every method raises `BensyncError` when that cannot be written, or when somebody else has taken over; the
    courier must stop then.
    """

    def begin(self, part: str) -> None:
        """Record that an upload is about to begin under this temporary name."""
        ...

    def uploaded(self) -> None:
        """Record that all bytes were seen at the upload center."""
        ...

    def intend(self) -> None:
        """Record that the next step may put the file under its final name."""
        ...


class Courier(Protocol):
    """Delivers a file to the upload center, exactly once under its name."""

    def deliver(self, outgoing_file: OutgoingFile, journal: TransferJournal) -> int:
        """Upload under a temporary name, verify, let the intent be written down, publish, verify.

        The intent is written down once, right before the first step that may put the file under its final name; from
        then on a file of our name and size at the upload center counts as delivered.

        Returns:
            the number of attempts it took (0: the file was found there already).

        Raises:
            DeliveryInDoubt: it may have arrived or not, and only the receiver knows; it must not be sent again
                unasked.
            DeliveryError: with ``retry`` true when all attempts failed for passing reasons.
        """
        ...

    def names(self) -> Sequence[str] | None:
        """Return the names of everything that is there; None where the upload center shows nothing to us.

        Raises:
            DeliveryError: it cannot be reached.
        """
        ...

    def check(self) -> Iterable[PreflightFinding]:
        """Preflight: sign-in, host key, folder. Raises nothing."""
        ...


class IncomingFile(msgspec.Struct, frozen=True):
    """A file that lies at an upload center.

    Attributes:
        name: its file name.
        size: number of bytes; None where the upload center does not report it.
        stamp: changes when the file is touched; empty where the upload center reports nothing that would.
    """

    name: str
    size: int | None
    stamp: str


class Inbox(Protocol):
    """An upload center seen from the other side: what arrived is read, and never moved or removed."""

    def list(self) -> Sequence[IncomingFile]:
        """Return all files under a final name, in any order.

        Raises:
            DeliveryError: the place cannot be read.
        """
        ...

    def fetch(self, name: str, limit: int) -> bytes:
        """Return the whole content of a file.

        Raises:
            DeliveryError: it cannot be read, or has more bytes than ``limit``.
        """
        ...

    def check(self) -> Iterable[PreflightFinding]:
        """Preflight: sign-in, host key, folder. Raises nothing."""
        ...


class Decryptor(Protocol):
    """Opens sealed files that one pinned signer made; plain text never touches a disk."""

    def open(self, sealed: bytes) -> bytes:
        """Decrypt, within limits, and verify the signature.

        Raises:
            GuardTripped: the file cannot be trusted; nothing of it may be used.
            DeliveryError: a key of ours is missing, so that nothing can be said of the file.
        """
        ...

    def check(self) -> Iterable[PreflightFinding]:
        """Preflight: the keys. Raises nothing."""
        ...


class Notice(msgspec.Struct, frozen=True):
    """A message to people, without personal data.

    Attributes:
        key: unique per event, so that a repeat can be folded.
        alert: whether something is wrong (or well again); other notices are plain news.
    """

    key: str
    subject: str
    body: str
    alert: bool = False


class Notifier(Protocol):
    """Sends notices to people."""

    def send(self, notice: Notice, only: str = "") -> Sequence[str]:
        """Send one notice, to everybody that the channel stands for.

        Args:
            notice: what to send.
            only: the one recipient who gets it, by a name that an earlier call returned.

        Returns:
            the names of recipients who did not get it although others did; usually none. A name is no address.

        Raises:
            DeliveryError: nobody got it.
        """
        ...

    def check(self) -> Iterable[PreflightFinding]:
        """Preflight: can the channel be used? Raises nothing, sends nothing."""
        ...
