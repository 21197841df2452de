"""The intake killed at each of its fault points, at work and in trouble."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

import pytest

from bensync.errors import DeliveryError
from tests.e2e.disaster import RECEIVING, TROUBLED, strike
from tests.e2e.intake.sides import begun, flipped, send
from tests.e2e.receiver import Receiver
from tests.fixtures.databases import on_sqlite
from tests.fixtures.invariants import hold


@pytest.mark.sampled(3)
@on_sqlite
@pytest.mark.parametrize("point", RECEIVING)
def test_a_killed_intake_leaves_nothing_and_takes_the_whole_file_again(there: Receiver, point: str) -> None:
    sender = begun(there)
    send(sender, city="Akron")
    strike(sender, "receive", point, config=there.config)

    there.intake()

    assert there.files() == [(1, "ACCEPTED"), (2, "ACCEPTED")]
    assert len(there.queue()) == 1
    assert there.intake().files == ()


def spoilt(there: Receiver) -> Callable[[], object]:
    """A file came with one bit changed; the right one comes later."""
    file = send(there.sender, city="Akron")
    right = file.read_bytes()
    file.write_bytes(flipped(there.sender, file))
    return lambda: file.write_bytes(right)


def behind_a_gap(there: Receiver) -> Callable[[], object]:
    """A file is missing; it comes later."""
    missing = send(there.sender, city="Akron")
    send(there.sender, city="Toledo")
    away = missing.rename(there.folder / missing.name)
    return lambda: away.rename(missing)


def out_of_reach(there: Receiver) -> Callable[[], object]:
    """The folder is not there; it comes back."""
    away = there.inbox.rename(there.inbox.with_name("away"))
    return lambda: away.rename(there.inbox)


def in_reach_again(there: Receiver) -> Callable[[], object]:
    """The folder was not there, and is back."""
    back = out_of_reach(there)
    assert isinstance(there.failure(), DeliveryError)
    back()
    return lambda: None


def touched(there: Receiver) -> Callable[[], object]:
    """A file that was taken in is put there once more, with the same bytes."""
    os.utime(there.sender.files()[0], (1, 1))
    return lambda: None


TROUBLE: dict[str, Callable[[Receiver], Callable[[], object]]] = {
    "receipt.refuse": spoilt,
    "receipt.wait": behind_a_gap,
    "receipt.fail": out_of_reach,
    "receipt.end": in_reach_again,
    "receipt.seen": touched,
}
"""What leads to each transaction of an intake that takes nothing in; returns what makes it good."""


@pytest.mark.sampled(3)
@on_sqlite
@pytest.mark.parametrize("point", TROUBLED)
def test_an_intake_killed_in_trouble_reports_it_once_and_succeeds_when_it_is_over(there: Receiver, point: str) -> None:
    sender = begun(there)
    make_good = TROUBLE[point.partition(".commit.")[0]](there)

    strike(sender, "receive", point, config=there.config)

    hold(there.store, "acme")
    with contextlib.suppress(DeliveryError):
        there.intake()
    make_good()
    assert there.intake(again=True).stopped is None
    assert {number for number, state in there.files() if state == "ACCEPTED"} == set(range(1, len(sender.files()) + 1))
    assert len(there.alerts()) == len(set(there.alerts()))
    hold(there.store, "acme")
