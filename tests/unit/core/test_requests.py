"""Requests of the queue as values."""

from __future__ import annotations

from bensync.core.requests import WARNING_WORDS, WarningCode


def test_every_warning_has_words_for_the_administrator():
    assert set(WARNING_WORDS) == set(WarningCode)
    assert all(WARNING_WORDS.values())
