"""Kinds of data: their defaults and minimums, and what a configuration may name."""

from __future__ import annotations

from datetime import date

import pytest

from bensync.retention.kinds import KINDS, Kind, Periods, checked
from bensync.retention.periods import KEEP, Period

TODAY = date(2026, 11, 30)


def test_every_kind_has_a_rule_whose_default_is_not_below_its_minimum():
    assert KINDS.keys() == set(Kind)
    assert [kind for kind, rule in KINDS.items() if rule.default.is_shorter_than(rule.minimum)] == []


@pytest.mark.parametrize("kind", [Kind.FORMER_PEOPLE, Kind.COBRA, Kind.REQUESTS])
def test_records_of_the_plan_are_kept_for_eight_years_as_erisa_107_asks(kind):
    assert KINDS[kind].minimum == Period(years=8)
    with pytest.raises(ValueError, match="at least 8 years: ERISA"):
        checked(kind, "2900 days")
    assert checked(kind, "keep") == KEEP
    assert checked(kind, "10 years") == Period(years=10)


def test_a_period_of_the_configuration_wins_over_the_default():
    periods = Periods({Kind.NOTICES: Period(days=30), Kind.RUNS: KEEP})
    assert periods.cutoff(Kind.NOTICES, TODAY) == date(2026, 10, 31)
    assert periods.cutoff(Kind.RUNS, TODAY) is None
    assert periods.of(Kind.ISSUES) == KINDS[Kind.ISSUES].default
