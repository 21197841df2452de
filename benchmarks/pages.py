"""How quick the pages are with 100,000 participants and 10,000 requests that wait, at the server and on one core.

Usage: python benchmarks/pages.py [PARTICIPANTS [REQUESTS]]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

from bensync.core.access import Role
from bensync.core.intake import IntakeRules, classify
from bensync.core.model import Participant, Profile, Standing, Status
from bensync.state.queue import Opening
from tests.fixtures.pages import Pages, Visitor, pages

LIMITS = {"median": 0.150, "95 %": 0.400, "bulk": 5.0}
ROUNDS = 40
BULK = 1000


def person(number: int, city: str) -> Profile:
    """One of many."""
    values = {
        "ssn": f"{100 + number // 1_000_000:03}{number % 1_000_000:06}",
        "first_name": f"First{number % 997}",
        "last_name": f"Last{number}",
        "birth_date": "1984-02-29",
        "gender": "Female",
        "address1": f"{number} Elm Street",
        "city": city,
        "state": "OH",
        "postal_code": "45402",
        "hire_date": "2020-03-02",
        "job_title": "Clerk",
        "pay_rate": "58000.00 USD",
    }
    return Profile(str(number), Status.ACTIVE, date(2020, 3, 2), values)


def plant(here: Pages, participants: int, requests: int) -> None:
    """Fill the register, and let some of its people have moved."""
    with here.house.store.work("acme", "bench.plant") as work:
        known = []
        for number in range(participants):
            told = person(number, "Dayton")
            key = work.vault.index(told.values["ssn"])
            blank = Participant(0, key, Standing.ACTIVE, told, date(2020, 3, 2), None, 1)
            work.register.save(blank, here.house.now)
            if number < requests:
                known.append(key)
        found = work.register.by_keys(known)
        work.queue.open_all(openings(here, found.values()), here.house.now)


def openings(here: Pages, people: Iterable[Participant]) -> Iterable[Opening]:
    """A request for each: they moved to another city."""
    for one in people:
        moved = person(int(one.employee_id), "Erie")
        proposal = classify(moved, one, one, here.house.now.date(), IntakeRules())
        if proposal is not None:
            yield Opening(proposal, moved, one.key, b"fingerprint", one)


def timed(visitor: Visitor, path: str) -> tuple[float, float]:
    """Median and 95th percentile of a page, in seconds."""
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        answer = visitor.get(path)
        took.append(time.perf_counter() - begun)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")
    return statistics.median(took), sorted(took)[int(len(took) * 0.95)]


def bulk(visitor: Visitor, numbers: list[int]) -> float:
    """Approve many in one go, in seconds."""
    visitor.get("/sites/acme/requests")
    count = str(len(numbers))
    form = {"which": "all", "upto": str(numbers[-1]), "shown": count, "count": count}
    begun = time.perf_counter()
    answer = visitor.post("/sites/acme/requests/bulk/approve", form)
    took = time.perf_counter() - begun
    if answer.status_code != 303:
        raise SystemExit(f"bulk answered {answer.status_code}")
    return took


def main(participants: int, requests: int) -> int:
    """Measure, print, and say whether the limits hold."""
    with tempfile.TemporaryDirectory() as folder, pages(Path(folder), f"sqlite:///{folder}/state.db") as here:
        here.house.now = datetime.now(UTC)
        begun = time.perf_counter()
        plant(here, participants, requests)
        print(f"{participants:,} participants and {requests:,} requests planted in {time.perf_counter() - begun:.0f} s")
        visitor = here.as_role(Role.DATA_OWNER)
        with here.house.store.look("acme") as work:
            numbers = sorted(work.queue.pending_ids())
        slow = False
        print(f"{'page':42} {'median':>9} {'95 %':>9}")
        for path in (
            "/sites/acme",
            "/sites/acme/requests",
            "/sites/acme/requests?bucket=changed&page=100",
            f"/sites/acme/requests/{numbers[len(numbers) // 2]}",
            "/sites/acme/people",
            f"/sites/acme/people/{participants // 2}",
        ):
            median, late = timed(visitor, path)
            slow = slow or median > LIMITS["median"] or late > LIMITS["95 %"]
            print(f"{path:42} {median * 1000:6.0f} ms {late * 1000:6.0f} ms")
        took = bulk(visitor, numbers[:BULK])
        print(f"{BULK:,} harmless requests approved in {took:.1f} s")
        return int(slow or took > LIMITS["bulk"])


if __name__ == "__main__":
    sizes = [int(one.replace(",", "")) for one in sys.argv[1:]] or [100_000, 10_000]
    sys.exit(main(sizes[0], sizes[1] if len(sizes) > 1 else sizes[0] // 10))
