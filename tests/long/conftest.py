"""Tests that take minutes each; only `make long` collects them."""

from __future__ import annotations

import os

from tests.e2e.conftest import acme, staffed

__all__ = ["acme", "staffed"]

collect_ignore_glob = [] if os.environ.get("BENSYNC_LONG") == "1" else ["test_*.py"]
