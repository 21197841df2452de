"""The shapes of benefit events."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bensync.api_shapes.base import subject
from bensync.api_shapes.benefits.events import eligibility, entry_of, event_detail, event_entry, remark_entry
from bensync.benefits.values.events import Flag
from bensync.benefits.values.offers import (
    Choice,
    CoverageOutcome,
    EligibilityFinding,
    FactTest,
    JobResult,
    Offer,
    Option,
    Prepared,
    Remark,
    Update,
)
from bensync.wording.eligibility import EligibilitySentences
from tests.unit.benefits.cases import BOOK, OPTIONS
from tests.unit.views import ADA, enrollment, event, event_line, remark_line, visibility

DAY = date(2026, 5, 1)
ELECTABLE = Option(OPTIONS["life"], DAY, DAY, minimum=Decimal(100), maximum=Decimal(2000))
SENTENCES = EligibilitySentences(BOOK, "104")
PAST = Option(OPTIONS["dental"], DAY, DAY, history_only=True)


def test_a_list_names_an_event_as_commands_take_it_with_its_flags_in_order():
    line = event_line(flags=(Flag.ELIG_JOB, Flag.DISCONNECTED), stops_short=True)
    shown = event_entry(line, "acme", visibility())
    assert shown.event == "p7/2"
    assert shown.flags == [Flag.DISCONNECTED, Flag.ELIG_JOB]
    assert shown.loss_of_all
    assert shown.person.name == "Employee 104"


def test_an_event_looks_alike_in_a_list_and_by_itself():
    hire = event(flags=frozenset({Flag.ELIG_JOB}), program="FULL")
    assert entry_of(hire, subject(ADA), "acme") == event_entry(event_line(flags=(Flag.ELIG_JOB,)), "acme")


def test_an_event_has_the_rows_that_it_posted_and_no_others():
    rows = [enrollment(), enrollment(number=2, event=9)]
    shown = event_detail(event(), subject(ADA), "acme", rows, [], SENTENCES)
    assert [row.number for row in shown.posted] == [1]
    assert shown.offers == []


def test_an_offer_says_what_can_be_elected_and_hides_every_figure_without_the_right():
    prepared = Prepared(
        offers=(Offer("life", CoverageOutcome.NO, (ELECTABLE, PAST), default=OPTIONS["life"]),),
        updates=(Update("medical", OPTIONS["medical"], OPTIONS["medical"], DAY, DAY),),
    )
    hire = event(prepared=prepared, choices=(Choice("life", "LIFE", "2X", Decimal(300)),))
    whole = event_detail(hire, subject(ADA), "acme", [], [], SENTENCES).model_dump()
    masked = event_detail(hire, subject(ADA), "acme", [], [], SENTENCES, figures=False).model_dump()
    assert whole["offers"][0]["electable"]
    assert [option["history_only"] for option in whole["offers"][0]["options"]] == [False, True]
    assert whole["offers"][0]["options"][0]["maximum"] == Decimal(2000)
    assert whole["elections"][0]["contribution"] == Decimal(300)
    for hidden in (
        masked["offers"][0]["options"][0]["maximum"],
        masked["offers"][0]["default"]["amount"],
        masked["updates"][0]["new"]["employee"],
        masked["elections"][0]["contribution"],
    ):
        assert hidden is None


def test_remarks_of_preparation_faults_and_messages_are_listed_together():
    prepared = Prepared(remarks=(Remark("first"),), faults=(Remark("second"),))
    shown = event_detail(event(prepared=prepared, messages=(Remark("third"),)), subject(ADA), "acme", [], [], SENTENCES)
    assert [remark.code for remark in shown.remarks] == ["first", "second", "third"]


def test_a_test_shows_its_value_to_a_reader_who_sees_the_fact():
    test = FactTest("state", passed=False, value="NY", one_of=("CA",), since=DAY, jobs=(("fte", JobResult.ELIGIBLE),))
    (shown,) = eligibility(EligibilityFinding("FULL", "DEN", ("state",), tests=(test,)), SENTENCES).tests
    assert (shown.fact, shown.value, shown.wants, shown.since, shown.address) == ("state", "NY", "CA", DAY, "home")
    assert (shown.visible, shown.jobs) == (True, {"fte": "eligible"})
    masked = FactTest("ssn", passed=True, value="123456780", since=DAY, present=True)
    (shown,) = eligibility(EligibilityFinding("FULL", "", (), tests=(masked,)), SENTENCES).tests
    assert (shown.visible, shown.value, shown.since) == (False, None, None)


def test_a_program_fits_when_no_fact_speaks_against_it():
    assert eligibility(EligibilityFinding("FULL", "", ()), SENTENCES).fits
    against = eligibility(EligibilityFinding("FULL", "DEN", ("coast",)), SENTENCES)
    assert (against.fits, against.against) == (False, ["coast"])


def test_a_remark_of_a_run_names_its_participant():
    assert remark_entry(remark_line(), visibility()).person.name == "Employee 104"
    assert remark_entry(remark_line()).code == "no_rule"
