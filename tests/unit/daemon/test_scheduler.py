"""Pauses after failed turns, by a clock that nobody sets."""

from __future__ import annotations

import pytest

from bensync.daemon.scheduler import SiteBackoff
from bensync.errors import BusyError


def test_before_the_first_turn_a_site_never_rests():
    assert not SiteBackoff().resting(0.0, 60, 900)
    assert SiteBackoff().older(0.0, 3600)


@pytest.mark.parametrize(
    ("failures", "pause"), [(1, 60), (2, 120), (3, 240), (4, 480), (5, 900), (50, 900), (5000, 900)]
)
def test_the_pause_doubles_up_to_the_longest(failures, pause):
    rhythm = SiteBackoff(ended=1000.0, failures=failures)
    assert rhythm.resting(1000.0 + pause - 1, 60, 900)
    assert not rhythm.resting(1000.0 + pause, 60, 900)


def test_a_good_turn_ends_all_pauses():
    rhythm = SiteBackoff()
    for moment, code in enumerate((10, -9, 1)):
        rhythm = rhythm.after(float(moment), code)
    assert rhythm == SiteBackoff(2.0, 3)
    assert rhythm.after(3.0, 0) == SiteBackoff(3.0, 0)
    assert not SiteBackoff(3.0, 0).resting(3.0, 60, 900)


def test_A_09_who_meets_the_lease_of_another_process_is_tried_again_after_one_tick():
    rhythm = SiteBackoff()
    for moment in range(10):
        rhythm = rhythm.after(float(moment), BusyError.code)
    assert not rhythm.resting(9.0 + 60, 60, 900)
    assert rhythm.resting(9.0 + 59, 60, 900)
