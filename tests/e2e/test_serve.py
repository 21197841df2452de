"""`bensync serve` as a process: it begins, answers, ends in order, and speaks in clear to this machine only (S1-20)."""

from __future__ import annotations

import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bensync.core.access import Role
from bensync.web.http.middleware import SECURITY_HEADERS
from bensync.web.http.server import HEAD_SECONDS, MOST_PER_ADDRESS
from tests.conftest import LONG
from tests.fixtures.commands import command
from tests.fixtures.databases import in_file
from tests.fixtures.openssh import free_port
from tests.fixtures.pages import pages
from tests.fixtures.serving import PATIENCE, serving
from tests.integration.cli.test_foreign_lines import only_ours


@pytest.fixture
def config(tmp_path: Path) -> Path:
    with pages(tmp_path, in_file(tmp_path)) as employer:
        return employer.config


def failing(config: Path, listen: str) -> subprocess.CompletedProcess[str]:
    return command("--config", str(config), "serve", "--listen", listen, environment={})


def test_it_answers_and_ends_in_order(config):
    with serving(config) as (process, address):
        answer = httpx.get(f"{address}/sites/acme")
        assert answer.status_code == 303
        assert "server" not in answer.headers
        assert httpx.get(f"{address}/static/refresh.js").headers["cache-control"].startswith("public")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in {0, -signal.SIGTERM}
        assert f"The pages are at {address}/" in process.communicate()[0]


@pytest.mark.parametrize("listen", ["0.0.0.0:8480", "192.0.2.1:8480", "[::]:8480", "", "nonsense"])
def test_S1_20_plain_http_is_spoken_on_loopback_only(config, listen):
    failure = failing(config, listen)
    assert failure.returncode == 10
    assert "web" in failure.stderr
    assert "fix:" in failure.stderr


def test_an_address_that_is_taken_is_reported_in_three_lines(config):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        failure = failing(config, f"127.0.0.1:{taken.getsockname()[1]}")
    assert failure.returncode == 10
    assert "The web pages cannot listen at" in failure.stderr
    assert failure.stdout == ""


def demo(folder: Path, port: int) -> list[str]:
    words = ["demo", "--serve", "--employees", "40", "--folder", str(folder), "--listen", f"127.0.0.1:{port}"]
    return [sys.executable, "-m", "bensync", *words]


def test_the_demo_on_a_port_that_is_taken_makes_nothing_and_prints_no_address(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        failure = subprocess.run(demo(tmp_path / "demo", port), capture_output=True, text=True, timeout=120)
    assert failure.returncode == 10
    assert f"The web pages cannot listen at 127.0.0.1:{port}" in failure.stderr
    assert failure.stdout == ""
    assert not (tmp_path / "demo").exists()


def test_a_folder_whose_path_is_too_long_for_gnupg_is_refused_with_what_to_do(tmp_path):
    folder = tmp_path / ("x" * 120)
    failure = subprocess.run(demo(folder, free_port()), capture_output=True, text=True, timeout=120)
    assert failure.returncode == 10
    assert "is too long a path for GnuPG" in failure.stderr
    assert "--folder" in failure.stderr


@pytest.fixture
def short_folder():
    with tempfile.TemporaryDirectory(prefix="d-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def test_the_first_minute_of_the_demo_prints_only_our_lines(short_folder):
    port = free_port()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(demo(short_folder / "demo", port), **pipes, text=True) as process:
        try:
            pages_of_demo(process, port)
            # By day a glance of it: the scheduler of the story ticks every five seconds.
            end = time.monotonic() + (60 if LONG else 6)
            while time.monotonic() < end:
                assert httpx.get(f"http://127.0.0.1:{port}/sign-in").status_code == 200
                assert "HTTP/1.1 400" in _answer_to(port, b"nonsense\r\n\r\n")
            process.send_signal(signal.SIGINT)
            printed, lines = process.communicate("\n", timeout=120)
        finally:
            if process.poll() is None:
                process.kill()
    assert only_ours(lines, as_json=False)
    our_lines = re.compile(r"bensync demo: |  (The pages|Name|Password|Code|Or scan): |  Ctrl\+C ends it|$")
    assert [line for line in printed.splitlines() if not our_lines.match(line)] == []


def pages_of_demo(process: subprocess.Popen[str], port: int) -> None:
    """Wait until the demo answers."""
    end = time.monotonic() + 5 * PATIENCE
    while True:
        assert process.poll() is None, process.communicate()
        with suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/sign-in")
            return
        assert time.monotonic() < end
        time.sleep(0.1)


def test_with_a_certificate_it_speaks_TLS_and_nothing_else(config, tmp_path):
    certificate, key = self_signed(tmp_path)
    config.write_text(
        config.read_text().replace("[web]\n", f'[web]\ncertificate = "{certificate}"\ncertificate_key = "{key}"\n', 1)
    )
    trusting = ssl.create_default_context(cafile=str(certificate))
    with serving(config, scheme="https") as (_, address):
        answer = httpx.get(f"{address}/sign-in", verify=trusting)
        assert answer.status_code == 200
        assert answer.headers["set-cookie"].startswith("__Host-bensync=")
        assert "strict-transport-security" in answer.headers
        with pytest.raises(httpx.TransportError):
            httpx.get(address.replace("https", "http") + "/sign-in")


def test_two_hundred_slow_visitors_keep_nobody_else_waiting(config):
    with serving(config) as (_, address), ExitStack() as slow:
        port = int(address.rpartition(":")[2])
        alone = waits(address)
        for _ in range(200):
            visitor = slow.enter_context(socket.create_connection(("127.0.0.1", port), 5))
            visitor.sendall(b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\nna")
        among_them = waits(address)
        # On a busy machine every wait is longer; who stands behind a slow one waits for minutes.
        assert among_them < max(0.5, 10 * alone)


def waits(address: str) -> float:
    """The longest of twenty waits for a page but one, in seconds."""
    took = []
    with httpx.Client() as client:
        for _ in range(20):
            begun = time.perf_counter()
            answer = client.get(f"{address}/privacy", headers={"connection": "close"})
            took.append(time.perf_counter() - begun)
            assert answer.status_code == 200
    return sorted(took)[18]


def self_signed(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    import ipaddress

    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(loopback, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "chain.pem", folder / "tls.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def test_silent_connections_keep_nobody_out(config, tmp_path):
    folder = tmp_path / "signed-in"
    folder.mkdir()
    with pages(folder, in_file(folder)) as employer:
        employer.deployment.now = datetime.now(UTC)  # the process that serves has no clock of a test
        cookies = dict(employer.as_role(Role.ADMINISTRATOR).client.cookies)
    with serving(employer.config) as (_, address), ExitStack() as held:
        host, port = "127.0.0.1", httpx.URL(address).port
        silent = [held.enter_context(socket.create_connection((host, port))) for _ in range(420)]
        for number, connection in enumerate(silent):
            if number % 2:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        for _ in range(20):
            began = time.monotonic()
            answer = httpx.get(f"{address}/sites/acme", cookies=cookies)
            assert answer.status_code == 200
            assert time.monotonic() - began < HEAD_SECONDS  # each alone: a visitor who is kept out waits that long
        closed = sum(_is_closed(connection) for connection in silent)
        assert closed >= 420 - MOST_PER_ADDRESS


def test_bytes_that_are_no_http_get_strict_headers_as_well(config):
    with serving(config) as (_, address), socket.create_connection(("127.0.0.1", httpx.URL(address).port)) as raw:
        raw.sendall(b"nonsense\r\n\r\n")
        head = raw.makefile("rb").read().decode("ascii").lower()
    assert head.startswith("http/1.1 400")
    assert all(f"{name}: {value}".lower() in head for name, value in SECURITY_HEADERS.items())
    assert "cache-control: no-store" in head


MALFORMED = {
    "a bad request line": b"nonsense\r\n\r\n",
    "a bad header": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "a control character in a header": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\x00b\r\n\r\n",
    "TLS on the plain port": bytes.fromhex("16030100c8010000c40303") + bytes(range(190)) + b"\r\n\r\n",
    "a head without end": b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 70_000,
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "a length that is no number": b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a piece without a length": (
        b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n"
    ),
    "another request behind a bad one": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n\x16\x03\x01nonsense\r\n\r\n",
}


@pytest.mark.parametrize("as_json", [False, True], ids=["for people", "as JSON"])
def test_malformed_requests_get_a_400_with_strict_headers_and_only_our_lines_are_logged(config, as_json):
    words = ["--json"] if as_json else []
    with serving(config, *words) as (process, address):
        answers = {what: _answer_to(httpx.URL(address).port, request) for what, request in MALFORMED.items()}
        _refused_early_and_still_sending(httpx.URL(address).port)
        assert httpx.get(f"{address}/sign-in").status_code == 200
        process.send_signal(signal.SIGTERM)
        _, lines = process.communicate(timeout=120)

    heads = {what: answer.lower().rpartition("http/1.1 400")[2] for what, answer in answers.items()}
    assert [what for what, answer in answers.items() if "HTTP/1.1 400" not in answer] == []
    for header in (*SECURITY_HEADERS, "cache-control"):
        assert [what for what, head in heads.items() if f"{header}: " not in head] == []
    assert only_ours(lines, as_json=as_json)
    assert "asyncio" not in lines, "a callback of the server failed"


def _answer_to(port: int, request: bytes) -> str:
    with socket.create_connection(("127.0.0.1", port), 60) as raw:
        raw.sendall(request)
        return raw.makefile("rb").read().decode("ascii", "replace")


def _refused_early_and_still_sending(port: int) -> None:
    """A body that is refused by its head, and goes on in a way that is no HTTP."""
    head = b"POST /sign-in HTTP/1.1\r\nHost: elsewhere.example\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), 60) as raw:
        raw.sendall(head)
        assert raw.recv(65536).startswith(b"HTTP/1.1 421")
        with suppress(OSError):
            raw.sendall(b"zz\r\nnonsense\r\n")
            raw.makefile("rb").read()


def _is_closed(connection: socket.socket) -> bool:
    connection.settimeout(1)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True
