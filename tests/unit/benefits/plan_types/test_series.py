"""What the elections of each plan type may hold, and the code of each fault (S3-166 to S3-172)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bensync.benefits.engine.elections import enter, judge
from bensync.benefits.values.election_details import ElectionDetails, FundShare
from bensync.benefits.values.enrollments import coverage_on
from bensync.benefits.values.offers import Choice
from tests.unit.benefits.cases import (
    activity,
    after_run,
    book,
    case,
    person,
    statuses,
    with_activities,
    with_participant,
)
from tests.unit.benefits.situations import RICHER
from tests.unit.builders import TODAY

HALF = (FundShare("BONDS", Decimal(50)), FundShare("STOCKS", Decimal(50)))


def rules(code, plan=None, option=None, **tables):
    """A rulebook with one plan of a type that has this code."""
    content = {"code": "P", "type": "t", **(plan or {}), "options": [{"code": "A", **(option or {})}]}
    return book(
        types={"t": {"code": code}} if code else {},
        plans=[content],
        programs=[{"code": "FULL", "eligibility": "full_time", "plans": ["P"]}],
        add_rules=[{"plans": ["P"], "begin": {"base": "event_date"}}],
        change_rules=[{"plans": ["P"], "events": ["MSC"], "begin": {"base": "event_date"}}],
        termination_rules=[],
        **tables,
    )


def after_election(rulebook, who=None, contribution=None, **details):
    """A new hire of 1 June elected the plan, and a run judged it; the salary is 50,000."""
    choice = Choice("t", "P", "A", contribution, details=ElectionDetails(**details) if details else None)
    prepared = after_run(with_activities(case(who), activity("HIR", "06-01")), rulebook)
    return after_run(enter(prepared, 1, [choice], TODAY), rulebook)


def fault(*arguments, **details):
    after = after_election(*arguments, **details)
    messages = [(line.code, line.detail) if line.detail else line.code for line in after.event(1).messages]
    assert statuses(after)[0] == ("EE" if messages else "FE")
    return messages[0] if messages else ""


def terms(*arguments, **details):
    return coverage_on(after_election(*arguments, **details).enrollments, "t", TODAY).terms


FUNDS = {"funds": ["BONDS", "STOCKS"]}
MONTHLY = {"calendars": [{"code": "M", "frequency": "monthly", "days": [15]}]}
SALARIES = {"percent_minimum": "2", "percent_maximum": "60"}


@pytest.mark.parametrize(
    ("code", "plan", "option", "given", "expected"),
    [
        ("10", {"provider": True}, {}, {}, "provider_missing"),
        ("10", {"provider": True}, {}, {"provider": "D-17", "previously_seen": True}, ""),
        ("10", {}, {}, {"hours_bought": Decimal(8)}, ("detail_not_taken", "hours_bought")),
        ("", {}, {}, {"provider": "D-17"}, ("detail_not_taken", "provider")),
        ("20", {}, {}, {"percent": Decimal(5)}, ("detail_not_taken", "percent")),
        ("40", {}, {}, {"percent": Decimal(5)}, ""),
        ("40", {}, {}, {"percent": Decimal(101)}, "percent_over_100"),
        ("40", {}, {}, {"percent": Decimal(-1)}, "percent_over_100"),
        ("40", {}, {"after_tax": True}, {"percent": Decimal(60), "after_tax_percent": Decimal(41)}, "percent_over_100"),
        ("40", {}, {"after_tax": True}, {"percent": Decimal(60), "after_tax_percent": Decimal(40)}, ""),
        ("40", {}, SALARIES, {"percent": Decimal(1)}, "percent_out_of_range"),
        ("40", {}, SALARIES, {"percent": Decimal(61)}, "percent_out_of_range"),
        ("40", {}, SALARIES, {"percent": Decimal(60)}, ""),
        ("40", {}, {}, {"percent": Decimal(5), "contribution": Decimal(100)}, "percent_and_amount"),
        ("40", {}, {}, {"after_tax": Decimal(5)}, "after_tax_not_offered"),
        ("40", {}, {}, {"after_tax_percent": Decimal(5)}, "after_tax_not_offered"),
        ("40", {}, {"after_tax": True}, {"after_tax_percent": Decimal(5), "after_tax": Decimal(5)}, "percent_and_amount"),
        ("40", {}, {}, {"rollover": True}, "rollover_not_offered"),
        ("40", {}, {"limit": "elective_deferral"}, {"contribution": Decimal(24500)}, ""),
        ("40", {}, {"limit": "elective_deferral"}, {"contribution": Decimal(24501)}, "contribution_over_limit"),
        ("40", {}, {"limit": "elective_deferral"}, {"percent": Decimal(49)}, ""),
        ("40", {}, {"limit": "elective_deferral"}, {"percent": Decimal(50)}, "contribution_over_limit"),
        ("40", {}, {"limit": "elective_deferral", "after_tax": True}, {"percent": Decimal(50), "rollover": True}, ""),
        ("40", FUNDS, {}, {"funds": HALF}, ""),
        ("40", FUNDS, {}, {}, "allocation_not_100"),
        ("40", FUNDS, {}, {"funds": HALF[:1]}, "allocation_not_100"),
        ("40", FUNDS, {}, {"funds": (FundShare("GOLD", Decimal(100)),)}, "fund_not_offered"),
        ("40", FUNDS, {}, {"funds": (HALF[0], HALF[0])}, "allocation_shares"),
        ("40", FUNDS, {}, {"funds": (FundShare("BONDS", Decimal(150)), FundShare("STOCKS", Decimal(-50)))}, "allocation_shares"),
        ("40", {}, {"maximum": "2000"}, {"percent": Decimal(5)}, "contribution_out_of_range"),
        ("40", {}, {"minimum": "2000"}, {"percent": Decimal(5)}, ""),
        ("60", {}, {}, {}, "pledge_missing"),
        ("60", {}, {"limit": "health_fsa"}, {"contribution": Decimal(3400)}, ""),
        ("60", {}, {"limit": "health_fsa"}, {"contribution": Decimal("3400.01")}, "pledge_over_limit"),
        ("80", {}, {}, {"percent": Decimal(5)}, "voluntary_not_offered"),
        ("80", {}, {}, {"contribution": Decimal(5)}, "voluntary_not_offered"),
        ("80", {}, {"voluntary": True}, {"percent": Decimal(5)}, ""),
        ("80", {}, {"voluntary": True}, {"percent": Decimal(101)}, "percent_over_100"),
        ("80", {}, {}, {}, ""),
        ("90", {}, {"hours_to_buy": "40"}, {"hours_bought": Decimal(40)}, ""),
        ("90", {}, {"hours_to_buy": "40"}, {"hours_bought": Decimal(41)}, "hours_out_of_range"),
        ("90", {}, {"hours_to_buy": "40"}, {"hours_bought": Decimal(0)}, "hours_out_of_range"),
        ("90", {}, {"hours_to_buy": "40"}, {"hours_sold": Decimal(8)}, "hours_out_of_range"),
        ("90", {}, {"hours_to_buy": "40"}, {}, "hours_missing"),
        ("90", {}, {"hours_to_buy": "40"}, {"hours_bought": Decimal(8), "hours_sold": Decimal(8)}, "hours_bought_and_sold"),
    ],
)  # fmt: skip
def test_S3_166_each_plan_type_takes_its_entries_and_names_each_fault(code, plan, option, given, expected):
    details = {name: value for name, value in given.items() if name != "contribution"}
    assert fault(rules(code, plan, option), None, given.get("contribution"), **details) == expected


@pytest.mark.parametrize(
    ("code", "option", "given"),
    [
        ("40", {}, {"percent": Decimal(5)}),
        ("90", {"hours_to_buy": "40"}, {"hours_bought": Decimal(8)}),
    ],
)
def test_a_part_of_the_pay_needs_a_salary(code, option, given):
    assert fault(rules(code, None, option), person(pay_rate=None), **given) == "salary_missing"


def test_S3_167_the_coverage_holds_the_provider_and_whether_they_were_seen_before():
    held = terms(rules("10", {"provider": True}), provider="D-17", previously_seen=True)
    assert (held.details.provider, held.details.previously_seen) == ("D-17", True)


def test_S3_169_the_coverage_holds_what_was_elected_and_never_a_percentage_beside_an_amount():
    held = terms(rules("40", FUNDS), percent=Decimal(5), funds=HALF)
    assert (held.contribution, held.details.percent, held.details.funds) == (None, Decimal(5), HALF)
    assert terms(rules("40"), None, Decimal(1200)).details is None


@pytest.mark.parametrize(
    ("tables", "each", "expected"),
    [
        (MONTHLY, None, ""),
        # Seven pay dates are left from 1 June: seven times 100 is the pledge.
        (MONTHLY, "100", ""),
        (MONTHLY, "100.01", "deduction_over_pledge"),
        ({"payroll": False}, None, "deduction_missing"),
        ({"payroll": False}, "1000", ""),
    ],
)
def test_S3_170_a_deduction_of_its_own_stays_within_the_pledge_and_is_needed_without_payroll(tables, each, expected):
    details = {"per_deduction": Decimal(each)} if each else {}
    assert fault(rules("60", **tables), None, Decimal(700), **details) == expected


@pytest.mark.parametrize(
    ("given", "cost"), [({"hours_bought": Decimal(40)}, "80.13"), ({"hours_sold": Decimal(40)}, "-80.13")]
)
def test_S3_172_hours_are_bought_and_sold_at_the_price_of_an_hour(given, cost):
    rulebook = rules("90", None, {"hours_to_buy": "40", "hours_to_sell": "40"})
    assert terms(rulebook, **given).employee == Decimal(cost)


def test_S3_172_the_price_of_hours_follows_the_salary():
    rulebook = rules("90", {"hours_per_year": "2000"}, {"hours_to_buy": "40"})
    before = after_election(rulebook, hours_bought=Decimal(24))
    assert coverage_on(before.enrollments, "t", TODAY).terms.employee == Decimal("50.00")
    after = after_run(with_activities(with_participant(before, person(**RICHER)), activity("MSC", "06-05")), rulebook)
    update = after.events[-1].prepared.updates[0]
    assert (update.new.employee, update.new.details) == (Decimal("60.00"), update.old.details)


def test_S3_172_hours_without_a_salary_are_a_fault_and_never_cost_nothing():
    rulebook = rules("90", None, {"hours_to_buy": "40"})
    before = with_participant(after_election(rulebook, hours_bought=Decimal(24)), person(pay_rate=None))
    after = after_run(with_activities(before, activity("MSC", "06-05")), rulebook)
    assert [line.code for line in after.events[-1].prepared.faults] == ["salary_missing"]


def test_a_plan_that_is_gone_from_the_rulebook_is_judged_by_its_offer_alone():
    prepared = after_run(with_activities(case(), activity("HIR", "06-01")), rules("40"))
    gone = book(plans=[], programs=[], add_rules=[], change_rules=[], termination_rules=[])
    entered = enter(prepared, 1, [Choice("t", "P", "A", Decimal(5))], TODAY)
    valid, messages = judge(entered, entered.event(1), gone)
    assert (valid["t"].terms.contribution, messages) == (Decimal(5), ())
    after = after_run(entered, gone)
    assert [line.code for line in after.event(1).messages] == ["program_unknown"]
