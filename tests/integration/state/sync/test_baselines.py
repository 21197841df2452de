"""Baselines: what each person was last sent as, and how a committed delivery moves that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from bensync.core.changes import BaselineState, ChangeKind
from bensync.state.store import Store
from bensync.state.sync import baselines
from tests.integration.state.deliveries import deliver, opened, someone, states


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    yield from opened(database)


def test_the_old_profile_comes_along_only_where_something_differs(store: Store) -> None:
    with store.write("acme", "test") as work:
        deliver(work, someone(work, "1", "200101001"), someone(work, "2", "200101002"))
        same, moved = someone(work, "1", "200101001"), someone(work, "2", "200101002", city="Akron")

        by_employee = {entry.employee_id: entry for entry in work.baselines.known([same, moved]).values()}

    assert by_employee["1"].encoded is None
    assert b"Dayton" in (by_employee["2"].encoded or b"")


def test_many_people_are_found_as_few_are(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.write("acme", "test") as work:
        deliver(work, *(someone(work, str(number), f"2001010{number:02}") for number in range(9)))
        asked = [
            someone(work, "1", "200101001"),
            someone(work, "2", "200101002", city="Akron"),
            someone(work, "3", "200101099"),
            someone(work, "99", "200101004"),
        ]
        one_by_one = work.baselines.known(asked)
        monkeypatch.setattr(baselines, "PAGE", 2)

        assert work.baselines.known(asked) == one_by_one
        assert len(one_by_one) == 4


@pytest.mark.parametrize("page", [1, 500])
def test_two_records_that_share_an_ssn_each_find_their_own_baseline(
    store: Store, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(baselines, "PAGE", page)
    with store.write("acme", "test") as work:
        deliver(work, someone(work, "3", "200101003"), someone(work, "4", "200101004"))
        asked = [someone(work, "3", "200101004"), someone(work, "4", "200101004")]

        for candidates in (asked, asked[::-1]):
            entries = work.baselines.known(candidates).values()
            assert sorted(entry.employee_id for entry in entries) == ["3", "4"]


def test_an_employee_who_is_back_under_the_old_ssn_leaves_the_new_one(store: Store) -> None:
    with store.write("acme", "test") as work:
        old, new = someone(work, "1", "200101001"), someone(work, "1", "200101009")
        deliver(work, old)
        work.baselines.set_state([old.key], BaselineState.MISSING)
        deliver(work, new)

        deliver(work, old, kind=ChangeKind.UNCHANGED)

        assert states(work, old, new) == [("1", BaselineState.LIVE), ("1", BaselineState.RETIRED)]
        assert work.baselines.active() == 1


def test_A_35_the_baseline_of_a_changed_ssn_is_retired(store: Store) -> None:
    with store.write("acme", "test") as work:
        old, new = someone(work, "1", "200101001"), someone(work, "1", "200101009")
        deliver(work, old)
        deliver(work, new)

        assert states(work, old, new) == [("1", BaselineState.LIVE), ("1", BaselineState.RETIRED)]
        assert work.baselines.active() == 1


def test_A_38_swapped_ssns_retire_nobody(store: Store) -> None:
    with store.write("acme", "test") as work:
        deliver(work, someone(work, "1", "200101001"), someone(work, "2", "200101002"))
        crossed = someone(work, "1", "200101002"), someone(work, "2", "200101001")
        deliver(work, *crossed)

        assert states(work, *crossed) == [("1", BaselineState.LIVE), ("2", BaselineState.LIVE)]


def test_due_people_are_found_and_remembered(store: Store) -> None:
    with store.write("acme", "test") as work:
        person = someone(work, "1", "200101001", due=date(2026, 6, 20))
        deliver(work, person)
        assert work.baselines.due(date(2026, 6, 19)) == []
        assert work.baselines.due(date(2026, 6, 20)) == ["1"]
        work.baselines.remember_due({person.key: None})
        assert work.baselines.due(date(2026, 6, 20)) == []
