"""The JSON contract of `--json` and of the API: one model for each thing that bensync shows to a program.

A module of this package is loaded when it is first named, so that commands that print text pay for none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bensync.api_shapes import activities as activities
    from bensync.api_shapes import audit as audit
    from bensync.api_shapes import base as base
    from bensync.api_shapes import coverage as coverage
    from bensync.api_shapes import event_runs as event_runs
    from bensync.api_shapes import events as events
    from bensync.api_shapes import outlook as outlook
    from bensync.api_shapes import people as people
    from bensync.api_shapes import requests as requests
    from bensync.api_shapes import status as status
    from bensync.api_shapes import sync as sync
    from bensync.api_shapes import users as users

_MODULES = frozenset(
    {
        "activities",
        "audit",
        "base",
        "coverage",
        "event_runs",
        "events",
        "outlook",
        "people",
        "requests",
        "status",
        "sync",
        "users",
    }
)


# PEP 562. The names are listed, so that a misspelled one is an AttributeError instead of an import error.
def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"bensync.api_shapes.{name}")
    raise AttributeError(name)
