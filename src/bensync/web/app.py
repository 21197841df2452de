"""create_app(): the pages and the JSON API as one application, in which every route has a rule."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute

from bensync import __version__
from bensync.errors import ConfigError
from bensync.web.api import benefits as benefit_api
from bensync.web.api import routes as api
from bensync.web.http import errors
from bensync.web.http.context import AppState, enter
from bensync.web.http.jobs import Jobs, RunQueue
from bensync.web.http.middleware import SecurityMiddleware
from bensync.web.http.rate_limit import RateLimit
from bensync.web.http.routing import API, Router, Rule, unlisted
from bensync.web.http.session_memory import Idempotency, SessionMemory
from bensync.web.pages import assets, audit, employers, overview
from bensync.web.pages.access import account, sign_in, users
from bensync.web.pages.benefits import event, event_actions, events, reprocess
from bensync.web.pages.people import correct_ssn, my_record, people, reveal
from bensync.web.pages.review import bulk, data_issues, held_changes, request, requests
from bensync.web.pages.sync import deliveries, runs, synchronize
from bensync.wiring import Deployment

_ROUTERS: tuple[Router, ...] = (
    assets.route,
    employers.route,
    sign_in.route,
    account.route,
    overview.route,
    bulk.route,
    requests.route,
    reveal.route,
    correct_ssn.route,
    request.route,
    synchronize.route,
    held_changes.route,
    data_issues.route,
    people.route,
    events.route,
    reprocess.route,
    event.route,
    event_actions.route,
    my_record.route,
    runs.route,
    deliveries.route,
    audit.route,
    users.route,
    api.route,
    benefit_api.route,
)
"""The routers in the order in which their routes are tried: ``/requests/bulk`` before ``/requests/{number}``."""
RULES: tuple[Rule, ...] = tuple(route.rule for router in _ROUTERS for route in router.routes)
"""The permission of every route."""
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
    jobs = Jobs(deployment.path, timedelta(hours=deployment.settings.daemon.turn_hours), elsewhere)
    state = AppState(deployment, deployment.store(), clock, jobs, SessionMemory(), Idempotency())
    app = _routed(state.web.product)
    app.state.bensync = state
    errors.add_to(app)
    hosts = {*_THIS_MACHINE, *state.web.names}
    app.add_middleware(
        SecurityMiddleware,
        hosts=hosts,
        secure=state.web.secure,
        pace=RateLimit(state.web.changes_per_minute),
        slow_down=partial(errors.slow_down, state.web),
        bug=errors.bug,
    )
    return app


def description() -> dict[str, Any]:
    """Return the OpenAPI description of the JSON API, which is part of the documents and is not served."""
    document = _routed("bensync").openapi()
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
        dependencies=[Depends(enter)],
        # Starlette would answer an unknown path with a redirection, before any permission is checked.
        redirect_slashes=False,
    )
    for route in (route for router in _ROUTERS for route in router.routes):
        is_api = route.rule.path.startswith(API)
        app.add_api_route(
            route.rule.path,
            route.endpoint,
            methods=[route.rule.method],
            # Pages answer with a Response of their own, which is no model.
            response_model=route.options.get("response_model") if is_api else None,
            status_code=route.options.get("status_code"),
            responses=route.options.get("responses"),
            include_in_schema=is_api,
            openapi_extra={"security": [{"token": []}]} if is_api else None,
        )
    app.state.rules = {(rule.method, rule.path): rule for rule in RULES}
    _refuse_unlisted(app)
    return app


@asynccontextmanager
async def _closing(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.bensync.store.close()


def _refuse_unlisted(app: FastAPI) -> None:
    """Raise ConfigError where something is served that no router of ours declared, such as a route of FastAPI's own."""
    foreign = [getattr(route, "path", "?") for route in app.routes if not isinstance(route, APIRoute)]
    wrong = [*unlisted(routes(app), RULES), *(f"{path} is no route with a rule" for path in foreign)]
    if wrong:
        raise ConfigError("The pages do not start", "; ".join(wrong), "declare every route with a Router of web/http")
