"""The base class of all tables, the metadata that they join, and the type of their columns of bytes."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import LargeBinary, MetaData, Table
from sqlalchemy.engine import Dialect
from sqlmodel import SQLModel

METADATA = MetaData()
"""The tables whose modules are loaded; `bensync.state.schema.all_tables` loads them all."""


class StateTable(SQLModel):
    """A table of the state; ``__table__`` is what statements name.

    ``defer_build`` spares each class its pydantic validator: a ``table=True`` class does not validate.
    """

    __table__: ClassVar[Table]
    metadata = METADATA
    model_config = SQLModel.model_config | {"defer_build": True}


class Bytes(LargeBinary):
    """Bytes as they are: ``LargeBinary`` would wrap each value in an object of the driver."""

    def bind_processor(self, dialect: Dialect) -> None:
        """Return no processor."""
        return
