"""RateLimit: how many changes and API requests one address can send per minute; reading pages is not counted."""

from __future__ import annotations

import ipaddress
import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bensync.web.http.routing import API

_SUBSCRIBER_PREFIX = 64  # bits of an IPv6 address that one subscriber is given


class RateLimit:
    """Counts requests in memory; a restart starts at zero.

    Args:
        per_minute: the limit within any 60 seconds.
    """

    def __init__(self, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def wait(self, method: str, path: str, address: str) -> int:
        """Count one request; return the seconds to wait, 0 where it is within the limit."""
        # Open pages refresh themselves every two seconds, and must not use up the budget of their visitor's forms.
        if method in {"GET", "HEAD"} and not path.startswith(API):
            return 0
        key = _origin(address)
        if self._window.hit(self._item, key):
            return 0
        return max(1, math.ceil(self._window.get_window_stats(self._item, key).reset_time - time.time()))


def _origin(address: str) -> str:
    """Return what is counted together: an IPv4 address, or all addresses of one IPv6 subscriber."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    # One subscriber has 2^64 addresses; counted apart, each request could come from a new one.
    return str(ipaddress.ip_network((parsed, _SUBSCRIBER_PREFIX), strict=False))
