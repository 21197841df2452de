"""The daemon's HTTP server, over loopback."""

from __future__ import annotations

import http.client
import socket
from http import HTTPStatus

import pytest

from bensync.daemon import health
from bensync.errors import ConfigError
from tests.fixtures.openssh import free_port


@pytest.fixture
def listen():
    pages = {
        "/well": lambda: health.said(good=True, since=1),
        "/ill": lambda: health.said(good=False),
        "/bug": lambda: 1 // 0,
    }
    address = f"127.0.0.1:{free_port()}"
    with health.serving(address, pages):
        yield address


def ask(listen: str, path: str, method: str = "GET") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(*health.address(listen), timeout=60)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


@pytest.mark.parametrize(
    ("path", "method", "status", "body"),
    [
        ("/well", "GET", HTTPStatus.OK, b'{"ok": true, "since": 1}\n'),
        ("/well?why", "GET", HTTPStatus.OK, b'{"ok": true, "since": 1}\n'),
        ("/well", "HEAD", HTTPStatus.OK, b""),
        ("/ill", "GET", HTTPStatus.SERVICE_UNAVAILABLE, b'{"ok": false}\n'),
        ("/bug", "GET", HTTPStatus.INTERNAL_SERVER_ERROR, b"a bug, see the log\n"),
        ("/", "GET", HTTPStatus.NOT_FOUND, b"not here\n"),
        ("/../well", "GET", HTTPStatus.NOT_FOUND, b"not here\n"),
    ],
)
def test_a_page_answers_what_it_says(listen, path, method, status, body):
    assert ask(listen, path, method) == (status, body)


def test_nothing_can_be_changed_through_it(listen):
    assert ask(listen, "/well", "POST")[0] == HTTPStatus.NOT_IMPLEMENTED


def test_answers_is_true_for_a_good_page_only(listen):
    port = listen.rpartition(":")[2]
    assert health.answers(listen, "/well")
    assert health.answers(f"0.0.0.0:{port}", "/well")
    assert not health.answers(listen, "/ill")
    assert not health.answers(f"127.0.0.1:{free_port()}", "/well")


def test_somebody_who_never_asks_keeps_nobody_else_waiting(listen):
    with socket.create_connection(health.address(listen)):
        assert health.answers(listen, "/well")


def test_an_address_that_is_taken_is_reported(listen):
    with pytest.raises(ConfigError, match="cannot listen"), health.serving(listen, {}):
        pass


def test_an_empty_address_answers_nobody():
    with health.serving("", {"/well": lambda: health.said(good=True)}):
        pass
