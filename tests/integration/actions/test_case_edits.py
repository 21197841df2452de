"""Benefit events by hand, by taking stock, and by time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from bensync.actions import case_edits, corrections
from bensync.benefits.values.activities import ActivityState
from bensync.benefits.values.events import EventStatus, Indicator
from bensync.core.access import Grant, Right, Role, actor_for
from bensync.errors import CONFIRM, GIVE_REASON, DecisionError, Denied
from tests.fixtures.benefit_site import BOOK, Site, benefit_site
from tests.fixtures.user_deployment import ROOT


@pytest.fixture
def here(database: str) -> Iterator[Site]:
    with benefit_site(database) as site:
        yield site


def test_A_72_a_held_activity_waits_until_it_is_released(here):
    who = here.hired()
    here.change(who, case_edits.move_activity(1, "hold"))
    here.run()
    assert here.stands(who) == []
    assert here.look(lambda work: work.events.tally()).held == 1

    here.change(who, case_edits.move_activity(1, "release"))
    here.run()
    assert here.stands(who) == [("PR", "OPEN")]
    assert here.deployment.audit("acme")[-1] == ("root", "activity.release")


def test_voiding_an_event_reverses_its_coverage_and_its_cobra_record(here):
    who = here.covered()
    here.approve(here.ask(active=False, since="2026-06-01"))
    here.run()
    here.change(who, case_edits.reprocess(2, Indicator.VOID))
    report = here.run()

    case = here.case(who)
    assert (report.counts["reversed"], report.counts["cobra_void"]) == (2, 1)
    assert {row.event for row in case.enrollments if not row.reversed} == {1}
    assert [str(one.state) for one in case.cobra] == ["VOID"]
    assert case.participant.program == "FULL"
    assert case.event(2).status is EventStatus.VOID
    assert here.look(lambda work: work.events.cobra()).total == 0
    assert here.look(lambda work: work.events.cobra(open_only=False)).total == 1
    broken = [one for one in here.look(lambda work: work.events.board()) if not one.ok]
    assert [one.subject for one in broken] == ["nobody is terminated with open coverage"]


def test_a_preview_says_what_a_hand_would_do_and_saves_nothing(here):
    who = here.covered()
    before = here.case(who)

    void = case_edits.reprocess(1, Indicator.VOID)
    found = case_edits.preview(here.deployment.store, "acme", who.id, void, BOOK, ROOT, now=here.deployment.now)

    assert len(found.reversed) == 2
    assert here.case(who) == before


def test_the_end_of_all_coverage_needs_a_confirmation(here):
    who = here.covered()
    here.change(who, case_edits.add_activity("TER", date(2026, 6, 1), "asked to"))
    here.run()
    before, trail = here.case(who), here.deployment.audit("acme")
    with pytest.raises(DecisionError) as refused:
        here.change(who, case_edits.mark_final(2))
    assert refused.value.remedy == CONFIRM
    assert (here.case(who), here.deployment.audit("acme")) == (before, trail)
    here.change(who, case_edits.mark_final(2), confirmed=True)
    assert here.case(who).event(2).final


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
def test_an_edit_that_changes_coverage_needs_a_reason(here, edit):
    who = here.covered()
    before = here.case(who)
    with pytest.raises(DecisionError) as refused:
        case_edits.change(
            here.deployment.store,
            "acme",
            who.id,
            edit,
            BOOK,
            ROOT,
            now=here.deployment.now,
            reason=" no ",
            confirmed=True,
        )
    assert refused.value.remedy == GIVE_REASON
    assert here.case(who) == before


def test_what_the_engine_refuses_leaves_no_trace(here):
    who = here.hired()
    before = here.deployment.audit("acme")
    for edit in (case_edits.move_activity(1, "release"), case_edits.mark_final(9)):
        with pytest.raises(DecisionError):
            here.change(who, edit)
    with pytest.raises(DecisionError):
        case_edits.change(
            here.deployment.store, "acme", 99, case_edits.move_activity(1, "hold"), BOOK, ROOT, now=here.deployment.now
        )
    assert here.deployment.audit("acme") == before


def test_nobody_works_on_events_without_the_right_to(here):
    who = here.hired()
    reader = actor_for("lee", [Grant("acme", Role.AUDITOR, extras=frozenset({Right.SEE_PEOPLE}))], "acme")
    owner = actor_for("kim", [Grant("acme", Role.DATA_OWNER)], "acme")

    with pytest.raises(Denied):
        here.change(who, case_edits.move_activity(1, "hold"), reader)
    assert here.deployment.audit("acme")[-1] == ("lee", "events.refused")
    here.change(who, case_edits.move_activity(1, "hold"), owner)
    assert here.case(who).activities[0].state is ActivityState.HELD


def test_a_hand_that_corrects_a_participant_leaves_the_activities_of_the_rulebook(here):
    who = here.hired()
    store, now = here.deployment.store, here.deployment.now
    corrections.edit(
        store, "acme", who.id, {"postal_code": "90002", "city": "Erie"}, "a phone call", ROOT, now, book=BOOK
    )
    corrections.terminate(store, "acme", who.id, date(2026, 6, 1), "left the company", ROOT, now, book=BOOK)
    corrections.reinstate(store, "acme", who.id, "an error", ROOT, now, book=BOOK)

    found = [(one.id, one.event_class, one.final) for one in here.case(who).activities]
    assert found == [(1, "HIR", False), (2, "ADR", False), (3, "TER", True), (4, "MSC", False)]


def test_the_program_of_a_later_day_becomes_the_participants_on_that_day(here):
    who = here.covered()
    here.change(who, case_edits.add_activity("TER", date(2026, 6, 5), "asked to"))
    here.run()
    here.change(who, case_edits.mark_final(2), confirmed=True)
    here.run()
    assert here.case(who).participant.program == "FULL"

    here.deployment.pass_time(days=5)
    here.run()
    assert here.case(who).participant.program == "NOB"
