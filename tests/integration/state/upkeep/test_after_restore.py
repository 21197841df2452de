"""Catching up after a restore, on real databases: no number is used twice, none is missing, and nobody is forgotten."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from bensync.core.runs import DeliveryKind, DeliveryState, Outcome
from bensync.errors import BusyError, DecisionError, GuardTripped
from bensync.state.db.vault import new_state_key
from bensync.state.store import Store
from bensync.state.sync.sent_log import SentFile
from bensync.state.upkeep.after_restore import CaughtUp, ReceiverReport, catch_up, refuse_restored
from tests.fixtures.filled import FEED, NOW, commit, deliver, fill, prepare, someone
from tests.fixtures.invariants import hold

LATER = NOW + timedelta(days=3)
SHA = "c" * 64


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A store that was restored, with two deliveries before the backup."""
    with contextlib.closing(Store(database, new_state_key())) as opened_store:
        opened_store.migrate()
        fill(opened_store, "acme", "other")
        with opened_store.write("acme", "test") as work:
            work.runs.remember(msgspec.structs.replace(work.runs.memory(), restored_at=LATER))
        yield opened_store


def report(store: Store, last: int, **besides: object) -> CaughtUp:
    report = ReceiverReport(FEED, last, "the receiver said so", **besides)  # type: ignore[arg-type]
    with store.write("acme", "test") as work:
        return catch_up(work, report, "me", LATER)


def states(store: Store) -> dict[int, str]:
    """The deliveries that hold a number."""
    with store.read("acme") as work:
        deliveries = work.lists.deliveries().items
    return {entry.sequence: entry.state.value for entry in deliveries if entry.state is not DeliveryState.ABANDONED}


def next_slot(store: Store) -> tuple[int, str]:
    with store.write("acme", "test") as work:
        slot = work.deliveries.open_slot(FEED)
    return slot.sequence, slot.previous


def refused(store: Store, *, delta: bool) -> str:
    try:
        with store.read("acme") as work:
            refuse_restored(work, delta=delta)
    except GuardTripped as error:
        return error.what
    return ""


@pytest.mark.parametrize("gone", [1, 2, 30])
def test_numbers_that_were_used_since_are_void_and_never_used_again(store, gone):
    assert report(store, 2 + gone).void == tuple(range(3, 3 + gone))

    assert states(store) == {1: "COMMITTED", 2: "COMMITTED", **dict.fromkeys(range(3, 3 + gone), "VOID")}
    assert next_slot(store) == (3 + gone, "")
    hold(store, "acme")
    with store.read("acme") as work:
        entry = work.lists.audit().items[-1]
        run = work.lists.runs().items[-1]
    assert (entry.verb, entry.actor, entry.reason) == ("delivery.caught_up", "me", "the receiver said so")
    assert (run.state, run.outcome) == ("SUCCEEDED", Outcome.CAUGHT_UP)


def test_only_a_full_file_may_follow_what_nobody_here_knows(store):
    assert "(restored)" in refused(store, delta=False)
    report(store, 3)

    assert "(void_deliveries)" in refused(store, delta=True)
    assert refused(store, delta=False) == ""
    with store.write("acme", "test") as work:
        number = prepare(work, [someone(work, 1)], DeliveryKind.FULL)
    assert "(void_deliveries)" in refused(store, delta=True), "it has not arrived yet"
    with store.write("acme", "test") as work:
        commit(work, number)

    assert refused(store, delta=True) == ""
    hold(store, "acme")


def test_when_nothing_left_since_everything_goes_on(store):
    assert report(store, 2) == CaughtUp((), ())

    assert refused(store, delta=True) == ""
    assert next_slot(store)[0] == 3
    deliver(store, "acme", [9])
    hold(store, "acme")


@pytest.mark.parametrize(("last", "state"), [(2, "ABANDONED"), (3, "VOID"), (4, "VOID")])
def test_what_was_under_way_is_void_if_its_number_was_used_and_never_left_otherwise(store, last, state):
    with store.write("acme", "test") as work:
        number = prepare(work, [someone(work, 1)])
        work.deliveries.intend(number)

    report(store, last)

    with store.read("acme") as work:
        delivery = work.deliveries.get(number)
        assert delivery is not None
        assert delivery.state == state
        assert work.deliveries.chunk(number, 0) is None, "its bytes are of no more use"
        assert work.deliveries.unsettled() == []
    assert next_slot(store)[0] == last + 1
    hold(store, "acme")


def test_the_next_file_follows_the_one_whose_hash_is_given(store):
    report(store, 4, sha256=SHA)
    assert next_slot(store) == (5, SHA)


def test_the_log_of_what_was_sent_knows_the_hash(store):
    report(store, 4, log=SentFile("acme", FEED, 4, "ACME.gpg", SHA, NOW))
    assert next_slot(store) == (5, SHA)


IMPOSSIBLE = {
    "before the last that arrived": (1, None, "000002 was delivered already"),
    "before what the log knows": (3, SentFile("acme", FEED, 4, "ACME_4.gpg", SHA, NOW), "contains ACME_4.gpg"),
    "a slip of the hand": (20_000, None, "000042"),
}


@pytest.mark.parametrize(("last", "log", "why"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_is_refused_and_nothing_moves(store, last, log, why):
    with pytest.raises(DecisionError) as caught:
        report(store, last, log=log)
    assert why in caught.value.why
    assert "(restored)" in refused(store, delta=False)
    assert states(store) == {1: "COMMITTED", 2: "COMMITTED"}


def test_a_database_that_was_not_restored_has_nothing_to_catch_up_with(store):
    report(store, 2)
    with pytest.raises(DecisionError, match="000002"):
        report(store, 2)


@pytest.mark.parametrize("last", [3, 7, 115])
def test_a_database_that_was_not_restored_loses_no_numbers_either(store, last):
    report(store, 2)
    with pytest.raises(DecisionError) as caught:
        report(store, last)
    assert "not restored" in caught.value.why
    assert states(store) == {1: "COMMITTED", 2: "COMMITTED"}
    assert next_slot(store)[0] == 3


@pytest.mark.parametrize("evidence", ["log", "seen"])
def test_a_database_that_was_put_back_manually_can_catch_up_too(store, evidence):
    report(store, 2)
    log = SentFile("acme", FEED, 4, "ACME0001_DELTA_000004.csv.gpg", SHA, NOW)
    assert report(store, 4, **({"log": log} if evidence == "log" else {"seen": 4})).void == (3, 4)
    hold(store, "acme")


def test_a_number_below_that_of_a_file_at_the_upload_center_is_refused(store):
    with pytest.raises(DecisionError) as caught:
        report(store, 3, seen=4)
    assert "000004 lies at the upload center" in caught.value.why


def test_no_more_numbers_are_given_up_than_files_can_have_left_since(store):
    most = 2 + 10 * ((LATER - NOW).days + 1)
    with pytest.raises(DecisionError) as caught:
        report(store, most + 1)
    assert f"{most:06}" in caught.value.why
    assert report(store, most).void[-1] == most


def test_nobody_catches_up_while_a_run_is_at_work(store):
    with store.write("acme", "test") as work:
        lease = work.runs.take_lease(LATER)
    with pytest.raises(BusyError):
        report(store, 3)
    with store.write("acme", "test", lease) as work:
        work.runs.give_back_lease(lease)
    report(store, 3)


def test_a_site_that_never_sent_before_the_backup_catches_up_from_the_beginning(store):
    with store.write("fresh", "test") as work:
        done = catch_up(work, ReceiverReport(FEED, 2, "why", seen=2), "me", LATER)
    assert done.void == (1, 2)
    hold(store, "fresh")
