"""One request as the endpoints see it: path parameters, query, headers and body, and how their values are read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec
from starlette.datastructures import QueryParams

from bensync.demo.bamboohr.reply import refusal
from bensync.demo.company.catalogue import FakeField
from bensync.demo.company.company import Company

FIELD_LIMIT = 400
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:?\d\d)")


class FakeRequest(msgspec.Struct, frozen=True):
    """One request; header names are in lower case."""

    url: str
    parts: Mapping[str, str]
    query: QueryParams
    headers: Mapping[str, str]
    body: bytes

    @property
    def wants_json(self) -> bool:
        """Whether the Accept header names JSON; anything else gets XML."""
        return "application/json" in self.headers.get("accept", "")

    @property
    def only_current(self) -> bool:
        """The query's ``onlyCurrent``: future rows are hidden unless it is false."""
        return self.query.get("onlyCurrent", "true").lower() not in ("false", "0")

    def since(self) -> datetime:
        """Return the query's ``since``.

        Raises:
            Refusal: 400 if it is missing or not an ISO 8601 time with zone and without fractions.
        """
        return moment(self.query.get("since", ""))


def moment(text: str) -> datetime:
    """Return the time of a time stamp.

    Raises:
        Refusal: 400 if BambooHR does not accept its form.
    """
    if not STAMP.fullmatch(text):
        raise refusal(400, "Invalid or missing 'since' date")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise refusal(400, "Invalid or missing 'since' date") from None


def visible(company: Company, names: list[str]) -> list[tuple[str, FakeField]]:
    """Return the requested fields that exist and that the key may see, each with the name in the request.

    Raises:
        Refusal: 400 for more than 400 names.
    """
    if len(names) > FIELD_LIMIT:
        raise refusal(400, f"A maximum of {FIELD_LIMIT} fields may be requested")
    by_name = {name: field for field in company.fields for name in (str(field.id), field.alias) if name}
    pairs = ((name, by_name.get(name)) for name in names)
    return [(name, field) for name, field in pairs if field and company.permissions.shows(field)]
