"""A lane: some places of a worker, served by the library's own worker, and watched as long as it runs."""

from __future__ import annotations

import asyncio

from procrastinate.worker import Worker


class WatchedWorker(Worker):
    """Ends when its listening or its signs of life fail, so that whoever runs it begins anew.

    The library watches these until the first of its side tasks ends, and the one for periodic tasks ends at once where
    there are none: after a crash of the server nobody would listen, and the worker would count as dead while it works
    (procrastinate-org/procrastinate#1597).
    """

    async def serve(self) -> None:
        """Take jobs until cancelled, or until something of it fails."""
        await self.run()  # type: ignore[no-untyped-call]

    async def _periodic_deferrer(self) -> None:
        await asyncio.Event().wait()
