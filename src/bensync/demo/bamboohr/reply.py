"""The answers of endpoints, and refusals in BambooHR's form: no body, the reason in a header."""

from __future__ import annotations

import msgspec

JSON = "application/json"
HTML = "text/html; charset=UTF-8"
XML = "text/xml; charset=UTF-8"
QUIET = {"cache-control": "no-cache, private", "vary": "Authorization,User-Agent"}


class Reply(msgspec.Struct, frozen=True):
    """An answer ready to be sent."""

    body: bytes = b""
    status: int = 200
    kind: str = JSON
    headers: dict[str, str] = {}


class Refusal(Exception):
    """The request is refused; raised by an endpoint, and answered with ``reply``."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"refused with {reply.status}")
        self.reply = reply


def as_json(payload: object) -> Reply:
    """Return a payload as JSON."""
    return Reply(msgspec.json.encode(payload), headers=QUIET)


def refusal(status: int, reason: str, **headers: str) -> Refusal:
    """Return a refusal of the classic endpoints."""
    return Refusal(Reply(b"", status, HTML, {"x-bamboohr-error-message": reason} | QUIET | headers))


def unauthorized(company: str) -> Refusal:
    """Return the refusal of a missing or wrong key."""
    realm = f'Basic realm="https://api.bamboohr.com/{company}"'
    return refusal(401, "API key not provided or invalid", **{"www-authenticate": realm})


def no_employee() -> Refusal:
    """Return the refusal of an unknown employee; BambooHR really repeats the reason, and misspells one header."""
    reason = "Employee not found, Employee not found"
    return refusal(404, reason, **{"x-bamboohr-error-messsage": reason})


def coded(status: int, code: str, message: str) -> Refusal:
    """Return a refusal of the newer endpoints: JSON with a code."""
    body = msgspec.json.encode({"error": {"code": code, "message": message}})
    return Refusal(Reply(body, status, JSON, QUIET))
