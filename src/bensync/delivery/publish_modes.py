"""Transfers for upload centers that forbid renaming, read markers, or do not list their files.

They do not know how a folder is reached, nor decide how often to try.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import structlog

from bensync.core.ports import OutgoingFile, TransferJournal
from bensync.delivery.transfer import PART, UNSIZED, CreatingRemoteFolder, Transfer
from bensync.errors import DeliveryError, DeliveryInDoubt, run_command

log = structlog.get_logger()

MARKER = ".done"
"""The suffix of a marker, after the name of its file."""


class _InPlace(Transfer):
    """A transfer that writes under the final name, so that an existing file is ours only if we created it.

    The journal gets the final name as the temporary one before the file is created, and an empty one if somebody else
    created the file first: a file that is not ours is never overwritten.
    """

    def __init__(self, outgoing_file: OutgoingFile, journal: TransferJournal) -> None:
        super().__init__(outgoing_file, journal)
        self._made = False

    def _is_own(self) -> bool:
        return self._part == self._file.name

    def _forget_rename(self, folder: CreatingRemoteFolder) -> None:
        """Begin anew where another profile was about to rename: its temporary file proves that it did not.

        So `publish` can be changed while a delivery waits for a server that does not rename.
        """
        if self._intended and self._part.endswith(PART):
            self._intended = folder.size(self._part) is None or folder.size(self._file.name) is not None

    def _find_own(self, folder: CreatingRemoteFolder) -> bool:
        """Return whether an earlier upload of ours is there, to be written again."""
        exists = folder.size(self._file.name) is not None
        if exists and not self._is_own():
            raise self._not_ours(folder, self._file.name)
        return exists

    def _intend_to_send(self, folder: CreatingRemoteFolder) -> None:
        """Read all bytes once, then record the intent, before the first byte is sent."""
        # The bytes are public from the first one on, so a damaged store must be found before.
        size = sum(map(len, self._file.chunks()))
        if size != self._file.size:
            raise DeliveryError(
                f"{self._file.name} was not sent to {folder.place}.",
                f"{size} of its {self._file.size} bytes could be read.",
                "Run `bensync fsck`.",
                remedy=run_command("fsck"),
            )
        self._begin(self._file.name)
        self._intend()

    def _put(self, folder: CreatingRemoteFolder, *, again: bool) -> bool:
        """Write the file; return False if somebody else created it first."""
        if again:  # without truncating: a receiver that reads meanwhile never gets less than before
            folder.rewrite(self._file.name, self._bytes())
        elif not folder.create(self._file.name, self._bytes()):
            # Recorded at once: under our recorded name the next attempt would take the other file for ours.
            self._begin("")
            return False
        return True

    def _bytes(self) -> Iterator[bytes]:
        """Yield the bytes, and note that the file is ours: they are read only after it was created."""
        self._made = True
        yield from self._file.chunks()


class Direct(_InPlace):
    """Write under the final name, where renaming is forbidden; the intent is recorded before the file is opened.

    After the intent, a file of ours that is too small is written again, and a missing one may have been collected.
    """

    def attempt(self, folder: CreatingRemoteFolder) -> None:
        """Try once; see `RenameTransfer.attempt`."""
        self._forget_rename(folder)
        if self._intended and self._is_whole(folder, folder.size(self._file.name)):
            return
        again = self._intended or self._find_own(folder)
        self.tries += 1
        if not self._intended:
            self._clear(folder)
            self._intend_to_send(folder)
        if not self._put(folder, again=again):
            raise self._in_doubt(folder, "a file of this name appeared there meanwhile, and it is not ours")
        # Accepted before the look: a receiver may take the file as soon as its last byte is there.
        self._accepted = True
        size = folder.size(self._file.name)
        if not self._is_whole(folder, size):
            self._accepted = False
            raise self._cut_short(folder, size or 0)

    def _is_whole(self, folder: CreatingRemoteFolder, size: int | None) -> bool:
        """Return whether the file counts as delivered; false for a smaller one of ours.

        Args:
            folder: where it lies.
            size: what was found there.
        """
        if size is None:
            if self._taken(folder):
                return True
            raise self._in_doubt(folder, "it was about to be written, and now it is not there")
        if size == UNSIZED and self._accepted:
            log.warning("delivery.size_unknown", file=self._file.name, place=folder.place)
            return True
        if size == UNSIZED or size > self._file.size or not (size == self._file.size or self._is_own()):
            raise self._other_size(folder, size)
        return size == self._file.size


class Marker(_InPlace):
    """Write under the final name, check, then create an empty marker: receivers read only files with a marker."""

    def __init__(self, outgoing_file: OutgoingFile, journal: TransferJournal) -> None:
        super().__init__(outgoing_file, journal)
        self._marker = outgoing_file.name + MARKER

    def attempt(self, folder: CreatingRemoteFolder) -> None:
        """Try once; see `RenameTransfer.attempt`."""
        self._forget_rename(folder)
        if self._is_there(folder):
            return
        self.tries += 1
        if not self._intended:
            self._upload(folder)
            # Recorded before the marker exists. If recording seems to fail, the file stays: nobody reads it unmarked.
            self._intend()
        self._publish(folder)

    def _is_there(self, folder: CreatingRemoteFolder) -> bool:
        marked = folder.size(self._marker) is not None
        if not self._intended:
            if marked:
                raise self._not_ours(folder, self._marker)
            return False
        size = folder.size(self._file.name)
        if size is not None and size not in {self._file.size, UNSIZED}:
            raise self._other_size(folder, size)
        if marked:
            return True
        if size is None and not self._taken(folder):
            raise self._in_doubt(folder, "it was about to be marked, and now neither the file nor its marker is there")
        return size is None

    def _upload(self, folder: CreatingRemoteFolder) -> None:
        again = self._find_own(folder)
        self._clear(folder)
        self._begin(self._file.name)
        self._made = False
        try:
            self._require_put(folder, again=again)
            self._journal.uploaded()
        except DeliveryInDoubt:
            raise
        except BaseException:
            # Only a file that we created or rewrote is removed; one that appeared before ours is somebody else's.
            if self._made:
                with contextlib.suppress(DeliveryError):
                    folder.remove(self._file.name)
            raise

    def _require_put(self, folder: CreatingRemoteFolder, *, again: bool) -> None:
        if not self._put(folder, again=again):
            raise self._not_ours(folder, self._file.name)
        self._require_whole(folder, self._file.name)

    def _publish(self, folder: CreatingRemoteFolder) -> None:
        try:
            folder.mark(self._marker)
        except DeliveryError:
            # The marker may have been created although the answer was lost.
            if not self._is_there(folder):
                raise
            return
        self._accepted = True
        self._is_there(folder)


class Blind(_InPlace):
    """Write to a folder that shows nothing: the server's confirmation of every byte is the only proof.

    The intent is recorded before the file is opened. Any failure after it leaves the delivery in doubt, so that the
    file is never sent twice.
    """

    def attempt(self, folder: CreatingRemoteFolder) -> None:
        """Try once; see `RenameTransfer.attempt`."""
        if self._intended:
            raise self._in_doubt(folder, "sending it was begun, and what lies there cannot be seen")
        self.tries += 1
        self._intend_to_send(folder)
        try:
            created = self._put(folder, again=False)
        except DeliveryError as error:
            # Even a refusal: nobody can look whether the server kept what came before it.
            raise self._in_doubt(folder, str(error)) from error
        if not created:
            raise self._in_doubt(folder, "a file of this name is already there")
