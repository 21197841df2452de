"""Runs the fake on the loopback interface: in a thread for tests, or in the foreground as its own process."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from bensync.demo.bamboohr.app import application
from bensync.demo.company.company import Company
from bensync.demo.connections import close_connections
from bensync.errors import BensyncError

HOST = "127.0.0.1"
PATIENCE = 20.0
"""Seconds to wait for the server to start or stop."""


class Server:
    """A running fake.

    Attributes:
        company: the company behind it.
        root: scheme, host and port; the control routes are under ``/_company/``.
        url: base address, ending in ``/api/v1``.
        gateway_url: the same API under the older address.
    """

    def __init__(self, company: Company, port: int) -> None:
        self.company = company
        self.root = f"http://{HOST}:{port}"
        self.url = f"{self.root}/api/v1"
        self.gateway_url = f"{self.root}/api/gateway.php/{company.name}/v1"


class Protocol(H11Protocol):
    """HTTP that gives the endpoints their connection, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # TCP only
        """Store the connection where the endpoints find it."""
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class Sprinter(uvicorn.Server):
    """A server that stops at once; uvicorn's own checks for a stop only ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """End serving; may be called from any thread."""
        self.should_exit = True
        if self._loop:
            self._loop.call_soon_threadsafe(self._stopped.set)

    async def main_loop(self) -> None:
        """Wait until `stop` is called."""
        await self._stopped.wait()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and remember the loop that has to be woken for stopping."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the listening sockets and the connections."""
        listeners = [listener.fileno() for server in self.servers for listener in server.sockets]
        await close_connections(listeners, self._transports)
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()

    def _transports(self) -> list[asyncio.Transport]:
        return [connection.transport for connection in self.server_state.connections]


@contextmanager
def serve(company: Company, port: int = 0) -> Iterator[Server]:
    """Serve a company in a thread while the block lasts; port 0 takes any free one."""
    listener = _listen(port)
    server = Sprinter(_config(company))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="fake-bamboohr", daemon=True)
    thread.start()
    try:
        _await_start(server, thread)
        yield Server(company, listener.getsockname()[1])
    finally:
        server.stop()
        thread.join(PATIENCE)


def serve_forever(company: Company, port: int = 0) -> None:
    """Serve a company until interrupted; print one line with the address as soon as it accepts connections."""
    listener = _listen(port)
    print(Server(company, listener.getsockname()[1]).url, flush=True)
    uvicorn.Server(_config(company)).run(sockets=[listener])


def _config(company: Company) -> uvicorn.Config:
    return uvicorn.Config(
        application(company),
        http=Protocol,
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
    )


def _listen(port: int) -> socket.socket:
    """Return a listening socket; clients that connect before the server runs wait in its queue."""
    # The protocol is named because asyncio turns Nagle's algorithm off only then; each answer would take 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(128)
    return listener


def _await_start(server: uvicorn.Server, thread: Thread) -> None:
    deadline = time.monotonic() + PATIENCE
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise BensyncError("The fake BambooHR did not start.")
        time.sleep(0.005)
