"""What is known of one parcel on its way, over any number of attempts; the orders of handing over build on it.

It must not know how a place is reached, nor decide how often to try.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

import structlog

from bensync.core.ports import OutgoingFile, TransferJournal
from bensync.errors import DeliveryError, DeliveryInDoubt

log = structlog.get_logger()

PART = ".part"
"""What every temporary name ends with."""


class RemoteFolder(Protocol):
    """An open folder at the place of delivery; every method raises `DeliveryError` and nothing else of its own."""

    @property
    def place(self) -> str:
        """The place in words, for errors."""
        ...

    def size(self, name: str) -> int | None:
        """The size of a file in bytes; None when there is no such file."""
        ...

    def write(self, name: str, chunks: Iterator[bytes]) -> None:
        """Write a file from its beginning, over an older one of the same name; errors of ``chunks`` pass untouched.

        Chunks are asked for once the file is open; it returns when the place said yes to every byte and to the closing.
        """
        ...

    def publish(self, part: str, name: str) -> None:
        """Rename without ever overwriting."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file."""
        ...


class CreatingRemoteFolder(RemoteFolder, Protocol):
    """A folder that can also make a file only where there is none of its name."""

    def create(self, name: str, chunks: Iterator[bytes]) -> bool:
        """As `write`, but False where there is a file of this name already: it is left alone, and no chunk is taken."""
        ...

    def rewrite(self, name: str, chunks: Iterator[bytes]) -> None:
        """Write the same bytes over a file of ours once more, never emptying it: no moment shows holes or less."""
        ...

    def mark(self, name: str) -> bool:
        """Make an empty file; False where there is one of this name already."""
        ...


class Transfer:
    """One parcel, how far it got, and what can be said about it.

    Attributes:
        tries: number of attempts that sent or published something; 0 when the file was found there already.

    Args:
        parcel: what to deliver.
        witness: writes down how far it got.

    Raises:
        DeliveryError: the name of the parcel is not a plain file name.
    """

    def __init__(self, parcel: OutgoingFile, witness: TransferJournal) -> None:
        for name in (parcel.name, parcel.part or parcel.name):
            _require_plain(name)
        self.tries = 0
        self._parcel = parcel
        self._witness = witness
        self._part = parcel.part
        self._intended = parcel.publishing
        self._accepted = False  # the place said yes to the step that makes the file count

    def _begin(self, part: str) -> None:
        self._witness.begin(part)
        self._part = part

    def _intend(self) -> None:
        self._witness.intend()
        self._intended = True

    def _taken(self, shelf: RemoteFolder) -> bool:
        """Nothing is there: a receiver may take the file away at once; the place's yes to checked bytes stands."""
        if self._accepted:
            log.warning("delivery.taken", file=self._parcel.name, place=shelf.place)
        return self._accepted

    def _require_whole(self, shelf: RemoteFolder, name: str) -> None:
        found = shelf.size(name)
        if found != self._parcel.size:
            raise self._cut_short(shelf, found or 0)

    def _clear(self, shelf: RemoteFolder) -> None:
        """Remove what an attempt left under a temporary name, where that is possible."""
        if self._part.endswith(PART):
            with contextlib.suppress(DeliveryError):
                shelf.remove(self._part)

    def _cut_short(self, shelf: RemoteFolder, found: int) -> DeliveryError:
        return DeliveryError(
            f"{self._parcel.name} did not arrive whole at {shelf.place}",
            f"{found} of {self._parcel.size} bytes were kept",
            "Look whether the disk or the quota there is full.",
            retry=True,
        )

    def _not_ours(self, shelf: RemoteFolder, name: str) -> DeliveryError:
        return DeliveryError(
            f"{self._parcel.name} was not sent to {shelf.place}",
            f"a file named {name} is already there, and it is not ours",
            "Look at that file; move it away, or give the feed another file name. It is never overwritten.",
        )

    def _in_doubt(self, shelf: RemoteFolder, why: str) -> DeliveryInDoubt:
        return DeliveryInDoubt(
            f"it is unknown whether {self._parcel.name} was delivered to {shelf.place}",
            why,
            "Ask the receiver: `bensync deliveries confirm ID` if it arrived; if not, let what lies there under this "
            "name be moved away, then `bensync deliveries retry ID`.",
        )

    def _other_size(self, shelf: RemoteFolder, found: int) -> DeliveryInDoubt:
        ours = self._parcel.size
        return self._in_doubt(shelf, f"a file of this name with {found} bytes is there, ours has {ours} bytes")


def _require_plain(name: str) -> None:
    if name in {"", ".", ".."} or any(sign in name for sign in "/\\\0\r\n"):
        raise DeliveryError(
            f"{name!r} cannot be delivered",
            "it is not a plain file name",
            "Fix the file name in the configuration of the feed.",
        )
