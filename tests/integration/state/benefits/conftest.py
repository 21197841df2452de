"""A site with benefit events."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fixtures.benefit_site import Site, benefit_site


@pytest.fixture
def site(database: str) -> Iterator[Site]:
    with benefit_site(database) as site:
        yield site
