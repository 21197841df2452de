"""The daemon and benefit events: a run a day, one more when somebody decided, and a rulebook beside the configuration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bensync.errors import ConfigError
from bensync.pipeline.benefits.events import begin_events
from bensync.state.benefits.event_runs import BeganWith
from tests.e2e.parent import OneRound, configure, ran, runs, started, until
from tests.e2e.test_crash_matrix import RULES
from tests.e2e.world import World, person


def insured(employer: World, *, begun: bool = True) -> None:
    """There is a rulebook, and benefit events have begun."""
    (employer.folder / "rulebook.toml").write_text(RULES)
    employer.benefits = "rulebook.toml"
    employer.configure()
    if begun:
        with employer.store.write("acme", "test.begin") as state:
            state.event_runs.begin(BeganWith.BEGIN, employer.now)


def event_runs(employer: World) -> list[str]:
    """How the runs of events stand, oldest first."""
    return [state for (state,) in employer.rows("select state from run where kind = 'EVENTS' order by id")]


def covered(employer: World) -> list[str]:
    """Who has coverage."""
    query = (
        "select employee_id from participant join enrollment on participant.id = participant_id "
        "where not reversed order by 1"
    )
    return [employee for (employee,) in employer.rows(query)]


def test_a_run_of_events_follows_the_daily_run_and_every_decision(staffed: World) -> None:
    insured(staffed)
    daemon = OneRound(staffed)
    staffed.company.hire(person(4, hireDate="2026-06-01"))
    daemon.tick()
    assert (runs(staffed), event_runs(staffed)) == (["SUCCEEDED"], ["SUCCEEDED"])
    staffed.now += timedelta(minutes=10)
    daemon.tick()
    assert event_runs(staffed) == ["SUCCEEDED"], "nothing has changed"

    staffed.now += timedelta(minutes=1)
    assert all(decision.done for decision in staffed.approve([request.id for request in staffed.queue()]))
    staffed.now += timedelta(minutes=10)
    daemon.tick()
    daemon.tick()
    assert event_runs(staffed) == ["SUCCEEDED"] * 2
    assert covered(staffed) == ["4"]

    staffed.now += timedelta(days=1)
    daemon.tick()
    assert (runs(staffed), event_runs(staffed)) == (["SUCCEEDED"] * 2, ["SUCCEEDED"] * 3)


def test_S3_13_before_events_have_begun_no_run_is_made_and_an_alert_says_so(staffed: World) -> None:
    insured(staffed, begun=False)
    daemon = OneRound(staffed)
    staffed.company.hire(person(4, hireDate="2026-06-01"))
    daemon.tick()
    staffed.approve([request.id for request in staffed.queue()])
    staffed.now += timedelta(minutes=10)
    daemon.tick()
    daemon.tick()
    assert event_runs(staffed) == []
    assert staffed.rows("select event_class, state from activity") == [("HIR", "WAITING")]
    assert staffed.rows("select key from alert where cleared_at is null") == [("events_not_begun",)]

    begin_events(staffed.tools, staffed.deployment.rulebook("acme"), "test", lambda: staffed.now)
    staffed.now += timedelta(days=1)
    daemon.tick()
    daemon.tick()
    assert event_runs(staffed) == ["SUCCEEDED"]
    assert covered(staffed) == ["4"], "a hire of the last days still becomes an event"
    assert staffed.rows("select key from alert where cleared_at is null") == []


def test_without_a_rulebook_activities_wait_and_no_run_of_events_is_made(staffed: World) -> None:
    daemon = OneRound(staffed)
    staffed.company.hire(person(4, hireDate="2026-06-01"))
    daemon.tick()
    staffed.approve([request.id for request in staffed.queue()])
    staffed.now += timedelta(minutes=10)
    daemon.tick()
    daemon.tick()

    assert event_runs(staffed) == []
    assert staffed.rows("select event_class, state from activity") == [("HIR", "WAITING")]
    assert staffed.rows("select count(*) from event_call") == [(0,)]


def test_a_broken_rulebook_keeps_no_news_of_HR_back_and_somebody_hears_of_it(staffed: World) -> None:
    insured(staffed)
    (staffed.folder / "rulebook.toml").write_text("[programs")
    staffed.company.update("1", city="Akron")
    OneRound(staffed).tick()

    assert (runs(staffed), event_runs(staffed)) == (["SUCCEEDED"], [])
    assert len(staffed.queue()) == 1
    subjects = [str(mail["Subject"]) for mail in staffed.mailbox.messages]
    assert any("failed (ConfigError)" in subject for subject in subjects), subjects
    with pytest.raises(ConfigError):
        staffed.deployment.rulebook("acme")


@pytest.mark.slow
def test_the_daemon_reads_the_rulebook_beside_the_configuration_of_which_its_turns_read_a_copy(staffed: World) -> None:
    staffed.company.now = datetime.now(UTC)
    insured(staffed)
    with started(staffed, configure(staffed)) as running:
        until(ran(staffed), "the daily run")
        until(lambda: event_runs(staffed) == ["SUCCEEDED"], "the run of events")
        assert running.stop() == 0


@pytest.mark.slow
@pytest.mark.databases("postgresql")
def test_a_worker_finds_the_rulebook_beside_the_configuration_too(staffed: World) -> None:
    staffed.company.now = datetime.now(UTC)
    insured(staffed)
    with started(staffed, configure(staffed, queue="procrastinate")), started(staffed, "", what="worker") as worker:
        until(ran(staffed), "the daily run")
        until(lambda: event_runs(staffed) == ["SUCCEEDED"], "the run of events")
        assert worker.stop() == 0
