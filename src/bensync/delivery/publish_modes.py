"""Orders of handing over for upload centers that forbid to rename, read markers, or show nothing of what lies there.

They must not know how a place is reached, nor decide how often to try.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bensync.core.ports import OutgoingFile, TransferJournal
from bensync.delivery.transfer import CreatingRemoteFolder, Transfer
from bensync.errors import DeliveryError

MARKER = ".done"
"""What the name of a marker ends with, behind the name of its file."""


class _InPlace(Transfer):
    """The bytes are written where they stay, so a file of our name is ours only if we made it.

    The final name is written down as the temporary one before the file is made, and taken back where somebody else's
    turned out to be in the way: a file that is not ours is never written over.
    """

    def __init__(self, parcel: OutgoingFile, witness: TransferJournal) -> None:
        super().__init__(parcel, witness)
        self._made = False

    def _is_own(self) -> bool:
        return self._part == self._parcel.name

    def _find_own(self, shelf: CreatingRemoteFolder) -> bool:
        """Whether an earlier upload of ours lies there, to be written again."""
        found = shelf.size(self._parcel.name) is not None
        if found and not self._is_own():
            raise self._not_ours(shelf, self._parcel.name)
        return found

    def _intend_to_send(self, shelf: CreatingRemoteFolder) -> None:
        """The intent before the first byte: nothing can be taken back, so every byte is looked at before."""
        found = sum(map(len, self._parcel.chunks()))
        if found != self._parcel.size:
            raise DeliveryError(
                f"{self._parcel.name} was not sent to {shelf.place}",
                f"{found} of its {self._parcel.size} bytes could be read",
                "Run `bensync fsck`.",
            )
        self._begin(self._parcel.name)
        self._intend()

    def _put(self, shelf: CreatingRemoteFolder, *, again: bool) -> bool:
        """Write the file; False where somebody else's came in the way."""
        if again:
            shelf.rewrite(self._parcel.name, self._bytes())
        elif not shelf.create(self._parcel.name, self._bytes()):
            self._begin("")
            return False
        return True

    def _bytes(self) -> Iterator[bytes]:
        """The parcel's bytes; they are asked for once the file is open, so that what lies there is ours."""
        self._made = True
        yield from self._parcel.chunks()


class Direct(_InPlace):
    """Writes straight under the final name, where renaming is forbidden; the intent comes before the opening.

    After the intent a file of ours that is too small is written again, and one that is not there may have been taken.
    """

    def attempt(self, shelf: CreatingRemoteFolder) -> None:
        """Try once; see `Handover.attempt`."""
        if self._intended and self._is_there(shelf):
            return
        again = self._intended or self._find_own(shelf)
        self.tries += 1
        if not self._intended:
            self._clear(shelf)
            self._intend_to_send(shelf)
        if not self._put(shelf, again=again):
            raise self._in_doubt(shelf, "a file of this name appeared there meanwhile, and it is not ours")
        self._accepted = True
        if not self._is_there(shelf):
            self._accepted = False
            raise self._cut_short(shelf, shelf.size(self._parcel.name) or 0)

    def _is_there(self, shelf: CreatingRemoteFolder) -> bool:
        found = shelf.size(self._parcel.name)
        if found is None:
            if self._taken(shelf):
                return True
            raise self._in_doubt(shelf, "it was about to be written, and now it is not there")
        if found > self._parcel.size or not (found == self._parcel.size or self._is_own()):
            raise self._other_size(shelf, found)
        return found == self._parcel.size


class Marker(_InPlace):
    """Writes under the final name, checks, then makes an empty marker: receivers look at files with a marker only."""

    def __init__(self, parcel: OutgoingFile, witness: TransferJournal) -> None:
        super().__init__(parcel, witness)
        self._marker = parcel.name + MARKER

    def attempt(self, shelf: CreatingRemoteFolder) -> None:
        """Try once; see `Handover.attempt`."""
        if self._is_there(shelf):
            return
        self.tries += 1
        if not self._intended:
            self._upload(shelf)
            self._intend()  # its failure may hide that it was written: the whole file stays, and is no harm unmarked
        self._publish(shelf)

    def _is_there(self, shelf: CreatingRemoteFolder) -> bool:
        marked = shelf.size(self._marker) is not None
        if not self._intended:
            if marked:
                raise self._not_ours(shelf, self._marker)
            return False
        found = shelf.size(self._parcel.name)
        if found not in {None, self._parcel.size}:
            raise self._other_size(shelf, found or 0)
        if marked:
            return True
        if found is None and not self._taken(shelf):
            raise self._in_doubt(shelf, "it was about to be marked, and now neither the file nor its marker is there")
        return found is None

    def _upload(self, shelf: CreatingRemoteFolder) -> None:
        again = self._find_own(shelf)
        self._clear(shelf)
        self._begin(self._parcel.name)
        self._made = False
        try:
            self._require_put(shelf, again=again)
            self._witness.uploaded()
        except BaseException:
            if self._made:
                with contextlib.suppress(DeliveryError):
                    shelf.remove(self._parcel.name)
            raise

    def _require_put(self, shelf: CreatingRemoteFolder, *, again: bool) -> None:
        if not self._put(shelf, again=again):
            raise self._not_ours(shelf, self._parcel.name)
        self._require_whole(shelf, self._parcel.name)

    def _publish(self, shelf: CreatingRemoteFolder) -> None:
        try:
            shelf.mark(self._marker)
        except DeliveryError:
            # The marker may have been made although the answer was lost.
            if not self._is_there(shelf):
                raise
            return
        self._accepted = True
        self._is_there(shelf)


class Blind(_InPlace):
    """For a folder where nothing can be seen: the server's yes to every byte and to the closing is all there is.

    The intent comes before the opening. Whatever goes wrong after it leaves the file in doubt, so that it is never sent
    twice.
    """

    def attempt(self, shelf: CreatingRemoteFolder) -> None:
        """Try once; see `Handover.attempt`."""
        if self._intended:
            raise self._in_doubt(shelf, "sending it was begun, and what lies there cannot be seen")
        self.tries += 1
        self._intend_to_send(shelf)
        try:
            created = self._put(shelf, again=False)
        except DeliveryError as error:
            raise self._in_doubt(shelf, str(error)) from error
        if not created:
            raise self._in_doubt(shelf, "a file of this name is already there")
