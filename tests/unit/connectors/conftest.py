"""What a client waits for."""

from __future__ import annotations

import pytest


@pytest.fixture
def waits() -> list[float]:
    """How long the client waited before each retry; no test sleeps."""
    return []
