"""How often one address may change something, or ask the API, in a minute; looking at pages is not counted."""

from __future__ import annotations

import ipaddress
import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bensync.web.http.routing import API

_ONE_HOUSEHOLD = 64  # bits of an IPv6 address that one subscriber is given


class RateLimit:
    """Counts in memory; a restart begins at nought.

    Args:
        per_minute: how often within any 60 seconds.
    """

    def __init__(self, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def wait(self, method: str, path: str, address: str) -> int:
        """Count one question; returns the seconds that it must wait, 0 when it may pass."""
        if method in {"GET", "HEAD"} and not path.startswith(API):
            return 0
        key = _origin(address)
        if self._window.hit(self._item, key):
            return 0
        return max(1, math.ceil(self._window.get_window_stats(self._item, key).reset_time - time.time()))


def _origin(address: str) -> str:
    """Who is counted together: an IPv4 address, or all addresses of one IPv6 subscriber."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ipaddress.ip_network((found, _ONE_HOUSEHOLD), strict=False))
