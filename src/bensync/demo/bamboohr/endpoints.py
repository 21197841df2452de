"""Handles each request of the fake: applies a fault, checks the key, answers, and records the request."""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from collections.abc import Callable
from datetime import UTC
from email.utils import format_datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bensync.demo.bamboohr.fake_request import FakeRequest
from bensync.demo.bamboohr.reply import HTML, Refusal, Reply, as_json, refusal, unauthorized
from bensync.demo.bamboohr.xml import as_xml
from bensync.demo.company.company import Company, Seen
from bensync.demo.outages import ServerFault

Endpoint = Callable[[Company, FakeRequest], object]

ERROR_PAGE = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body>Something went wrong.</body></html>"
XML_ROOTS: dict[str, str] = {
    "one": "employee",
    "directory": "directory",
    "changed": "employees",
    "rows": "table",
    "changed_rows": "table",
    "fields": "fields",
    "tables": "tables",
    "lists": "lists",
    "users": "users",
}
"""Endpoints that answer in XML unless the request accepts JSON: names of the function and of the root element."""


class CompanyEndpoint:
    """An ASGI endpoint that answers with a function of the company and the request."""

    def __init__(self, company: Company, endpoint: Endpoint) -> None:
        self.company = company
        self.endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        body = await request.body()
        fault = self.company.weather.take(request.url.path)
        if fault and fault.kind == "drop":
            self._note(request, 0)
            await _hang_up(request)
            return
        reply = await run_in_threadpool(self._reply, request, body, fault)
        self._note(request, reply.status)
        response = Response(reply.body, reply.status, reply.headers, media_type=None)
        response.headers["content-type"] = reply.kind
        # The company's own time, which the story or a test moves, and not that of this machine.
        response.headers["date"] = format_datetime(self.company.now.astimezone(UTC), usegmt=True)
        if fault and fault.kind == "cut":  # the length in the header stays, so the client misses bytes
            response.body = reply.body[: len(reply.body) // 2]
        await response(scope, receive, send)

    def _reply(self, request: Request, body: bytes, fault: ServerFault | None) -> Reply:
        if fault and fault.kind == "slow":
            time.sleep(fault.seconds)
        if fault and fault.kind == "status":
            headers = {"retry-after": fault.retry_after} if fault.retry_after is not None else {}
            return Reply(b"", fault.status, HTML, headers)
        if fault and fault.kind in ("html", "empty"):
            return Reply(ERROR_PAGE if fault.kind == "html" else b"", 200, HTML)
        try:
            reply = self._answer(request, body)
        except Refusal as refused:
            return refused.reply
        if fault and fault.kind == "truncate":
            return Reply(reply.body[: len(reply.body) // 2], reply.status, reply.kind, reply.headers)
        return reply

    def _answer(self, request: Request, body: bytes) -> Reply:
        company = self.company
        if request.path_params.get("company", company.name) != company.name:
            raise refusal(404, "Company not found")
        if not _has_key(request, company.api_key):
            raise unauthorized(company.name)
        parts = {name: str(value) for name, value in request.path_params.items()}
        url = str(request.url.replace(query=""))
        question = FakeRequest(url, parts, request.query_params, dict(request.headers), body)
        root = None if question.wants_json else XML_ROOTS.get(self.endpoint.__name__)
        with company.lock:
            payload = self.endpoint(company, question)
            return as_xml(root, payload) if root else as_json(payload)

    def _note(self, request: Request, status: int) -> None:
        self.company.requests.append(Seen(request.method, request.url.path, status))


def nothing_here(_company: Company, _question: FakeRequest) -> object:
    """Refuse a path or method that does not exist."""
    raise refusal(404, "Not found")


def read_only(_company: Company, _question: FakeRequest) -> object:
    """Refuse an attempt to write to an employee or a table, which is recorded."""
    raise refusal(403, "This key may not write")


def _has_key(request: Request, key: str) -> bool:
    """Return whether the Basic credentials have the key as the user; the password does not matter."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        user = base64.b64decode(encoded, validate=True).partition(b":")[0]
    except binascii.Error:
        return False
    return secrets.compare_digest(user, key.encode())


async def _hang_up(request: Request) -> None:
    """Close the connection at once, and wait until the server notices, so that it does not answer."""
    request.state.transport.abort()
    while (await request.receive())["type"] != "http.disconnect":
        pass
