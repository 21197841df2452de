"""Addresses, classified by their text alone."""

from __future__ import annotations

import pytest

from bensync.connectors.network_addresses import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost", "LOCALHOST"])
def test_this_machine_is_recognized_however_it_is_written(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com", "::2"])
def test_a_name_that_only_looks_like_this_machine_is_another_one(host):
    assert not is_loopback(host)
