"""The base of every table of a rulebook, and the amounts that they hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Money = Decimal
Amount = Annotated[Decimal, Field(ge=0)]


class RulebookTable(BaseModel):
    """A table of the rulebook: unknown keys are errors, and messages never repeat what was written."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
