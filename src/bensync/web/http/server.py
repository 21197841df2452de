"""The web server of the pages: plain HTTP on loopback, TLS, or a proxy in front of it; nothing else is allowed."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Iterable
from typing import Any

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from bensync.config.settings import Web
from bensync.errors import ASK_OPERATOR, ConfigError, reported
from bensync.web.http.middleware import SECURITY_HEADERS

_LONGEST_HEAD = 32 * 1024
HEAD_SECONDS = 10.0
"""For the head of a request, from the connection or from its first byte on."""
MOST_CONNECTIONS = 600
"""Open connections; each takes a file handle, and processes may have 1,024 of them."""
MOST_PER_ADDRESS = 100
"""Open connections of one address; a browser opens six. A proxy in front brings everybody from one address."""


def make_server(app: FastAPI, web: Web) -> uvicorn.Server:
    """Return the server, not started; ``server.run()`` serves until SIGTERM or SIGINT, ``server.should_exit`` ends it.

    Args:
        app: the pages.
        web: where to listen, and how.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=BoundedConnection,
            host=web.host,
            port=web.port,
            ssl_certfile=web.certificate,
            ssl_keyfile=web.certificate_key,
            proxy_headers=web.behind_proxy,
            # From anywhere else, X-Forwarded-For could name a new address for each try, and undo the limits per
            # address.
            forwarded_allow_ips="127.0.0.1,::1",
            # Addresses of pages and visitors belong in no log that nobody redacts; our own log names routes.
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=True,
            ws="none",
            h11_max_incomplete_event_size=_LONGEST_HEAD,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=10,
        )
    )


def bound(web: Web) -> socket.socket:
    """Return a socket at the address of the pages, before anybody reads that they are there.

    Raises:
        ConfigError: the address is in use, or is not on this machine.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in web.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((web.host, web.port))
        listener.listen()
    except OSError as error:
        listener.close()
        what, why = f"The web pages cannot listen at {web.listen}.", reported(error)
        fix = "Stop the program that listens there, or name another address with --listen."
        raise ConfigError(what, why, fix, remedy=ASK_OPERATOR) from error
    return listener


def address_of(web: Web) -> str:
    """Return the address of the pages on this machine."""
    scheme = "https" if web.certificate is not None else "http"
    return f"{scheme}://{web.listen}/"


def end_with_input(server: uvicorn.Server) -> None:
    """End the server when its standard input closes, as it does when the daemon that holds the other end is gone."""

    def watch() -> None:
        # The kernel closes the pipe even where the daemon ends by SIGKILL; a signal from the daemon could not be sent
        # then.
        while os.read(sys.stdin.fileno(), 1):
            pass
        server.should_exit = True

    threading.Thread(target=watch, name="input", daemon=True).start()


class BoundedConnection(H11Protocol):
    """One connection, with a deadline for each request head.

    Where too many are open, a new connection replaces the one that has been silent for longest while we wait for it, so
    that silent connections keep nobody out.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_deadline: asyncio.TimerHandle | None = None
        self.heard = self.loop.time()
        """When bytes arrived last."""

    @property
    def silent(self) -> bool:
        """Whether we wait for the other end: for a head, for the rest of a body, or for the next request."""
        cycle: Any = self.cycle  # None until the first head has arrived, whatever its type says
        return cycle is None or cycle.more_body or cycle.response_complete

    @property
    def address(self) -> str:
        """The address of the other end; empty where the system does not know it."""
        return self.client[0] if self.client else ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin; close a silent connection where too many are open."""
        super().connection_made(transport)
        self._await_head()
        others = [other for other in self.connections if isinstance(other, BoundedConnection) and other is not self]
        neighbors = [other for other in others if other.address == self.address]
        if not self.config.proxy_headers and len(neighbors) >= MOST_PER_ADDRESS:
            self._close_a_silent_one(neighbors)
        elif len(others) >= MOST_CONNECTIONS:
            self._close_a_silent_one(others)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; while they are no whole head, its deadline runs."""
        self.heard = self.loop.time()
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._head_deadline is None and not self.transport.is_closing():
            self._await_head()

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that are no HTTP request, with the same strict headers as every other answer."""
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            # An answer has begun or is complete, such as the refusal of a body that goes on; there cannot be another.
            self.transport.close()
            return
        headers = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
        headers += [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
        events: Iterable[h11.Event] = (
            h11.Response(status_code=400, headers=[*headers, (b"connection", b"close")], reason=b"Bad Request"),
            h11.Data(data=msg.encode("ascii")),
            h11.EndOfMessage(),
        )
        for event in events:
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _await_head(self) -> None:
        self._head_deadline = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _close_a_silent_one(self, others: Iterable[BoundedConnection]) -> None:
        silent = [other for other in others if other.silent]
        (min(silent, key=lambda other: other.heard) if silent else self).transport.abort()
