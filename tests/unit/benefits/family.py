"""Small builders for families: one spouse and children, with versions in the order of entry."""

from __future__ import annotations

from datetime import date

from bensync.benefits.values.dependents import Dependent, Gender, Relationship
from tests.unit.builders import day


def dependent(number: int = 1, version: int | None = None, since: str = "2020-01-01", **fields: object) -> Dependent:
    """A child, unless the fields say otherwise."""
    values: dict[str, object] = {
        "relationship": Relationship.CHILD,
        "last_name": "Moss",
        "first_name": f"Child{number}",
        "birth_date": date(2015, 5, 1),
        "gender": Gender.FEMALE,
        **fields,
    }
    return Dependent(number=number, version=version or number, effective_date=day(since), **values)  # type: ignore[arg-type]


def spouse(number: int = 1, version: int | None = None, since: str = "2020-01-01", **fields: object) -> Dependent:
    """A spouse."""
    values: dict[str, object] = {
        "relationship": Relationship.SPOUSE,
        "first_name": "Robin",
        "birth_date": date(1988, 3, 1),
        **fields,
    }
    return dependent(number, version, since, **values)
