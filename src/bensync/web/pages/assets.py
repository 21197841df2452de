"""Style sheet, scripts and icon, which are open to everybody."""

from __future__ import annotations

from starlette.responses import Response

from bensync.web.http.context import NotFound
from bensync.web.http.routing import GlobalRoute, Router
from bensync.web.http.templating import assets

route = Router()


@route.get("/static/{name}", GlobalRoute.OPEN)
def asset(name: str) -> Response:
    """Return one file."""
    file = assets().get(name)
    if file is None:
        raise NotFound
    return Response(file.content, media_type=file.media_type)


@route.get("/favicon.ico", GlobalRoute.OPEN)
def favicon() -> Response:
    """Return the icon to browsers that ask for it without reading the page."""
    return asset("favicon.svg")
