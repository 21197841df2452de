"""Error pages and error answers of the API: what happened, why, and how to fix it; never a word of what was sent."""

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
)
from bensync.web.http import templating
from bensync.web.http.context import NotFound, NotSignedIn, PageContext
from bensync.web.http.request_checks import ForeignForm, NotJson, asks_for_part
from bensync.web.http.routing import API
from bensync.wording import remedies

# In the order in which they are tried: a subclass stands before its base.
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

log = structlog.get_logger()


def add_to(app: FastAPI) -> None:
    """Answer every kind of error with a page, or with JSON under the API."""
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(ForeignForm, _foreign)
    app.add_exception_handler(NotFound, _not_found)
    app.add_exception_handler(BensyncError, _known)
    app.add_exception_handler(HTTPException, _protocol)
    app.add_exception_handler(NotJson, _not_json)
    app.add_exception_handler(RequestValidationError, _invalid)


def answer(request: Request, status: int, error: BensyncError, *, link: str = "", link_text: str = "") -> Response:
    """Return the page of an error, with the navigation of the site where the visitor is signed in."""
    if _is_api(request):
        return JSONResponse({"error": {**error.as_json(), "fix": remedies.in_api(error)}}, status)
    context: PageContext | None = getattr(request.state, "context", None)
    values = {
        "title": _TITLES.get(status, HTTPStatus(status).phrase),
        "what": error.what,
        "why": error.why,
        "fix": remedies.on_page(error),
        "link": link,
        "link_text": link_text,
    }
    # Without a user there is no navigation: it would name sites and rights.
    if context is not None and context.user is not None:
        return context.page("shared/error.html", status, **values)
    return HTMLResponse(
        templating.fill("shared/error_outside.html", {**values, "web": request.app.state.bensync.web}), status
    )


def _not_signed_in(request: Request, error: Exception) -> Response:
    if _is_api(request):
        problem = BensyncError(
            "The token is not accepted.", "It is missing or not valid.", "Ask your Data Owner for a new token."
        )
        response = answer(request, 401, problem)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    way = error.way if isinstance(error, NotSignedIn) else "/"
    address = "/sign-in" + (f"?{urlencode({'next': way})}" if way != "/" else "")
    if asks_for_part(request):
        return Response(status_code=401, headers={"Location": address})  # fetch() would follow a redirection unseen
    return RedirectResponse(address, 303)


def slow_down(web: Web, request: Request, seconds: int) -> Response:
    """Return the answer to an address that sends too many requests; they do not reach a page."""
    problem = BensyncError(
        "The request was not processed.",
        "Too many requests came from your address within a minute.",
        f"Wait {seconds} seconds, then try again.",
    )
    headers = {"Retry-After": str(seconds)}
    if _is_api(request):
        return JSONResponse({"error": problem.as_json()}, 429, headers)
    words = {"what": problem.what, "why": problem.why, "fix": problem.fix, "link": "", "link_text": ""}
    page = templating.fill("shared/error_outside.html", {"title": "Too many requests", **words, "web": web})
    return HTMLResponse(page, 429, headers)


def _foreign(request: Request, _error: Exception) -> Response:
    problem = BensyncError(
        "The form was not accepted.",
        "It did not come from a page of bensync, or the page was open for too long.",
        "Reload the page and send the form again.",
    )
    return answer(request, 403, problem, link="/", link_text="Go to the start page")


def _not_found(request: Request, _error: Exception) -> Response:
    problem = BensyncError(
        "This page was not found.", "It does not exist, or you cannot access it.", "Go to the start page."
    )
    return answer(request, 404, problem, link="/", link_text="Go to the start page")


def _not_json(request: Request, _error: Exception) -> Response:
    return answer(request, 415, BensyncError("The body was not read.", "It is not JSON.", "Send application/json."))


def _invalid(request: Request, error: Exception) -> Response:
    """Answer a page whose number is not valid with 404; the API names the wrong fields, and never their content."""
    if not _is_api(request) or not isinstance(error, RequestValidationError):
        return _not_found(request, error)
    # Only location and type: the message of pydantic quotes the input, and a location below the second level can be a
    # key that the sender chose.
    wrong = {f"{'.'.join(str(part) for part in entry['loc'][:2])}: {entry['type']}" for entry in error.errors()}
    status = 400 if any(entry["type"] == "json_invalid" for entry in error.errors()) else 422
    problem = BensyncError(
        "The request is not valid.",
        f"These fields are not valid: {'; '.join(sorted(wrong))}.",
        "See the API reference for all fields.",
    )
    return answer(request, status, problem)


def _is_api(request: Request) -> bool:
    """Return whether to answer in JSON; permissions do not depend on this."""
    return request.url.path.startswith(API)


def _known(request: Request, error: Exception) -> Response:
    if not isinstance(error, BensyncError):
        return bug(request, error)
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
    # Refusals are daily business, and are in the audit trail; only what an operator must fix belongs in the log.
    if status >= 500:
        log.warning("web.trouble", path=_path(request), kind=type(error).__name__, what=error.what, why=error.why)
    response = answer(request, status, error)
    if isinstance(error, SignInRefused) and error.wait:
        response.status_code, response.headers["Retry-After"] = 429, str(error.wait)
    return response


def _protocol(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404:
        return _not_found(request, error)
    phrase = HTTPStatus(status).phrase
    problem = BensyncError(
        "The page cannot be used like this.", f"The server answers: {phrase}.", "Go to the start page."
    )
    response = answer(request, status, problem, link="/", link_text="Go to the start page")
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


def bug(request: Request, error: Exception) -> Response:
    """Return the page for a bug; the log has its kind and its place, never its text, which may hold personal data."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "bensync" in Path(frame.filename).parts]
    place = f"{Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else ""
    log.error("web.bug", path=_path(request), kind=type(error).__name__, place=place)
    problem = BensyncError(
        "An internal error occurred.", "Details are in the log.", "Try again. If it happens again, report it."
    )
    return answer(request, 500, problem, link="/", link_text="Go to the start page")


def _path(request: Request) -> str:
    """Return the route as it was declared; the path of the request may hold anything."""
    route = request.scope.get("route")
    return getattr(route, "path", "?")
