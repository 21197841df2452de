"""The polite client: what it refuses to send, how long it tries, and what it says when it gives up."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr
from structlog.testing import capture_logs

from bensync.connectors.bamboohr.api import READS, REASONS
from bensync.connectors.http import Read, ReadOnlyClient, decode
from bensync.demo.bamboohr import serve
from bensync.demo.company.company import API_KEY, Company
from bensync.errors import BensyncError, ConfigError, SourceError

OPEN = (Read("GET", "x"), Read("POST", "reports/custom"))
Answer = Callable[[httpx.Request], httpx.Response]


class Waits(list[float]):
    """A way to wait that only remembers for how long."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


def client(waits: Waits, *answers: httpx.Response | Exception | Answer, **more: object) -> ReadOnlyClient:
    """A client before scripted answers; the last one is given for ever."""
    script = iter(answers)
    last: list[httpx.Response | Exception | Answer] = []

    def answer(request: httpx.Request) -> httpx.Response:
        last[:] = [next(script, *last)]
        given = last[0]
        if isinstance(given, Exception):
            raise given
        if isinstance(given, httpx.Response):
            # A response can be read once only.
            return httpx.Response(given.status_code, headers=given.headers, content=given.content)
        return given(request)

    options = {"user": SecretStr("secret-key"), "reads": OPEN, "reasons": REASONS, "sleep": waits, **more}
    return ReadOnlyClient("https://hr.example.com/v1", transport=httpx.MockTransport(answer), **options)


def failure(reader: ReadOnlyClient, path: str = "x") -> SourceError:
    with pytest.raises(SourceError) as caught:
        reader.read("GET", path)
    assert caught.value.fix
    assert "secret-key" not in repr(caught.value) + str(caught.value)
    return caught.value


OK = httpx.Response(200, json=["fine"])


def status(code: int, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(code, headers=named, content=b"Social Security 123-45-6789")


@pytest.mark.parametrize("code", [429, 503])
def test_a_wait_asked_for_in_seconds_is_kept(waits, code):
    assert client(waits, status(code, retry_after="17"), OK).read("GET", "x").body == b'["fine"]'
    assert len(waits) == 1
    assert 17 <= waits[0] <= 18


@pytest.mark.parametrize("code", [429, 503])
def test_a_wait_asked_for_as_a_date_is_counted_by_the_servers_clock(waits, code):
    headers = {"date": "Sun, 06 Nov 1994 08:49:37 GMT", "retry_after": "Sun, 06 Nov 1994 08:50:07 GMT"}
    client(waits, status(code, **headers), OK).read("GET", "x")
    assert 30 <= waits[0] <= 31


def test_a_date_that_has_passed_means_a_short_wait(waits):
    client(waits, status(429, retry_after="Sun, 06 Nov 1994 08:50:07 GMT"), OK).read("GET", "x")
    assert 0 <= waits[0] <= 1


def test_a_date_without_a_clock_of_the_server_is_counted_by_ours(waits):
    until = datetime.now(UTC) + timedelta(seconds=100)
    client(waits, status(429, retry_after=f"{until:%a, %d %b %Y %H:%M:%S GMT}"), OK).read("GET", "x")
    assert 90 <= waits[0] <= 102


@pytest.mark.parametrize("nonsense", ["soon", "-5", "1e9", ""])
def test_a_wait_without_sense_is_replaced_by_our_own(waits, nonsense):
    client(waits, status(429, retry_after=nonsense), OK).read("GET", "x")
    assert 0 < waits[0] <= 3


def test_a_wait_longer_than_the_budget_ends_it_at_once_and_says_so(waits):
    error = failure(client(waits, status(429, retry_after="3600")))
    assert waits == []
    assert error.what == "HR asks to wait 3600 s, more than the 300 s that one request may take"
    assert error.retry


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504, 598])
def test_passing_troubles_are_tried_again_with_growing_waits_until_the_tries_are_used_up(waits, code):
    error = failure(client(waits, status(code)))
    assert len(waits) == 4
    assert waits == sorted(waits)
    assert waits[-1] < 60
    assert error.what == "HR gave no usable answer in 5 attempts"
    assert str(code) in error.why
    assert error.retry


def test_the_waits_differ_from_client_to_client():
    seen = set()
    for _ in range(5):
        waits = Waits()
        failure(client(waits, status(500)))
        seen.add(tuple(waits))
    assert len(seen) == 5


def test_the_budget_of_time_ends_it_before_the_tries_are_used_up(waits):
    error = failure(client(waits, status(503, retry_after="100"), attempts=20))
    assert len(waits) == 2
    assert sum(waits) <= 300
    assert error.what == "HR gave no usable answer within 300 s (3 attempts)"
    assert error.retry


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        httpx.ReadError("reset"),
        httpx.PoolTimeout("busy"),
    ],
)
def test_connections_that_fail_are_tried_again(waits, trouble):
    assert client(waits, trouble, trouble, OK).read("GET", "x").body == b'["fine"]'
    assert len(waits) == 2
    assert failure(client(waits, trouble)).retry


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (400, "does not accept"),
        (401, "API key is wrong"),
        (403, "no permission"),
        (404, "company name or the path"),
        (409, "does not accept"),
        (302, "not followed"),
    ],
)
def test_refusals_are_never_tried_again(waits, code, said):
    error = failure(client(waits, status(code, location="https://elsewhere.example.com/")))
    assert waits == []
    assert not error.retry
    assert str(code) in error.what
    assert said in error.why
    assert "123-45-6789" not in str(error)
    assert "elsewhere.example.com" not in str(error)


@pytest.mark.parametrize("name", REASONS)
def test_the_servers_reason_is_shown_once_and_without_control_letters(waits, name):
    error = failure(
        client(waits, httpx.Response(404, headers={name: "Employee not found, Employee not found\x1b[31m"}))
    )
    assert error.why.endswith('("Employee not found, Employee not found[31m")')
    error = failure(client(waits, httpx.Response(404, headers=dict.fromkeys(REASONS, "Not found, Not found"))))
    assert error.why.endswith('("Not found")')


def test_waiting_is_logged_without_the_address(waits):
    with capture_logs() as logs:
        client(waits, status(503), OK).read("GET", "x")
    assert [(entry["event"], entry["attempt"], entry["why"]) for entry in logs] == [("source.retry", 1, "HTTP 503")]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "employees/7"),
        ("POST", "employees"),
        ("PUT", "employees/7/tables/jobInfo"),
        ("POST", "employees/7/tables/jobInfo"),
        ("DELETE", "employees/7"),
        ("PATCH", "employees/7"),
        ("GET", "employees/changed/../7"),
        ("GET", "employees/all/tables/../../7"),
        ("GET", "employees/all/tables/x/y"),
        ("GET", "employees/all/tables/x?y"),
        ("GET", "https://elsewhere.example.com/employees/changed"),
        ("GET", "//elsewhere.example.com/employees/changed"),
        ("POST", "reports/custom/../../employees"),
        ("POST", "meta/fields"),
        ("GET", "employees/changed\n"),
    ],
)
def test_S0_11_a_request_that_could_write_or_go_elsewhere_is_refused_before_a_byte_leaves(waits, method, path):
    def never(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("a request was sent")

    with pytest.raises(BensyncError, match="was not sent"):
        client(waits, never, reads=READS).read(method, path)


def test_the_key_goes_with_the_first_request_and_json_is_asked_for(waits):
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=[])

    reader = client(waits, answer)
    reader.read("GET", "x", {"since": "2026-01-01T00:00:00Z"})
    reader.read("POST", "reports/custom", {"format": "json"}, b"{}")
    assert [request.headers["authorization"] for request in seen] == ["Basic c2VjcmV0LWtleTp4"] * 2
    assert [request.headers["accept"] for request in seen] == ["application/json"] * 2
    assert [request.headers.get("content-type") for request in seen] == [None, "application/json"]
    assert [str(request.url.copy_with(query=None)) for request in seen] == [
        "https://hr.example.com/v1/x",
        "https://hr.example.com/v1/reports/custom",
    ]


@pytest.mark.parametrize(
    "address", ["http://hr.example.com/v1", "ftp://hr.example.com", "http://127.0.0.1.example.com", "hr.example.com"]
)
def test_the_key_never_travels_in_the_open(address):
    with pytest.raises(ConfigError, match="not https"):
        ReadOnlyClient(address, user=SecretStr("k"), reads=OPEN)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"])
def test_this_machine_may_be_read_in_the_open(address):
    ReadOnlyClient(address, user=SecretStr("k"), reads=OPEN).close()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>Zoe</html>", "web page"),
        (b'[{"firstName": "Zo', "cut off"),
        (b'["Zo\xff"]', "cut off"),
    ],
)
def test_what_is_not_json_is_not_quoted_and_carries_no_piece_of_itself(body, said):
    with pytest.raises(SourceError) as caught:
        decode(bytearray(body), msgspec.json.Decoder(), "x")
    assert said in caught.value.why
    assert caught.value.retry
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "Zo" not in str(caught.value)


def test_json_of_an_unknown_shape_is_told_by_its_place_and_not_by_its_value():
    with pytest.raises(SourceError) as caught:
        decode(b'[{"firstName":"Zoe"}]', msgspec.json.Decoder(list[dict[str, int]]), "x")
    assert not caught.value.retry
    assert "$[0]" in caught.value.why
    assert "Zoe" not in str(caught.value)


@pytest.fixture
def company() -> Company:
    return Company.with_people(20)


@pytest.fixture
def near(company: Company, waits: Waits) -> Iterator[ReadOnlyClient]:
    """A client before a real server on this machine."""
    with serve(company) as server:
        reader = ReadOnlyClient(server.url, user=SecretStr(API_KEY), reads=READS, sleep=waits, timeout=0.5)
        yield reader
        reader.close()


@pytest.mark.parametrize("kind", ["drop", "cut"])
def test_a_connection_that_really_breaks_is_made_again(near, company, waits, kind):
    getattr(company.weather, kind)(2)
    assert near.read("GET", "meta/fields").body.startswith(b"[")
    assert len(waits) == 2


def test_an_answer_that_really_comes_too_late_is_asked_for_again(near, company, waits):
    company.weather.slow(seconds=1.0)
    assert near.read("GET", "meta/fields").body.startswith(b"[")
    assert len(waits) == 1


def test_a_wrong_key_is_told_with_the_servers_reason_and_not_tried_again(near, company, waits):
    company.api_key = "another"
    with pytest.raises(SourceError, match="401"):
        near.read("GET", "meta/fields")
    assert len(company.requests) == 1
    assert waits == []


def test_nobody_listening_is_a_passing_trouble(waits):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        reader = ReadOnlyClient(
            f"http://127.0.0.1:{taken.getsockname()[1]}", user=SecretStr("k"), reads=OPEN, sleep=waits
        )
        assert failure(reader).retry
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
        reader = ReadOnlyClient(address, user=SecretStr("k"), reads=OPEN, sleep=waits, attempts=1, give_up_after=0.001)
        assert "still not complete" in failure(reader).why


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
        error = failure(ReadOnlyClient(address, user=SecretStr("k"), reads=OPEN, sleep=waits))
    assert error.what == "The connection to HR is not trusted"
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
