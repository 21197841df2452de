"""All tables at once, for migrations, copies, checks and keys: they must know those, too, that nobody asked for."""

from __future__ import annotations

from sqlalchemy import Table

import bensync.state.access_tables
import bensync.state.benefit_tables  # noqa: F401  # these two join the metadata
from bensync.state.tables import METADATA

__all__ = ["METADATA", "every_table"]


def every_table() -> list[Table]:
    """The tables of the state, each behind those that it refers to."""
    return METADATA.sorted_tables
