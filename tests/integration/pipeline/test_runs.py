"""Full resync and guards (scenarios 4.6, 4.9)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bensync.core.changes import ChangeKind
from bensync.core.people import Status
from bensync.core.runs import Outcome
from bensync.errors import GuardTripped
from tests.e2e.world import BOTH, World, person
from tests.fixtures.databases import on_sqlite

pytestmark = on_sqlite  # the same run as the daily one, which is tested on both sorts
ACTIVE, INACTIVE = frozenset({Status.ACTIVE}), frozenset({Status.INACTIVE})


@pytest.fixture
def boxed(acme: World) -> World:
    """Eight active people, three inactive, one whose status nobody knows."""
    for number in range(1, 9):
        acme.company.hire(person(number))
    for number in range(9, 12):
        acme.company.terminate(acme.company.hire(person(number)), date(2026, 5, 1))
    acme.company.hire(person(12), status="On Sabbatical")
    return acme


@pytest.mark.parametrize(
    ("boxes", "rows"), [(ACTIVE, 8), (INACTIVE, 3), (BOTH, 11)], ids=["active", "inactive", "both"]
)
def test_A_49_the_boxes_choose_whom_the_file_holds(boxed: World, boxes: frozenset[Status], rows: int) -> None:
    report = boxed.resync(boxes)

    (file,) = boxed.files()
    parsed = boxed.read(file)
    assert (parsed.header.kind, len(parsed.profiles)) == ("FULL", rows)
    assert [issue.employee_id for issue in report.plan.issues] == ["12"]


def test_A_50_a_resync_without_any_difference_makes_a_file_a_mail_and_no_request(boxed: World) -> None:
    boxed.snapshot()
    boxed.mailbox.messages.clear()

    report = boxed.resync()

    assert report.outcome is Outcome.DELIVERED
    assert len(boxed.read(boxed.files()[0]).profiles) == 11
    assert boxed.queue() == []
    assert [("uploaded" in str(mail["Subject"])) for mail in boxed.mailbox.messages] == [True]
    latest = boxed.rows("select kind, boxes, actor, outcome from run order by id desc limit 1")
    assert latest == [("RESYNC", '["active", "inactive"]', "test", "DELIVERED")]


def test_A_50_the_first_resync_asks_for_everybody_and_approval_fills_the_register(boxed: World) -> None:
    boxed.resync()

    requests = boxed.queue()
    assert {request.kind for request in requests} == {ChangeKind.NEW}
    assert all(decision.done for decision in boxed.approve([request.id for request in requests]))
    assert len(boxed.participants()) == 11


def test_the_first_resync_lets_the_daily_run_begin(boxed: World) -> None:
    boxed.resync()
    boxed.next_day()
    boxed.company.update("1", city="Akron")

    assert [change.candidate.employee_id for change in boxed.sync().plan.sends] == ["1"]


def test_A_51_who_is_absent_from_a_full_read_is_never_terminated(boxed: World) -> None:
    boxed.snapshot()
    boxed.company.hidden.add("1")

    report = boxed.resync()

    assert [(issue.employee_id, issue.code) for issue in report.plan.issues if issue.employee_id == "1"] == [
        ("1", "absent")
    ]
    assert boxed.queue() == []
    assert len(boxed.files()) == 1


def test_A_53_a_mass_termination_is_held_and_released_by_its_exact_plan(acme: World) -> None:
    for number in range(1, 401):
        acme.company.hire(person(number))
    acme.begin()
    for number in range(1, 61):
        acme.company.terminate(str(number), acme.now.date())
    acme.company.update("100", city="Akron")

    report = acme.sync()

    assert [change.candidate.employee_id for change in report.plan.sends] == ["100"]
    assert len(report.plan.held) == 60
    assert [request.kind for request in acme.queue()] == [ChangeKind.UPDATE]
    assert sum("held" in str(mail["Subject"]) for mail in acme.mailbox.messages) == 1

    held = acme.sync()
    assert len(held.plan.held) == 60
    acme.sync(allow=held.plan.fingerprint)

    kinds = [request.kind for request in acme.queue()]
    assert kinds.count(ChangeKind.TERMINATE) == 60
    assert acme.rows("select count(*) from issue where resolved_at is null") == [(0,)]


def test_terminations_in_small_portions_are_held_where_the_day_passes_the_limit(acme: World) -> None:
    for number in range(1, 61):
        acme.company.hire(person(number))
    acme.begin()

    plans = []
    for portion in range(4):
        for number in range(3 * portion + 1, 3 * portion + 4):
            acme.company.terminate(str(number), acme.now.date())
        acme.at(acme.now.date(), hour=6 + 2 * portion)
        plans.append(acme.sync().plan)

    assert [len(plan.sends) for plan in plans] == [3, 0, 0, 0]
    assert [alarm.text for alarm in plans[1].alarms] == [
        "3 people would be terminated (3 more were sent since yesterday)"
    ]
    acme.at(acme.now.date() + timedelta(days=1), hour=14)
    held = acme.sync().plan
    assert len(held.held) == 9  # nine in one plan are above the limit by themselves
    acme.sync(allow=held.fingerprint)
    for number in range(20, 23):
        acme.company.terminate(str(number), acme.now.date())
    assert len(acme.sync().plan.sends) == 3  # what a person released does not count


def test_a_small_employer_has_limits_too(acme: World) -> None:
    for number in range(1, 13):
        acme.company.hire(person(number))
    acme.begin()
    for number in range(1, 13):
        acme.company.update(str(number), city="")
    for number in range(4, 8):
        acme.company.terminate(str(number), acme.now.date())

    plan = acme.sync().plan

    assert plan.sends == ()
    assert {alarm.code for alarm in plan.alarms} == {"terminations", "emptied:city", "one_field:city"}


def test_a_first_load_without_a_required_field_is_refused_whatever_a_person_releases(acme: World) -> None:
    for number in range(1, 13):
        acme.company.hire(person(number, hireDate="", city=""))

    error = acme.failure(acme.resync)

    assert isinstance(error, GuardTripped)
    assert error.what == "The first load has no city and no hire_date (first_load_empty)."
    assert acme.files() == []


def test_a_first_load_with_flaws_needs_a_person_who_releases_it(acme: World) -> None:
    for number in range(1, 13):
        acme.company.hire(person(number, **({"city": ""} if number < 5 else {})))

    error = acme.failure(acme.resync)

    assert isinstance(error, GuardTripped)
    assert "field city is empty for 4 of 12 people" in error.why
    released = acme.resync(allow=acme.rows("select plan from run order by id desc limit 1")[0][0])
    assert (released.outcome, len(released.plan.sends)) == (Outcome.DELIVERED, 12)


def test_the_headcount_ledger_adds_up_on_both_stores(boxed: World) -> None:
    boxed.begin()
    boxed.company.hire(person(20))
    boxed.company.terminate("1", boxed.now.date())
    boxed.company.rehire("9", boxed.now.date())

    boxed.sync()

    with boxed.store.read("acme") as work:
        (run,) = [run for run in work.lists.runs().items if run.kind == "DAILY"]
    assert run.ledger == {
        "before": 8,
        "hires": 1,
        "rehires": 1,
        "reactivations": 0,
        "terminations": 1,
        "moved": 0,
        "after": 9,
        "register": 8,
        "register_if_approved": 9,
    }
    assert "sent 3 people" in run.brief
    assert run.fill_rates["ssn"] == 1.0


def test_a_ledger_that_does_not_balance_lets_no_file_leave(boxed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    boxed.begin()
    boxed.company.update("1", city="Akron")
    monkeypatch.setattr("bensync.state.sync.baselines.BaselineStore.active_after", lambda *_: 7)

    error = boxed.failure(boxed.sync)

    assert "does not balance" in error.what
    assert boxed.files() == []
    assert boxed.rows("select count(*) from delivery") == [(0,)]


def test_another_plan_than_the_allowed_one_is_refused_and_the_trail_names_no_release(acme: World) -> None:
    for number in range(1, 41):
        acme.company.hire(person(number))
    acme.begin()
    for number in range(1, 10):
        acme.company.terminate(str(number), acme.now.date())
    held = acme.sync().plan
    acme.company.terminate("10", acme.now.date())

    error = acme.failure(lambda: acme.sync(allow=held.fingerprint))

    assert isinstance(error, GuardTripped)
    assert "(plan_changed)" in error.what
    assert acme.rows("select count(*) from audit where verb = 'plan.allow'") == [(0,)]
    acme.sync(allow=acme.rows("select plan from run order by id desc limit 1")[0][0])
    assert acme.rows("select count(*) from audit where verb = 'plan.allow'") == [(1,)]
