"""Benefit manual events, by taking stock, and by time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from bensync.actions import corrections
from bensync.actions.benefits import case_edits
from bensync.benefits.values.activities import ActivityState
from bensync.benefits.values.events import EventStatus, Indicator
from bensync.core.access import Grant, Right, Role, actor_for
from bensync.errors import CONFIRM, GIVE_REASON, DecisionError, Denied
from tests.fixtures.benefit_site import BOOK, Site, benefit_site
from tests.fixtures.user_deployment import ROOT


@pytest.fixture
def site(database: str) -> Iterator[Site]:
    with benefit_site(database) as site:
        yield site


def test_A_72_a_held_activity_waits_until_it_is_released(site):
    who = site.hired()
    site.change(who, case_edits.move_activity(1, "hold"))
    site.run()
    assert site.stands(who) == []
    assert site.look(lambda work: work.events.tally()).held == 1

    site.change(who, case_edits.move_activity(1, "release"))
    site.run()
    assert site.stands(who) == [("PR", "OPEN")]
    assert site.deployment.audit("acme")[-1] == ("root", "activity.release")


def test_voiding_an_event_reverses_its_coverage_and_its_cobra_record(site):
    who = site.covered()
    site.approve(site.ask(active=False, since="2026-06-01"))
    site.run()
    site.change(who, case_edits.reprocess(2, Indicator.VOID))
    report = site.run()

    case = site.case(who)
    assert (report.counts["reversed"], report.counts["cobra_void"]) == (2, 1)
    assert {row.event for row in case.enrollments if not row.reversed} == {1}
    assert [str(entry.state) for entry in case.cobra] == ["VOID"]
    assert case.participant.program == "FULL"
    assert case.event(2).status is EventStatus.VOID
    assert site.look(lambda work: work.events.cobra()).total == 0
    assert site.look(lambda work: work.events.cobra(open_only=False)).total == 1
    broken = [entry for entry in site.look(lambda work: work.events.board()) if not entry.ok]
    assert [entry.subject for entry in broken] == ["nobody is terminated with open coverage"]


def test_a_preview_says_what_a_hand_would_do_and_saves_nothing(site):
    who = site.covered()
    before = site.case(who)

    void = case_edits.reprocess(1, Indicator.VOID)
    preview = case_edits.preview(site.deployment.store, "acme", who.id, void, BOOK, ROOT, now=site.deployment.now)

    assert len(preview.reversed) == 2
    assert site.case(who) == before


@pytest.mark.parametrize("on", [date(1970, 1, 1), date(2199, 1, 1), date(2019, 1, 1)])
def test_an_activity_on_a_day_that_cannot_be_is_refused(site, on):
    who = site.covered()
    before = site.case(who)
    with pytest.raises(DecisionError, match="No activity was added"):
        site.change(who, case_edits.add_activity("TER", on, "a slip"))
    assert site.case(who) == before


def test_the_end_of_all_coverage_needs_a_confirmation(site):
    who = site.covered()
    site.change(who, case_edits.add_activity("TER", date(2026, 6, 1), "asked to"))
    site.run()
    before, trail = site.case(who), site.deployment.audit("acme")
    with pytest.raises(DecisionError) as refused:
        site.change(who, case_edits.mark_final(2))
    assert refused.value.remedy == CONFIRM
    assert (site.case(who), site.deployment.audit("acme")) == (before, trail)
    site.change(who, case_edits.mark_final(2), confirmed=True)
    assert site.case(who).event(2).final


@pytest.mark.parametrize(
    "edit",
    [
        case_edits.mark_final(1),
        case_edits.reprocess(1, Indicator.VOID),
        case_edits.add_activity("TER", date(2026, 6, 1), ""),
        case_edits.override_salary("life", Decimal(1), date(2026, 6, 1)),
    ],
    ids=lambda edit: edit.verb,
)
def test_an_edit_that_changes_coverage_needs_a_reason(site, edit):
    who = site.covered()
    before = site.case(who)
    with pytest.raises(DecisionError) as refused:
        case_edits.change(
            site.deployment.store,
            "acme",
            who.id,
            edit,
            BOOK,
            ROOT,
            now=site.deployment.now,
            reason=" no ",
            confirmed=True,
        )
    assert refused.value.remedy == GIVE_REASON
    assert site.case(who) == before


def test_what_the_engine_refuses_leaves_no_trace(site):
    who = site.hired()
    before = site.deployment.audit("acme")
    for edit in (case_edits.move_activity(1, "release"), case_edits.mark_final(9)):
        with pytest.raises(DecisionError):
            site.change(who, edit)
    with pytest.raises(DecisionError):
        case_edits.change(
            site.deployment.store, "acme", 99, case_edits.move_activity(1, "hold"), BOOK, ROOT, now=site.deployment.now
        )
    assert site.deployment.audit("acme") == before


def test_nobody_works_on_events_without_the_right_to(site):
    who = site.hired()
    reader = actor_for("lee", [Grant("acme", Role.AUDITOR, extras=frozenset({Right.SEE_PEOPLE}))], "acme")
    owner = actor_for("kim", [Grant("acme", Role.DATA_OWNER)], "acme")

    with pytest.raises(Denied):
        site.change(who, case_edits.move_activity(1, "hold"), reader)
    assert site.deployment.audit("acme")[-1] == ("lee", "events.refused")
    site.change(who, case_edits.move_activity(1, "hold"), owner)
    assert site.case(who).activities[0].state is ActivityState.HELD


def test_a_hand_that_corrects_a_participant_leaves_the_activities_of_the_rulebook(site):
    who = site.hired()
    store, now = site.deployment.store, site.deployment.now
    corrections.edit(
        store, "acme", who.id, {"postal_code": "90002", "city": "Erie"}, "a phone call", ROOT, now, book=BOOK
    )
    corrections.terminate(
        store, "acme", who.id, date(2026, 6, 1), "left the company", ROOT, now, book=BOOK, confirmed=True
    )
    corrections.reinstate(store, "acme", who.id, "an error", ROOT, now, book=BOOK)

    traces = [(activity.id, activity.event_class, activity.final) for activity in site.case(who).activities]
    assert traces == [(1, "HIR", False), (2, "ADR", False), (3, "TER", True), (4, "MSC", False)]


def test_the_program_of_a_later_day_becomes_the_participants_on_that_day(site):
    who = site.covered()
    site.change(who, case_edits.add_activity("TER", date(2026, 6, 5), "asked to"))
    site.run()
    site.change(who, case_edits.mark_final(2), confirmed=True)
    site.run()
    assert site.case(who).participant.program == "FULL"

    site.deployment.pass_time(days=5)
    site.run()
    assert site.case(who).participant.program == "NOB"
