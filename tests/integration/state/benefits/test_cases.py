"""What the database refuses and finds about benefit events, and the lists that it gives."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from bensync.benefits.engine.run import case_result
from bensync.benefits.values.dependents import Address
from bensync.errors import StateError
from bensync.state.upkeep.sealed import check_sealed
from tests.fixtures.benefit_site import BOOK
from tests.unit.benefits.families import dependent, spouse


def test_coverage_rows_never_change(site):
    site.covered()
    with pytest.raises(StateError), site.deployment.store.whole("test.cheat") as connection:
        connection.execute(text("UPDATE enrollment SET effective_date = '2020-01-01'"))


TWICE = """INSERT INTO event SELECT participant_id, 99, site, event_class, event_date, priority, source, status, process,
indicator, flags, activities, final, program, stops_short, pending, notified, entered, finished, sealed_event
FROM event WHERE status = 'OPEN'"""


def test_nobody_has_two_events_in_process(site):
    site.hired()
    site.run()
    with pytest.raises(StateError), site.deployment.store.whole("test.cheat") as connection:
        connection.execute(text(TWICE))


def test_an_event_that_was_moved_to_another_participant_does_not_open(site):
    site.covered(1)
    site.hired(2)
    assert all(entry.ok for entry in site.look(lambda work: list(check_sealed(work))))
    with site.deployment.store.whole("test.cheat") as connection:
        connection.execute(text("UPDATE event SET participant_id = 2"))

    broken = [entry for entry in site.look(lambda work: list(check_sealed(work))) if not entry.ok]
    assert [entry.subject for entry in broken] == ["every sealed value opens, and is the person's"]


def test_another_ssn_leaves_events_and_coverage_as_they_were(site):
    who = site.covered()
    before = site.case(who)
    site.deployment.correct_ssn(who, "123459999", book=BOOK)

    after = site.case(who)
    assert after.participant.key != before.participant.key
    assert (after.events, after.enrollments) == (before.events, before.enrollments)


def test_another_site_sees_nothing_of_all_that(site):
    who = site.covered()
    with site.deployment.store.read("beta") as work:
        assert work.cases.load([who.id]) == {}
        assert work.cases.waiting(0, 9) == []
        assert (work.events.events().total, work.events.coverage().total, work.events.summary()) == (0, 0, None)


def in_family(site, who, *versions):
    """Write versions of dependents into the database."""
    before = site.case(who)
    after = replace(before, dependents=(*before.dependents, *versions))
    with site.deployment.store.write("acme", "test.family") as work:
        work.cases.save({who.id: before}, [case_result(before, after, BOOK)], site.deployment.now)
    return after


def test_S1_04_dependents_come_back_as_they_were_and_stand_nowhere_in_clear(site):
    who = site.hired()
    home = Address(address1="1 Elm Street", city="Dayton", state="OH", postal_code="45402")
    after = in_family(site, who, spouse(1, 1, ssn="200112345", address=home), dependent(2, 2, disabled=True))

    assert site.case(who) == after
    row = site.look(lambda work: str(work.transaction.connection.execute(text("SELECT * FROM dependent")).all()))
    assert not any(word in row for word in ("200112345", "Robin", "Elm", "spouse", "1988"))
    assert all(entry.ok for entry in site.look(lambda work: list(check_sealed(work))))


def test_versions_of_dependents_never_change(site):
    in_family(site, site.hired(), dependent())
    with pytest.raises(StateError), site.deployment.store.whole("test.cheat") as connection:
        connection.execute(text("UPDATE dependent SET effective_date = '2020-01-01'"))


def test_a_dependent_that_was_moved_to_another_family_does_not_open(site):
    in_family(site, site.hired(), dependent())
    site.hired(2)
    with site.deployment.store.whole("test.cheat") as connection:
        connection.execute(
            text(
                "INSERT INTO dependent SELECT 2, version, site, number, effective_date, dropped, sealed_dependent "
                "FROM dependent"
            )
        )
    broken = [entry for entry in site.look(lambda work: list(check_sealed(work))) if not entry.ok]
    assert [entry.subject for entry in broken] == ["every sealed value opens, and is the person's"]
