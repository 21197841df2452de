"""The base class of all tables, and the metadata that they join."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import MetaData, Table
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
