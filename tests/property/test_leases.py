"""Several owners of one site take, renew, write, fall asleep and wake in any order: only the newest of them writes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bensync.core.intake.proposals import IntakeRules
from bensync.errors import BusyError
from bensync.pipeline.context import SiteContext
from bensync.state.db.vault import new_state_key
from bensync.state.store import Store
from bensync.state.sync.runs import LEASE, Lease
from tests.fixtures.databases import in_file

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
NAMES = count()

MOVES = st.lists(
    st.tuples(
        st.sampled_from(["take", "write", "give back", "sleep"]),
        st.integers(0, 2),
        st.integers(0, 2 * int(LEASE.total_seconds())),
    ),
    max_size=14,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One database; each story has a site of its own in it."""
    folder: Path = tmp_path_factory.mktemp("leases")
    with contextlib.closing(Store(in_file(folder), new_state_key())) as actual:
        actual.migrate()
        yield actual


class Owners:
    """Three processes that want the same site, beside what should be so.

    Args:
        store: the database.
    """

    def __init__(self, store: Store) -> None:
        self.now = NOW
        self.ends = NOW
        self.newest: Lease | None = None
        self.held: dict[int, Lease] = {}
        self.written = 0
        self._place = SiteContext(site=f"site{next(NAMES)}", site_id="ACME0001", store=store, rules=IntakeRules())

    def take(self, who: int) -> None:
        """Become the owner, if nobody is."""
        free = self.newest is None or self.ends < self.now
        try:
            with self._place.write("test.take") as work:
                lease = work.runs.take_lease(self.now)
        except BusyError:
            assert not free
        else:
            assert free
            self.held[who], self.newest, self.ends = lease, lease, self.now + LEASE

    def write(self, who: int) -> None:
        """Write something down under one's lease, whatever happened meanwhile."""
        if who not in self.held:
            return
        own = self.held[who] == self.newest
        held = SiteContext(
            site=self._place.site,
            site_id="ACME0001",
            store=self._place.store,
            rules=IntakeRules(),
            lease=self.held[who],
            clock=lambda: self.now,
        )
        try:
            with held.write("test.write") as work:
                work.audit.record("me", "test", str(who), self.now)
        except BusyError:
            assert not own
        else:
            assert own
            self.written, self.ends = self.written + 1, self.now + LEASE

    def give_back(self, who: int) -> None:
        """End; what is not one's own any more stays as it is."""
        lease = self.held.pop(who, None)
        if lease is None:
            return
        with self._place.write("test.give_back") as work:
            assert work.runs.give_back_lease(lease) == (lease == self.newest)
        if lease == self.newest:
            self.newest = None

    def look(self) -> int:
        """How much was written."""
        with self._place.read() as work:
            return len(work.lists.audit().items)


@settings(max_examples=30, deadline=None)
@given(moves=MOVES)
def test_A_09_R11_only_the_newest_owner_of_a_site_writes_and_nobody_comes_before_the_end(
    store: Store, moves: list[tuple[str, int, int]]
) -> None:
    owners = Owners(store)
    for move, who, seconds in moves:
        match move:
            case "take":
                owners.take(who)
            case "write":
                owners.write(who)
            case "give back":
                owners.give_back(who)
            case _:
                owners.now += timedelta(seconds=seconds)
    assert owners.look() == owners.written
