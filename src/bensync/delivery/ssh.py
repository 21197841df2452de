"""Signs in to an SSH server: pinned host keys, our own key, a time limit for every step.

It must not read known_hosts, use an SSH agent, or know what the connection is for.
"""

from __future__ import annotations

import io
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import paramiko
from paramiko.file import BufferedFile
from paramiko.sftp import CMD_CLOSE, CMD_EXTENDED, CMD_VERSION
from paramiko.ssh_exception import IncompatiblePeer

from bensync.delivery.settings import SshSettings
from bensync.errors import DeliveryError, HostKeyRefused
from bensync.fault_points import around

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

logging.getLogger("paramiko").addHandler(logging.NullHandler())

_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr")
_DIGESTS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")
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
    # No known_hosts is loaded, so every host key is "missing" and our policy decides: paramiko's own check knows one
    # key per type, and would refuse the old key while a receiver changes to a new one.
    with paramiko.SSHClient() as client, ExitStack() as opened:
        client.set_missing_host_key_policy(_Pinned(settings))
        with (
            translated(f"no connection to {settings.place}"),
            _deadline(client, settings.timeout * 3),
            around("sftp.connect"),
        ):
            client.connect(
                settings.host,
                settings.port,
                settings.user,
                pkey=key,
                sock=opened.enter_context(_Line(settings)),
                allow_agent=False,
                look_for_keys=False,
                banner_timeout=settings.timeout,
                auth_timeout=settings.timeout,
                channel_timeout=settings.timeout,
                transport_factory=partial(_transport, settings.timeout),
            )
            sftp = _open_sftp(client, settings.timeout)
        yield sftp
        # Only after success: closing waits for an answer, which a server that has failed may never give.
        with suppress(OSError, EOFError):
            sftp.close()


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

    def _read_packet(self) -> tuple[int, bytes]:
        kind, content = super()._read_packet()  # type: ignore[misc]
        if kind == CMD_VERSION:
            self.offers = frozenset(_extensions(content))
        return kind, content


class _Pinned(paramiko.MissingHostKeyPolicy):
    """Accepts a host only if its key has one of the fingerprints in the settings (A-58)."""

    def __init__(self, settings: SshSettings) -> None:
        self._settings = settings

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Refuse a host whose key is not pinned."""
        del client, hostname
        if key.fingerprint not in self._settings.host_keys:
            raise HostKeyRefused(
                f"{self._settings.place} is not the host we know",
                f"its {key.get_name()} host key {key.fingerprint} is not among the pinned ones",
                "Ask the receiver, over another channel, whether the key was changed. If so, put the new fingerprint "
                "into host_keys; if not, somebody may be in between.",
            )


def _transport(timeout: float, sock: Any, **options: Any) -> paramiko.Transport:
    """Return a transport that offers authenticated encryption first, and nothing built on CBC, MD5 or SHA-1."""
    # GCM first: paramiko itself prefers CTR, which uploads about a sixth slower.
    transport = paramiko.Transport(sock, **options)
    transport.handshake_timeout = timeout
    offered = transport.get_security_options()
    offered.ciphers = _CIPHERS
    offered.digests = _DIGESTS
    return transport


def _open_sftp(client: paramiko.SSHClient, timeout: float) -> SftpClient:
    transport = client.get_transport()
    sftp = SftpClient.from_transport(transport) if transport is not None else None
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
        f"the private key for {settings.user} at {settings.place} cannot be read",
        "it is not an Ed25519, ECDSA or RSA key in OpenSSH or classic PEM form, or the passphrase is missing or wrong",
        "Look at private_key and passphrase; `ssh-keygen -p -f KEY` rewrites a PKCS#8 key in OpenSSH form.",
    )


@contextmanager
def _deadline(client: paramiko.SSHClient, seconds: float) -> Iterator[None]:
    """Close the connection if signing in takes too long; some steps of it have no time limit in paramiko."""
    timer = threading.Timer(seconds, client.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn the exceptions of sockets and of paramiko into `DeliveryError`, with ``retry`` true for passing ones."""
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
        fix = "The server offers outdated algorithms only; ask the receiver to renew it."
        raise DeliveryError(what, str(error), fix) from error
    except PermissionError as error:
        fix = "Ask the receiver to let our user read, write and rename in this folder."
        raise DeliveryError(what, "permission denied", fix) from error
    except FileNotFoundError as error:
        fix = "Look at directory, and ask the receiver whether the folder was moved."
        raise DeliveryError(what, "it is not there", fix) from error
    except (OSError, EOFError, paramiko.SSHException, paramiko.SFTPError) as error:
        why = str(error) or type(error).__name__
        fix = "It is tried again by itself; if it lasts, look at the network and ask the receiver."
        raise DeliveryError(what, why, fix, retry=True) from error
