"""What a visitor is told when something is wrong: what, why and how to fix it, and never a word of what they sent."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from bensync.config.settings import Web
from bensync.errors import (
    BensyncError,
    BusyError,
    DecisionError,
    DeliveryError,
    Denied,
    SignInRefused,
    SourceError,
    StateError,
    StepUpNeeded,
)
from bensync.web.http import templating
from bensync.web.http.context import ForeignForm, NotFound, NotJson, NotSignedIn, PageContext, asks_for_part
from bensync.web.http.routing import API

_STATUS: Mapping[type[BensyncError], int] = {
    SignInRefused: 403,
    Denied: 403,
    DecisionError: 409,
    BusyError: 409,
    StateError: 503,
    SourceError: 502,
    DeliveryError: 502,
}
_TITLES = {403: "Not allowed", 404: "Not found", 409: "Not done", 503: "Not available", 500: "Internal error"}
_TERMINAL = ("`bensync", "--confirm", "--site", "`")
_ASK = "Ask your bensync operator. The command line shows more details."

log = structlog.get_logger()


def add_to(app: FastAPI) -> None:
    """Let these answers stand for every trouble."""
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(ForeignForm, _foreign)
    app.add_exception_handler(NotFound, _not_found)
    app.add_exception_handler(BensyncError, _known)
    app.add_exception_handler(HTTPException, _protocol)
    app.add_exception_handler(NotJson, _not_json)
    app.add_exception_handler(RequestValidationError, _invalid)


def told(request: Request, status: int, error: BensyncError, *, link: str = "", link_text: str = "") -> Response:
    """The page of an error, as a part of the site where the visitor is inside already."""
    if _is_api(request):
        return JSONResponse({"error": error.as_json()}, status)
    context: PageContext | None = getattr(request.state, "context", None)
    values = {
        "title": _TITLES.get(status, HTTPStatus(status).phrase),
        "what": error.what,
        "why": error.why,
        "fix": _mend(error.fix),
        "link": link,
        "link_text": link_text,
    }
    if context is not None and context.user is not None:
        return context.page("shared/error.html", status, **values)
    return HTMLResponse(
        templating.fill("shared/error_outside.html", {**values, "web": request.app.state.bensync.web}), status
    )


def _mend(text: str) -> str:
    """What helps at a browser; advice for the terminal is for somebody else."""
    return _ASK if any(word in text for word in _TERMINAL) else text


def _not_signed_in(request: Request, error: Exception) -> Response:
    if _is_api(request):
        known = BensyncError(
            "The token is not accepted.", "It is missing or not valid.", "Ask your Data Owner for a new token."
        )
        answer = told(request, 401, known)
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    way = error.way if isinstance(error, NotSignedIn) else "/"
    address = "/sign-in" + (f"?{urlencode({'next': way})}" if way != "/" else "")
    if asks_for_part(request):
        return Response(status_code=401, headers={"Location": address})  # fetch() would follow a redirection unseen
    return RedirectResponse(address, 303)


def slow_down(web: Web, request: Request, seconds: int) -> Response:
    """The answer to an address that asks too often; it never reached a page."""
    known = BensyncError(
        "The request was not processed.",
        "Too many requests came from your address within a minute.",
        f"Wait {seconds} seconds, then try again.",
    )
    told = {"Retry-After": str(seconds)}
    if _is_api(request):
        return JSONResponse({"error": known.as_json()}, 429, told)
    words = {"what": known.what, "why": known.why, "fix": known.fix, "link": "", "link_text": ""}
    page = templating.fill("shared/error_outside.html", {"title": "Too many requests", **words, "web": web})
    return HTMLResponse(page, 429, told)


def _foreign(request: Request, _error: Exception) -> Response:
    known = BensyncError(
        "The form was not accepted.",
        "It did not come from a page of bensync, or the page was open for too long.",
        "Reload the page and send the form again.",
    )
    return told(request, 403, known, link="/", link_text="Go to the start page")


def _not_found(request: Request, _error: Exception) -> Response:
    known = BensyncError(
        "This page was not found.", "It does not exist, or you cannot access it.", "Go to the start page."
    )
    return told(request, 404, known, link="/", link_text="Go to the start page")


def _not_json(request: Request, _error: Exception) -> Response:
    return told(request, 415, BensyncError("The body was not read.", "It is not JSON.", "Send application/json."))


def _invalid(request: Request, error: Exception) -> Response:
    """A page with a number that is none does not exist; the API says which field is wrong, and never what it held."""
    if not _is_api(request) or not isinstance(error, RequestValidationError):
        return _not_found(request, error)
    wrong = {f"{'.'.join(str(part) for part in one['loc'][:2])}: {one['type']}" for one in error.errors()}
    status = 400 if any(one["type"] == "json_invalid" for one in error.errors()) else 422
    known = BensyncError(
        "The request is not valid.", f"{'; '.join(sorted(wrong))}.", "See the API reference for all fields."
    )
    return told(request, status, known)


def _is_api(request: Request) -> bool:
    """How to answer; who may ask is never told by this."""
    return request.url.path.startswith(API)


def _known(request: Request, error: Exception) -> Response:
    if not isinstance(error, BensyncError):
        return bug(request, error)
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
    if isinstance(error, StepUpNeeded):
        fix = "Go back and enter the current code from your authenticator app."
        error = StepUpNeeded(error.what, error.why, fix)
    if status >= 500:
        log.warning("web.trouble", path=_path(request), kind=type(error).__name__, what=error.what, why=error.why)
    answer = told(request, status, error)
    if isinstance(error, SignInRefused) and error.wait:
        answer.status_code, answer.headers["Retry-After"] = 429, str(error.wait)
    return answer


def _protocol(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404:
        return _not_found(request, error)
    phrase = HTTPStatus(status).phrase
    known = BensyncError("The page cannot be used like this.", f"{phrase}.", "Go to the start page.")
    answer = told(request, status, known, link="/", link_text="Go to the start page")
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    return answer


def bug(request: Request, error: Exception) -> Response:
    """The page for what nobody foresaw; the log has the kind and the place of it, and never its text."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "bensync" in Path(frame.filename).parts]
    place = f"{Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else ""
    log.error("web.bug", path=_path(request), kind=type(error).__name__, place=place)
    known = BensyncError(
        "An internal error occurred.", "Details are in the log.", "Try again. If it happens again, report it."
    )
    return told(request, 500, known, link="/", link_text="Go to the start page")


def _path(request: Request) -> str:
    """The route as it was declared; what stands in its place may be anything."""
    route = request.scope.get("route")
    return getattr(route, "path", "?")
