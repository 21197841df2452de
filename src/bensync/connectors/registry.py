"""Finds connectors by name among the installed plug-ins; a connector is imported only if a site names it.

Connectors of other packages register as our own do, in the entry-point group ``bensync.connectors``.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import Any, cast

from pydantic import BaseModel

from bensync.errors import ConfigError

GROUP = "bensync.connectors"


@cache
def _installed() -> EntryPoints:
    # Reading the metadata of every installed package takes milliseconds, and a daemon asks once per turn of a site.
    return entry_points(group=GROUP)


def names() -> tuple[str, ...]:
    """Return the names of the installed connectors in alphabetical order, without importing any of them."""
    return tuple(sorted({point.name for point in _installed()}))


def load(name: str) -> type[Any]:
    """Import one connector and check its form.

    Returns:
        a class with a pydantic model ``Settings``; constructed with an instance of that model it is a
        :class:`bensync.core.ports.Source`.

    Raises:
        ConfigError: no connector has this name, or its plug-in is broken.
    """
    points = tuple(_installed().select(name=name))
    if not points:
        raise ConfigError(
            f"There is no connector named {name!r}.",
            f"These are installed: {', '.join(names()) or 'none'}.",
            "Correct `type` of the source, or install the package that brings this connector.",
        )
    loaded = _import(points[0])
    if not _is_connector(loaded):
        raise ConfigError(
            f"The connector {name!r} is not usable.",
            f"{points[0].value} is not a class with a Settings model and the methods pull and check.",
            "Update or remove the package that brings it.",
        )
    return cast("type[Any]", loaded)


def _import(point: EntryPoint) -> object:
    try:
        return point.load()
    except Exception as error:  # a plug-in may fail in any way while it is imported
        raise ConfigError(
            f"The connector {point.name!r} cannot be loaded.",
            f"Importing {point.value} failed: {type(error).__name__}.",
            "Reinstall or remove the package that brings it.",
        ) from error


def _is_connector(loaded: object) -> bool:
    settings = getattr(loaded, "Settings", None)
    return (
        isinstance(loaded, type)
        and isinstance(settings, type)
        and issubclass(settings, BaseModel)
        and all(callable(getattr(loaded, verb, None)) for verb in ("pull", "check"))
    )
