"""Environment variables that override the file: `BENSYNC_STATE__URL` stands for `url` of `[state]`."""

from __future__ import annotations

import os
from typing import Any

from bensync.config.settings import Settings

_PREFIX, _INSIDE = "BENSYNC_", "__"


def under_environment(model: type[Settings]) -> type[Settings]:
    """Return the model, or one that the environment overrides if a variable names one of its tables.

    pydantic-settings does the latter; without such a variable no command waits for its import.
    """
    named = {variable.upper().partition(_INSIDE)[0] for variable in os.environ}
    return _over(model) if any((_PREFIX + table).upper() in named for table in model.model_fields) else model


def _over(model: type[Settings]) -> type[Settings]:
    from pydantic_settings import BaseSettings, SettingsConfigDict

    class Over(model, BaseSettings):  # type: ignore[misc, valid-type]  # known at run time only
        model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter=_INSIDE)

        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, **sources: Any) -> Any:  # type: ignore[override]
            """Let the environment override the file, and read no other source."""
            return sources["env_settings"], sources["init_settings"]

    return Over
