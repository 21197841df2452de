"""Controls a fake that runs in its own process, under ``/_company/``: churn, stats, clock. Not part of BambooHR."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bensync.demo.company.churn import churn
from bensync.demo.company.company import Company


def control_routes(company: Company) -> list[Route]:
    """Return routes that change and describe the company itself; none of them counts as a request."""

    def stir(request: Request) -> JSONResponse:
        percent = float(request.query_params.get("percent", "1"))
        company.now += timedelta(minutes=int(request.query_params.get("minutes", "60")))
        return JSONResponse({"changed": churn(company, percent), "now": company.now.isoformat()})

    def clock(request: Request) -> JSONResponse:
        company.now = datetime.fromisoformat(request.query_params["now"])
        return JSONResponse({"now": company.now.isoformat()})

    def stats(_request: Request) -> JSONResponse:
        numbers = {"employees": len(company), "requests": len(company.requests), "writes": len(company.writes)}
        return JSONResponse(numbers | {"now": company.now.isoformat()})

    return [
        Route("/_company/churn", stir, methods=["POST"]),
        Route("/_company/clock", clock, methods=["POST"]),
        Route("/_company/stats", stats),
    ]
