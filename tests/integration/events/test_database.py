"""What the database refuses and finds about benefit events, and the lists that it gives."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bensync.actions import corrections
from bensync.benefits.values.activities import ActivityState
from bensync.benefits.values.events import Process
from bensync.errors import StateError
from bensync.state.upkeep.fsck import check
from bensync.state.upkeep.sealed import check_sealed
from tests.fixtures.house import ROOT
from tests.integration.events.site import BOOK


def test_coverage_rows_never_change_whoever_tries(here):
    here.covered()
    with pytest.raises(StateError), here.house.store.whole("test.cheat") as connection:
        connection.execute(text("UPDATE enrollment SET effective_date = '2020-01-01'"))


TWICE = """INSERT INTO event SELECT participant_id, 99, site, event_class, event_date, priority, source, status, process,
indicator, flags, activities, final, program, stops_short, pending, notified, entered, finished, sealed_event
FROM event WHERE status = 'OPEN'"""


def test_nobody_has_two_events_in_process_whoever_tries(here):
    here.hired()
    here.run()
    with pytest.raises(StateError), here.house.store.whole("test.cheat") as connection:
        connection.execute(text(TWICE))


DAMAGE = {
    "nobody is terminated with open coverage": "UPDATE participant SET standing = 'TERMINATED', program = 'NOB'",
    "a change leaves neither overlap nor gap": (
        "INSERT INTO enrollment SELECT participant_id, 99, site, event, plan_type, plan, option, 'CHANGE', 'TERM', "
        "effective_date, deduction_begin, reversed, sealed_enrollment FROM enrollment WHERE number = 1"
    ),
    "no COBRA record is without its event": (
        "INSERT INTO cobra VALUES (1, 7, 'acme', '2026-06-01', 'X', '2026-06-01', '2026-12-01', 'OPEN', '[]', 0)"
    ),
    "coverage rests on events that are final": "UPDATE event SET process = 'PR'",
    "processed activities have an event": "UPDATE event SET activities = '[]'",
    "every approved change can be traced": "UPDATE request SET kind = 'TERMINATE'; DELETE FROM activity",
}


@pytest.mark.parametrize("subject", DAMAGE)
def test_a_broken_standing_invariant_is_found(here, subject):
    here.covered()
    assert all(one.ok for one in here.look(lambda work: work.events.board()))

    with here.house.store.whole("test.damage") as connection:
        for statement in DAMAGE[subject].split(";"):
            connection.execute(text(statement))

    assert subject in [one.subject for one in here.look(lambda work: list(check(work))) if not one.ok]
    assert subject in [one.subject for one in here.look(lambda work: work.events.board()) if not one.ok]


def test_an_event_that_was_moved_to_another_participant_does_not_open(here):
    here.covered(1)
    here.hired(2)
    assert all(one.ok for one in here.look(lambda work: list(check_sealed(work))))
    with here.house.store.whole("test.cheat") as connection:
        connection.execute(text("UPDATE event SET participant_id = 2"))

    broken = [one for one in here.look(lambda work: list(check_sealed(work))) if not one.ok]
    assert [one.subject for one in broken] == ["every sealed value opens, and is the person's"]


def test_another_ssn_leaves_events_and_coverage_as_they_were(here):
    who = here.covered()
    before = here.case(who)
    corrections.edit(
        here.house.store, "acme", who.id, {"ssn": "123459999"}, "a letter", ROOT, here.house.now, book=BOOK
    )

    after = here.case(who)
    assert after.participant.key != before.participant.key
    assert (after.events, after.enrollments) == (before.events, before.enrollments)


def test_lists_show_page_by_page_whom_and_what(here):
    people = [here.covered(number) for number in (1, 2, 3)]
    here.approve(here.ask(2, active=False, since="2026-06-01"))

    page = here.look(lambda work: work.events.events(number=2, size=2))
    assert (page.total, page.pages, len(page.items)) == (3, 2, 1)
    assert page.items[0].who.name == "Robin Example"
    waiting = here.look(lambda work: work.events.activities(ActivityState.WAITING))
    assert [(one.who.participant_id, one.activity.event_class) for one in waiting.items] == [(people[1].id, "TER")]
    here.run()
    lines = here.look(lambda work: work.events.coverage(plan="DEN"))
    assert sorted({line.who.participant_id for line in lines.items}) == [one.id for one in people]
    assert here.look(lambda work: work.events.event(people[1].id, 2)).process is Process.FE
    assert here.look(lambda work: work.events.event(people[1].id, 9)) is None
    assert [one.program for one in here.look(lambda work: work.events.assignments(people[1].id))] == ["FULL", "NOB"]
    assert here.look(lambda work: work.events.tally()).cobra == 1


def test_another_site_sees_nothing_of_all_that(here):
    who = here.covered()
    with here.house.store.read("beta") as work:
        assert work.cases.load([who.id]) == {}
        assert work.cases.waiting(0, 9) == []
        assert (work.events.events().total, work.events.coverage().total, work.events.summary()) == (0, 0, None)
        assert work.events.events_of(who.id) == ()
