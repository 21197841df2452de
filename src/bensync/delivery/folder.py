"""Delivers to a folder on this machine, for rehearsals and the tutorial, with the same promises as over SFTP."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bensync.core.ports import OutgoingFile, PreflightFinding, TransferJournal
from bensync.delivery.rename_transfer import RenameTransfer
from bensync.delivery.settings import FolderSettings
from bensync.errors import DeliveryError, reported
from bensync.fault_points import around

_FIX = "Create the folder, and let the account that runs bensync write into it."


class FolderCourier:
    """The courier to a local folder: one attempt, flushed to the disk before it counts."""

    def __init__(self, settings: FolderSettings) -> None:
        self._shelf = _LocalFolder(settings.directory)

    def deliver(self, outgoing_file: OutgoingFile, journal: TransferJournal) -> int:
        """Write under a temporary name, check, let the intent be written, link to the final name; see `Courier`."""
        transfer = RenameTransfer(outgoing_file, journal)
        transfer.attempt(self._shelf)
        return transfer.tries

    def names(self) -> Sequence[str]:
        """Return the names in the folder; see `Courier`."""
        return self._shelf.names()

    def check(self) -> Iterable[PreflightFinding]:
        """Preflight: the folder is there and can be written to."""
        directory = self._shelf.directory
        ok = directory.is_dir() and os.access(directory, os.W_OK | os.X_OK)
        detail = "can be written to" if ok else "is missing, or cannot be written to"
        yield PreflightFinding("delivery folder", ok, f"{directory} {detail}", "" if ok else _FIX)


class _LocalFolder:
    """A local folder as the place of delivery."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.place = f"the folder {directory}"

    def size(self, name: str) -> int | None:
        with self._translated(name), around("folder.stat"):
            try:
                return (self.directory / name).stat().st_size
            except FileNotFoundError:
                return None

    def names(self) -> Sequence[str]:
        with self._translated("the list of files"), around("folder.stat"):
            return [path.name for path in self.directory.iterdir()]

    def write(self, name: str, chunks: Iterator[bytes]) -> None:
        with contextlib.ExitStack() as opened:
            with self._translated(name), around("folder.open"):
                target = opened.enter_context((self.directory / name).open("wb", buffering=0))
            for chunk in chunks:
                with self._translated(name), around("folder.write"):
                    _write_all(target, chunk)
            with self._translated(name), around("folder.close"):
                # On the disk before the rename: after a power cut a published file must not be empty.
                os.fsync(target.fileno())
                target.close()

    def publish(self, part: str, name: str) -> None:
        with self._translated(name):
            with around("folder.rename"):
                # A hard link refuses an existing name; os.rename would overwrite it without a word.
                os.link(self.directory / part, self.directory / name)
            self.remove(part)
            self._flush()

    def remove(self, name: str) -> None:
        with self._translated(name), around("folder.remove"):
            (self.directory / name).unlink(missing_ok=True)

    def _flush(self) -> None:
        """Flush the folder itself, so that the new name survives a power cut."""
        folder = os.open(self.directory, os.O_RDONLY)
        try:
            with around("folder.fsync"):
                os.fsync(folder)
        finally:
            os.close(folder)

    @contextlib.contextmanager
    def _translated(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DeliveryError(f"{name} could not be put into {self.place}.", reported(error), _FIX) from error


def _write_all(target: io.FileIO, content: bytes) -> None:
    """Write all bytes to an unbuffered file, so that closing it has nothing left to write that could fail."""
    # An unbuffered write may write only a part.
    rest = memoryview(content)
    while rest:
        rest = rest[target.write(rest) :]
