"""Two simulated months in every `make test`, two years in `make long`: drift 0, memory and file handles flat (R10)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import structlog

from tests.property.soak import DAYS, Month, Soak, chosen_seed, reported_alerts

LONG = os.environ.get("BENSYNC_LONG") == "1"
MONTHS = 24 if LONG else 2
PEOPLE = int(os.environ.get("BENSYNC_PEOPLE", "300" if LONG else "100"))
FAULTY = 0.05 if LONG else 0.25
FLAT = 1.10
"""How much memory may grow between the second month and the last."""
LINEAR = 1.30
"""How much faster the database may grow in the second half than in the first."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600 if LONG else 300)]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
    yield
    structlog.reset_defaults()


def test_R10_months_of_work_and_weather_leave_no_drift_and_no_waste() -> None:
    seed = chosen_seed(1)
    repeat = (
        f"seed {seed}; repeat with: BENSYNC_LONG={int(LONG)} BENSYNC_SEED={seed} BENSYNC_PEOPLE={PEOPLE} "
        f"python -m pytest tests/property/test_soak.py"
    )
    print(repeat)  # noqa: T201  # a reader of the log of a long test wants it
    soak = Soak(PEOPLE, FAULTY, seed)
    months: list[Month] = []
    for number in range(1, MONTHS + 1):
        try:
            months.append(soak.month())
        except Exception as error:
            raise AssertionError(f"month {number}: {error!r}; {repeat}") from error
        print(f"month {number}: {months[-1]}")  # noqa: T201  # the same

    assert months[-1].runs >= MONTHS * DAYS, repeat
    assert months[-1].faults > 0, repeat
    if LONG:
        second, last = months[1], months[-1]
        assert last.memory <= second.memory * FLAT, repeat
        assert last.handles <= second.handles * FLAT, repeat
        half = MONTHS // 2
        early = (months[half - 1].database - months[0].database) / (half - 1)
        assert (last.database - months[half - 1].database) / (MONTHS - half) <= early * LINEAR, repeat
        assert reported_alerts(soak) >= {"source_failed", "delivery_failed"}, repeat
