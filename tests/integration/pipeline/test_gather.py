"""Reading HR: an answer that is empty, partial or broken fails the run and changes nothing."""

from __future__ import annotations

from datetime import date

import pytest

from bensync.core.runs import Outcome
from bensync.errors import GuardTripped, SourceError
from tests.e2e.world import World, person
from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite  # the same run as the daily one, which is tested on both sorts


@pytest.fixture
def boxed(acme: World) -> World:
    """Eight active people, three inactive, one whose status nobody knows."""
    for number in range(1, 9):
        acme.company.hire(person(number))
    for number in range(9, 12):
        acme.company.terminate(acme.company.hire(person(number)), date(2026, 5, 1))
    acme.company.hire(person(12), status="On Sabbatical")
    return acme


def test_A_52_an_empty_source_refuses_the_run_and_nothing_overrides_it(boxed: World) -> None:
    boxed.snapshot()
    boxed.company.hidden.update(str(number) for number in range(1, 13))

    error = boxed.failure(boxed.resync)

    assert (type(error), error.code) == (GuardTripped, 12)
    assert "source_empty" in error.what
    assert type(boxed.failure(lambda: boxed.resync(allow="anything"))) is GuardTripped
    assert boxed.files() == []
    assert "failed" in str(boxed.mailbox.messages[-1]["Subject"])


def test_A_84_a_lost_field_permission_fails_the_run_and_blanks_nothing(boxed: World) -> None:
    boxed.snapshot()
    boxed.company.forbid("dateOfBirth")
    boxed.company.update("1", city="Akron")

    error = boxed.failure(boxed.sync)

    assert isinstance(error, SourceError)
    assert "field_restricted" in error.what
    assert boxed.files() == []
    assert boxed.queue() == []
    assert "failed" in str(boxed.mailbox.messages[-1]["Subject"])


def test_A_85_a_quiet_feed_leaves_the_watermark_where_it_is(boxed: World) -> None:
    boxed.begin()
    boxed.at("2026-07-01")
    before = boxed.rows("select watermark from site")

    assert boxed.sync().outcome is Outcome.NO_CHANGES
    assert boxed.rows("select watermark from site") == before


@pytest.mark.sampled(3)
@pytest.mark.parametrize("weather", ["truncate", "html", "empty", "drop", "cut"])
@pytest.mark.parametrize("where", ["reports/custom", "employees/changed"])
def test_an_answer_that_cannot_be_trusted_fails_the_run_and_changes_nothing(
    boxed: World, weather: str, where: str
) -> None:
    boxed.begin()
    boxed.company.update("1", city="Akron")
    getattr(boxed.company.weather, weather)(times=5, path=where)
    before = boxed.rows("select watermark from site"), boxed.rows("select * from baseline")

    error = boxed.failure(boxed.sync)

    assert isinstance(error, SourceError)
    assert error.fix
    assert (boxed.rows("select watermark from site"), boxed.rows("select * from baseline")) == before
    assert boxed.files() == []
    assert boxed.queue() == []
    assert "failed" in str(boxed.mailbox.messages[-1]["Subject"])

    boxed.company.weather.clear()
    boxed.sync()
    assert [request.employee_id for request in boxed.queue()] == ["1"]
