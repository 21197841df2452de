"""A lane: some of a worker's places, served by a procrastinate worker that ends as soon as part of it fails."""

from __future__ import annotations

import asyncio

from procrastinate.worker import Worker


class WatchedWorker(Worker):
    """Ends when its listener or its heartbeat fails, so that the caller can start it again.

    The library watches its side tasks until the first of them ends, and the one for periodic tasks ends at once if
    there are none. After a crash of the server nothing would listen for jobs, and the worker would count as dead while
    it works (procrastinate-org/procrastinate#1597).
    """

    async def serve(self) -> None:
        """Take jobs until cancelled, or until a part of the worker fails."""
        await self.run()  # type: ignore[no-untyped-call]

    async def _periodic_deferrer(self) -> None:
        # Never ends, so the library goes on watching the other side tasks.
        await asyncio.Event().wait()
