"""The JSON contract of `--json` and of the API: one model for each thing that bensync shows to a program.

A module of this package is loaded when it is first named, so that commands that print text pay for none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bensync.api_shapes import audit as audit
    from bensync.api_shapes import base as base
    from bensync.api_shapes import people as people
    from bensync.api_shapes import requests as requests
    from bensync.api_shapes import setup as setup
    from bensync.api_shapes import status as status
    from bensync.api_shapes import sync as sync
    from bensync.api_shapes import users as users
    from bensync.api_shapes.benefits import activities as activities
    from bensync.api_shapes.benefits import coverage as coverage
    from bensync.api_shapes.benefits import dependents as dependents
    from bensync.api_shapes.benefits import event_runs as event_runs
    from bensync.api_shapes.benefits import events as events
    from bensync.api_shapes.benefits import outlook as outlook
    from bensync.api_shapes.benefits import rules as rules

_MODULES = {
    "activities": "benefits.activities",
    "audit": "audit",
    "base": "base",
    "coverage": "benefits.coverage",
    "dependents": "benefits.dependents",
    "event_runs": "benefits.event_runs",
    "events": "benefits.events",
    "outlook": "benefits.outlook",
    "people": "people",
    "requests": "requests",
    "rules": "benefits.rules",
    "setup": "setup",
    "status": "status",
    "sync": "sync",
    "users": "users",
}


# PEP 562. The names are listed, so that a misspelled one is an AttributeError instead of an import error.
def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"bensync.api_shapes.{_MODULES[name]}")
    raise AttributeError(name)
