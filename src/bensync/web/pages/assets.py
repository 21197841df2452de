"""Style, script and icon: for everybody, and the same for all."""

from __future__ import annotations

from starlette.responses import Response

from bensync.web.http.context import NotFound
from bensync.web.http.routing import GlobalRoute, Router
from bensync.web.http.templating import assets

route = Router()


@route.get("/static/{name}", GlobalRoute.OPEN)
def asset(name: str) -> Response:
    """One file."""
    found = assets().get(name)
    if found is None:
        raise NotFound
    return Response(found.content, media_type=found.media_type)


@route.get("/favicon.ico", GlobalRoute.OPEN)
def favicon() -> Response:
    """The icon, for browsers that ask without reading the page."""
    return asset("favicon.svg")
