"""The state of one file in transfer, over any number of attempts; the publish modes build on it.

It does not know how a folder is reached, nor decide how often to try.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

import structlog

from bensync.core.ports import OutgoingFile, TransferJournal
from bensync.errors import DeliveryError, DeliveryInDoubt, run_command

log = structlog.get_logger()

PART = ".part"
"""The suffix of every temporary name."""
UNSIZED = -1
"""The size of a file that is there, at an upload center that reports no sizes."""


class RemoteFolder(Protocol):
    """An open folder at the upload center; its methods raise only `DeliveryError`."""

    @property
    def place(self) -> str:
        """The name of the folder, for errors."""
        ...

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes; None if there is no such file, `UNSIZED` if only its size is unknown."""
        ...

    def write(self, name: str, chunks: Iterator[bytes]) -> None:
        """Write a file from its beginning, over an older one of the same name; errors of ``chunks`` pass unchanged.

        Chunks are read after the file is open; return when the server has confirmed every byte and the closing.
        """
        ...

    def publish(self, part: str, name: str) -> None:
        """Rename without ever overwriting."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file."""
        ...


class CreatingRemoteFolder(RemoteFolder, Protocol):
    """A folder that can also create a file only if there is none of its name."""

    def create(self, name: str, chunks: Iterator[bytes]) -> bool:
        """Write as `write` does, but return False if the name exists: that file is unchanged, and no chunk is read."""
        ...

    def rewrite(self, name: str, chunks: Iterator[bytes]) -> None:
        """Write the same bytes over our own file again without truncating it, so that a reader never sees less."""
        ...

    def mark(self, name: str) -> bool:
        """Create an empty file; return False if the name exists."""
        ...


class Transfer:
    """One file, how far its transfer got, and the errors that describe it.

    Attributes:
        tries: number of attempts that sent or published something; 0 if the file was there already.

    Args:
        outgoing_file: the file to deliver.
        journal: records how far the transfer got.

    Raises:
        DeliveryError: the name of the file is not a plain file name.
    """

    def __init__(self, outgoing_file: OutgoingFile, journal: TransferJournal) -> None:
        for name in (outgoing_file.name, outgoing_file.part or outgoing_file.name):
            _require_plain(name)
        self.tries = 0
        self._file = outgoing_file
        self._journal = journal
        self._part = outgoing_file.part
        self._recorded = self._intended = outgoing_file.publishing
        self._accepted = False  # the server confirmed the step that publishes the file

    def _begin(self, part: str) -> None:
        # The journal first, here and in `_intend`: what it refuses to record must not count as recorded.
        self._journal.begin(part)
        self._part = part

    def _intend(self) -> None:
        if not self._recorded:
            self._journal.intend()
        self._recorded = self._intended = True

    def _taken(self, folder: RemoteFolder) -> bool:
        """Return whether a missing file counts as delivered: a receiver may remove it as soon as it is published."""
        if self._accepted:
            log.warning("delivery.taken", file=self._file.name, place=folder.place)
        return self._accepted

    def _require_whole(self, folder: RemoteFolder, name: str) -> None:
        """Raise unless a file that was written and closed just now is there with all its bytes."""
        size = folder.size(name)
        if size is None:
            # A receiver that collects at close may have it already. The intent makes the doubt last: without it the
            # next attempt would send everything again.
            self._intend()
            raise self._in_doubt(folder, f"{name} was gone as soon as it was closed; somebody may have taken it.")
        if size == UNSIZED:
            # Then the server's confirmation of every byte and of the closing is the proof, as it is with `Blind`.
            log.warning("delivery.size_unknown", file=name, place=folder.place)
        elif size != self._file.size:
            raise self._cut_short(folder, size)

    def _clear(self, folder: RemoteFolder) -> None:
        """Remove the temporary file of an earlier attempt, if possible."""
        # In the other publish modes the "temporary" name is the final one, and must never be removed here.
        if self._part.endswith(PART):
            with contextlib.suppress(DeliveryError):
                folder.remove(self._part)

    def _cut_short(self, folder: RemoteFolder, size: int) -> DeliveryError:
        return DeliveryError(
            f"{self._file.name} did not arrive whole at {folder.place}.",
            f"{size} of {self._file.size} bytes were kept.",
            "Check whether the disk or the quota there is full.",
            retry=True,
        )

    def _not_ours(self, folder: RemoteFolder, name: str) -> DeliveryError:
        return DeliveryError(
            f"{self._file.name} was not sent to {folder.place}.",
            f"A file named {name} is already there, and it is not ours.",
            "Look at that file; move it away, or give the feed another file name. It is never overwritten.",
        )

    def _in_doubt(self, folder: RemoteFolder, why: str) -> DeliveryInDoubt:
        return DeliveryInDoubt(
            f"It is unknown whether {self._file.name} was delivered to {folder.place}.",
            why,
            "Ask the receiver. If the file arrived, run `bensync deliveries confirm ID`. If not, have any file of this "
            "name moved away, then run `bensync deliveries retry ID`.",
            remedy=run_command("deliveries list"),
        )

    def _other_size(self, folder: RemoteFolder, size: int) -> DeliveryInDoubt:
        ours = self._file.size
        if size == UNSIZED:
            why = "A file of this name is there, and the upload center does not report its size."
            return self._in_doubt(folder, why)
        return self._in_doubt(folder, f"A file of this name with {size} bytes is there, ours has {ours} bytes.")


def _require_plain(name: str) -> None:
    if name in {"", ".", ".."} or any(sign in name for sign in "/\\\0\r\n"):
        raise DeliveryError(
            f"{name!r} cannot be delivered.",
            "It is not a plain file name.",
            "Fix the file name in the configuration of the feed.",
        )
