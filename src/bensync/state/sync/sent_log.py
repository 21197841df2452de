"""The log of published files, kept beside the database: it reveals a database that was put back manually.

It is no part of a backup, and nothing is ever taken out of it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from bensync.core.runs import Delivery
from bensync.errors import ASK_OPERATOR, DatabaseOutdated, StateError, reported
from bensync.fault_points import around


class SentFile(msgspec.Struct, frozen=True):
    """One file that was about to be published; an empty ``sha256`` records that it never arrived, as a person said."""

    site: str
    feed: str
    sequence: int
    name: str
    sha256: str
    at: datetime


_decode = msgspec.json.Decoder(SentFile).decode


class SentLog:
    """The log of one deployment, one line of JSON per published file.

    Args:
        path: the file; made with the first entry.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def last(self, site: str, feed: str) -> SentFile | None:
        """Return the newest entry of the highest number of a feed.

        Raises:
            StateError: the log cannot be read.
        """
        newest: SentFile | None = None
        for entry in self._entries():
            ours = (entry.site, entry.feed) == (site, feed)
            # Of two lines with one number the later wins: it may say that the file never arrived.
            if ours and (newest is None or entry.sequence >= newest.sequence):
                newest = entry
        return newest

    def refuse_older(self, site: str, delivery: Delivery) -> None:
        """Stop before a number that was used before is used again for another file: the database is an older one.

        Raises:
            GuardTripped: the log knows a later file of this feed, or another one of this number.
            StateError: the log cannot be read.
        """
        last = self.last(site, delivery.feed)
        # Greater numbers are free. The same number is ours if the bytes are the same, as with a retry, or if a person
        # has taken that file back.
        if last is None or last.sequence < delivery.sequence:
            return
        if last.sequence == delivery.sequence and last.sha256 in {delivery.sha256, ""}:
            return
        raise DatabaseOutdated(
            "The database is older than what was sent (older_state).",
            f"{last.name} was published on {last.at:%Y-%m-%d %H:%M} UTC, and this database is about to send "
            f"{delivery.name}.",
            "Put the newer database back. If it is lost, ask the receiver for its last number N and run `bensync "
            "deliveries caught-up --last N --reason TEXT`.",
            remedy=ASK_OPERATOR,
        )

    def note(self, site: str, delivery: Delivery, now: datetime) -> None:
        """Add a file that is about to be published, unless it is the last entry already.

        Raises:
            StateError: the log cannot be written; nothing may be published then.
        """
        last = self.last(site, delivery.feed)
        if last is None or (last.sequence, last.sha256) != (delivery.sequence, delivery.sha256):
            self._append(SentFile(site, delivery.feed, delivery.sequence, delivery.name, delivery.sha256, now))

    def take_back(self, site: str, delivery: Delivery, now: datetime) -> None:
        """Record that a file never arrived, because a person says so: another one may have its number.

        Raises:
            StateError: the log cannot be written.
        """
        last = self.last(site, delivery.feed)
        if last is not None and last.sequence == delivery.sequence and last.sha256:
            self._append(SentFile(site, delivery.feed, delivery.sequence, delivery.name, "", now))

    def _append(self, entry: SentFile) -> None:
        try:
            # Durable before the rename, which follows: a file at the upload center that this log does not know would
            # let an older database use its number again. A line that a crash cut is removed first, or the new one would
            # be joined to it.
            with around("sent_log.write"), _locked(self._path) as file:
                file.truncate(_whole(file))
                file.write(msgspec.json.encode(entry) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            fix = "Check that the disk has free space and that the folder can be written to."
            raise StateError(f"{self._path} cannot be written.", reported(error), fix, retry=True) from error

    def _entries(self) -> Iterator[SentFile]:
        try:
            with self._path.open("rb") as file:
                # What follows the last line break was cut by a crash, before its file was published.
                yield from (_decode(line) for line in file if line.endswith(b"\n"))
        except FileNotFoundError:
            return
        except OSError as error:
            raise StateError(
                f"{self._path} cannot be read.", reported(error), "Fix the permissions of the file."
            ) from error
        except msgspec.MsgspecError as error:
            fix = "Ask the receiver which files it has, then move this file away; the next delivery begins a new one."
            raise StateError(f"{self._path} is damaged.", "One of its lines is not an entry.", fix) from error


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """Open the file for one writer at a time, readable by its owner only."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _whole(file: BinaryIO) -> int:
    """Return the length in bytes of the complete lines of a file, and move to its end."""
    content = file.read()
    return content.rfind(b"\n") + 1
