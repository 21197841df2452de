"""Fixtures of the pages of benefit events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync.core.access import Role
from tests.fixtures.databases import in_file
from tests.fixtures.pages import Pages, Visitor, pages


@pytest.fixture
def web_pages(tmp_path: Path) -> Iterator[Pages]:
    """Pages of a site with a rulebook."""
    with pages(tmp_path, in_file(tmp_path), benefits=True) as served:
        yield served


@pytest.fixture
def owner(web_pages: Pages) -> Visitor:
    """A signed-in Data Owner."""
    return web_pages.as_role(Role.DATA_OWNER)
