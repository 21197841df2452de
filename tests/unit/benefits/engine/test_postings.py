"""The coverage rows and COBRA records that a finished event posts, and their reversal (A-71)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.elections import enter
from bensync.benefits.engine.event_order import mark_final, set_indicator, void
from bensync.benefits.engine.postings import close_record, override_salary, reach_step
from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import (
    CobraState,
    Milestone,
)
from bensync.benefits.values.enrollments import Coverage, coverage_on
from bensync.benefits.values.events import Indicator
from bensync.benefits.values.offers import Choice
from bensync.errors import DecisionError
from tests.unit.benefits.cases import (
    BOOK,
    CONTENT,
    activity,
    after_run,
    automatic,
    book,
    case,
    coverage,
    covered,
    person,
    posted,
    statuses,
    with_activities,
)
from tests.unit.benefits.situations import RECORD, RICHER, VISION, finish_events
from tests.unit.builders import TODAY, day


def test_A_71_an_event_stops_then_changes_then_adds():
    rules = automatic(add_rules=[*CONTENT["add_rules"], {**VISION, "auto_add": True}])
    moved = person(state="NV", **RICHER)
    after = after_run(with_activities(case(moved, "dental", "life"), activity("MSC", "06-01")), rules)
    assert statuses(after) == ("FE", "CLOSED")
    assert posted(after) == [
        ("STOP", "dental", "TERM", "2026-07-01"),
        ("CHANGE", "life", "TERM", "2026-06-01"),
        ("CHANGE", "life", "ELECT", "2026-06-01"),
        ("ADD", "vision", "ELECT", "2026-06-01"),
    ]
    assert coverage_on(after.enrollments, "life", TODAY).terms.amount == Decimal(120000)


def test_A_71_without_auto_add_vision_is_only_offered():
    rules = automatic(add_rules=[*CONTENT["add_rules"], VISION])
    begun = with_activities(case(person(state="NV", **RICHER), "dental", "life"), activity("MSC", "06-01"))
    after = after_run(begun, rules)
    assert (statuses(after), posted(after)) == (("PR", "OPEN"), [])
    (offer,) = [item for item in after.event(1).prepared.offers if item.electable]
    assert (offer.plan_type, offer.auto_add, offer.default.option) == ("vision", False, "EE")
    without = after_run(enter(after, 1, [Choice("vision")], TODAY), rules)
    assert [row[:3] for row in posted(without)] == [
        ("STOP", "dental", "TERM"),
        ("STOP", "vision", "WAIVE"),
        ("CHANGE", "life", "TERM"),
        ("CHANGE", "life", "ELECT"),
    ]


def test_K3_a_default_is_loaded_by_a_final_mark_though_it_is_not_added_by_itself():
    rules = automatic(add_rules=[VISION])
    after = finish_events(case(), activity("MSC"), rules=rules)
    assert posted(after) == [("ADD", "vision", "ELECT", "2026-06-01")]


def test_S2_01_a_job_change_that_asks_nobody_needs_nobody():
    begun = with_activities(case(person(**RICHER), "life"), activity())
    assert statuses(after_run(begun)) == ("PR", "OPEN")
    assert statuses(after_run(begun, automatic())) == ("FE", "CLOSED")


def test_S3_114_what_does_not_differ_posts_nothing():
    assert posted(finish_events(case(person(), "life"), activity("FSC"))) == []
    same = finish_events(case(person(), "medical"), activity("FSC"), choices=[Choice("medical", "MED", "EE")])
    assert (statuses(same), posted(same)) == (("FE", "CLOSED"), [])


def test_S2_14_an_added_coverage_has_its_dates_and_figures():
    rules = book(
        add_rules=[
            {
                "plans": ["MED"],
                "begin": {"base": "next_day", "days": 29},
                "deduction": {"base": "first_of_next_month"},
                "default": "EE",
                "contribution": "3",
                "tax": "before",
                "account": "A1",
            }
        ]
    )
    (row,) = finish_events(case(), activity("FSC"), rules=rules).enrollments
    assert (row.effective_date, row.deduction_begin) == (day("07-01"), day("08-01"))
    assert (row.terms.contribution, row.terms.tax, row.terms.account) == (Decimal(3), "before", "A1")


def test_S2_11_a_salary_that_was_set_manually_stays():
    set_by_hand = override_salary(case(person(), "life"), "life", Decimal(30000), day("06-01"), BOOK)
    (row,) = [item for item in set_by_hand.enrollments if item.salary_override]
    assert (row.terms.amount, row.event) == (Decimal(60000), 0)
    richer = replace(set_by_hand, participant=person(**RICHER))
    assert statuses(finish_events(richer, activity("MSC", "06-05"))) == ("FP", "CLOSED")
    plans = [
        {**plan, "options": [{**plan["options"][0], "company": "0.2"}]} if plan["code"] == "LIFE" else plan
        for plan in CONTENT["plans"]
    ]
    dearer = finish_events(richer, activity("MSC", "06-05"), rules=book(plans=plans))
    last = coverage_on(dearer.enrollments, "life", TODAY)
    assert (last.terms.amount, last.terms.company, last.salary_override) == (Decimal(60000), Decimal("12.00"), 30000)


@pytest.mark.parametrize(
    ("kind", "rules"),
    [("vision", BOOK), ("life", book(programs=[], plans=[], add_rules=[], change_rules=[], termination_rules=[]))],
)
def test_a_salary_is_set_for_a_coverage_in_force_only(kind, rules):
    with pytest.raises(DecisionError):
        override_salary(case(person(), "life"), kind, Decimal(1), TODAY, rules)


def test_a_salary_is_not_set_where_the_plan_has_no_price_for_the_person():
    plans = [{**plan, "rates": "T", "options": [{"code": "2X", "multiple": "2"}]} if plan["code"] == "LIFE" else plan
             for plan in CONTENT["plans"]]  # fmt: skip
    rates = [{"code": "T", "grades": [{"when": {"smoker": ["N"]}, "employee": "1"}]}]
    with pytest.raises(DecisionError) as caught:
        override_salary(case(person(), "life"), "life", Decimal(1), TODAY, book(plans=plans, rates=rates))
    assert caught.value.why == "Its plan has no price (rate_fact_missing: smoker)."


def test_an_election_goes_before_the_figures_that_would_just_follow():
    options = [{"code": "2X", "multiple": "2"}, {"code": "1X", "multiple": "1"}]
    plans = [{**plan, "options": options} if plan["code"] == "LIFE" else plan for plan in CONTENT["plans"]]
    rules = book(plans=plans, change_rules=[{"plans": ["LIFE"], "begin": {"base": "event_date"}, "elect": True}])
    after = finish_events(
        case(person(**RICHER), "life"), activity(), rules=rules, choices=[Choice("life", "LIFE", "1X")]
    )
    assert [row[:2] for row in posted(after)] == [("CHANGE", "life")] * 2
    assert coverage_on(after.enrollments, "life", TODAY).terms.amount == Decimal(60000)


def test_S2_13_a_change_is_a_stop_and_a_re_add():
    after = finish_events(case(person(), "medical"), activity("FSC"), choices=[Choice("medical", "MED", "FAM")])
    assert posted(after) == [
        ("CHANGE", "medical", "TERM", "2026-06-01"),
        ("CHANGE", "medical", "ELECT", "2026-06-01"),
    ]
    assert (coverage(after, "05-31"), coverage(after, "06-01")) == ({"medical": "EE"}, {"medical": "FAM"})


def test_present_coverage_is_waived_from_the_day_of_its_change_rule():
    after = finish_events(case(person(), "medical"), activity("FSC"), choices=[Choice("medical")])
    assert posted(after) == [("STOP", "medical", "WAIVE", "2026-06-01")]
    assert (coverage(after, "05-31"), coverage(after, "06-01")) == ({"medical": "EE"}, {})


def test_a_waiver_is_written_down_once():
    first = finish_events(case(), activity("FSC"), choices=[Choice("medical")])
    assert posted(first) == [("STOP", "medical", "WAIVE", "2026-06-01")]
    again = finish_events(first, activity("FSC", "06-05"), choices=[Choice("medical")])
    assert posted(again, 2) == []


def test_a_waiver_of_new_options_beside_a_lost_plan_only_ends_it():
    rules = book(
        plans=[*CONTENT["plans"], {"code": "DEN2", "type": "dental", "options": [{"code": "EE"}]}],
        programs=[{"code": "FULL", "eligibility": "full_time", "plans": ["MED", "DEN", "DEN2"]}],
    )
    after = finish_events(
        case(person(state="NV"), "medical", "dental"), activity("FSC"), rules=rules, choices=[Choice("dental")]
    )
    assert posted(after) == [("STOP", "dental", "TERM", "2026-07-01")]


SWAP = {
    "plans": [*CONTENT["plans"], {"code": "DEN2", "type": "dental", "options": [{"code": "EE"}]}],
    "programs": [{"code": "FULL", "eligibility": "full_time", "plans": ["MED", "DEN", "DEN2"]}],
}


@pytest.mark.parametrize(
    ("begin", "ends", "begins", "record"),
    [
        ({"base": "event_date"}, "06-05", "06-05", 0),
        ({"base": "first_of_next_month"}, "07-01", "07-01", 0),
        ({"base": "first_of_next_month", "months": 1}, "07-01", "08-01", 1),
    ],
    ids=["before the end", "without a gap", "with a gap"],
)
def test_a_takeover_begins_without_an_overlap(begin, ends, begins, record):
    rules = book(**SWAP, add_rules=[{"plans": ["DEN2"], "begin": begin}])
    before = case(person(state="NV"), "medical", "dental")
    after = finish_events(before, activity("FSC", "06-05"), rules=rules, choices=[Choice("dental", "DEN2", "EE")])
    assert posted(after) == [
        ("STOP", "dental", "TERM", f"2026-{ends}"),
        ("ADD", "dental", "ELECT", f"2026-{begins}"),
    ]
    assert len(after.cobra) == record


def test_an_exchange_by_choice_is_a_change():
    rules = book(**SWAP, add_rules=[{"plans": ["DEN2"], "begin": {"base": "event_date"}}])
    after = finish_events(
        case(person(), "dental"), activity("FSC"), rules=rules, choices=[Choice("dental", "DEN2", "EE")]
    )
    assert [row[:3] for row in posted(after)] == [("CHANGE", "dental", "TERM"), ("CHANGE", "dental", "ELECT")]
    assert coverage_on(after.enrollments, "dental", TODAY).terms.plan == "DEN2"


def test_a_coverage_that_has_not_begun_changes_on_its_first_day():
    later = [replace(row, effective_date=day("07-01")) for row in covered("life")]
    after = finish_events(replace(case(person(**RICHER)), enrollments=tuple(later)), activity())
    assert posted(after) == [("CHANGE", "life", "TERM", "2026-07-01"), ("CHANGE", "life", "ELECT", "2026-07-01")]
    assert coverage_on(after.enrollments, "life", day("07-01")).terms.amount == Decimal(120000)


def test_S3_112_a_coverage_that_has_not_begun_is_ended_before_it_does():
    rows = [replace(row, effective_date=day("08-01")) for row in covered("medical")]
    after = finish_events(replace(case(person(fte="0.2")), enrollments=tuple(rows)), activity("FSC"))
    assert posted(after) == [("STOP", "medical", "TERM", "2026-08-01")]
    assert coverage(after, "2027-01-01") == {}
    assert after.cobra == ()


def test_what_ended_meanwhile_is_not_ended_twice():
    after = after_run(with_activities(case(person(fte="0.2"), "medical"), activity("FSC")))
    ended = replace(covered("medical")[0], number=2, coverage=Coverage.TERM, effective_date=day("06-02"))
    after = replace(after, enrollments=(*after.enrollments, ended))
    finished = after_run(mark_final(after, 1))
    assert (statuses(finished), posted(finished), finished.cobra) == (("FE", "CLOSED"), [], ())


def test_what_was_to_change_and_ended_meanwhile_does_not_come_back():
    after = after_run(with_activities(case(person(**RICHER), "life"), activity()))
    ended = replace(covered("life")[0], number=2, coverage=Coverage.TERM, effective_date=day("05-02"))
    after = after_run(mark_final(replace(after, enrollments=(*after.enrollments, ended)), 1))
    assert (statuses(after), posted(after)) == (("FE", "CLOSED"), [])


def test_A_70_two_benefits_that_end_on_one_day_make_one_record():
    after = finish_events(case(person(fte="0.2"), "medical", "dental", "life"), activity("MSC", "05-20"))
    (record,) = after.cobra
    assert (record.event, record.event_date, record.occurrence_date) == (1, day("05-20"), day("06-01"))
    assert record.action == "REDUCTION_OF_HOURS"


def test_A_70_while_a_record_is_in_effect_no_other_arises():
    first = finish_events(case(person(state="NV"), "medical", "dental"), activity("ADR", "05-20"))
    assert len(first.cobra) == 1
    after = finish_events(replace(first, participant=person(fte="0.2")), activity("MSC", "05-25"))
    assert posted(after, 2) == [("STOP", "medical", "TERM", "2026-06-01")]
    assert after.cobra == first.cobra
    # A silence would look like a loss that somebody forgot.
    assert [(line.code, line.event, line.detail) for line in after.event(2).messages] == [("cobra_in_effect", 2, "1")]
    assert first.event(1).messages == ()


@pytest.mark.parametrize("gap", [True, False], ids=["covered anew", "changed without a gap"])
def test_A_114_a_loss_of_coverage_that_began_after_a_record_makes_a_record_of_its_own(gap):
    first = covered("medical")[0]
    ended = replace(first, number=2, coverage=Coverage.TERM, effective_date=day("01-01"))
    again = replace(first, number=3, effective_date=day("03-01" if gap else "01-01"))
    earlier = replace(RECORD, event=0, occurrence_date=day("02-01"), until=day("2027-07-31"))
    before = replace(case(person(fte="0.2")), enrollments=(first, ended, again), cobra=(earlier,))
    after = finish_events(before, activity("MSC", "05-20"))
    assert posted(after) == [("STOP", "medical", "TERM", "2026-06-01")]
    assert [record.occurrence_date for record in after.cobra] == [day("02-01"), *([day("06-01")] if gap else [])]


def test_a_person_closes_a_record_and_no_step_of_it_is_written_down_any_more():
    first = finish_events(case(person(fte="0.2"), "medical"), activity("MSC", "05-20"))
    closed = close_record(first, 1)
    assert [record.state for record in closed.cobra] == [CobraState.CLOSED]
    with pytest.raises(DecisionError, match="was not closed"):
        close_record(closed, 1)
    with pytest.raises(DecisionError, match="step was not recorded"):
        reach_step(closed, 1, Milestone.ELECTED, day("06-05"), day("06-10"))


def test_a_benefit_without_a_cobra_rule_makes_no_record():
    assert finish_events(case(person(fte="0.2"), "life"), activity()).cobra == ()


def test_the_action_of_hr_names_the_cobra_action():
    rules = book(actions=[{"action": "Laid off", "cobra": "LAYOFF"}])
    after = finish_events(case(person(fte="0.2"), "medical"), activity(action="Laid off"), rules=rules)
    assert [record.action for record in after.cobra] == ["LAYOFF"]
    unnamed = finish_events(
        case(person(fte="0.2"), "medical"),
        activity("FSC", action="Laid off"),
        rules=book(actions=[{"action": "Laid off"}]),
    )
    assert [record.action for record in unnamed.cobra] == [""]


def test_L13_voiding_an_event_reverses_its_rows_and_its_record():
    begun = finish_events(case(person(fte="0.2"), "medical"), activity("MSC", "05-20"))
    assert coverage(begun, "06-01") == {}
    after = void(begun, 1)
    assert coverage(after, "06-01") == {"medical": "EE"}
    assert [str(record.state) for record in after.cobra] == ["VOID"]
    assert len(after.enrollments) == len(begun.enrollments)


def test_an_event_that_is_processed_again_has_one_record_still():
    begun = finish_events(case(person(fte="0.2"), "medical"), activity("MSC", "05-20"))
    again = after_run(set_indicator(begun, 1, Indicator.ASSIGN))
    assert [str(record.state) for record in again.cobra] == ["VOID"]
    after = after_run(mark_final(again, 1))
    assert [(record.event, str(record.state)) for record in after.cobra] == [(1, "OPEN")]


def test_a_step_of_a_case_is_that_of_the_open_record_of_its_event():
    before = Case(person(), cobra=(RECORD, replace(RECORD, event=4, state=CobraState.VOID)))
    after = reach_step(before, 3, Milestone.NOTICE_SENT, day("06-20"), day("06-20"))
    assert [dict(record.milestones) for record in after.cobra] == [{Milestone.NOTICE_SENT: day("06-20")}, {}]
    for number in (4, 5):
        with pytest.raises(DecisionError) as caught:
            reach_step(before, number, Milestone.PAID, day("06-20"), day("06-20"))
        assert caught.value.why == "The event has no open COBRA record."


def test_no_step_is_written_down_before_its_day():
    before = Case(person(), cobra=(RECORD,))
    with pytest.raises(DecisionError) as caught:
        reach_step(before, 3, Milestone.PAID, day("06-20"), day("06-19"))
    assert caught.value.why == "Its date is in the future."
