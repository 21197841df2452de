"""The routes of the JSON API for a census of present coverage: preview and load, as on the pages."""

from __future__ import annotations

from starlette.responses import Response

from bensync.api_shapes import bodies, coverage
from bensync.core.access import Right
from bensync.web.api.routes import REFUSALS, answer
from bensync.web.http.context import Entered
from bensync.web.http.routing import SITE_API, Router

route = Router(SITE_API)


@route.post("/census/preview", Right.LOAD_COVERAGE, uploads=True, response_model=coverage.Census, responses=REFUSALS)
def preview(context: Entered, body: bodies.PreviewCensus) -> Response:
    """Return what loading a census of present coverage would do; nothing is written."""
    return answer(coverage.census(context.actions.preview_census(body.content.encode()), context.site))


@route.post("/census", Right.LOAD_COVERAGE, uploads=True, response_model=coverage.Census, responses=REFUSALS)
def load(context: Entered, body: bodies.LoadCensus) -> Response:
    """Load a census as its preview showed it; `loaded` is false, and nothing is loaded, where a line has a problem."""

    def act() -> Response:
        report = context.actions.load_census(body.content.encode(), body.digest)
        return answer(coverage.census(report, context.site))

    return context.once(act)
