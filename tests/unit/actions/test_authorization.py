"""The reason that an action needs for the audit trail."""

from __future__ import annotations

import pytest

from bensync.actions.authorization import require_reason
from bensync.core.values.limits import SHORTEST_REASON
from bensync.errors import GIVE_REASON, DecisionError


def test_a_reason_is_stored_without_the_space_around_it():
    assert require_reason("  a typo in HR \n") == "a typo in HR"


@pytest.mark.parametrize("reason", ["", "   ", "x" * (SHORTEST_REASON - 1), "ok" + " " * SHORTEST_REASON])
def test_space_does_not_make_a_short_reason_long_enough(reason):
    with pytest.raises(DecisionError) as refusal:
        require_reason(reason, "Nothing was voided")
    assert refusal.value.what == "Nothing was voided"
    assert refusal.value.remedy == GIVE_REASON


def test_the_shortest_reason_is_enough():
    assert require_reason("x" * SHORTEST_REASON) == "x" * SHORTEST_REASON
