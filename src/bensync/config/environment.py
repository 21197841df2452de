"""Variables of the environment, which lie over the file: `BENSYNC_STATE__URL` stands for `url` of `[state]`."""

from __future__ import annotations

import os
from typing import Any

from bensync.config.settings import Settings

_PREFIX, _INSIDE = "BENSYNC_", "__"


def under_environment(model: type[Settings]) -> type[Settings]:
    """The model, made so that the environment lies over what it is told, where a variable speaks of one of its tables.

    pydantic-settings does that; most deployments have no such variable, and do not wait for it to be loaded.
    """
    named = {variable.upper().partition(_INSIDE)[0] for variable in os.environ}
    return _over(model) if any((_PREFIX + table).upper() in named for table in model.model_fields) else model


def _over(model: type[Settings]) -> type[Settings]:
    from pydantic_settings import BaseSettings, SettingsConfigDict

    class Over(model, BaseSettings):  # type: ignore[misc, valid-type]  # known at run time only
        model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter=_INSIDE)

        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, **sources: Any) -> Any:  # type: ignore[override]
            """The environment lies over the file; nothing else is read."""
            return sources["env_settings"], sources["init_settings"]

    return Over
