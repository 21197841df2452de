"""A mail server on this machine that stores mails in memory and forwards nothing."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self, cast
from weakref import WeakSet

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bensync.demo.connections import close_connections

_PATIENCE = 20.0
"""Seconds until open connections are closed."""


class Mailbox:
    """An SMTP server in a thread of its own.

    Attributes:
        host: where it listens.
        port: where it listens.
        messages: the mails that arrived, oldest first.
    """

    def __init__(self, **options: Any) -> None:
        """Choose a free port; ``options`` go to aiosmtpd, for TLS and sign-in."""
        # Not port 0: aiosmtpd connects to the given port once to see whether it has started.
        self.host = "127.0.0.1"
        self.port = _free_port()
        self.messages: list[EmailMessage] = []
        self._controller = _Controller(_Slot(self.messages), hostname=self.host, port=self.port, **options)

    def __enter__(self) -> Self:
        """Start."""
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, whatever clients are still connected."""
        self._controller.hang_up()
        self._controller.stop()


class _Controller(Controller):
    """aiosmtpd forgets connections that are open when it stops; Python then warns of them in whatever runs next."""

    def __init__(self, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        self._connections: WeakSet[SMTP] = WeakSet()

    def factory(self) -> SMTP:
        """Return the protocol of one more connection."""
        protocol: SMTP = super().factory()  # type: ignore[no-untyped-call]
        self._connections.add(protocol)
        return protocol

    def hang_up(self) -> None:
        """Close the connections that are open, and accept no more."""
        listeners = [listener.fileno() for listener in cast("asyncio.Server", self.server).sockets]
        closing = close_connections(listeners, self._transports)
        asyncio.run_coroutine_threadsafe(closing, self.loop).result(_PATIENCE)

    def _transports(self) -> list[asyncio.Transport]:
        transports = [protocol.transport for protocol in self._connections]
        return [transport for transport in transports if isinstance(transport, asyncio.Transport)]


class _Slot:
    """The handler that aiosmtpd calls with each mail."""

    def __init__(self, messages: list[EmailMessage]) -> None:
        self._messages = messages

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        content = cast("bytes", envelope.content)
        self._messages.append(email.message_from_bytes(content, policy=email.policy.default))
        return "250 OK"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
