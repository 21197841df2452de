"""SecurityMiddleware: known hosts, small bodies and a rate limit for requests, and strict headers for responses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bensync.web.http.rate_limit import RateLimit

LARGEST_BODY = 1_000_000
"""Bytes; the largest form of ours is a page of ticked boxes."""
LARGEST_UPLOAD = 8_000_000
"""Bytes of a body with a file: some 80,000 lines of a census. The command line takes larger ones."""
SLOWEST_BODY = 60.0
"""Seconds for a whole body: a sender of one byte a minute would hold a request for hours."""
BUSIEST = 400
"""Requests in progress; beyond this, 503 is better than no answer for anybody."""

# No inline code and no other host: markup that gets into a page nevertheless can neither run nor send anything away.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # Addresses hold numbers of people, which must not reach the server that a link leads to.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    # For browsers that do not know frame-ancestors: a page in the frame of another site invites clickjacking.
    "x-frame-options": "DENY",
}
# The address of an asset changes with its content (see templating.address), so a kept copy is never old.
_FOREVER = "public, max-age=31536000, immutable"
_TLS_ONLY = "max-age=31536000; includeSubDomains"


class _TooMuch(Exception):
    """The body is too large or too slow."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class SecurityMiddleware:
    """The outermost layer of the application.

    Args:
        app: the application behind it.
        hosts: the host names that are served.
        secure: whether visitors connect by TLS.
        takes_file: returns whether a path takes a file.
        pace: the rate limit of one address for changes and for the API.
        slow_down: returns the page for too many requests, with the seconds to wait.
        bug: returns the page for a bug. Nothing of the error may reach the log of the server, which does not redact.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Collection[str],
        *,
        secure: bool,
        takes_file: Callable[[str], bool],
        pace: RateLimit,
        slow_down: Callable[[Request, int], Response],
        bug: Callable[[Request, Exception], Response],
    ) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._secure = secure
        self._takes_file = takes_file
        self._pace = pace
        self._slow_down = slow_down
        self._bug = bug
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        begun = False

        async def dressed(message: Message) -> None:
            # Once the head of an answer is sent, no error page can follow; another head would break the connection.
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                self._dress(MutableHeaders(scope=message), static=scope["path"].startswith("/static/"))
            await send(message)

        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, dressed)
            return
        self._in_progress += 1
        try:
            await self._app(scope, _measured(receive, self._largest(scope)), dressed)
        except _TooMuch as error:
            if not begun:
                await _plain(error.status)(scope, receive, dressed)
        except Exception as error:  # noqa: BLE001  # the outermost layer
            answer = self._bug(Request(scope), error)
            if not begun:
                await answer(scope, receive, dressed)
        finally:
            self._in_progress -= 1

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        # By DNS rebinding, a foreign name can lead to this address, and its pages pass for the same origin as ours.
        if _host(headers.get("host", "")) not in self._hosts:
            return _plain(421)
        # Refused by the head alone; a body without a length is measured while it arrives.
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > self._largest(scope):
            return _plain(413)
        if self._in_progress >= BUSIEST:
            return _plain(503)
        address = (scope.get("client") or ("",))[0]
        seconds = self._pace.wait(scope["method"], scope["path"], address)
        return self._slow_down(Request(scope), seconds) if seconds else None

    def _largest(self, scope: Scope) -> int:
        return LARGEST_UPLOAD if self._takes_file(scope["path"]) else LARGEST_BODY

    def _dress(self, headers: MutableHeaders, *, static: bool) -> None:
        for name, value in SECURITY_HEADERS.items():
            headers[name] = value
        # The Back button on a shared computer must not show the pages of a user who has signed out.
        headers["cache-control"] = _FOREVER if static else "no-store"
        # RFC 6797 allows this header over TLS only.
        if self._secure:
            headers["strict-transport-security"] = _TLS_ONLY


def _measured(receive: Receive, largest: int) -> Receive:
    """Return a receiver that passes the body on while it is small and arrives in time."""
    seen = 0
    deadline = asyncio.get_running_loop().time() + SLOWEST_BODY

    async def measured() -> Message:
        nonlocal seen
        try:
            async with asyncio.timeout_at(deadline if seen >= 0 else None):
                message = await receive()
        except TimeoutError:
            raise _TooMuch(408) from None
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > largest:
                raise _TooMuch(413)
            if not message.get("more_body", False):
                seen = -1  # only the end of the connection follows, which may take any time
        return message

    return measured


def _host(text: str) -> str:
    """Return the host without its port."""
    host = text.partition("]")[0].lstrip("[") if text.startswith("[") else text.partition(":")[0]
    return host.lower().rstrip(".")


def _plain(status: int) -> PlainTextResponse:
    texts = {
        408: "The body took too long.",
        413: "The body is too large.",
        421: "This host name is not served here.",
        503: "Too many requests are in progress. Try again in a few seconds.",
    }
    return PlainTextResponse(texts[status], status)
