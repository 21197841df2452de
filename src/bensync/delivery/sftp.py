"""Delivers to an upload center by SFTP: pinned host keys, a key of our own, a rename that never overwrites.

It must not read known_hosts, ask an agent, or try again where only a person can help.
"""

from __future__ import annotations

import io
import logging
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Annotated, Any, Literal, TypeVar

import paramiko
import structlog
import tenacity
from paramiko.ssh_exception import IncompatiblePeer
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from bensync.core.ports import Arrival, Finding, Parcel
from bensync.delivery.handover import Handover
from bensync.errors import DeliveryError

log = structlog.get_logger()

T = TypeVar("T")
logging.getLogger("paramiko").addHandler(logging.NullHandler())

HostKey = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^SHA256:[A-Za-z0-9+/]{43}$")]
"""The fingerprint of a host key, as ``ssh-keygen -lf`` prints it."""

_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr")
_DIGESTS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")
_READ = 1 << 20  # bytes; the size of one read in the code, cut into requests by paramiko
_REQUEST = 32_768  # bytes; the largest write that every SFTP server takes
_KEY_CLASSES = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
_LOST_WHILE_SIGNING_IN = ("timeout", "EOF")  # paramiko tells these from a refusal by its words alone


class SftpSettings(BaseModel):
    """One upload center and how to sign in there.

    Attributes:
        host: the server.
        port: its port.
        user: who signs in.
        passphrase: of the private key, where it has one.
        private_key: the text of the key itself, in OpenSSH or PEM form.
        host_keys: the fingerprints that are accepted; two while the receiver changes its key.
        directory: the folder there, seen from where the sign-in lands.
        timeout: seconds for each single operation.
        attempts: how often to try in all.
        give_up_after: seconds after which no further attempt begins.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["sftp"] = "sftp"
    host: str = Field(min_length=1)
    port: int = Field(default=22, ge=1, le=65_535)
    user: str = Field(min_length=1)
    private_key: SecretStr
    passphrase: SecretStr | None = None
    host_keys: tuple[HostKey, ...] = Field(min_length=1)
    directory: str = "."
    timeout: float = Field(default=30, gt=0)
    attempts: int = Field(default=4, ge=1)
    give_up_after: float = Field(default=300, gt=0)


class Sftp:
    """The courier to an upload center.

    Args:
        settings: the upload center.
        wait: sleeps for a number of seconds between two attempts.
    """

    def __init__(self, settings: SftpSettings, *, wait: Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._wait = wait

    def deliver(self, parcel: Parcel, intend: Callable[[], None]) -> int:
        """Bring the parcel under its final name, in bounded attempts; see `Courier` (sync-rules 3.11.4, A-56, A-58)."""
        handover = Handover(parcel, intend)
        _, tries = self.persist(parcel.name, f"be delivered to {self._place}", handover.attempt)
        return tries if handover.uploads else 0

    def persist(self, name: str, done: str, act: Callable[[RemoteShelf], T]) -> tuple[T, int]:
        """Sign in and act, anew after a passing trouble, in bounded attempts.

        Args:
            name: what it is about.
            done: what it should be, for the error: "be delivered".
            act: works on the open folder.

        Returns:
            what ``act`` returned, and the number of attempts.

        Raises:
            DeliveryError: with ``retry`` true when all attempts failed for passing reasons.
        """
        retrying = self._retrying(name)
        try:
            result = retrying(self._attempt, act)
        except DeliveryError as error:
            if not error.retry:
                raise
            what = f"{name} could not {done} in {retrying.statistics['attempt_number']} attempts"
            raise DeliveryError(what, str(error), error.mend, retry=True) from error
        return result, int(retrying.statistics["attempt_number"])

    def check(self) -> Iterable[Finding]:
        """Preflight: host key, sign-in and folder; one attempt, nothing is written."""
        subject = f"upload center {self._place}"
        try:
            with self._session():
                detail = f"the host key is pinned, {self._settings.user} can sign in, the folder is there"
        except DeliveryError as error:
            return [Finding(subject, ok=False, detail=str(error), mend=error.mend)]
        return [Finding(subject, ok=True, detail=detail)]

    @property
    def _place(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    def _retrying(self, name: str) -> tenacity.Retrying:
        settings = self._settings

        def tell(state: tenacity.RetryCallState) -> None:
            log.warning("delivery.retry", file=name, place=self._place, attempt=state.attempt_number)

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, DeliveryError) and error.retry),
            stop=tenacity.stop_after_attempt(settings.attempts) | tenacity.stop_before_delay(settings.give_up_after),
            wait=tenacity.wait_exponential_jitter(initial=1, max=60),
            sleep=self._wait,
            before_sleep=tell,
            reraise=True,
        )

    def _attempt(self, act: Callable[[RemoteShelf], T]) -> T:
        with self._session() as shelf:
            return act(shelf)

    @contextmanager
    def _session(self) -> Iterator[RemoteShelf]:
        """Sign in, and open the folder."""
        settings = self._settings
        key = _load_key(settings)
        with paramiko.SSHClient() as client:
            client.set_missing_host_key_policy(_Pinned(settings))
            with _translated(f"no connection to {self._place}"), _deadline(client, settings.timeout * 3):
                client.connect(
                    settings.host,
                    settings.port,
                    settings.user,
                    pkey=key,
                    allow_agent=False,
                    look_for_keys=False,
                    timeout=settings.timeout,
                    banner_timeout=settings.timeout,
                    auth_timeout=settings.timeout,
                    channel_timeout=settings.timeout,
                    transport_factory=_transport,
                )
                sftp = client.open_sftp()
            with sftp:
                yield RemoteShelf(sftp, settings)


class RemoteShelf:
    """The folder at the upload center, over one signed-in connection."""

    def __init__(self, sftp: paramiko.SFTPClient, settings: SftpSettings) -> None:
        self.place = f"{settings.host}:{settings.port}"
        self._sftp = sftp
        self._directory = settings.directory.rstrip("/")
        channel = sftp.get_channel()
        if channel is not None:
            channel.settimeout(settings.timeout)
        with _translated(f"the folder {settings.directory} at {self.place} cannot be opened"):
            sftp.stat(settings.directory)

    def size(self, name: str) -> int | None:
        """See `Shelf`."""
        with self._about(name, "looked for"):
            try:
                return self._sftp.stat(self._path(name)).st_size
            except FileNotFoundError:
                return None

    def write(self, name: str, chunks: Iterator[bytes]) -> None:
        """See `Shelf`."""
        with self._about(name, "opened"):
            target = self._sftp.open(self._path(name), "wb")
            target.set_pipelined(True)
        try:
            for chunk in chunks:
                with self._about(name, "written"):
                    for start in range(0, len(chunk), _REQUEST):
                        target.write(chunk[start : start + _REQUEST])
        finally:
            with self._about(name, "closed"):
                target.close()

    def publish(self, part: str, name: str) -> None:
        """See `Shelf`."""
        with self._about(name, "renamed"):
            # Not posix_rename: that one overwrites without a word.
            self._sftp.rename(self._path(part), self._path(name))

    def remove(self, name: str) -> None:
        """See `Shelf`."""
        with self._about(name, "removed"):
            self._sftp.remove(self._path(name))

    def list(self) -> Sequence[Arrival]:
        """The plain files in the folder."""
        with _translated(f"the folder {self._directory} at {self.place} cannot be listed"):
            found = self._sftp.listdir_attr(self._directory or "/")
        return [
            Arrival(entry.filename, entry.st_size or 0, f"{entry.st_size}-{entry.st_mtime}")
            for entry in found
            if stat.S_ISREG(entry.st_mode or 0)
        ]

    def read(self, name: str, limit: int) -> bytes:
        """The beginning of a file, up to ``limit`` bytes."""
        with self._about(name, "read"), self._sftp.open(self._path(name), "rb") as source:
            # Not prefetched: its size is that of the listing, while the limit is ours.
            content = bytearray()
            while len(content) < limit and (piece := source.read(min(_READ, limit - len(content)))):
                content += piece
            return bytes(content)

    def _path(self, name: str) -> str:
        return f"{self._directory}/{name}"

    def _about(self, name: str, done: str) -> AbstractContextManager[None]:
        return _translated(f"{name} could not be {done} at {self.place}")


class _Pinned(paramiko.MissingHostKeyPolicy):
    """Accepts a host by the fingerprints in the settings alone (A-58)."""

    def __init__(self, settings: SftpSettings) -> None:
        self._settings = settings

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Refuse a host whose key is not pinned."""
        del client, hostname
        if key.fingerprint not in self._settings.host_keys:
            raise DeliveryError(
                f"{self._settings.host}:{self._settings.port} is not the host we know",
                f"its {key.get_name()} host key {key.fingerprint} is not among the pinned ones",
                "Ask the receiver, over another channel, whether the key was changed. If so, put the new fingerprint "
                "into host_keys; if not, somebody may be in between.",
            )


def _transport(sock: Any, **options: Any) -> paramiko.Transport:
    """A connection that offers authenticated encryption first, and nothing built on CBC, MD5 or SHA-1."""
    transport = paramiko.Transport(sock, **options)
    offered = transport.get_security_options()
    offered.ciphers = _CIPHERS
    offered.digests = _DIGESTS
    return transport


def _load_key(settings: SftpSettings) -> paramiko.PKey:
    text = settings.private_key.get_secret_value()
    passphrase = settings.passphrase.get_secret_value() if settings.passphrase else None
    for key_class in _KEY_CLASSES:
        # Any trouble means: not of this class, or not this passphrase; the texts of the library tell no more.
        with suppress(paramiko.SSHException, ValueError):
            return key_class.from_private_key(io.StringIO(text), passphrase)
    raise DeliveryError(
        f"the private key for {settings.user} at {settings.host}:{settings.port} cannot be read",
        "it is not an Ed25519, ECDSA or RSA key in OpenSSH or classic PEM form, or the passphrase is missing or wrong",
        "Look at private_key and passphrase; `ssh-keygen -p -f KEY` rewrites a PKCS#8 key in OpenSSH form.",
    )


@contextmanager
def _deadline(client: paramiko.SSHClient, seconds: float) -> Iterator[None]:
    """Cut the connection when signing in takes too long; some steps in there have no time limit of their own."""
    timer = threading.Timer(seconds, client.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Turn the exceptions of sockets and of paramiko into ours, and say which of them may pass by themselves."""
    try:
        yield
    except paramiko.AuthenticationException as error:
        lost = any(word in str(error) for word in _LOST_WHILE_SIGNING_IN)
        raise DeliveryError(
            what,
            "the connection was lost while signing in" if lost else "the upload center refused our key",
            "Look at user and private_key, and ask the receiver whether our public key is still known there.",
            retry=lost,
        ) from error
    except IncompatiblePeer as error:
        mend = "The server offers outdated algorithms only; ask the receiver to renew it."
        raise DeliveryError(what, str(error), mend) from error
    except PermissionError as error:
        mend = "Ask the receiver to let our user read, write and rename in this folder."
        raise DeliveryError(what, "permission denied", mend) from error
    except FileNotFoundError as error:
        mend = "Look at directory, and ask the receiver whether the folder was moved."
        raise DeliveryError(what, "it is not there", mend) from error
    except (OSError, EOFError, paramiko.SSHException) as error:
        why = str(error) or type(error).__name__
        mend = "It is tried again by itself; if it lasts, look at the network and ask the receiver."
        raise DeliveryError(what, why, mend, retry=True) from error
