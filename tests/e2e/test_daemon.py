"""The daemon: once a day, at or after the hour, whatever happens (scenarios A-04, A-05); here with the test's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bensync.core.alerts import AlertCondition, AlertKey
from tests.e2e.parent import OneRound, runs
from tests.e2e.world import World, person
from tests.fixtures.databases import on_sqlite


def dates(employer: World) -> list[date]:
    """The UTC dates of the daily runs that succeeded."""
    began = employer.rows("select started_at from run where kind = 'DAILY' and state = 'SUCCEEDED' order by id")
    return [datetime.fromisoformat(str(moment)).date() for (moment,) in began]


def test_A_04_nothing_happens_before_four(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    staffed.now = staffed.now.replace(hour=3, minute=10)
    early = OneRound(staffed)

    early.tick()
    assert runs(staffed) == []

    staffed.now = staffed.now.replace(hour=4, minute=0)
    early.tick()
    assert runs(staffed) == ["SUCCEEDED"]


def test_A_05_a_late_start_runs_exactly_once_that_day(staffed: World) -> None:
    staffed.now = staffed.now.replace(hour=9)
    late = OneRound(staffed)

    for _ in range(5):
        late.tick()
        staffed.now += timedelta(hours=2)

    assert runs(staffed) == ["SUCCEEDED"]


def test_a_failed_run_is_tried_again_after_the_pause_until_it_succeeds(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    away = staffed.center.root.with_name("away")
    staffed.center.root.rename(away)
    stubborn = OneRound(staffed)
    stubborn.tick()
    staffed.now += timedelta(minutes=59)
    stubborn.tick()
    assert runs(staffed) == ["FAILED"]
    away.rename(staffed.center.root)

    staffed.now += timedelta(minutes=1)
    stubborn.tick()
    stubborn.tick()

    assert runs(staffed) == ["FAILED", "SUCCEEDED"]
    assert len(staffed.files()) == 1


def test_a_quiet_site_gets_a_turn_a_day_and_no_more(staffed: World) -> None:
    quiet = OneRound(staffed)
    for _ in range(181):
        quiet.tick()
        staffed.now += timedelta(minutes=1)
    assert len(quiet.turns) == 1

    staffed.next_day()
    quiet.tick()
    quiet.tick()
    assert len(quiet.turns) == 2
    assert runs(staffed) == ["SUCCEEDED", "SUCCEEDED"]


def test_a_site_where_something_is_wrong_gets_a_turn_an_hour_until_it_is_over(staffed: World) -> None:
    restless = OneRound(staffed)
    restless.tick()
    with staffed.store.write("acme", "test") as work:
        work.alerts.raise_(AlertCondition(AlertKey.QUEUE_OVERDUE, "Requests wait", "for days"), staffed.now)
    for _ in range(181):
        restless.tick()
        staffed.now += timedelta(minutes=1)

    assert len(restless.turns) == 2  # a look found that nothing waits any more, and it is quiet again
    assert staffed.rows("select count(*) from alert where cleared_at is null") == [(0,)]


def test_trouble_with_one_site_does_not_keep_another_from_its_turn_and_somebody_hears_of_it(staffed: World) -> None:
    text = staffed.config.read_text()
    broken = text[text.index("[sites.acme]") :].replace("sites.acme", "sites.aaa").replace("api.key", "missing.key")
    broken = broken.replace("ACME0001", "AAAA0001")  # no two sites share an id
    staffed.config.write_text(text.replace("[sites.acme]", f"{broken}\n[sites.acme]", 1))
    staffed.deployment = type(staffed.deployment)(staffed.config)
    both = OneRound(staffed)

    for _ in range(10):
        both.tick()
        staffed.now += timedelta(minutes=1)

    assert runs(staffed) == ["SUCCEEDED"]
    assert both.turns.count("acme") == 1
    assert both.turns.count("aaa") == 4  # the pauses grow: at once, after one minute, two, four
    assert [subject for subject in subjects(staffed) if "aaa: the turn failed" in subject]


def subjects(employer: World) -> list[str]:
    return [str(message["Subject"]) for message in employer.mailbox.messages]


@pytest.mark.parametrize(
    "jumps",
    [
        [timedelta(days=-1)],
        [timedelta(hours=-1)],
        [timedelta(hours=1)],
        [timedelta(days=1)],
        [timedelta(days=400)],
        [timedelta(days=400), timedelta(days=-400)],
        [timedelta(days=-1), timedelta(days=1), timedelta(hours=-1), timedelta(days=1)],
    ],
    ids=lambda jumps: ", ".join(f"{jump.total_seconds() / 3600:+.0f}h" for jump in jumps),
)
def test_whatever_the_clock_does_no_date_has_two_runs_and_none_waits_for_ever(
    staffed: World, jumps: list[timedelta]
) -> None:
    jumping = OneRound(staffed)
    staffed.now = staffed.now.replace(hour=12)
    jumping.tick()
    for jump in jumps:
        staffed.now += jump
        for _ in range(2):
            jumping.tick()
            staffed.now += timedelta(minutes=2)
    last = staffed.now.date()
    staffed.now = datetime(last.year, last.month, last.day, 4, tzinfo=UTC) + timedelta(days=1)
    for _ in range(61):  # the hourly turn, at the latest, is seconds of a clock that nobody sets
        jumping.tick()
        staffed.now += timedelta(minutes=1)

    done = dates(staffed)
    assert len(done) == len(set(done))
    assert last + timedelta(days=1) in done
    assert staffed.rows("select holder from lease") == [("",)]


def test_a_clock_that_was_a_year_ahead_costs_no_day_when_it_is_put_right(staffed: World) -> None:
    staffed.company.update("1", city="Akron")
    right = staffed.now
    staffed.now += timedelta(days=400)
    lost = OneRound(staffed, alone=True)
    lost.tick()
    assert runs(staffed) == ["FAILED"]  # HR reports another time
    staffed.now = right + timedelta(minutes=30)
    lost.tick()

    assert runs(staffed) == ["FAILED", "SUCCEEDED"]
    assert dates(staffed) == [right.date()]


def test_after_ninety_days_of_silence_one_file_carries_the_net_change(staffed: World) -> None:
    company = staffed.company
    for day in range(90):
        staffed.next_day()
        company.update("1", city="Akron" if day % 2 else "Toledo")
        company.update("2", city=f"Town{day}")
        company.update("3", city="Canton" if day < 89 else "Dayton")  # as it was before
        if day == 40:
            company.hire(person(4), job={"jobTitle": "Clerk"}, pay={"rate": "50000.00 USD"})
    staffed.next_day()
    back = OneRound(staffed)

    for _ in range(30):
        back.tick()
        staffed.now += timedelta(minutes=30)

    assert runs(staffed) == ["SUCCEEDED"]
    (file,) = staffed.files()
    cities = {profile.employee_id: profile.values["city"] for profile in staffed.read(file).profiles}
    assert cities == {"1": "Akron", "2": "Town89", "4": "Dayton"}


@on_sqlite
@pytest.mark.connections
def test_R18_a_database_that_cannot_be_used_is_reported_once_a_day_without_it(staffed: World) -> None:
    parent = OneRound(staffed)
    parent.tick()
    mail_count = len(staffed.mailbox.messages)
    file = staffed.folder / "bensync.db"
    content = file.read_bytes()
    file.write_bytes(b"no database at all, but long enough to look like one " * 100)

    for _ in range(3):
        parent.tick()

    subjects = [str(mail["Subject"]) for mail in staffed.mailbox.messages[mail_count:]]
    assert len(subjects) == len(set(subjects))
    assert any("StateError" in subject for subject in subjects)
    file.write_bytes(content)
