"""The one order in which a parcel is handed over, whatever the place: look, upload, check, intend, publish, look again.

It must not know how a place is reached, nor decide how often to try.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol

import structlog

from bensync.core.ports import Parcel
from bensync.errors import DeliveryError

log = structlog.get_logger()


class Shelf(Protocol):
    """An open folder at the place of delivery; every method raises `DeliveryError` and nothing else of its own."""

    @property
    def place(self) -> str:
        """The place in words, for errors."""
        ...

    def size(self, name: str) -> int | None:
        """The size of a file in bytes; None when there is no such file."""
        ...

    def write(self, name: str, chunks: Iterator[bytes]) -> None:
        """Write a file from its beginning, over an older one of the same name; errors of ``chunks`` pass untouched."""
        ...

    def publish(self, part: str, name: str) -> None:
        """Rename without ever overwriting."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file."""
        ...


class Handover:
    """One parcel on its way, over any number of attempts.

    A file under the final name is ours when the intent was written down before and the size is right; otherwise it is
    somebody else's and is never touched (sync-rules 3.11, A-54 to A-56).

    Args:
        parcel: what to deliver.
        intend: writes the intent down; called once, before the first rename.

    Raises:
        DeliveryError: the name of the parcel is not a plain file name.
    """

    def __init__(self, parcel: Parcel, intend: Callable[[], None]) -> None:
        if parcel.name in {"", ".", ".."} or any(sign in parcel.name for sign in "/\\\0\r\n"):
            raise DeliveryError(
                f"{parcel.name!r} cannot be delivered",
                "it is not a plain file name",
                "Mend the file name in the configuration of the feed.",
            )
        self.uploads = 0
        self._parcel = parcel
        self._part = f"{parcel.name}.part"
        self._intend = intend
        self._intended = parcel.publishing
        self._renamed = False

    def attempt(self, shelf: Shelf) -> None:
        """Try once to bring the parcel under its final name; return when it is there.

        Raises:
            DeliveryError: this attempt failed; with ``retry`` true, another one may succeed.
        """
        if self._is_delivered(shelf):
            self._tidy(shelf)
            return
        self._refuse_to_guess(shelf)
        self.uploads += 1
        try:
            self._upload(shelf)
            self._publish(shelf)
        except BaseException:
            # From the intent on, the temporary file is the witness that the rename did not happen.
            if not self._intended:
                self._tidy(shelf)
            raise

    def _refuse_to_guess(self, shelf: Shelf) -> None:
        """After the intent, with neither name there, a receiver may have taken the file: never send again unasked."""
        if self._intended and shelf.size(self._part) is None:
            raise DeliveryError(
                f"it is unknown whether {self._parcel.name} was delivered to {shelf.place}",
                "it was about to be published, and now neither the file nor its temporary name is there",
                "Ask the receiver: `bensync deliveries confirm ID` if it arrived, else `bensync deliveries retry ID`.",
            )

    def _is_delivered(self, shelf: Shelf) -> bool:
        found = shelf.size(self._parcel.name)
        if found is None:
            # A receiver may take the file away at once; the server's yes to the rename of checked bytes stands.
            if self._renamed:
                log.warning("delivery.taken", file=self._parcel.name, place=shelf.place)
            return self._renamed
        if not self._intended:
            raise DeliveryError(
                f"{self._parcel.name} was not sent to {shelf.place}",
                "a file of this name is already there, and it is not ours",
                "Look at that file; move it away, or give the feed another file name. It is never overwritten.",
            )
        if found != self._parcel.size:
            raise DeliveryError(
                f"it is unknown whether {self._parcel.name} was delivered to {shelf.place}",
                f"a file of this name with {found} bytes is there, ours has {self._parcel.size} bytes",
                "A person must look: compare that file with ours, and ask the receiver before anything is sent again.",
            )
        return True

    def _upload(self, shelf: Shelf) -> None:
        shelf.write(self._part, self._parcel.chunks())
        found = shelf.size(self._part)
        if found != self._parcel.size:
            raise DeliveryError(
                f"{self._parcel.name} did not arrive whole at {shelf.place}",
                f"{found or 0} of {self._parcel.size} bytes were kept",
                "Look whether the disk or the quota there is full.",
                retry=True,
            )

    def _publish(self, shelf: Shelf) -> None:
        if not self._intended:
            self._intend()
            self._intended = True
        try:
            shelf.publish(self._part, self._parcel.name)
        except DeliveryError:
            # The rename may have happened although its answer was lost or reads like a refusal.
            if self._is_delivered(shelf):
                return
            raise
        self._renamed = True
        self._is_delivered(shelf)

    def _tidy(self, shelf: Shelf) -> None:
        """Remove what is left under the temporary name, where that is possible."""
        with contextlib.suppress(DeliveryError):
            if shelf.size(self._part) is not None:
                shelf.remove(self._part)
