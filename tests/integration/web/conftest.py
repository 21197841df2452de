"""One deployment with its pages for each test of the web."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.pages import Pages, pages


@pytest.fixture(scope="module", autouse=True)
def _quick(quick_passwords: None) -> None:
    """Who signs in here, and how, is looked at elsewhere."""


@pytest.fixture
def web_pages(tmp_path: Path, database: str) -> Iterator[Pages]:
    """Pages with nobody in them yet."""
    with pages(tmp_path, database) as served:
        yield served
