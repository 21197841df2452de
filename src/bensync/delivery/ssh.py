"""Signs in to an SSH server: pinned host keys, our own key, a time limit for every step.

It must not read known_hosts, use an SSH agent, or know what the connection is for.
"""

from __future__ import annotations

import errno
import io
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING

import paramiko
from paramiko.file import BufferedFile
from paramiko.sftp import CMD_CLOSE, CMD_EXTENDED, CMD_VERSION, SFTP_OP_UNSUPPORTED
from paramiko.ssh_exception import BadAuthenticationType, IncompatiblePeer

from bensync.delivery.settings import SshSettings
from bensync.errors import DeliveryError, HostKeyRefused, reported
from bensync.fault_points import around

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr")
_DIGESTS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")
_RSA = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}
"""The algorithms of one type of host key, where it has several."""
_KEY_CLASSES = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
_LOST_WHILE_SIGNING_IN = ("timeout", "EOF")  # paramiko raises the same class for a refusal, with another text
_FSYNC = "fsync@openssh.com"


@contextmanager
def signed_in(settings: SshSettings) -> Iterator[SftpClient]:
    """Sign in, yield the client, and close the connection at the end.

    Raises:
        DeliveryError: no connection could be made; with ``retry`` true for a passing reason.
    """
    key = _load_key(settings)
    with ExitStack() as opened:
        with translated(f"There is no connection to {settings.place}."), around("sftp.connect"):
            transport = opened.enter_context(closing(_connected(settings)))
            with _deadline(transport, settings.timeout * 3):
                _authenticate(transport, settings, key)
                sftp = _open_sftp(transport, settings.timeout)
        yield sftp
        # Only after success: closing waits for an answer, which a server that has failed may never give.
        with suppress(OSError, EOFError):
            sftp.close()


def _connected(settings: SshSettings) -> paramiko.Transport:
    """Return a connection to a server that has proved to hold a pinned host key.

    A server shows one key for each connection: of the first type that we ask for and that it has. The next attempt asks
    for the types that it has not shown yet, so that a pinned key is found whatever its type is.

    Raises:
        HostKeyRefused: none of its keys is pinned.
    """
    refused: list[paramiko.PKey] = []
    while True:
        transport = _transport(settings, refused)
        try:
            with _deadline(transport, settings.timeout * 3):
                transport.start_client()
            key = transport.get_remote_server_key()
        except BaseException as error:
            transport.close()
            if refused and isinstance(error, IncompatiblePeer):  # it has no key of another type
                raise _impostor(settings, refused) from error
            raise
        # Our own check: paramiko's knows one key for each type, and would refuse the old key while a receiver changes
        # to a new one.
        if key.fingerprint in settings.host_keys:
            return transport
        transport.close()
        refused.append(key)


def _impostor(settings: SshSettings, keys: Sequence[paramiko.PKey]) -> HostKeyRefused:
    shown = ", ".join(f"{key.get_name()} {key.fingerprint}" for key in keys)
    return HostKeyRefused(
        f"{settings.place} is not the host we know.",
        f"None of its host keys is among the pinned ones; it shows {shown}.",
        "Ask the receiver, over another channel, whether the key was changed. If so, put the new fingerprint "
        "into host_keys; if not, somebody may be in between.",
    )


def _authenticate(transport: paramiko.Transport, settings: SshSettings, key: paramiko.PKey) -> None:
    if wanted := transport.auth_publickey(settings.user, key):
        raise DeliveryError(
            f"There is no connection to {settings.place}.",
            f"The upload center accepted our key, and then asks for more: {' or '.join(sorted(wanted))}.",
            "Ask the receiver to let our user sign in with the key alone. bensync sends no password and no code to an "
            "upload center.",
        )


class _Line(socket.socket):
    """A socket that fails if nothing can be sent within the time limit; paramiko would retry without end."""

    def __init__(self, settings: SshSettings) -> None:
        connection = socket.create_connection((settings.host, settings.port), settings.timeout)
        super().__init__(connection.family, connection.type, connection.proto, connection.detach())
        self._patience = settings.timeout
        self._stalled = 0.0

    def send(self, content: Buffer, flags: int = 0, /) -> int:
        """Send as a plain socket does."""
        try:
            sent = super().send(content, flags)
        except TimeoutError:
            self._stalled = self._stalled or time.monotonic()
            if time.monotonic() - self._stalled > self._patience:
                raise ConnectionAbortedError("the server takes nothing more") from None
            raise
        self._stalled = 0.0
        return sent


class SftpClient(paramiko.SFTPClient):
    """Knows the server's extensions, and checks its answer to a close; paramiko discards both."""

    offers: frozenset[str] = frozenset()

    def hang_up(self) -> None:
        """End the connection at once, so that every later call fails at once, too."""
        channel = self.get_channel()
        if channel is not None:
            channel.get_transport().close()

    def finish(self, target: paramiko.SFTPFile) -> None:
        """Flush a file to the server's disk where that is offered, and close it."""
        if _FSYNC in self.offers:
            with around("sftp.fsync"):
                self._request(CMD_EXTENDED, _FSYNC, target.handle)  # type: ignore[attr-defined]
        # paramiko's own close ignores the answer, but a server with a full disk or quota may refuse only here.
        BufferedFile.close(target)
        self._request(CMD_CLOSE, target.handle)  # type: ignore[attr-defined]

    def _convert_status(self, message: paramiko.Message) -> None:
        """Raise the error of an answer; "unsupported" with a number of its own, which paramiko does not give it."""
        answer = paramiko.Message(message.get_remainder())
        if answer.get_int() == SFTP_OP_UNSUPPORTED:
            raise OSError(errno.EOPNOTSUPP, answer.get_text())
        super()._convert_status(message)  # type: ignore[misc]

    def _read_packet(self) -> tuple[int, bytes]:
        kind, content = super()._read_packet()  # type: ignore[misc]
        if kind == CMD_VERSION:
            self.offers = frozenset(_extensions(content))
        return kind, content


def _transport(settings: SshSettings, refused: Iterable[paramiko.PKey]) -> paramiko.Transport:
    """Return a transport that offers authenticated encryption first, and nothing built on CBC, MD5 or SHA-1.

    Args:
        settings: the server.
        refused: host keys that it has shown; it is asked for keys of other types.
    """
    # GCM first: paramiko itself prefers CTR, which uploads about a sixth slower.
    transport = paramiko.Transport(_Line(settings))
    transport.handshake_timeout = transport.banner_timeout = settings.timeout
    transport.auth_timeout = transport.channel_timeout = settings.timeout
    offered = transport.get_security_options()
    offered.ciphers = _CIPHERS
    offered.digests = _DIGESTS
    shown = {algorithm for key in refused for algorithm in _RSA.get(key.get_name(), (key.get_name(),))}
    offered.key_types = tuple(algorithm for algorithm in offered.key_types if algorithm not in shown)
    return transport


def _open_sftp(transport: paramiko.Transport, timeout: float) -> SftpClient:
    sftp = SftpClient.from_transport(transport)
    channel = sftp.get_channel() if sftp is not None else None
    if sftp is None or channel is None:
        raise paramiko.SSHException("the connection was lost")
    channel.settimeout(timeout)
    return sftp


def _extensions(content: bytes) -> Iterator[str]:
    """Yield the names of the extensions, which follow the version number in a server's first answer."""
    message = paramiko.Message(content)
    message.get_int()
    while message.get_remainder():
        yield message.get_text()
        message.get_string()


def _load_key(settings: SshSettings) -> paramiko.PKey:
    text = settings.private_key.get_secret_value()
    passphrase = settings.passphrase.get_secret_value() if settings.passphrase else None
    for key_class in _KEY_CLASSES:
        # An error means another class of key or a wrong passphrase; the library's texts do not distinguish them.
        with suppress(paramiko.SSHException, ValueError):
            return key_class.from_private_key(io.StringIO(text), passphrase)
    raise DeliveryError(
        f"The private key for {settings.user} at {settings.place} cannot be read.",
        "It is not an Ed25519, ECDSA or RSA key in OpenSSH or classic PEM form, or the passphrase is missing or wrong.",
        "Check private_key and passphrase of the upload center; `ssh-keygen -p -f KEY` rewrites a PKCS#8 key in "
        "OpenSSH form.",
    )


@contextmanager
def _deadline(transport: paramiko.Transport, seconds: float) -> Iterator[None]:
    """Close the connection if signing in takes too long; some steps of it have no time limit in paramiko."""
    timer = threading.Timer(seconds, transport.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _missing(error: IncompatiblePeer) -> str:
    """Return what we and the server have in common none of, from a text such as ``Incompatible ssh peer (no ...)``."""
    return str(error).partition("(")[2].rstrip(")") or str(error)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn the exceptions of sockets and of paramiko into `DeliveryError`, with ``retry`` true for passing ones."""
    try:
        yield
    except BadAuthenticationType as error:
        why = f"The upload center takes no keys of our user, only {' or '.join(sorted(error.allowed_types))}."
        raise DeliveryError(
            what, why, "Check user of the upload center, and ask the receiver to let it sign in with a key."
        ) from error
    except paramiko.AuthenticationException as error:
        lost = any(word in str(error) for word in _LOST_WHILE_SIGNING_IN)
        raise DeliveryError(
            what,
            "The connection was lost while signing in." if lost else "The upload center refused our key.",
            "Check user and private_key of the upload center, and ask the receiver whether our public key is "
            "still known there.",
            retry=lost,
        ) from error
    except IncompatiblePeer as error:
        why = f"The server offers only outdated algorithms: {_missing(error)}."
        raise DeliveryError(what, why, "Ask the receiver to renew the server's software or its settings.") from error
    except PermissionError as error:
        fix = "Ask the receiver to let our user read, write and rename in this folder."
        raise DeliveryError(what, "The server denies permission.", fix) from error
    except FileNotFoundError as error:
        fix = "Check directory of the upload center, and ask the receiver whether the folder was moved."
        raise DeliveryError(what, "The file or folder does not exist there.", fix) from error
    except (OSError, EOFError, paramiko.SSHException, paramiko.SFTPError) as error:
        why = f"The connection reports: {error}." if str(error) else reported(error)
        fix = "bensync tries again automatically; if it lasts, check the network and ask the receiver."
        raise DeliveryError(what, why, fix, retry=True) from error
