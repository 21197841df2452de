"""The read-only client before real servers on loopback: broken connections, slow answers, certificates."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from bensync.connectors.bamboohr.api import READS
from bensync.connectors.http import Read, ReadOnlyClient
from bensync.demo.bamboohr.server import serve
from bensync.demo.company.company import API_KEY, Company
from bensync.errors import SourceError


@pytest.fixture
def waits() -> list[float]:
    """How long the client waited before each retry; no test sleeps."""
    return []


def client(address: str, waits: list[float], **options: Any) -> ReadOnlyClient:
    usual = {
        "user": SecretStr("secret-key"),
        "reads": [Read("GET", "x")],
        "reasons": (),
        "timeout": 60,
        "attempts": 5,
        "give_up_after": 300,
        "sleep": waits.append,
    }
    return ReadOnlyClient(address, **usual | options)


def failure(reader: ReadOnlyClient) -> SourceError:
    with pytest.raises(SourceError) as caught:
        reader.read("GET", "x")
    assert caught.value.fix
    assert "secret-key" not in repr(caught.value) + str(caught.value)
    return caught.value


@pytest.fixture
def company() -> Company:
    return Company.with_people(20)


@pytest.fixture
def reader(company: Company, waits: list[float]) -> Iterator[ReadOnlyClient]:
    """A client before a real server on this machine."""
    with serve(company) as server:
        reader = client(server.url, waits, user=SecretStr(API_KEY), reads=READS, timeout=0.5)
        yield reader
        reader.close()


@pytest.mark.parametrize("kind", ["drop", "cut"])
def test_a_connection_that_really_breaks_is_made_again(reader, company, waits, kind):
    getattr(company.weather, kind)(2)
    assert reader.read("GET", "meta/fields").body.startswith(b"[")
    assert len(waits) == 2


def test_an_answer_that_really_comes_too_late_is_asked_for_again(reader, company, waits):
    company.weather.slow(seconds=1.0)
    assert reader.read("GET", "meta/fields").body.startswith(b"[")
    assert len(waits) == 1


def test_a_wrong_key_is_reported_and_not_tried_again(reader, company, waits):
    company.api_key = "another"
    with pytest.raises(SourceError, match="401"):
        reader.read("GET", "meta/fields")
    assert len(company.requests) == 1
    assert waits == []


def test_a_server_that_is_down_is_tried_again(waits):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert failure(client(f"http://127.0.0.1:{taken.getsockname()[1]}", waits)).retry
    assert len(waits) == 4


def test_an_answer_that_drips_without_end_is_given_up(waits):
    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            try:
                while True:
                    connection.sendall(b" ")
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=drip, args=(listener,), daemon=True).start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert "still not complete" in failure(client(address, waits, attempts=1, give_up_after=0.001)).why


def test_a_certificate_that_does_not_verify_is_not_tried_again(waits, tmp_path: Path):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(_self_signed(tmp_path))

    def refuse_all(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                tls.wrap_socket(connection, server_side=True)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=refuse_all, args=(listener,), daemon=True).start()
        address = f"https://127.0.0.1:{listener.getsockname()[1]}"
        error = failure(client(address, waits))
    assert error.what == "The connection to HR is not trusted."
    assert not error.retry
    assert waits == []


def _self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = folder / "server.pem"
    path.write_bytes(
        certificate.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path
