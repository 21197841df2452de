"""Checks of an HTTP request before any page reads it: where a form comes from, its media type, and its token."""

from __future__ import annotations

import re

from starlette.requests import Request

from bensync.core.values.ssn import without_ssn

# An address to open after a sign-in comes from the visitor: no host, no backslash and no control character may stand
# in it, or a link in a mail could lead from our sign-in page to somebody else's.
_SAFE_WAY = re.compile(r"/(?:[\w./?=&%+-][\w./?=&%+-]*)?", re.ASCII)
_FORM = "application/x-www-form-urlencoded"
_WITH_FILE = "multipart/form-data"
JSON = "application/json"


class ForeignForm(Exception):
    """A form that did not come from one of our pages."""


class NotJson(Exception):
    """A body for the API that is not JSON."""


def asks_for_part(request: Request) -> bool:
    """Return whether the script of an open page asks (`static/refresh.js`)."""
    return request.headers.get("bensync-part") == "yes"


def safe_path(text: str) -> str:
    """Return the page to open after the sign-in: a path of ours without an SSN in it, otherwise the start page."""
    ours = _SAFE_WAY.fullmatch(text) and not text.startswith("//") and without_ssn(text) == text
    return text if ours else "/"


def media_type(request: Request) -> str:
    """Return the media type of the body."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def bearer_token(request: Request) -> str:
    """Return the token of a script; a cookie does not count for the API."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def refuse_foreign(request: Request, cookie: str, *, secure: bool, uploads: bool = False) -> None:
    """Raise ForeignForm unless cookie, media type and origin show that the form came from one of our pages."""
    if not request.cookies.get(cookie):
        raise ForeignForm
    # Foreign forms can also send multipart and text/plain. Of ours, only those with a file send multipart.
    if media_type(request) != (_WITH_FILE if uploads else _FORM):
        raise ForeignForm
    # Today's browsers say where a form comes from; for older ones the origin does.
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise ForeignForm
        return
    # From the settings, not from the request: behind a proxy that ends TLS, this process is reached by plain HTTP.
    # The host can be trusted, as SecurityMiddleware serves known names only.
    scheme = "https" if secure else "http"
    if request.headers.get("origin") != f"{scheme}://{request.headers.get('host', '')}":
        raise ForeignForm
