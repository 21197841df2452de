"""What a finished event writes down: stop, change, add, and how it is reversed (A-70, A-71; S2-11 to S2-25, K13)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.coordination import mark_final, set_indicator, void
from bensync.benefits.engine.elections import enter
from bensync.benefits.engine.postings import override_salary
from bensync.benefits.engine.run import process_case
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
    run_context,
    statuses,
    with_activities,
)
from tests.unit.builders import TODAY, day

RICHER = {"pay_rate": "60000.00 USD"}
VISION = {"plans": ["VIS"], "events": ["MSC"], "begin": {"base": "event_date"}, "default": "EE"}


def done(before, *waiting, rules=BOOK, on=TODAY, choices=(), final=True):
    """Activities worked off to their end, one event after the other."""
    found = after_run(with_activities(before, *waiting), rules, on)
    if choices:
        found = after_run(enter(found, found.events[-1].number, choices, on), rules, on)
    elif final and found.open is not None:
        found = after_run(mark_final(found, found.open.number), rules, on)
    return found


def rules_with(**tables):
    """The usual tables with more rules behind them."""
    return book(**{name: [*CONTENT[name], *more] for name, more in tables.items()})


# The three steps


def test_A_71_an_event_stops_then_changes_then_adds():
    rules = automatic(add_rules=[*CONTENT["add_rules"], {**VISION, "auto_add": True}])
    moved = person(state="NV", **RICHER)
    found = after_run(with_activities(case(moved, "dental", "life"), activity("MSC", "06-01")), rules)
    assert statuses(found) == ("FE", "CLOSED")
    assert posted(found) == [
        ("STOP", "dental", "TERM", "2026-07-01"),
        ("CHANGE", "life", "TERM", "2026-06-01"),
        ("CHANGE", "life", "ELECT", "2026-06-01"),
        ("ADD", "vision", "ELECT", "2026-06-01"),
    ]
    assert coverage_on(found.enrollments, "life", TODAY).terms.amount == Decimal(120000)


def test_A_71_without_auto_add_vision_is_only_offered():
    rules = automatic(add_rules=[*CONTENT["add_rules"], VISION])
    begun = with_activities(case(person(state="NV", **RICHER), "dental", "life"), activity("MSC", "06-01"))
    found = after_run(begun, rules)
    assert (statuses(found), posted(found)) == (("PR", "OPEN"), [])
    (offer,) = [one for one in found.event(1).prepared.offers if one.electable]
    assert (offer.plan_type, offer.auto_add, offer.default.option) == ("vision", False, "EE")
    without = after_run(enter(found, 1, [Choice("vision")], TODAY), rules)
    assert [row[:3] for row in posted(without)] == [
        ("STOP", "dental", "TERM"),
        ("STOP", "vision", "WAIVE"),
        ("CHANGE", "life", "TERM"),
        ("CHANGE", "life", "ELECT"),
    ]


def test_K3_a_default_is_loaded_by_a_final_mark_though_it_is_not_added_by_itself():
    rules = automatic(add_rules=[VISION])
    found = done(case(), activity("MSC"), rules=rules)
    assert posted(found) == [("ADD", "vision", "ELECT", "2026-06-01")]


def test_S2_01_a_job_change_that_asks_nobody_needs_nobody():
    begun = with_activities(case(person(**RICHER), "life"), activity())
    assert statuses(after_run(begun)) == ("PR", "OPEN")
    assert statuses(after_run(begun, automatic())) == ("FE", "CLOSED")


def test_S3_114_what_does_not_differ_posts_nothing():
    assert posted(done(case(person(), "life"), activity("FSC"))) == []
    same = done(case(person(), "medical"), activity("FSC"), choices=[Choice("medical", "MED", "EE")])
    assert (statuses(same), posted(same)) == (("FE", "CLOSED"), [])


def test_S2_19_without_a_rule_what_would_change_is_listed_and_left():
    rules = book(change_rules=[], termination_rules=[])
    found = done(case(person(state="NV", **RICHER), "dental", "life"), activity("FSC"), rules=rules)
    assert posted(found) == []
    remarks = {(line.code, line.plan) for line in found.event(1).prepared.remarks}
    assert remarks == {("no_termination_rule", "DEN"), ("no_change_rule", "LIFE")}


def test_a_lost_plan_that_the_rulebook_does_not_know_any_more_is_listed():
    row = covered("medical")[0]
    old = replace(row, terms=replace(row.terms, plan="OLD"))
    found = done(replace(case(), enrollments=(old,)), activity("FSC"))
    assert statuses(found) == ("FE", "CLOSED")
    assert [(line.code, line.plan) for line in found.event(1).prepared.remarks] == [("no_termination_rule", "OLD")]
    assert "medical" in coverage(found, "07-01")


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
    (row,) = done(case(), activity("FSC"), rules=rules).enrollments
    assert (row.effective_date, row.deduction_begin) == (day("07-01"), day("08-01"))
    assert (row.terms.contribution, row.terms.tax, row.terms.account) == (Decimal(3), "before", "A1")


@pytest.mark.parametrize(
    ("option", "salary", "amount", "employee"),
    [
        ({"multiple": "2", "round_up_to": "1000"}, "50400.00", "101000", "0.00"),
        ({"multiple": "2", "round_up_to": "1000", "cap": "90000"}, "50400.00", "90000", "0.00"),
        ({"multiple": "1.5"}, "50000.00", "75000", "0.00"),
        ({"amount": "25000", "employee": "0.12", "per_thousand": True}, "1.00", "25000", "3.00"),
        ({"employee": "0.12", "per_thousand": True}, "1.00", None, "0.12"),
        ({"employee": "10.005"}, "1.00", None, "10.01"),
    ],
)
def test_an_option_is_priced_for_its_person(option, salary, amount, employee):
    plans = [{"code": "P", "type": "t", "options": [{"code": "A", **option}]}]
    rules = book(
        plans=plans,
        programs=[{"code": "FULL", "eligibility": "full_time", "plans": ["P"]}],
        add_rules=[{"plans": ["P"], "begin": {"base": "event_date"}, "default": "A"}],
        change_rules=[],
        termination_rules=[],
    )
    (row,) = done(case(person(pay_rate=f"{salary} USD")), activity("FSC"), rules=rules).enrollments
    assert row.terms.amount == (Decimal(amount) if amount else None)
    assert row.terms.employee == Decimal(employee)


def test_S2_11_a_salary_that_was_set_by_hand_stays():
    set_by_hand = override_salary(case(person(), "life"), "life", Decimal(30000), day("06-01"), BOOK)
    (row,) = [one for one in set_by_hand.enrollments if one.salary_override]
    assert (row.terms.amount, row.event) == (Decimal(60000), 0)
    richer = replace(set_by_hand, participant=person(**RICHER))
    assert statuses(done(richer, activity("MSC", "06-05"))) == ("FP", "CLOSED")
    plans = [
        {**plan, "options": [{**plan["options"][0], "company": "0.2"}]} if plan["code"] == "LIFE" else plan
        for plan in CONTENT["plans"]
    ]
    dearer = done(richer, activity("MSC", "06-05"), rules=book(plans=plans))
    last = coverage_on(dearer.enrollments, "life", TODAY)
    assert (last.terms.amount, last.terms.company, last.salary_override) == (Decimal(60000), Decimal("12.00"), 30000)


@pytest.mark.parametrize(
    ("kind", "rules"),
    [("vision", BOOK), ("life", book(programs=[], plans=[], add_rules=[], change_rules=[], termination_rules=[]))],
)
def test_a_salary_is_set_for_a_coverage_in_force_only(kind, rules):
    with pytest.raises(DecisionError):
        override_salary(case(person(), "life"), kind, Decimal(1), TODAY, rules)


def test_a_salary_set_by_hand_counts_for_the_options_of_that_plan_too():
    begun = override_salary(case(person(), "life"), "life", Decimal(30000), day("06-01"), BOOK)
    rules = rules_with(
        change_rules=[{"plans": ["LIFE"], "events": ["OE"], "begin": {"base": "event_date"}, "elect": True}]
    )
    found = done(begun, activity("OE", "06-05"), rules=rules, choices=[Choice("life", "LIFE", "2X")])
    assert (statuses(found), posted(found)) == (("FE", "CLOSED"), [])


def test_a_missing_salary_matters_only_where_a_rule_would_use_it():
    poor = case(person(pay_rate=None), "life")
    plain = done(poor, activity("BIR"))
    assert (statuses(plain), plain.event(1).prepared.faults) == (("FP", "CLOSED"), ())
    changed = done(poor, activity("MSC"))
    assert statuses(changed) == ("PE", "OPEN")
    assert {line.code for line in changed.event(1).prepared.faults} == {"salary_missing"}


# Elections


def test_an_election_goes_before_the_figures_that_would_just_follow():
    options = [{"code": "2X", "multiple": "2"}, {"code": "1X", "multiple": "1"}]
    plans = [{**plan, "options": options} if plan["code"] == "LIFE" else plan for plan in CONTENT["plans"]]
    rules = book(plans=plans, change_rules=[{"plans": ["LIFE"], "begin": {"base": "event_date"}, "elect": True}])
    found = done(case(person(**RICHER), "life"), activity(), rules=rules, choices=[Choice("life", "LIFE", "1X")])
    assert [row[:2] for row in posted(found)] == [("CHANGE", "life")] * 2
    assert coverage_on(found.enrollments, "life", TODAY).terms.amount == Decimal(60000)


def test_S2_13_a_change_is_a_stop_and_a_re_add():
    found = done(case(person(), "medical"), activity("FSC"), choices=[Choice("medical", "MED", "FAM")])
    assert posted(found) == [
        ("CHANGE", "medical", "TERM", "2026-06-01"),
        ("CHANGE", "medical", "ELECT", "2026-06-01"),
    ]
    assert (coverage(found, "05-31"), coverage(found, "06-01")) == ({"medical": "EE"}, {"medical": "FAM"})


def test_present_coverage_is_waived_from_the_day_of_its_change_rule():
    found = done(case(person(), "medical"), activity("FSC"), choices=[Choice("medical")])
    assert posted(found) == [("STOP", "medical", "WAIVE", "2026-06-01")]
    assert (coverage(found, "05-31"), coverage(found, "06-01")) == ({"medical": "EE"}, {})


def test_a_waiver_is_written_down_once():
    first = done(case(), activity("FSC"), choices=[Choice("medical")])
    assert posted(first) == [("STOP", "medical", "WAIVE", "2026-06-01")]
    again = done(first, activity("FSC", "06-05"), choices=[Choice("medical")])
    assert posted(again, 2) == []


@pytest.mark.parametrize(("event_class", "added"), [("MSC", []), ("HIR", ["vision"])])
def test_who_waived_is_asked_again_only_when_hired_anew(event_class, added):
    rules = book(add_rules=[{**VISION, "events": [], "auto_add": True}])
    begun = after_run(with_activities(case(), activity("FSC", "05-01")), rules)
    waived = after_run(enter(begun, 1, [Choice("vision")], TODAY), rules)
    found = done(waived, activity(event_class), rules=rules)
    assert [row[1] for row in posted(found, 2)] == added


def test_a_waiver_of_new_options_beside_a_lost_plan_only_ends_it():
    rules = book(
        plans=[*CONTENT["plans"], {"code": "DEN2", "type": "dental", "options": [{"code": "EE"}]}],
        programs=[{"code": "FULL", "eligibility": "full_time", "plans": ["MED", "DEN", "DEN2"]}],
    )
    found = done(
        case(person(state="NV"), "medical", "dental"), activity("FSC"), rules=rules, choices=[Choice("dental")]
    )
    assert posted(found) == [("STOP", "dental", "TERM", "2026-07-01")]


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
def test_whoever_takes_over_begins_without_an_overlap(begin, ends, begins, record):
    rules = book(**SWAP, add_rules=[{"plans": ["DEN2"], "begin": begin}])
    before = case(person(state="NV"), "medical", "dental")
    found = done(before, activity("FSC", "06-05"), rules=rules, choices=[Choice("dental", "DEN2", "EE")])
    assert posted(found) == [
        ("STOP", "dental", "TERM", f"2026-{ends}"),
        ("ADD", "dental", "ELECT", f"2026-{begins}"),
    ]
    assert len(found.cobra) == record


def test_an_exchange_by_choice_is_a_change():
    rules = book(**SWAP, add_rules=[{"plans": ["DEN2"], "begin": {"base": "event_date"}}])
    found = done(case(person(), "dental"), activity("FSC"), rules=rules, choices=[Choice("dental", "DEN2", "EE")])
    assert [row[:3] for row in posted(found)] == [("CHANGE", "dental", "TERM"), ("CHANGE", "dental", "ELECT")]
    assert coverage_on(found.enrollments, "dental", TODAY).terms.plan == "DEN2"


def test_a_coverage_that_has_not_begun_changes_on_its_first_day():
    later = [replace(row, effective_date=day("07-01")) for row in covered("life")]
    found = done(replace(case(person(**RICHER)), enrollments=tuple(later)), activity())
    assert posted(found) == [("CHANGE", "life", "TERM", "2026-07-01"), ("CHANGE", "life", "ELECT", "2026-07-01")]
    assert coverage_on(found.enrollments, "life", day("07-01")).terms.amount == Decimal(120000)


def test_S3_112_a_coverage_that_has_not_begun_is_ended_before_it_does():
    rows = [replace(row, effective_date=day("08-01")) for row in covered("medical")]
    found = done(replace(case(person(fte="0.2")), enrollments=tuple(rows)), activity("FSC"))
    assert posted(found) == [("STOP", "medical", "TERM", "2026-08-01")]
    assert coverage(found, "2027-01-01") == {}
    assert found.cobra == ()


def test_what_ended_meanwhile_is_not_ended_twice():
    found = after_run(with_activities(case(person(fte="0.2"), "medical"), activity("FSC")))
    ended = replace(covered("medical")[0], number=2, coverage=Coverage.TERM, effective_date=day("06-02"))
    found = replace(found, enrollments=(*found.enrollments, ended))
    finished = after_run(mark_final(found, 1))
    assert (statuses(finished), posted(finished), finished.cobra) == (("FE", "CLOSED"), [], ())


def test_what_was_to_change_and_ended_meanwhile_does_not_come_back():
    found = after_run(with_activities(case(person(**RICHER), "life"), activity()))
    ended = replace(covered("life")[0], number=2, coverage=Coverage.TERM, effective_date=day("05-02"))
    found = after_run(mark_final(replace(found, enrollments=(*found.enrollments, ended)), 1))
    assert (statuses(found), posted(found)) == (("FE", "CLOSED"), [])


# Flex


FLEX = {
    "plans": [
        {"code": "FLEX", "type": "flex", "eligibility": "coast", "options": [{"code": "STD", "company": "50"}]},
        {"code": "FSA", "type": "fsa", "flex": "FLEX", "options": [{"code": "H"}]},
        {"code": "MED", "type": "medical", "options": [{"code": "EE"}]},
    ],
    "programs": [{"code": "FULL", "eligibility": "full_time", "plans": ["FLEX", "FSA", "MED"]}],
    "add_rules": [{"begin": {"base": "event_date"}}],
    "change_rules": [],
    "termination_rules": [
        {"plans": ["FLEX"], "stop": {"base": "end_of_month"}},
        {"plans": ["FSA"], "stop": {"base": "last_day"}},
        {"plans": ["MED"], "stop": {"base": "last_day"}},
    ],
}


@pytest.mark.parametrize("fsa_lost", [False, True])
def test_S2_25_a_lost_flex_plan_takes_its_benefits_along_by_its_own_rule(fsa_lost):
    content = {
        **FLEX,
        "plans": [
            {**plan, "eligibility": "coast"} if plan["code"] == "FSA" and fsa_lost else plan for plan in FLEX["plans"]
        ],
    }
    rules = book(**content)
    choices = [Choice("flex", "FLEX", "STD"), Choice("fsa", "FSA", "H"), Choice("medical", "MED", "EE")]
    begun = done(case(), activity("HIR", "05-01"), rules=rules, choices=choices)
    assert set(coverage(begun, "06-01")) == {"flex", "fsa", "medical"}
    found = done(replace(begun, participant=person(state="NV")), activity("ADR", "06-05"), rules=rules)
    assert posted(found, 2) == [("STOP", "flex", "TERM", "2026-07-01"), ("STOP", "fsa", "TERM", "2026-07-01")]


def test_S2_25_a_flex_plan_without_a_rule_keeps_its_benefits():
    rules = book(**{**FLEX, "termination_rules": FLEX["termination_rules"][1:]})
    choices = [Choice("flex", "FLEX", "STD"), Choice("fsa", "FSA", "H")]
    begun = done(case(), activity("HIR", "05-01"), rules=rules, choices=choices)
    found = done(replace(begun, participant=person(state="NV")), activity("ADR", "06-05"), rules=rules)
    assert posted(found, 2) == []


# Rules


RULE = {"types": ["medical"], "stop": {"base": "last_day"}}


@pytest.mark.parametrize(
    ("rules", "who", "ends"),
    [
        ([RULE], {}, "06-02"),
        ([RULE, {"plans": ["MED"], "stop": {"base": "end_of_month"}}], {}, "07-01"),
        ([RULE, {"stop": {"base": "end_of_month"}}], {}, "06-02"),
        ([RULE, {**RULE, "since": day("2026-01-01"), "stop": {"base": "end_of_month"}}], {}, "07-01"),
        ([RULE, {**RULE, "since": day("2026-07-01"), "stop": {"base": "end_of_month"}}], {}, "06-02"),
        ([RULE, {**RULE, "group": "union", "stop": {"base": "end_of_month"}}], {}, "06-02"),
        ([RULE, {**RULE, "group": "union", "stop": {"base": "end_of_month"}}], {"union_code": "U1"}, "07-01"),
        ([{"stop": {"base": "end_of_month"}, "events": ["TER"]}, RULE], {}, "06-02"),
        ([{**RULE, "types": ["dental"]}, RULE], {}, "06-02"),
        ([{**RULE, "stop": {"base": "last_day", "retro_cap": 3}}], {}, "06-08"),
    ],
    ids=[
        "one",
        "plan over type",
        "type over all",
        "newer",
        "not yet",
        "other group",
        "own group",
        "other event",
        "other type",
        "cap",
    ],
)
def test_S2_20_the_nearest_termination_rule_decides(rules, who, ends):
    found = done(case(person(fte="0.2", **who), "medical"), activity("FSC"), rules=book(termination_rules=rules))
    assert posted(found) == [("STOP", "medical", "TERM", f"2026-{ends}")]


# COBRA


def test_A_70_two_benefits_that_end_on_one_day_make_one_record():
    found = done(case(person(fte="0.2"), "medical", "dental", "life"), activity("MSC", "05-20"))
    (record,) = found.cobra
    assert (record.event, record.event_date, record.occurrence_date) == (1, day("05-20"), day("06-01"))
    assert record.action == "REDUCTION_OF_HOURS"


def test_A_70_while_a_record_is_in_effect_no_other_arises():
    first = done(case(person(state="NV"), "medical", "dental"), activity("ADR", "05-20"))
    assert len(first.cobra) == 1
    found = done(replace(first, participant=person(fte="0.2")), activity("MSC", "05-25"))
    assert posted(found, 2) == [("STOP", "medical", "TERM", "2026-06-01")]
    assert found.cobra == first.cobra


def test_a_benefit_without_a_cobra_rule_makes_no_record():
    assert done(case(person(fte="0.2"), "life"), activity()).cobra == ()


def test_the_action_of_hr_names_the_cobra_action():
    rules = book(actions=[{"action": "Laid off", "cobra": "LAYOFF"}])
    found = done(case(person(fte="0.2"), "medical"), activity(action="Laid off"), rules=rules)
    assert [record.action for record in found.cobra] == ["LAYOFF"]
    unnamed = done(
        case(person(fte="0.2"), "medical"),
        activity("FSC", action="Laid off"),
        rules=book(actions=[{"action": "Laid off"}]),
    )
    assert [record.action for record in unnamed.cobra] == [""]


def test_L13_voiding_an_event_reverses_its_rows_and_its_record():
    begun = done(case(person(fte="0.2"), "medical"), activity("MSC", "05-20"))
    assert coverage(begun, "06-01") == {}
    found = void(begun, 1)
    assert coverage(found, "06-01") == {"medical": "EE"}
    assert [str(record.state) for record in found.cobra] == ["VOID"]
    assert len(found.enrollments) == len(begun.enrollments)


def test_an_event_that_is_worked_off_again_has_one_record_still():
    begun = done(case(person(fte="0.2"), "medical"), activity("MSC", "05-20"))
    again = after_run(set_indicator(begun, 1, Indicator.ASSIGN))
    assert [str(record.state) for record in again.cobra] == ["VOID"]
    found = after_run(mark_final(again, 1))
    assert [(record.event, str(record.state)) for record in found.cobra] == [(1, "OPEN")]


# Carriers and the report


def test_S0_25_every_carrier_whose_members_are_touched_is_named():
    begun = with_activities(case(person(fte="0.2"), "medical", "dental", "life"), activity("TER", "05-20", final=True))
    found = process_case(begun, run_context())
    assert found.carriers == ("bright", "harbor", "north")
    assert [row.plan_type for row in found.posted] == ["medical", "dental", "life"]
    assert [record.event for record in found.cobra] == [1]
    voided = process_case(set_indicator(found.case, 1, Indicator.VOID), run_context())
    assert voided.carriers == found.carriers
    assert [row.number for row in voided.reversed] == [row.number for row in found.posted]
    assert [str(record.state) for record in voided.cobra] == ["VOID"]
    assert process_case(voided.case, run_context()).carriers == ()


def test_a_plan_without_a_carrier_tells_nobody():
    rules = book(plans=[{**plan, "carrier": ""} for plan in CONTENT["plans"]])
    begun = with_activities(case(person(fte="0.2"), "medical"), activity("TER", "05-20", final=True))
    assert process_case(begun, run_context(rules)).carriers == ()
