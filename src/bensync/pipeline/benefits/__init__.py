"""Runs of benefit events: over everybody who waits, passive searches, and what would fail."""
