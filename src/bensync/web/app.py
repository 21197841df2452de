"""create_app(): the pages and the JSON API as one application, in which every route has a rule."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import cache, partial
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from bensync import __version__
from bensync.actions.authorization import sign_order
from bensync.errors import ConfigError
from bensync.web import api, pages
from bensync.web.http import errors, menu
from bensync.web.http.context import AppState, enter
from bensync.web.http.jobs import Jobs, RunQueue
from bensync.web.http.middleware import SecurityMiddleware
from bensync.web.http.rate_limit import RateLimit
from bensync.web.http.routing import API, Route, Rule, UnambiguousRoute, unlisted
from bensync.web.http.session_memory import Idempotency, SessionMemory
from bensync.wiring import Deployment


def _routes() -> list[Route]:
    """Return the routes of every module in `bensync.web.pages` and `bensync.web.api`, in the order of trying them."""
    modules = [
        import_module(module.name)
        for package in (pages, api)
        for module in walk_packages(package.__path__, f"{package.__name__}.")
        if not module.ispkg
    ]
    return sorted((route for module in modules for route in module.route.routes), key=lambda route: route.order)


ROUTES: tuple[Route, ...] = tuple(_routes())
RULES: tuple[Rule, ...] = tuple(route.rule for route in ROUTES)
"""The permission of every route."""
_SITE: dict[str, Any] = {
    "name": "site",
    "in": "path",
    "required": True,
    "description": "The name of the site in the configuration",
    "schema": {"type": "string", "title": "Site"},
}
_IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text of your own; a second request with the same one gets the first answer, and has no effect",
    "schema": {"type": "string", "title": "Idempotency-Key", "maxLength": 200},
}
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


def create_app(deployment: Deployment, clock: Callable[[], datetime], elsewhere: RunQueue | None = None) -> FastAPI:
    """Return the application for a deployment.

    Args:
        deployment: the configuration.
        clock: returns the current time.
        elsewhere: the queue of the workers that do the runs, where this machine does not.

    Raises:
        ConfigError: the deployment cannot be used, or a route has no rule.
    """
    store = deployment.store()
    longest = timedelta(hours=deployment.settings.daemon.turn_hours)
    jobs = Jobs(deployment.path, longest, partial(sign_order, store), elsewhere)
    state = AppState(deployment, store, clock, jobs, SessionMemory(), Idempotency())
    app = _routed(state.web.product)
    app.state.bensync = state
    errors.add_to(app)
    hosts = {*_THIS_MACHINE, *state.web.names}
    app.add_middleware(
        SecurityMiddleware,
        hosts=hosts,
        secure=state.web.secure,
        takes_file=_takes_file,
        pace=RateLimit(state.web.changes_per_minute),
        slow_down=partial(errors.slow_down, state.web),
        bug=errors.bug,
    )
    return app


def description() -> dict[str, Any]:
    """Return the OpenAPI description of the JSON API, which is part of the documents and is not served."""
    document = _routed("bensync").openapi()
    document["servers"] = [{"url": "/", "description": "The address of the pages"}]
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return document


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Return every method and path that the application serves."""
    return [
        (method, route.path)
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]


_FILE_PATHS = [re.compile(re.sub(r"\{\w+\}", "[^/]+", rule.path)) for rule in RULES if rule.uploads]


def _takes_file(path: str) -> bool:
    """Return whether a route of this path takes a file."""
    return any(pattern.fullmatch(path) for pattern in _FILE_PATHS)


def _routed(title: str) -> FastAPI:
    """Return an application with all routes, without the descriptions that FastAPI would serve."""
    app = FastAPI(
        title=title,
        version=__version__,
        # FastAPI's own routes have no rule, and would describe the application to everybody.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_closing,
        # Starlette would answer an unknown path with a redirection, before any permission is checked.
        redirect_slashes=False,
    )
    # Not include_router(), which would make every route anew.
    app.router.routes.extend(_router().routes)
    app.state.menu = menu.entries(ROUTES)
    app.state.rules = {(rule.method, rule.path): rule for rule in RULES}
    _refuse_unlisted(app)
    return app


@cache
def _router() -> APIRouter:
    """Return the routes as FastAPI has them; reading what each endpoint takes is most of the work of an application."""
    router = APIRouter(dependencies=[Depends(enter)], route_class=UnambiguousRoute)
    for route in ROUTES:
        is_api = route.rule.path.startswith(API)
        router.add_api_route(
            route.rule.path,
            route.endpoint,
            methods=[route.rule.method],
            # Pages answer with a Response of their own, which is no model.
            response_model=route.options.get("response_model") if is_api else None,
            status_code=route.options.get("status_code"),
            responses=route.options.get("responses"),
            include_in_schema=is_api,
            openapi_extra=_besides(route.rule) if is_api else None,
        )
    return router


def _besides(rule: Rule) -> dict[str, Any]:
    """Return what FastAPI cannot know of a route of the API: what the rule checks, and the header of `once`."""
    parameters = [_SITE] if "{site}" in rule.path else []
    if rule.method == "POST":
        parameters.append(_IDEMPOTENCY_KEY)
    return {"security": [{"token": []}], "parameters": parameters}


@asynccontextmanager
async def _closing(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.bensync.store.close()


def _refuse_unlisted(app: FastAPI) -> None:
    """Raise ConfigError where something is served that no router of ours declared, such as a route of FastAPI's own."""
    foreign = [getattr(route, "path", "?") for route in app.routes if not isinstance(route, APIRoute)]
    wrong = [*unlisted(routes(app), RULES), *(f"{path} is not a route with a rule" for path in foreign)]
    if wrong:
        raise ConfigError(
            "The pages do not start.",
            f"These routes have no permission: {'; '.join(wrong)}.",
            "Declare every route with a Router of web/http.",
        )
