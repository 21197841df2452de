"""Employers that the drill runs on."""

from tests.e2e.conftest import acme, staffed

__all__ = ["acme", "staffed"]
