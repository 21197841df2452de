"""Templates and how they are filled in: always escaped, with the words of the trade as filters; no database here."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from bensync import __version__
from bensync.core.access import RIGHTS
from bensync.wording import benefits, sync

_STATIC = "static"


class Asset(msgspec.Struct, frozen=True):
    """A file that pages ask for."""

    content: bytes
    media_type: str
    version: str


@cache
def environment() -> Environment:
    """The templates, with what all of them may use."""
    found = Environment(
        loader=PackageLoader("bensync.web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(
        ago=sync.ago,
        ahead=sync.ahead,
        day=sync.day,
        did=sync.did,
        moment=sync.moment,
        right_words=RIGHTS.__getitem__,
        sentence=sync.sentence,
        size=sync.size,
    )
    found.globals.update(words=sync, trade=benefits, count=sync.count, asset=address, version=__version__)
    return found


def fill(template: str, values: Mapping[str, Any]) -> str:
    """A template with these values."""
    return environment().get_template(template).render(values)


def address(name: str) -> str:
    """Where a page finds an asset; another content has another address, so that browsers may keep it."""
    return f"/static/{name}?v={assets()[name].version}"


@cache
def assets() -> Mapping[str, Asset]:
    """Return the style sheet, scripts and icon by name; they are read once."""
    folder = resources.files("bensync.web") / _STATIC
    return {file.name: _asset(file.name, file.read_bytes()) for file in folder.iterdir()}


def _asset(name: str, content: bytes) -> Asset:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    text = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    return Asset(content, text, hashlib.sha256(content).hexdigest()[:12])
