"""Sites whose benefit events are worked off."""

from __future__ import annotations

import pytest

from tests.fixtures.databases import in_file
from tests.fixtures.house import house
from tests.integration.events.site import Channel, Site


@pytest.fixture
def here(database):
    with house(database) as found:
        yield Site(found, Channel())


@pytest.fixture
def alone(tmp_path):
    """The same, on SQLite alone."""
    with house(in_file(tmp_path)) as found:
        yield Site(found, Channel())
