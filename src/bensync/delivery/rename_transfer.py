"""The usual transfer, to any folder: look, upload, check, record the intent, rename, look again.

It does not know how a folder is reached, nor decide how often to try.
"""

from __future__ import annotations

import secrets

from bensync.delivery.transfer import PART, UNSIZED, RemoteFolder, Transfer
from bensync.errors import DeliveryError


class RenameTransfer(Transfer):
    """Upload under a temporary name, then rename.

    A file under the final name is ours if the intent was recorded before and its size is right; otherwise it belongs to
    somebody else and is never changed. After the intent, the temporary file proves that the rename did not happen
    (sync-rules 3.11, A-54 to A-56, F22 to F30).
    """

    def attempt(self, folder: RemoteFolder) -> None:
        """Try once to publish the file under its final name; return when it is there.

        Raises:
            DeliveryInDoubt: it may have arrived, or not.
            DeliveryError: this attempt failed; with ``retry`` true, another one may succeed.
        """
        if self._is_there(folder):
            self._clear(folder)
            return
        self.tries += 1
        if self._intended:
            self._require_part(folder)
        else:
            self._upload(folder)
            # The intent is recorded only when all bytes are there, and before the rename: a crash in between leaves the
            # whole temporary file, which the next attempt renames. It stays even if recording seems to fail, because
            # the record may have been written.
            self._intend()
        self._publish(folder)

    def _is_there(self, folder: RemoteFolder) -> bool:
        size = folder.size(self._file.name)
        if size is None:
            return self._taken(folder)
        if not self._intended:
            raise self._not_ours(folder, self._file.name)
        if size != self._file.size and not (size == UNSIZED and self._accepted):
            raise self._other_size(folder, size)
        return True

    def _require_part(self, folder: RemoteFolder) -> None:
        """Raise unless our whole temporary file is there: without it a receiver may have the file already."""
        size = folder.size(self._part) if self._part else None
        if size is None:
            why = "it was about to be published, and now neither the file nor its temporary name is there"
            raise self._in_doubt(folder, why)
        # The intent was recorded after the server had confirmed all bytes; an unknown size does not contradict that.
        if size not in {self._file.size, UNSIZED}:
            why = f"it was about to be published, and its temporary file has {size} of {self._file.size} bytes"
            raise self._in_doubt(folder, why)

    def _upload(self, folder: RemoteFolder) -> None:
        """Upload under a new name each time, so that a forgotten writer never mixes its bytes with ours (F23)."""
        self._clear(folder)
        # Recorded before the first byte: after a crash the next session knows which file to remove.
        self._begin(f"{self._file.name}.{secrets.token_hex(4)}{PART}")
        try:
            folder.write(self._part, self._file.chunks())
            self._require_whole(folder, self._part)
            self._journal.uploaded()
        except BaseException:  # a SIGTERM, too: before the intent nothing needs the temporary file
            self._clear(folder)
            raise

    def _publish(self, folder: RemoteFolder) -> None:
        try:
            folder.publish(self._part, self._file.name)
        except DeliveryError:
            # The rename may have happened although its answer was lost or reads like a refusal.
            if not self._is_there(folder):
                raise
            self._clear(folder)
            return
        # The server confirmed the rename, so a file that is gone was taken by the receiver, and counts as delivered. A
        # file of another size is still an error.
        self._accepted = True
        self._is_there(folder)
