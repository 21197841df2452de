"""create_app(): the pages as one application, with a rule for every route or none at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
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
from bensync.web.http.rules import API, unlisted
from bensync.web.http.session_memory import Idempotency, SessionMemory
from bensync.web.pages import assets, audit, employers, overview
from bensync.web.pages.access import account, sign_in, users
from bensync.web.pages.benefits import event, event_actions, events, reprocess
from bensync.web.pages.people import my_record, people, reveal
from bensync.web.pages.review import bulk, data_issues, held_changes, request, requests
from bensync.web.pages.sync import deliveries, runs, synchronize
from bensync.wiring import Deployment

_ROOMS = (
    assets,
    employers,
    sign_in,
    account,
    overview,
    bulk,
    requests,
    reveal,
    request,
    synchronize,
    held_changes,
    data_issues,
    people,
    events,
    reprocess,
    event,
    event_actions,
    my_record,
    runs,
    deliveries,
    audit,
    users,
    api,
    benefit_api,
)
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


def create_app(deployment: Deployment, clock: Callable[[], datetime], elsewhere: RunQueue | None = None) -> FastAPI:
    """The pages of a deployment.

    Args:
        deployment: the configuration.
        clock: tells the moment.
        elsewhere: who does the runs that people ask for, where that is not this machine.

    Raises:
        ConfigError: the deployment cannot be used, or a route has no rule.
    """
    state = AppState(
        deployment, deployment.store(), clock, Jobs(deployment.path, elsewhere), SessionMemory(), Idempotency()
    )
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
    """The OpenAPI description of the JSON API; it is written into the documents, and not served."""
    told = _routed("bensync").openapi()
    told["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return told


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and path that is served."""
    return [
        (method, route.path)
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]


def _routed(title: str) -> FastAPI:
    """The routes of all rooms; the descriptions that FastAPI would serve are left out."""
    app = FastAPI(
        title=title,
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_closing,
        dependencies=[Depends(enter)],
        redirect_slashes=False,
    )
    for route in (route for room in _ROOMS for route in room.router.routes if isinstance(route, APIRoute)):
        is_api = route.path.startswith(API)
        app.add_api_route(
            route.path,
            route.endpoint,
            methods=sorted(route.methods or ()),
            response_model=route.response_model if is_api else None,
            status_code=route.status_code,
            responses=route.responses,
            include_in_schema=is_api,
            openapi_extra={"security": [{"token": []}]} if is_api else None,
        )
    _refuse_unlisted(app)
    return app


@asynccontextmanager
async def _closing(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.bensync.store.close()


def _refuse_unlisted(app: FastAPI) -> None:
    strange = [getattr(route, "path", "?") for route in app.routes if not isinstance(route, APIRoute)]
    wrong = [*unlisted(routes(app)), *(f"{path} is no route with a rule" for path in strange)]
    if wrong:
        raise ConfigError("The pages do not start", "; ".join(wrong), "give every route its rule in web/http/rules.py")
