"""An HTTP client that can only read: it refuses every request outside its list of reads before a byte is sent.

Retries are bounded in number and in time. Every failure is a `SourceError` that quotes neither the body of an answer
nor the key.
"""

from __future__ import annotations

import re
import ssl
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Literal, NoReturn, TypeVar

import httpx
import msgspec
from pydantic import SecretStr
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from bensync.connectors.network_addresses import is_loopback
from bensync.connectors.retry import Passing, asked_wait, next_wait, note_wait, trouble
from bensync.errors import ConfigError, SourceError, reported
from bensync.fault_points import around

T = TypeVar("T")
Method = Literal["GET", "POST"]

# BambooHR throttled with 503 until September 2026, and does so with 429 since; 598 is a read timeout behind it.
THROTTLED = frozenset({429, 503})
PASSING = THROTTLED | {408, 500, 502, 504, 598}
REFUSALS: Mapping[int, tuple[str, str]] = {
    401: (
        "The API key is wrong, expired or disabled.",
        "Make a new API key in the HR system and put it where the config points.",
    ),
    403: ("The key's owner has no permission.", "Give the key's owner access, or use the key of a user who has it."),
    404: ("The company name or the path is wrong.", "Check the company name and the base address of the source."),
}
LARGEST_ANSWER = 1 << 30
"""Bytes of one answer after decompression; a page of 1,000 people with 50 fields has about two million."""
_ALWAYS_FITS = 16 << 20
_EXPANSION = 200
"""How many times a compressed answer may grow: JSON of people shrinks to a tenth, a hostile answer to a thousandth."""
_LATER = "Nothing was changed; run again later."


class Read(msgspec.Struct, frozen=True):
    """One kind of request that only reads: its method, and a pattern for the whole path below the base address."""

    method: Method
    path: str


class HttpAnswer(msgspec.Struct, frozen=True):
    """The body of a successful answer, and the server's ``Date`` header."""

    body: bytearray
    date: str | None


class ReadOnlyClient:
    """Reads from one server with Basic authentication, in bounded time.

    Args:
        base_url: the address that all paths are below; https, or http on this machine only.
        user: the user name of the Basic authentication, sent from the first request on.
        reads: the only requests that can be made.
        reasons: names of the response headers in which the server explains a refusal.
        timeout: seconds to wait for the next byte.
        attempts: attempts of one request, the first included.
        give_up_after: seconds that one request may take with all its pauses.
        sleep: waits for a number of seconds.

    Raises:
        ConfigError: the base address is not https.
    """

    def __init__(
        self,
        base_url: str,
        *,
        user: SecretStr,
        reads: Sequence[Read],
        reasons: Sequence[str],
        timeout: float,
        attempts: int,
        give_up_after: float,
        sleep: Callable[[float], None],
    ) -> None:
        near = _on_this_machine(base_url)
        self._reads = tuple(reads)
        self._reasons = tuple(reasons)
        self._attempts = attempts
        self._give_up_after = give_up_after
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=base_url.rstrip("/") + "/",
            auth=httpx.BasicAuth(user.get_secret_value(), "x"),
            headers={"Accept": "application/json", "User-Agent": "bensync"},
            timeout=httpx.Timeout(timeout, connect=min(timeout, 15)),
            follow_redirects=False,  # a redirect would carry the key to another host
            trust_env=not near,  # a proxy of the environment cannot reach this machine's loopback address
            verify=_trusted(trust_env=not near),
        )
        weakref.finalize(self, self._http.close)

    def read(
        self, method: Method, path: str, params: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> HttpAnswer:
        """Make one request of the list of reads; repeat it after passing failures.

        Raises:
            SourceError: the request is not on the list, the server refuses it, or the bounds are used up
                (``retry`` is true then).
        """
        self._allow(method, path)
        retrying = Retrying(
            retry=retry_if_exception_type(Passing),
            wait=next_wait,
            stop=self._is_enough,
            sleep=self._sleep,
            before_sleep=note_wait,
            retry_error_callback=self._give_up,
        )
        return retrying(self._try, method, path, params, body)

    def close(self) -> None:
        """Close the open connections; the client cannot be used afterwards."""
        self._http.close()

    def _allow(self, method: str, path: str) -> None:
        if not any(read.method == method and re.fullmatch(read.path, path, re.ASCII) for read in self._reads):
            raise SourceError(
                f"The request {method} {path} was not sent.",
                "It is not on the list of requests that only read.",
                "This is a fault of the connector; please report it.",
            )

    def _try(self, method: str, path: str, params: Mapping[str, str] | None, body: bytes | None) -> HttpAnswer:
        headers = {} if body is None else {"Content-Type": "application/json"}
        started = time.monotonic()
        try:
            with (
                around("http.request"),
                self._http.stream(method, path, params=params, content=body, headers=headers) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    self._refuse(path, response)
                return HttpAnswer(self._receive(response, started), response.headers.get("date"))
        except httpx.TransportError as error:
            raise _translate(error) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SourceError(
                f"HR's answer to {path} cannot be read.", reported(error), "Check the base address of the source."
            ) from error

    def _receive(self, response: httpx.Response, started: float) -> bytearray:
        # One growing buffer: joining a list of chunks would hold a large answer twice.
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            _refuse_bomb(len(body), response.num_bytes_downloaded)
            # httpx limits the time between two bytes only: a server that trickles would be read without end.
            if time.monotonic() - started > self._give_up_after:
                raise Passing(f"The answer was still not complete after {self._give_up_after:g} s.")
        return body

    def _refuse(self, path: str, response: httpx.Response) -> NoReturn:
        status = response.status_code
        reason = self._reason(response.headers)
        if status in PASSING:
            wait = asked_wait(response.headers) if status in THROTTLED else None
            raise Passing(f"HR answered with HTTP {status}{reason}.", wait)
        if 300 <= status < 400:
            why, fix = "It redirects to another address, which bensync does not follow.", REFUSALS[404][1]
        else:
            why, fix = REFUSALS.get(status, ("HR does not accept the request.", "Check the mapping, then report this."))
        raise SourceError(f"HR refused {path} with HTTP {status}{reason}.", why, fix)

    def _reason(self, headers: httpx.Headers) -> str:
        """Return the server's own reason for a refusal, in brackets; empty if it gives none."""
        # BambooHR repeats a reason within one header and under two names.
        said = [part.strip() for name in self._reasons for part in headers.get(name, "").split(",")]
        text = ", ".join(dict.fromkeys(part for part in said if part))
        printable = "".join(letter for letter in text if letter.isprintable())
        return f' ("{printable[:200]}")' if printable else ""

    def _is_enough(self, state: RetryCallState) -> bool:
        if state.attempt_number >= self._attempts:
            return True
        # With a `sleep` that does not wait, as in tests, only the sum of the pauses grows.
        spent = max(state.seconds_since_start or 0.0, state.idle_for)
        return spent + state.upcoming_sleep > self._give_up_after

    def _give_up(self, state: RetryCallState) -> NoReturn:
        passing = trouble(state)
        budget = f"{self._give_up_after:g} s"
        if passing.wait is not None and passing.wait > self._give_up_after:
            what = f"HR asks to wait {passing.wait:.0f} s, more than the {budget} that one request may take."
        elif state.attempt_number >= self._attempts:
            what = f"HR gave no usable answer in {state.attempt_number} attempts."
        else:
            what = f"HR gave no usable answer within {budget} ({state.attempt_number} attempts)."
        raise SourceError(what, passing.why, _LATER, retry=True) from passing


def decode(body: bytes | bytearray | msgspec.Raw, decoder: msgspec.json.Decoder[T], path: str) -> T:
    """Decode an answer.

    Raises:
        SourceError: the answer is not JSON (``retry`` is true, because it may be a passing error page), or JSON of an
            unknown shape; the error does not quote it.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise SourceError(
            f"HR's answer to {path} has an unknown shape.",
            f"The difference is: {error}.",
            "Look for a newer version of bensync.",
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass  # raised below without a cause: a UnicodeDecodeError carries the whole body
    raise SourceError(
        f"HR's answer to {path} is not JSON.",
        _describe(bytes(memoryview(body)[:64]).lstrip()),
        "Run again later; if it stays so, look whether a proxy or a sign-in page answers instead of HR.",
        retry=True,
    )


def _refuse_bomb(size: int, downloaded: int) -> None:
    """Stop an answer that would fill the memory: too large, or compressed beyond what records of people can be."""
    if size > LARGEST_ANSWER or (size > _ALWAYS_FITS and size > downloaded * _EXPANSION):
        raise SourceError(
            "HR's answer is too large to be true.",
            f"It unpacks to more than {size >> 20} MiB from {downloaded >> 10} KiB.",
            "Check the base address of the source, and whether a proxy answers instead of HR.",
        )


def _describe(start: bytes) -> str:
    if not start:
        return "The answer is empty."
    return "A web page came instead." if start.startswith(b"<") else "The answer is cut off or damaged."


def _translate(error: httpx.TransportError) -> Exception:
    if _has_cause(error, ssl.SSLCertVerificationError):
        return SourceError(
            "The connection to HR is not trusted.",
            "The certificate of the server does not verify.",
            "Check the base address; behind a proxy that opens TLS, set SSL_CERT_FILE to its certificate.",
        )
    if isinstance(error, httpx.UnsupportedProtocol):
        return SourceError(
            "HR cannot be reached.", "The base address is not a web address.", "Correct base_url of the source."
        )
    kind = "The request timed out" if isinstance(error, httpx.TimeoutException) else "The connection failed"
    return Passing(f"{kind}: {type(error).__name__}.")


def _has_cause(error: BaseException | None, kind: type[BaseException]) -> bool:
    # httpx wraps the error of httpcore, which wraps that of the TLS library.
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False


def _on_this_machine(base_url: str) -> bool:
    """Return whether an address is a loopback one.

    Raises:
        ConfigError: it is neither loopback nor https, so the key would be sent without encryption.
    """
    url = httpx.URL(base_url)
    near = is_loopback(url.host)
    if url.scheme != "https" and not (near and url.scheme == "http"):
        raise ConfigError(
            "The base address of the source is not https.",
            "The API key would travel in the open.",
            "Use an https address.",
        )
    return near


@cache
def _trusted(*, trust_env: bool) -> ssl.SSLContext:
    """Return the TLS context for all clients of a process: loading the certificates takes longer than a small pull."""
    return httpx.create_ssl_context(trust_env=trust_env)
