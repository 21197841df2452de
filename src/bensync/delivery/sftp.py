"""Delivers to an upload center by SFTP: pinned host keys, our own key, a rename that never overwrites.

It must not read known_hosts, use an SSH agent, or retry a failure that only a person can fix.
"""

from __future__ import annotations

import errno
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

import paramiko
import structlog
import tenacity

from bensync.core.ports import IncomingFile, OutgoingFile, PreflightFinding, TransferJournal
from bensync.delivery.publish_modes import MARKER, Blind, Direct, Marker
from bensync.delivery.rename_transfer import RenameTransfer
from bensync.delivery.settings import SftpSettings
from bensync.delivery.ssh import SftpClient, signed_in, translated
from bensync.delivery.transfer import UNSIZED
from bensync.errors import DeliveryError
from bensync.fault_points import around

log = structlog.get_logger()

T = TypeVar("T")

_READ = 1 << 20  # bytes; the size of one read in the code, cut into requests by paramiko
_REQUEST = 32_768  # bytes; the largest write that every SFTP server takes

_OTHER_KIND = re.compile(r"[dlpsbc][r-][w-]")
"""How a line such as that of ``ls -l`` begins for a folder, and for everything else that is not a plain file."""
_FORBIDDEN = frozenset({errno.EACCES, errno.EOPNOTSUPP})
"""What a server answers to a request that it never grants our user."""
_NO_RENAME = (
    'Ask the receiver to allow it, or set publish = "marker" or publish = "direct", as '
    "docs/how-to/choose-an-upload-profile.md describes; the next run then sends the same file."
)

_ORDERS: Mapping[str, type[RenameTransfer | Direct | Marker | Blind]] = {
    "rename": RenameTransfer,
    "direct": Direct,
    "marker": Marker,
    "blind": Blind,
}


class Sftp:
    """The courier to an upload center.

    Args:
        settings: the upload center.
        wait: sleeps for a number of seconds between two attempts.
    """

    def __init__(self, settings: SftpSettings, *, wait: Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._wait = wait

    def deliver(self, outgoing_file: OutgoingFile, journal: TransferJournal) -> int:
        """Deliver the file under its final name, in bounded attempts; see `Courier` (sync-rules 3.11.4, A-56, A-58)."""
        transfer = _ORDERS[self._settings.publish](outgoing_file, journal)
        _, tries = self.persist(outgoing_file.name, f"be delivered to {self._settings.place}", transfer.attempt)
        return tries if transfer.tries else 0

    def persist(self, name: str, done: str, act: Callable[[SftpFolder], T]) -> tuple[T, int]:
        """Sign in and act; repeat both after a passing failure, in bounded attempts.

        Args:
            name: the file or folder, for the error.
            done: what was to be done, for the error: "be delivered".
            act: works on the open folder.

        Returns:
            the result of ``act``, and the number of attempts.

        Raises:
            DeliveryError: with ``retry`` true if all attempts failed for passing reasons.
        """
        # Each attempt signs in anew: after a timeout paramiko's connection still claims to be active.
        retrying = self._retrying(name)
        try:
            result = retrying(self._attempt, act)
        except DeliveryError as error:
            if not error.retry:
                raise
            what = f"{name} could not {done} in {retrying.statistics['attempt_number']} attempts."
            raise DeliveryError(what, str(error), error.fix, retry=True) from error
        return result, int(retrying.statistics["attempt_number"])

    def names(self) -> Sequence[str] | None:
        """Return the names in the folder, or None where our user may not list it; see `Courier`."""
        if self._settings.publish == "blind":
            return None
        try:
            names, _ = self.persist(f"the folder {self._settings.directory}", "be listed", SftpFolder.names)
        except DeliveryError as error:
            if isinstance(error.__cause__, OSError) and error.__cause__.errno in _FORBIDDEN:
                log.info("delivery.not_listed", place=self._settings.place, why=error.why)
                return None
            raise
        return names

    def check(self, look: Callable[[SftpFolder], object] | None = None) -> Iterable[PreflightFinding]:
        """Preflight: host key, sign-in and folder; one attempt, nothing is written.

        Args:
            look: tries what else must be possible there.
        """
        subject = f"upload center {self._settings.place}"
        folder = "nothing can be seen there" if self._settings.publish == "blind" else "the folder is there"
        try:
            with self._session() as opened:
                if look is not None:
                    look(opened)
                detail = f"the host key is pinned, {self._settings.user} can sign in, {folder}"
        except DeliveryError as error:
            return [PreflightFinding(subject, ok=False, detail=str(error), fix=error.fix)]
        return [PreflightFinding(subject, ok=True, detail=detail)]

    def _retrying(self, name: str) -> tenacity.Retrying:
        settings = self._settings

        def note_retry(state: tenacity.RetryCallState) -> None:
            log.warning("delivery.retry", file=name, place=self._settings.place, attempt=state.attempt_number)

        # Bounded in number and in time: a run holds the lease of its site, and the next tick tries again.
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, DeliveryError) and error.retry),
            stop=tenacity.stop_after_attempt(settings.attempts) | tenacity.stop_before_delay(settings.give_up_after),
            wait=tenacity.wait_exponential_jitter(initial=1, max=60),
            sleep=self._wait,
            before_sleep=note_retry,
            reraise=True,
        )

    def _attempt(self, act: Callable[[SftpFolder], T]) -> T:
        with self._session() as folder:
            return act(folder)

    @contextmanager
    def _session(self) -> Iterator[SftpFolder]:
        """Sign in, and open the folder."""
        with signed_in(self._settings) as sftp:
            yield SftpFolder(sftp, self._settings)


class SftpFolder:
    """The folder at the upload center, over one signed-in connection."""

    def __init__(self, sftp: SftpClient, settings: SftpSettings) -> None:
        self.place = settings.place
        self._sftp = sftp
        self._directory = settings.directory.rstrip("/")
        self._marked = settings.publish == "marker"
        if settings.publish != "blind":
            with translated(f"the folder {settings.directory} at {self.place} cannot be opened"), around("sftp.stat"):
                sftp.stat(settings.directory)

    def size(self, name: str) -> int | None:
        """See `RemoteFolder`."""
        with self._about(name, "looked for"), around("sftp.stat"):
            try:
                size = self._sftp.stat(self._path(name)).st_size
                return UNSIZED if size is None else size
            except FileNotFoundError:
                return None

    def write(self, name: str, chunks: Iterator[bytes]) -> None:
        """See `RemoteFolder`."""
        self._fill(name, self._open(name, "wb"), chunks)

    def rewrite(self, name: str, chunks: Iterator[bytes]) -> None:
        """See `CreatingRemoteFolder`."""
        self._fill(name, self._open(name, "r+b"), chunks)

    def create(self, name: str, chunks: Iterator[bytes]) -> bool:
        """See `CreatingRemoteFolder`."""
        with self._about(name, "opened"):
            try:
                with around("sftp.open"):
                    target = self._sftp.open(self._path(name), "wx")
            except OSError as refusal:
                if self._is_taken(name, refusal):
                    return False
                raise
        self._fill(name, target, chunks)
        return True

    def mark(self, name: str) -> bool:
        """See `CreatingRemoteFolder`."""
        with self._about(name, "made"), around("sftp.marker"):
            return self.create(name, iter(()))

    def _is_taken(self, name: str, refusal: OSError) -> bool:
        """Return whether a refusal means that the name exists: SFTP has no code for it, only a general failure."""
        answered = refusal.errno in {None, errno.EACCES} and not isinstance(refusal, TimeoutError)
        with suppress(DeliveryError):
            return answered and self.size(name) is not None
        return False

    def _open(self, name: str, mode: str) -> paramiko.SFTPFile:
        with self._about(name, "opened"), around("sftp.open"):
            return self._sftp.open(self._path(name), mode)

    def _fill(self, name: str, target: paramiko.SFTPFile, chunks: Iterator[bytes]) -> None:
        # Not pipelined, each write waits for its answer: measured 1 MB/s instead of 43 on loopback.
        target.set_pipelined(True)
        try:
            self._write_all(name, target, chunks)
        except BaseException:
            with suppress(DeliveryError), self._about(name, "closed"):
                target.close()
            raise
        with self._about(name, "closed"), around("sftp.close"):
            self._sftp.finish(target)

    def _write_all(self, name: str, target: paramiko.SFTPFile, chunks: Iterator[bytes]) -> None:
        last = b""
        for request in _requests(chunks):
            self._write_one(name, target, last)
            last = request
        # paramiko does not check the answers to pipelined writes; a write that is not pipelined waits for all of them.
        target.set_pipelined(False)
        self._write_one(name, target, last)

    def _write_one(self, name: str, target: paramiko.SFTPFile, request: bytes) -> None:
        if request:
            with self._about(name, "written"), around("sftp.write"):
                target.write(request)

    def publish(self, part: str, name: str) -> None:
        """See `RemoteFolder`."""
        with self._about(name, "renamed"), around("sftp.rename"):
            try:
                # Not posix_rename, which overwrites an existing file and reports success (decision 4).
                self._sftp.rename(self._path(part), self._path(name))
            except OSError as error:
                if error.errno not in _FORBIDDEN:
                    raise
                why = f'Our user cannot rename there ({error.strerror}), which publish = "rename" needs.'
                raise DeliveryError(f"{name} could not be renamed at {self.place}.", why, _NO_RENAME) from error

    def remove(self, name: str) -> None:
        """See `RemoteFolder`."""
        with self._about(name, "removed"), around("sftp.remove"):
            self._sftp.remove(self._path(name))

    def list(self) -> Sequence[IncomingFile]:
        """Return the plain files in the folder; where files are published by markers, only the marked ones."""
        with translated(f"the folder {self._directory} at {self.place} cannot be listed"), around("sftp.listdir"):
            entries = self._sftp.listdir_attr(self._directory or "/")
        names = {entry.filename for entry in entries}
        return [
            IncomingFile(entry.filename, entry.st_size, _stamp(entry))
            for entry in entries
            if _may_be_file(entry) and (not self._marked or entry.filename + MARKER in names)
        ]

    def names(self) -> Sequence[str]:
        """Return the names of everything in the folder."""
        with translated(f"the folder {self._directory} at {self.place} cannot be listed"), around("sftp.listdir"):
            return self._sftp.listdir(self._directory or "/")

    def read(self, name: str, limit: int) -> bytes:
        """Return the beginning of a file, up to ``limit`` bytes."""
        with (
            self._about(name, "read"),
            around("sftp.read"),
            self._sftp.open(self._path(name), "rb") as source,
        ):
            # Not prefetched: that would request the size that the server claims, whatever our limit is.
            content = bytearray()
            while len(content) < limit and (piece := source.read(min(_READ, limit - len(content)))):
                content += piece
            return bytes(content)

    def _path(self, name: str) -> str:
        return f"{self._directory}/{name}"

    @contextmanager
    def _about(self, name: str, done: str) -> Iterator[None]:
        with translated(f"{name} could not be {done} at {self.place}"):
            try:
                yield
            except TimeoutError:
                self._sftp.hang_up()  # otherwise each step of cleaning up would wait for the same timeout again
                raise


def _stamp(entry: paramiko.SFTPAttributes) -> str:
    return "" if entry.st_size is None and entry.st_mtime is None else f"{entry.st_size}-{entry.st_mtime}"


def _may_be_file(entry: paramiko.SFTPAttributes) -> bool:
    """Return whether an entry is a plain file, or may be one at a server that does not report what it is."""
    if entry.st_mode is not None and stat.S_IFMT(entry.st_mode):
        return stat.S_ISREG(entry.st_mode)
    return not _OTHER_KIND.match(getattr(entry, "longname", ""))


def _requests(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), _REQUEST):
            yield chunk[start : start + _REQUEST]
