"""Mappings and layouts that ship with the product, as data; read by name, and by nobody but `mappings`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any


@cache
def layouts() -> tuple[str, ...]:
    """The presets that name the columns of a file."""
    return tuple(name for name in names() if "columns" in load(name))


@cache
def names() -> tuple[str, ...]:
    """The presets that ship."""
    files = resources.files(__name__).iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


@cache
def load(name: str) -> Mapping[str, Any]:
    """The content of one preset, read once; thousands of sites ask for it.

    Raises:
        KeyError: there is no preset of this name.
    """
    if name not in names():
        raise KeyError(name)
    return tomllib.loads(resources.files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))
