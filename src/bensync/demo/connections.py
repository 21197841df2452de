"""Ends the connections of a server that stops: none may stay open, or Python warns of it in whatever runs next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

_TURNS = 5
"""Turns of the event loop from an accepted connection to its protocol, and from its end to the closed socket."""


async def close_connections(listeners: Iterable[int], transports: Callable[[], Iterable[asyncio.Transport]]) -> None:
    """Accept no more connections, and cut those that are open.

    Args:
        listeners: the file descriptors where the server of the running loop accepts connections.
        transports: returns the connections that are open at the moment of the call.
    """
    loop = asyncio.get_running_loop()
    # Not Server.close() first: asyncio loses the socket of a connection that it accepted just before.
    for listener in listeners:
        loop.remove_reader(listener)
    for _ in range(2 * _TURNS):
        await asyncio.sleep(0)
        for transport in transports():
            transport.abort()
