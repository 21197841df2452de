"""Benefit events on the command line: what a reviewer must know, and what the next run would do."""

from __future__ import annotations

from datetime import date

from bensync.benefits.engine.run import CaseResult
from bensync.benefits.rulebook.figures import PersonFigures
from bensync.benefits.values.events import EventStatus, Flag, Indicator
from bensync.benefits.values.offers import (
    CoverageOutcome,
    Ending,
    Offer,
    Option,
    Prepared,
    Remark,
)
from bensync.cli.render.events import (
    print_board,
    print_eligibility,
    print_event,
    print_events,
    print_foreseen,
    print_refusals,
)
from bensync.core.ports import PreflightFinding
from bensync.errors import DecisionError
from bensync.wording.eligibility import FindingLine
from tests.unit.benefits.cases import OPTIONS, book, case, person
from tests.unit.cli.render.printing import printed
from tests.unit.views import cobra_record, enrollment, event, event_line

DAY = date(2026, 5, 1)


def test_no_event_that_matches_is_said_in_words():
    assert printed(print_events, "acme", [], 0) == "acme: no events match."


def test_a_list_says_what_to_review_and_what_the_next_run_does():
    lines = [
        event_line(flags=(Flag.ELIG_JOB,), stops_short=True, final=True, indicator=Indicator.VOID),
        event_line(number=3, status=EventStatus.VOID),
    ]
    first, second = printed(print_events, "acme", lines, 2).splitlines()[-2:]
    assert first.startswith("104/2 Ada Vale HIR 2026-05-01 OPEN PR: ")
    assert first.endswith("elig job, would end all coverage, final, next run: void")
    assert second.startswith("104/3 Ada Vale HIR 2026-05-01 VOID void")


FIGURES = PersonFigures(person(), DAY, book(calendars=[{"code": "M", "frequency": "monthly", "days": [31]}]))


def test_an_event_shows_offers_endings_elections_and_remarks():
    option = Option(OPTIONS["medical"], DAY, DAY, proof=True)
    past = Option(OPTIONS["dental"], DAY, DAY, history_only=True)
    prepared = Prepared(
        offers=(Offer("medical", CoverageOutcome.NO, (option, past), default=OPTIONS["medical"]),),
        endings=(Ending("life", OPTIONS["life"], date(2026, 5, 31), cobra=True),),
        remarks=(Remark("no_rule", 2, "vision", "VIS", "no add rule"),),
    )
    text = printed(print_event, event_line(), event(prepared=prepared), [enrollment()], [], FIGURES)
    assert "medical MED EE 80.00 12 x 80.00, monthly 2026-05-01 default, proof needed" in text
    assert "medical DEN EE 10.00 12 x 10.00, monthly 2026-05-01 cannot be elected now" in text
    assert "life LIFE 2026-05-31 COBRA" in text
    assert "no_rule vision VIS no add rule" in text
    assert "1 2 medical ADD ELECT MED EE 2026-05-01" in text
    assert "Eligibility" not in text


def test_eligibility_names_the_reasons_against_a_program_or_a_plan():
    lines = [FindingLine("FULL", True, (), ()), FindingLine("DEN", False, (), ("coast", "senior"))]
    text = printed(print_eligibility, lines)
    assert "FULL yes" in text
    assert "DEN no coast, senior" in text


def test_what_the_next_run_does_is_listed_with_the_carriers_to_notify():
    posted, record = enrollment(number=5), cobra_record()
    result = CaseResult(case(), (posted,), (enrollment(),), (record,), (), (), ("north",))
    text = printed(print_foreseen, "104/2", result)
    assert "reversed medical ELECT MED 2026-05-01" in text
    assert "posted medical ELECT MED 2026-05-01" in text
    assert "COBRA record OPEN TER 2026-06-01" in text
    assert "Carriers to notify: north." in text
    idle = CaseResult(case(), (), (), (), (), (), ())
    assert printed(print_foreseen, "104/2", idle) == "104/2: the next run would reverse and post nothing."


def test_refusals_name_the_event_the_reason_and_what_to_do():
    error = DecisionError("The event was not changed.", "It is void.", "See the list of events.")
    text = printed(print_refusals, [("104/2", error)])
    assert "1 refusal" in text
    assert "104/2 It is void. See the list of events." in text
    assert printed(print_refusals, []) == ""


def test_a_broken_rule_stands_out_on_the_board():
    findings = [PreflightFinding("one event in process", True, ""), PreflightFinding("no gap", False, "2 people")]
    text = printed(print_board, "acme", findings)
    assert "ok one event in process" in text
    assert "BROKEN no gap 2 people" in text
