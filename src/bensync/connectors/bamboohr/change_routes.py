"""Which changes BambooHR's list of changed employees names, and which only a read of everybody finds.

An employee is listed when one of their own fields, or a row of three tables, changes (BambooHR API reference).
"""

from __future__ import annotations

from bensync.core.ports import ChangeRoute

LISTED_TABLES = frozenset({"employmentStatus", "jobInfo", "jobInformation", "compensation"})
"""The tables whose rows put their employee on the list; no other table is promised to."""

OF_SOMEBODY_ELSE = frozenset({"supervisor", "supervisorEId", "supervisorId", "supervisorEmail", "91", "4121", "4122"})
"""Fields that show another employee: their change lists that employee only."""


def field_route(name: str) -> ChangeRoute:
    """Return how changes of a field reach a daily run."""
    return ChangeRoute.RECONCILIATION if name in OF_SOMEBODY_ELSE else ChangeRoute.CHANGE_FEED


def table_route(name: str) -> ChangeRoute:
    """Return how changes of the rows of a table reach a daily run."""
    return ChangeRoute.CHANGE_FEED if name in LISTED_TABLES else ChangeRoute.RECONCILIATION
