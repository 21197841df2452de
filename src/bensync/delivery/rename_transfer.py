"""The usual order of handing a parcel over, whatever the place: look, upload, check, intend, rename, look again.

It must not know how a place is reached, nor decide how often to try.
"""

from __future__ import annotations

import secrets

from bensync.delivery.transfer import PART, RemoteFolder, Transfer
from bensync.errors import DeliveryError


class RenameTransfer(Transfer):
    """Uploads under a temporary name of its own, then renames.

    A file under the final name is ours when the intent was written down before and the size is right; otherwise it is
    somebody else's and is never touched. From the intent on the temporary file is the witness that the rename did not
    happen (sync-rules 3.11, A-54 to A-56, F22 to F30).
    """

    def attempt(self, shelf: RemoteFolder) -> None:
        """Try once to bring the parcel under its final name; return when it is there.

        Raises:
            DeliveryInDoubt: it may have arrived or not.
            DeliveryError: this attempt failed; with ``retry`` true, another one may succeed.
        """
        if self._is_there(shelf):
            self._clear(shelf)
            return
        self.tries += 1
        if self._intended:
            self._require_part(shelf)
        else:
            self._upload(shelf)
            self._intend()  # its failure may hide that it was written: the whole part stays, as the witness
        self._publish(shelf)

    def _is_there(self, shelf: RemoteFolder) -> bool:
        found = shelf.size(self._parcel.name)
        if found is None:
            return self._taken(shelf)
        if not self._intended:
            raise self._not_ours(shelf, self._parcel.name)
        if found != self._parcel.size:
            raise self._other_size(shelf, found)
        return True

    def _require_part(self, shelf: RemoteFolder) -> None:
        """After the intent, without our whole temporary file, a receiver may have the file: it is not sent again."""
        found = shelf.size(self._part) if self._part else None
        if found is None:
            why = "it was about to be published, and now neither the file nor its temporary name is there"
            raise self._in_doubt(shelf, why)
        if found != self._parcel.size:
            why = f"it was about to be published, and its temporary file has {found} of {self._parcel.size} bytes"
            raise self._in_doubt(shelf, why)

    def _upload(self, shelf: RemoteFolder) -> None:
        """Write under a fresh name each time, so that a forgotten writer never mixes its bytes with ours (F23)."""
        self._clear(shelf)
        self._begin(f"{self._parcel.name}.{secrets.token_hex(4)}{PART}")
        try:
            shelf.write(self._part, self._parcel.chunks())
            self._require_whole(shelf, self._part)
            self._witness.uploaded()
        except BaseException:
            self._clear(shelf)
            raise

    def _publish(self, shelf: RemoteFolder) -> None:
        try:
            shelf.publish(self._part, self._parcel.name)
        except DeliveryError:
            # The rename may have happened although its answer was lost or reads like a refusal.
            if not self._is_there(shelf):
                raise
            self._clear(shelf)
            return
        self._accepted = True
        self._is_there(shelf)
