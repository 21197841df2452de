"""The upload center on the receiver's side: lists and reads arrived files, and changes nothing there.

It does not interpret a file, nor decide which one is next.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from bensync.core.ports import IncomingFile, PreflightFinding
from bensync.delivery.publish_modes import MARKER
from bensync.delivery.settings import FolderInboxSettings, SftpSettings
from bensync.delivery.sftp import Sftp, SftpFolder
from bensync.errors import DeliveryError, reported

_FIX = "Check that the account that runs bensync may read it."


class SftpInbox:
    """Reads an upload center by SFTP, with the same pinned host keys and bounded attempts as the courier.

    Args:
        settings: the upload center.
        wait: sleeps for a number of seconds between two attempts.
    """

    def __init__(self, settings: SftpSettings, *, wait: Callable[[float], None] = time.sleep) -> None:
        self._center = Sftp(settings, wait=wait)
        self._folder = f"the folder {settings.directory} at {settings.host}:{settings.port}"

    def list(self) -> Sequence[IncomingFile]:
        """Return the plain files; see `Inbox`."""
        files, _ = self._center.persist(self._folder, "be listed", SftpFolder.list)
        return files

    def fetch(self, name: str, limit: int) -> bytes:
        """Return the content of a file; see `Inbox`."""
        # One byte more than the limit shows that a file has grown since it was listed.
        content, _ = self._center.persist(name, "be read", lambda folder: folder.read(name, limit + 1))
        return _within(content, name, limit)

    def check(self) -> Iterable[PreflightFinding]:
        """Preflight: host key, sign-in, folder, and whether it can be listed; one attempt."""
        return self._center.check(SftpFolder.list)


class FolderInbox:
    """Reads a folder on this machine."""

    def __init__(self, settings: FolderInboxSettings) -> None:
        self._directory = settings.directory
        self._marked = settings.publish == "marker"

    def list(self) -> Sequence[IncomingFile]:
        """Return the plain files, or only the marked ones if files are published with markers; see `Inbox`."""
        with _translated(f"The folder {self._directory}"):
            paths = list(self._directory.iterdir())
            names = {path.name for path in paths}
            return _incoming(path for path in paths if not self._marked or path.name + MARKER in names)

    def fetch(self, name: str, limit: int) -> bytes:
        """Return the content of a file; see `Inbox`."""
        return _read(self._directory / name, limit)

    def check(self) -> Iterable[PreflightFinding]:
        """Preflight: the folder is there and can be read."""
        ok = self._directory.is_dir() and os.access(self._directory, os.R_OK | os.X_OK)
        detail = "can be read" if ok else "is missing, or cannot be read"
        yield PreflightFinding("intake folder", ok, f"{self._directory} {detail}", "" if ok else _FIX)


class HandedFile:
    """Files named on the command line, in any folder.

    Args:
        paths: the files; no two of the same name.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = {path.name: path for path in paths}

    def list(self) -> Sequence[IncomingFile]:
        """Return these files; see `Inbox`."""
        files: list[IncomingFile] = []
        for path in self._paths.values():
            with _translated(str(path)):
                path.stat()
            files += _incoming([path])
        return files

    def fetch(self, name: str, limit: int) -> bytes:
        """Return the content of a file; see `Inbox`."""
        return _read(self._paths[name], limit)

    def check(self) -> Iterable[PreflightFinding]:
        """Report nothing: no preparation is needed."""
        return ()


def _incoming(paths: Iterable[Path]) -> list[IncomingFile]:
    files = []
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # the receiver may remove it between the listing and this call
            status = path.stat()
            if stat.S_ISREG(status.st_mode):
                files.append(IncomingFile(path.name, status.st_size, f"{status.st_size}-{status.st_mtime_ns}"))
    return files


def _read(path: Path, limit: int) -> bytes:
    with _translated(path.name), path.open("rb") as source:
        return _within(source.read(limit + 1), path.name, limit)


def _within(content: bytes, name: str, limit: int) -> bytes:
    if len(content) > limit:
        raise DeliveryError(
            f"{name} cannot be read.",
            "It grew while it was read.",
            "Wait until the sender has finished writing it.",
            retry=True,
        )
    return content


@contextlib.contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DeliveryError(f"{what} cannot be read.", reported(error), _FIX) from error
