"""Templates: always escaped, with the labels of `bensync.wording` as filters and globals; no database."""

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
from bensync.wording import benefits, sync, timeline

_STATIC = "static"


class Asset(msgspec.Struct, frozen=True):
    """A file that pages load."""

    content: bytes
    media_type: str
    version: str


@cache
def environment() -> Environment:
    """Return the templates with their filters and globals."""
    environment = Environment(
        loader=PackageLoader("bensync.web"),
        # Names come from HR as they are: `<script>` in one of them is text on every page, whatever the template's
        # file is called.
        autoescape=select_autoescape(default=True, default_for_string=True),
        # A misspelled value stops the page; an empty warning or count would mislead the person who decides.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        ago=sync.ago,
        ahead=sync.ahead,
        day=sync.day,
        did=sync.did,
        moment=sync.moment,
        right_words=RIGHTS.__getitem__,
        size=sync.size,
    )
    environment.globals.update(
        words=sync, episode_words=timeline.episode, trade=benefits, count=sync.count, asset=address, version=__version__
    )
    return environment


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Return a template filled with these values."""
    return environment().get_template(template).render(values)


def address(name: str) -> str:
    """Return the address of an asset; it changes with the content, so that browsers can keep the file."""
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
