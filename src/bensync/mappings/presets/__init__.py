"""Mappings and layouts that ship with the product, as data, read by name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any


@cache
def layouts() -> tuple[str, ...]:
    """Return the names of the presets that name the columns of a file."""
    return tuple(name for name in names() if "columns" in load(name))


@cache
def names() -> tuple[str, ...]:
    """Return the names of all presets."""
    files = resources.files(__name__).iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


@cache
def load(name: str) -> Mapping[str, Any]:
    """Return the content of one preset. It is read once and shared by all sites: do not write to it.

    Raises:
        KeyError: there is no preset of this name.
    """
    if name not in names():
        raise KeyError(name)
    return tomllib.loads(resources.files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))
