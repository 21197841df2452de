"""The way into an SSH server: pinned host keys, a key of our own, every step within a time limit.

It must not read known_hosts, ask an agent, or know what the connection is for.
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
from bensync.errors import DeliveryError
from bensync.faults import around

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

logging.getLogger("paramiko").addHandler(logging.NullHandler())

_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr")
_DIGESTS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")
_KEY_CLASSES = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
_LOST_WHILE_SIGNING_IN = ("timeout", "EOF")  # paramiko tells these from a refusal by its words alone
_FSYNC = "fsync@openssh.com"


@contextmanager
def signed_in(settings: SshSettings) -> Iterator[SftpClient]:
    """Sign in; the connection is closed at the end.

    Raises:
        DeliveryError: there is no connection; with ``retry`` true for a passing reason.
    """
    key = _load_key(settings)
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
        # Only after success: to take leave of a server that does not listen would take for ever.
        with suppress(OSError, EOFError):
            sftp.close()


class _Line(socket.socket):
    """A connection that breaks when nothing can be sent for the time limit; the library would wait for ever."""

    def __init__(self, settings: SshSettings) -> None:
        connection = socket.create_connection((settings.host, settings.port), settings.timeout)
        super().__init__(connection.family, connection.type, connection.proto, connection.detach())
        self._patience = settings.timeout
        self._stalled = 0.0

    def send(self, content: Buffer, flags: int = 0, /) -> int:
        """As a plain socket does."""
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
    """Knows what the server offers, and looks at its answer to a close; the library throws both away."""

    offers: frozenset[str] = frozenset()

    def hang_up(self) -> None:
        """End the connection at once; whatever is asked for after this fails at once, too."""
        channel = self.get_channel()
        if channel is not None:
            channel.get_transport().close()

    def finish(self, target: paramiko.SFTPFile) -> None:
        """Flush a file to the server's disk where that is offered, and close it."""
        if _FSYNC in self.offers:
            with around("sftp.fsync"):
                self._request(CMD_EXTENDED, _FSYNC, target.handle)  # type: ignore[attr-defined]
        BufferedFile.close(target)
        self._request(CMD_CLOSE, target.handle)  # type: ignore[attr-defined]

    def _read_packet(self) -> tuple[int, bytes]:
        kind, content = super()._read_packet()  # type: ignore[misc]
        if kind == CMD_VERSION:
            self.offers = frozenset(_extensions(content))
        return kind, content


class _Pinned(paramiko.MissingHostKeyPolicy):
    """Accepts a host by the fingerprints in the settings alone (A-58)."""

    def __init__(self, settings: SshSettings) -> None:
        self._settings = settings

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Refuse a host whose key is not pinned."""
        del client, hostname
        if key.fingerprint not in self._settings.host_keys:
            raise DeliveryError(
                f"{self._settings.place} is not the host we know",
                f"its {key.get_name()} host key {key.fingerprint} is not among the pinned ones",
                "Ask the receiver, over another channel, whether the key was changed. If so, put the new fingerprint "
                "into host_keys; if not, somebody may be in between.",
            )


def _transport(timeout: float, sock: Any, **options: Any) -> paramiko.Transport:
    """A connection that offers authenticated encryption first, and nothing built on CBC, MD5 or SHA-1."""
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
    """The names behind the version number in a server's first answer."""
    message = paramiko.Message(content)
    message.get_int()
    while message.get_remainder():
        yield message.get_text()
        message.get_string()


def _load_key(settings: SshSettings) -> paramiko.PKey:
    text = settings.private_key.get_secret_value()
    passphrase = settings.passphrase.get_secret_value() if settings.passphrase else None
    for key_class in _KEY_CLASSES:
        # Any trouble means: not of this class, or not this passphrase; the texts of the library tell no more.
        with suppress(paramiko.SSHException, ValueError):
            return key_class.from_private_key(io.StringIO(text), passphrase)
    raise DeliveryError(
        f"the private key for {settings.user} at {settings.place} cannot be read",
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
def translated(what: str) -> Iterator[None]:
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
