"""The routes of the fake, under both base addresses."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from bensync.demo.bamboohr import employees, listing, meta, reports, tables
from bensync.demo.bamboohr.control import control_routes
from bensync.demo.bamboohr.endpoints import CompanyEndpoint, Endpoint, nothing_here, read_only
from bensync.demo.company.company import Company

READS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/employees/changed/tables/{table}", tables.changed_rows),
    ("GET", "/employees/changed", employees.changed),
    ("GET", "/employees/directory", employees.directory),
    ("GET", "/employees/{id}/tables/{table}", tables.rows),
    ("GET", "/employees/{id}", employees.one),
    ("GET", "/employees", listing.page),
    ("POST", "/reports/custom", reports.custom),
    ("GET", "/meta/fields", meta.fields),
    ("GET", "/meta/tables", meta.tables),
    ("GET", "/meta/lists", meta.lists),
    ("GET", "/meta/users", meta.users),
    ("GET", "/company_information", meta.company_information),
)
WRITES = ("/employees/{rest:path}", "/employees")
METHODS = ["POST", "PUT", "PATCH", "DELETE"]


def application(company: Company) -> ASGIApp:
    """Return the fake as an ASGI application."""
    api = Router(_api_routes(company), redirect_slashes=False, default=CompanyEndpoint(company, nothing_here))
    newer = Router(_write_routes(company), redirect_slashes=False, default=CompanyEndpoint(company, nothing_here))
    bases: list[BaseRoute] = [
        Mount(f"{base}/{version}", router)
        for base in ("/api", "/api/gateway.php/{company}")
        for version, router in (("v1", api), ("v1_1", newer))
    ]
    routes = [*control_routes(company), *bases]
    return _without_last_slash(Router(routes, redirect_slashes=False, default=CompanyEndpoint(company, nothing_here)))


def _api_routes(company: Company) -> list[BaseRoute]:
    reads = [Route(path, CompanyEndpoint(company, endpoint), methods=[method]) for method, path, endpoint in READS]
    return [*reads, *_write_routes(company), Route("/{rest:path}", CompanyEndpoint(company, nothing_here))]


def _write_routes(company: Company) -> list[BaseRoute]:
    return [Route(path, CompanyEndpoint(company, read_only), methods=METHODS) for path in WRITES]


def _without_last_slash(app: ASGIApp) -> ASGIApp:
    """Accept paths with and without a slash at the end: BambooHR's older documentation has one."""

    async def trimmed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and len(scope["path"]) > 1:
            scope["path"] = scope["path"].rstrip("/")
        await app(scope, receive, send)

    return trimmed
