"""What the queue itself costs, on a real PostgreSQL: asking for turns, and taking them with few and many waiting.

Usage: python benchmarks/queue_cost.py [10000]   (from the root, with the tests' packages)
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time

from procrastinate import App, PsycopgConnector
from procrastinate.jobs import Status

from bensync.state.db.vault import new_state_key
from bensync.state.store import Store
from bensync.workers.queue import JobQueue, options
from bensync.workers.schema import bring_up
from tests.fixtures.postgres import postgres

_TAKEN = 200


async def take(store: Store, number: int) -> tuple[float, float]:
    """Milliseconds to fetch one job, and to end one, each the mean of some."""
    app = App(connector=PsycopgConnector(kwargs=options(store.reach()), min_size=1, max_size=2))
    async with app.open_async():
        worker = await app.job_manager.register_worker()
        begun = time.perf_counter()
        jobs = [await app.job_manager.fetch_job(None, worker) for _ in range(number)]
        fetched = time.perf_counter()
        for job in jobs:
            await app.job_manager.finish_job(job, status=Status.SUCCEEDED, delete_job=True)
        ended = time.perf_counter()
    return (fetched - begun) / number * 1000, (ended - fetched) / number * 1000


def main(depth: int) -> None:
    with postgres() as server, server.database("cost") as url, contextlib.closing(Store(url, new_state_key())) as store:
        store.migrate()
        bring_up(store)
        with JobQueue(store.reach()) as queue:
            print("waiting | ask for one, ms | take one, ms | end one, ms | which sites are busy, ms")
            asked = 0
            for goal in (depth // 100, depth // 10, depth):
                begun = time.perf_counter()
                for number in range(asked, goal):
                    queue.ask_turn(f"site{number:06}", heavy=False)
                each = (time.perf_counter() - begun) / (goal - asked) * 1000
                begun = time.perf_counter()
                queue.busy()
                busy = (time.perf_counter() - begun) * 1000
                fetched, ended = asyncio.run(take(store, min(_TAKEN, goal // 2)))
                asked = goal
                print(f"{goal:7,} | {each:15.2f} | {fetched:12.2f} | {ended:11.2f} | {busy:9.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
