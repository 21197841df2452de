"""Who says the same as before is not read again, and nothing but the time differs (decision 41)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from bensync.core.changes import BaselineState, Candidate, Issue
from bensync.core.people import Employee
from bensync.core.ports import Record
from bensync.core.runs import Outcome, RunKind
from bensync.mappings.reader import Reader
from bensync.pipeline import unchanged_filter
from bensync.pipeline.context import MANUAL, RunOptions
from bensync.pipeline.gather import gather
from bensync.pipeline.runs import rehearse
from tests.e2e.world import BOTH, World, person

LONG = timedelta(days=61)
"""After so long a pause BambooHR's list of changes is not trusted, and everybody is pulled."""


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of everybody whom a run reads; nobody is read merely because there are few."""
    monkeypatch.setattr(unchanged_filter, "WORTHWHILE", 0)
    ids: list[str] = []
    plain = Reader.read

    def noting(self: Reader, record: Record) -> Employee | Issue:
        ids.append(record.id)
        return plain(self, record)

    monkeypatch.setattr(Reader, "read", noting)
    return ids


@pytest.fixture
def paused(staffed: World, read: list[str]) -> World:
    """Three people in step, two months later."""
    staffed.at(staffed.now.date() + LONG)
    read.clear()
    return staffed


def test_only_who_changed_is_read_though_everybody_is_pulled(paused: World, read: list[str]) -> None:
    paused.company.update("2", city="Akron")

    report = paused.sync()

    assert read == ["2"]
    assert [change.candidate.employee_id for change in report.plan.sends] == ["2"]
    assert set(report.plan.unchanged) == {"1", "3"}
    assert paused.rows("select counts from run order by id desc limit 1")[0][0].count('"pulled": 3') == 1


def test_the_plan_is_the_same_as_if_everybody_had_been_read(
    paused: World, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    paused.company.hire(person(4))
    paused.company.update("1", city="Akron")
    paused.company.update("3", ssn="123-45-1111")
    order = RunOptions(RunKind.DAILY, MANUAL, "test")
    quick = rehearse(paused.tools, order, paused.now)
    monkeypatch.setattr(unchanged_filter, "WORTHWHILE", 1000)
    slow = rehearse(paused.tools, order, paused.now)

    without = {"unchanged": (), "record_digests": {}}
    assert sorted(quick.unchanged) == sorted(slow.unchanged)
    assert msgspec.structs.replace(quick, **without) == msgspec.structs.replace(slow, **without)


def test_a_full_file_repeats_who_was_recognised_just_as_if_they_had_been_read(
    paused: World, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    paused.company.hire(person(4))
    paused.company.update("1", city="Akron", address1=None)
    order = RunOptions(RunKind.RESYNC, MANUAL, "test", BOTH)
    quick = gather(paused.tools, order, paused.now)
    assert sorted(read) == ["1", "4"]
    monkeypatch.setattr(unchanged_filter, "WORTHWHILE", 1000)

    assert gather(paused.tools, order, paused.now) == quick
    assert sorted(change.candidate.employee_id for change in quick.plan.sends) == ["1", "2", "3", "4"]


def test_the_full_file_says_of_everybody_what_hr_says(paused: World, read: list[str]) -> None:
    paused.company.update("2", city="Akron")

    assert paused.resync().outcome is Outcome.DELIVERED

    cities = {profile.employee_id: profile.values["city"] for profile in paused.read(paused.files()[-1]).profiles}
    assert read == ["2"]
    assert cities == {"1": "Dayton", "2": "Akron", "3": "Dayton"}
    assert [request.employee_id for request in paused.queue()] == ["2"]


def test_a_full_run_is_refused_when_a_recognised_person_was_sent_otherwise_meanwhile(
    paused: World, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = unchanged_filter.UnchangedFilter.candidates

    def later(self: unchanged_filter.UnchangedFilter) -> Iterator[Candidate]:
        with paused.store.write("acme", "test.lose") as work:
            first, *_ = plain(self)
            work.baselines.set_state([first.key], BaselineState.RETIRED)
        return plain(self)

    monkeypatch.setattr(unchanged_filter.UnchangedFilter, "candidates", later)

    assert "changed during the run" in paused.failure(paused.resync).what


def test_A_26_who_has_a_row_that_comes_due_is_read_though_the_record_is_the_same(
    staffed: World, read: list[str]
) -> None:
    later = (staffed.now + LONG - timedelta(days=1)).date()
    staffed.company.terminate("2", later)
    staffed.sync()
    staffed.at(staffed.now.date() + LONG)
    read.clear()

    report = staffed.sync()

    assert read == ["2"]
    assert [change.kind for change in report.plan.sends] == ["TERMINATE"]


def test_other_status_options_make_everybody_a_stranger(paused: World, read: list[str]) -> None:
    paused.configure(status='active = ["Active"]\ninactive = ["Terminated", "Leave"]\n')

    assert paused.sync().outcome is Outcome.NO_CHANGES
    assert sorted(read) == ["1", "2", "3"]


def test_on_an_earlier_day_than_before_nobody_is_recognised(paused: World, read: list[str]) -> None:
    paused.sync()
    read.clear()
    paused.now -= timedelta(days=1)
    paused.company.now = paused.now
    with paused.store.write("acme", "test.mark") as work:
        work.runs.remember(msgspec.structs.replace(work.runs.memory(), watermark="2026-01-01T00:00:00Z"))

    paused.sync()

    assert sorted(read) == ["1", "2", "3"]


def test_a_record_that_only_reads_differently_is_recognised_the_next_time(paused: World, read: list[str]) -> None:
    paused.company.update("2", city=" Dayton")
    assert paused.sync().outcome is Outcome.NO_CHANGES
    assert read == ["2"]
    read.clear()
    paused.at(paused.now.date() + LONG)

    assert paused.sync().outcome is Outcome.NO_CHANGES
    assert read == []


def test_a_held_row_is_looked_at_again_and_again(paused: World, read: list[str]) -> None:
    for number in ("1", "2", "3"):
        paused.company.update(number, ssn=f"123-45-222{number}")
    assert len(paused.sync().plan.held) == 3
    read.clear()
    paused.at(paused.now.date() + LONG)

    assert len(paused.sync().plan.held) == 3
    assert sorted(read) == ["1", "2", "3"]
