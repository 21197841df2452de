"""Stores of protected data: each says how long it is kept, by a kind of retention or in words."""

from __future__ import annotations

from bensync.retention.stores import FILES, TABLES


def test_each_store_is_named_once_and_says_how_long_it_is_kept():
    stores = (*TABLES, *FILES)
    assert len({store.name for store in stores}) == len(stores)
    assert [store.name for store in stores if not store.kinds and not store.until] == []
