"""Rulebooks that ship, as data: the standard event classes and triggers, and a worked example of an employer."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any


def names() -> list[str]:
    """Return the names of the rulebooks that ship."""
    files = resources.files(__name__).iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def load(name: str) -> dict[str, Any]:
    """Return the content of one rulebook.

    Raises:
        KeyError: there is none of this name.
    """
    if name not in names():
        raise KeyError(name)
    return tomllib.loads(resources.files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))
