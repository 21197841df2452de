"""A server of the demo that stops leaves no connection open, whatever its clients were about to do."""

from __future__ import annotations

import contextlib
import gc
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bensync.demo.bamboohr.server import serve
from bensync.demo.company.company import Company
from bensync.demo.mailbox import Mailbox

CLIENTS = 3


@contextlib.contextmanager
def mail() -> Iterator[int]:
    with Mailbox() as mailbox:
        yield mailbox.port


@contextlib.contextmanager
def hr() -> Iterator[int]:
    with serve(Company(now=datetime(2026, 1, 5, 8, tzinfo=UTC))) as server:
        yield int(server.root.rpartition(":")[2])


@pytest.mark.parametrize("server", [mail, hr])
@pytest.mark.parametrize(
    "words", [b"", b"GET /_comp", b"GET /_company/stats HTTP/1.1\r\nhost: x\r\n\r\n", b"EHLO x\r\n"]
)
@pytest.mark.parametrize("leaves", [True, False], ids=["leaves", "waits"])
def test_no_connection_outlives_its_server(server, words, leaves, monkeypatch):
    """One that did would be closed by the garbage collector, with a warning in whatever test runs then."""
    forgotten = []
    monkeypatch.setattr(sys, "unraisablehook", forgotten.append)
    with contextlib.ExitStack() as clients:
        with server() as port:
            for _ in range(CLIENTS):
                client = clients.enter_context(socket.create_connection(("127.0.0.1", port), 10))
                client.sendall(words)
                if leaves:
                    client.close()
        gc.collect()
    assert forgotten == []
