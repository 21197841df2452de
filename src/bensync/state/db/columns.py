"""The type of a column of bytes."""

from __future__ import annotations

from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect


class Bytes(LargeBinary):
    """Bytes as they are: ``LargeBinary`` would wrap each value in an object of the driver."""

    def bind_processor(self, dialect: Dialect) -> None:
        """Return no processor."""
        return
