"""Mappings and layouts that ship with the product, as data; read by name, and by nobody but `mappings`."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any


def layouts() -> list[str]:
    """The presets that name the columns of a file."""
    return [name for name in names() if "columns" in load(name)]


def names() -> list[str]:
    """The presets that ship."""
    files = resources.files(__name__).iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def load(name: str) -> dict[str, Any]:
    """The content of one preset.

    Raises:
        KeyError: there is no preset of this name.
    """
    if name not in names():
        raise KeyError(name)
    return tomllib.loads(resources.files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))
