"""Dependents and beneficiaries edited by a person: audited without values, refused before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from bensync.actions.benefits import case_edits
from bensync.actions.benefits.case_edits import SSN_REFUSALS_A_DAY
from bensync.benefits.family.entries import EntryRefused
from bensync.benefits.values.dependents import DropReason, dependents_on
from bensync.benefits.values.enrollments import Allocation, coverage_on
from bensync.benefits.values.offers import Choice
from bensync.core.access import Grant, Right, Role, actor_for
from bensync.errors import CONFIRM, DecisionError, Denied
from tests.fixtures.benefit_site import Site, benefit_site
from tests.unit.benefits.cases import book
from tests.unit.benefits.families import FAMILY_BOOK, FAMILY_BOOK_TABLES

ON = date(2026, 6, 1)
ANA = {"relationship": "child", "first_name": "Ana", "last_name": "Moss", "birth_date": "2019-02-03"}
ROBIN = {"relationship": "spouse", "first_name": "Robin", "last_name": "Moss", "birth_date": "1988-03-01"}


@pytest.fixture
def site(database: str) -> Iterator[Site]:
    with benefit_site(database) as site:
        site.book = FAMILY_BOOK
        yield site


def with_family(site):
    """Somebody with a spouse and a child, whose family coverage is posted."""
    who = site.hired()
    site.change(who, case_edits.add_dependent(ROBIN, date(2020, 1, 1)))
    site.change(who, case_edits.add_dependent(ANA, date(2020, 1, 1)))
    site.run()
    site.change(who, case_edits.enter_elections(1, [Choice("medical", "MED", "FAM"), Choice("life", "LIFE", "2X")]))
    site.change(who, case_edits.enroll_all(1))
    site.run()
    return who


def covered_on(site, who, on):
    row = coverage_on(site.case(who).enrollments, "medical", on)
    return row.terms.dependents if row is not None else None


def test_S3_173_a_family_is_added_enrolled_at_once_and_covered(site):
    who = with_family(site)
    assert site.stands(who) == [("FE", "CLOSED")]
    rows = {row.plan_type: row.terms for row in site.case(who).enrollments}
    assert rows["medical"].dependents == (1, 2)
    assert [(share.dependent, share.percent) for share in rows["life"].beneficiaries] == [(1, 50), (2, 50)]


def test_S3_173_a_dropped_dependent_leaves_the_coverage_after_a_confirmation(site):
    who = with_family(site)
    drop = case_edits.drop_dependent(2, DropReason.OTHER, date(2026, 5, 20))
    before, trail = site.case(who), site.deployment.audit("acme")
    with pytest.raises(DecisionError) as refused:
        site.change(who, drop)
    assert (refused.value.remedy, site.case(who), site.deployment.audit("acme")) == (CONFIRM, before, trail)

    site.change(who, drop, confirmed=True)
    site.run()
    assert covered_on(site, who, date(2026, 5, 31)) == (1, 2)
    assert covered_on(site, who, ON) == (1,)
    assert not [item.detail for item in site.look(lambda work: work.events.board()) if not item.ok]


def test_enroll_all_that_replaces_assignments_needs_a_confirmation(site):
    who = site.hired()
    site.change(who, case_edits.add_dependent(ANA, date(2020, 1, 1)))
    site.change(who, case_edits.add_dependent(ROBIN, date(2020, 1, 1)))
    site.run()
    site.change(who, case_edits.enter_elections(1, [Choice("medical", "MED", "FAM", dependents=(1,))]))
    with pytest.raises(DecisionError, match="Nothing was changed") as refused:
        site.change(who, case_edits.enroll_all(1))
    assert refused.value.why == "it replaces the assignments of medical"
    site.change(who, case_edits.enroll_all(1), confirmed=True)
    assert site.case(who).event(1).choices[0].dependents == (1, 2)


def test_beneficiaries_are_set_without_an_event_and_refused_before_anything_is_written(site):
    who = with_family(site)
    site.change(who, case_edits.assign_beneficiaries("life", [Allocation(2, Decimal(100))], ON))
    row = coverage_on(site.case(who).enrollments, "life", ON)
    assert (row.event, row.terms.beneficiaries) == (0, (Allocation(2, Decimal(100)),))
    before = site.case(who)
    with pytest.raises(EntryRefused) as refused:
        site.change(who, case_edits.assign_beneficiaries("life", [Allocation(2, Decimal(101))], ON))
    assert refused.value.faults == ("share_over_100", "shares_not_100")
    assert site.case(who) == before


def test_the_trail_names_the_fields_of_an_entry_and_no_value(site):
    who = site.hired()
    site.change(who, case_edits.add_dependent({**ANA, "ssn": "200-11-2345"}, ON))
    site.change(who, case_edits.change_dependent(1, {"city": "Dayton"}, ON + timedelta(days=1)))
    with site.deployment.store.read("acme") as work:
        entries = work.filtered.audit_page(1, 9).items
    added, changed = [entry for entry in entries if entry.verb.startswith("dependent")][::-1]
    assert (added.verb, changed.verb) == ("dependent.add", "dependent.change")
    assert added.reason == "relationship, first_name, last_name, birth_date, ssn from 2026-06-01: asked to"
    assert changed.reason == "city from 2026-06-02: asked to"
    assert changed.object.endswith(", dependent 1")
    assert not any(word in repr(entries) for word in ("Ana", "Dayton", "2345", "2019-02-03"))


def test_an_entry_needs_the_right_to_work_on_events(site):
    who = site.hired()
    auditor = actor_for("kim", [Grant("acme", Role.AUDITOR)], "acme")
    assert not auditor.may(Right.EVENTS, "acme")
    with pytest.raises(Denied):
        site.change(who, case_edits.add_dependent(ANA, ON), auditor)
    assert dependents_on(site.case(who).dependents, ON) == ()


def test_an_ssn_of_the_family_is_refused_like_one_that_cannot_be_one_and_guesses_end(site):
    who = site.hired()
    own = site.case(who).participant.profile.values["ssn"]
    for number in (own, "000-00-0000", "123-45-6789", "987-65-4320", own):
        with pytest.raises(EntryRefused) as refused:
            site.change(who, case_edits.add_dependent({**ANA, "ssn": number}, ON))
        assert refused.value.faults == ("ssn_not_accepted",)
        assert own not in str(refused.value)
    assert site.deployment.audit("acme").count(("root", "dependent.ssn_refused")) == SSN_REFUSALS_A_DAY
    with pytest.raises(Denied):
        site.change(who, case_edits.add_dependent({**ANA, "ssn": "200-11-2345"}, ON))
    assert site.case(who).dependents == ()

    site.change(who, case_edits.add_dependent(ANA, ON))
    site.deployment.now += timedelta(days=1, seconds=1)
    site.change(who, case_edits.change_dependent(1, {"ssn": "200-11-2345"}, ON))
    assert site.case(who).dependents[-1].ssn == "200112345"


def test_S3_10_a_child_ages_out_by_itself_and_has_cobra_of_its_own(site):
    overage = {"code": "OVERAGE", "event": "OVG", "measure": "dependent_age", "group": "children"}
    site.book = book(**FAMILY_BOOK_TABLES, passive=[overage])
    who = site.hired()
    born = site.deployment.now.date().replace(year=site.deployment.now.year - 26)
    site.change(who, case_edits.add_dependent({**ANA, "birth_date": born.isoformat()}, date(2020, 1, 1)))
    site.change(who, case_edits.add_dependent({**ANA, "first_name": "Bo"}, date(2020, 1, 1)))
    site.deployment.now -= timedelta(days=2)
    site.run()
    site.change(who, case_edits.enter_elections(1, [Choice("medical", "MED", "FAM", dependents=(1, 2))]))
    site.run()
    today = site.deployment.now.date()
    assert (site.stands(who), covered_on(site, who, today)) == ([("FE", "CLOSED")], (1, 2))

    site.deployment.now += timedelta(days=2)
    site.run()
    (record,) = site.case(who).cobra
    assert (record.dependents, record.action) == ((1,), "OVERAGE_DEPENDENT")
    assert covered_on(site, who, record.occurrence_date) == (2,)
    assert not [item.detail for item in site.look(lambda work: work.events.board()) if not item.ok]


def test_S0_14_no_run_and_no_approval_adds_a_dependent(site):
    who = site.hired()
    site.run()
    site.approve(site.ask(city="Akron"))
    site.run()
    assert site.case(who).dependents == ()
