"""Makes the paths of a configuration absolute: a relative one is meant from the folder of the configuration.

So a command works on the same database and folders wherever it is started.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from bensync.config.settings import Settings

M = TypeVar("M", bound=BaseModel)

_SQLITE = ("sqlite:///", "sqlite+pysqlite:///")
_NO_PATH = ("/", ":memory:", "file:", "?")
"""Beginnings of what follows that is no relative path."""


def anchored(settings: Settings, folder: Path) -> Settings:
    """Return the settings with every relative path joined to a folder: those of all tables, and of the database."""
    absolute = folder.absolute()
    state = settings.state.model_copy(update={"url": _database(settings.state.url, absolute)})
    return _with_paths(settings.model_copy(update={"state": state}), absolute)


def _with_paths(table: M, folder: Path) -> M:
    changed = {name: new for name, value in table if (new := _absolute(value, folder)) is not value}
    return table.model_copy(update=changed) if changed else table


def _absolute(value: object, folder: Path) -> object:
    if isinstance(value, Path):
        return value if value.is_absolute() else folder / value
    if isinstance(value, BaseModel):
        return _with_paths(value, folder)
    if isinstance(value, Mapping):
        entries = {key: _absolute(entry, folder) for key, entry in value.items()}
        return entries if any(entries[key] is not entry for key, entry in value.items()) else value
    return value


def _database(url: str, folder: Path) -> str:
    """Return the address of a database, with the absolute path of its file if it is SQLite."""
    for form in _SQLITE:
        file = url.removeprefix(form)
        if file and file != url and not file.startswith(_NO_PATH):
            return f"{form}{folder / file}"
    return url
