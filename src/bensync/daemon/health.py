"""The daemon's HTTP server for monitoring: a few pages at fixed paths, which change nothing."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import structlog

from bensync.errors import ConfigError, reported

_SLOWEST = 5.0  # seconds that a client may take for its request: each one that stalls holds a thread

log = structlog.get_logger()


class HealthAnswer(msgspec.Struct, frozen=True):
    """The answer of a page."""

    status: HTTPStatus
    content: str
    body: bytes


Page = Callable[[], HealthAnswer]


def said(*, good: bool, **details: object) -> HealthAnswer:
    """Return a page for machines: 200 if everything is in order, else 503."""
    status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
    return HealthAnswer(status, "application/json", json.dumps({"ok": good, **details}).encode() + b"\n")


@contextlib.contextmanager
def serving(listen: str, pages: Mapping[str, Page]) -> Iterator[None]:
    """Serve these pages, by path, while the block lasts; serve nothing if the address is empty.

    Raises:
        ConfigError: the address cannot be used.
    """
    if not listen:
        yield
        return
    try:
        server = _Server(address(listen), _questions(pages))
    except OSError as error:
        fix = "End the other process, or give [daemon] listen another address."
        raise ConfigError(f"The daemon cannot listen on {listen}.", reported(error), fix) from error
    with server:
        thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def address(listen: str) -> tuple[str, int]:
    """Return host and port of ``HOST:PORT``."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)


def answers(listen: str, path: str = "/healthz", patience: float = 3.0) -> bool:
    """Return whether a daemon at this address answers that everything is in order.

    Args:
        listen: ``HOST:PORT``; for an address such as 0.0.0.0 the daemon is asked on this machine.
        path: the page.
        patience: seconds to wait for the answer.
    """
    host, port = address(listen)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # nothing is bound here
    connection = http.client.HTTPConnection(host, port, timeout=patience)
    try:
        with contextlib.closing(connection):
            connection.request("GET", path)
            return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False


class _Server(ThreadingHTTPServer):
    # A client that keeps its connection open must not delay the end of the daemon.
    daemon_threads = True
    block_on_close = False

    def __init__(self, bind: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        if ":" in bind[0]:
            self.address_family = socket.AF_INET6
        super().__init__(bind, handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("health.client_left")


def _questions(pages: Mapping[str, Page]) -> type[BaseHTTPRequestHandler]:
    class Question(BaseHTTPRequestHandler):
        timeout = _SLOWEST

        def do_GET(self) -> None:
            page = pages.get(self.path.partition("?")[0])
            answer = (
                _asked(page) if page is not None else HealthAnswer(HTTPStatus.NOT_FOUND, "text/plain", b"not here\n")
            )
            self.send_response_only(answer.status)
            self.send_header("Content-Type", answer.content)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_HEAD = do_GET  # noqa: N815  # the name is the library's

        def log_message(self, *_: object) -> None:
            pass

    return Question


def _asked(page: Page) -> HealthAnswer:
    try:
        return page()
    except Exception:
        log.exception("health.bug")
        return HealthAnswer(HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain", b"a bug, see the log\n")
