"""Dependents and beneficiaries through an event: elected, defaulted, dropped, too old, and paid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.elections import enter, judge
from bensync.benefits.engine.event_order import mark_final, set_indicator
from bensync.benefits.engine.passive_events import search_dependents
from bensync.benefits.engine.postings import override_salary
from bensync.benefits.family import entries
from bensync.benefits.rulebook.tables import PassiveEvent
from bensync.benefits.values.dependents import DropReason
from bensync.benefits.values.enrollments import Allocation, Coverage, Enrollment, PostingStep, coverage_on
from bensync.benefits.values.events import Indicator
from bensync.benefits.values.offers import Choice
from bensync.errors import ConfigError, DecisionError
from tests.unit.benefits.cases import CONTENT, activity, after_run, book, statuses, with_activities
from tests.unit.benefits.families import (
    FAMILY_BOOK,
    FAMILY_BOOK_TABLES,
    FAMILY_PLANS,
    dependent,
    family_case,
    spouse,
    terms,
)
from tests.unit.builders import TODAY, day

CHILD = dependent(2)
FAMILY = (spouse(1), CHILD)
TO_THE_CHILD = (Allocation(2, Decimal(100)),)


def elected(*choices, held=None, family=FAMILY, event="FSC"):
    """An event of June 1 after a run that judged these elections."""
    waiting = with_activities(family_case(*family, held=held), activity(event, "06-01"))
    prepared = after_run(waiting, FAMILY_BOOK)
    return after_run(enter(prepared, 1, choices, TODAY), FAMILY_BOOK)


def covered_on(case, on, kind="medical"):
    row = coverage_on(case.enrollments, kind, day(on))
    return (row.terms.option, row.terms.dependents) if row is not None else None


def messages(case):
    return [(message.code, message.detail) for message in case.event(1).messages]


def test_S3_173_an_election_names_the_dependents_whom_it_covers():
    after = elected(Choice("medical", "MED", "FAM", dependents=(1, 2)))
    assert statuses(after) == ("FE", "CLOSED")
    assert covered_on(after, "2026-06-01") == ("FAM", (1, 2))


@pytest.mark.parametrize(
    ("choice", "wrong"),
    [
        (Choice("medical", "MED", "FAM"), [("too_few_dependents", "children")]),
        (Choice("medical", "MED", "FAM", dependents=(1,)), [("too_few_dependents", "children")]),
        (Choice("medical", "MED", "EE+SP", dependents=(1, 2)), [("dependent_not_covered", "2")]),
        (Choice("medical", "MED", "EE", dependents=(9,)), [("dependent_unknown", "9")]),
        (Choice("life", "LIFE", "2X", beneficiaries=(Allocation(2, Decimal(90)),)), [("shares_not_100", "primary")]),
        (Choice("medical", "MED", "EE", beneficiaries=TO_THE_CHILD), [("no_beneficiaries", "")]),
    ],
)
def test_S3_52_dependents_and_beneficiaries_that_do_not_fit_are_reported_and_nothing_is_posted(choice, wrong):
    after = elected(choice)
    assert (statuses(after), messages(after)) == (("EE", "OPEN"), wrong)
    assert after.enrollments == ()


def test_S3_54_a_final_mark_loads_the_option_and_drops_a_faulty_dependent_or_beneficiary():
    wrong = elected(
        Choice("medical", "MED", "EE+SP", dependents=(1, 2)),
        Choice("life", "LIFE", "2X", beneficiaries=(Allocation(2, Decimal(90)),)),
    )
    after = after_run(mark_final(wrong, 1), FAMILY_BOOK)
    assert statuses(after) == ("FE", "CLOSED")
    assert covered_on(after, "2026-06-01") == ("EE+SP", (1,))
    assert coverage_on(after.enrollments, "life", TODAY).terms.beneficiaries == ()


def test_an_election_that_names_nobody_keeps_the_present_dependents_whom_the_new_option_covers():
    held = terms("FAM", 1, 2)
    assert covered_on(elected(Choice("medical", "MED", "EE+CH"), held=held), "2026-06-01") == ("EE+CH", (2,))
    assert covered_on(elected(Choice("medical", "MED", "EE"), held=held), "2026-06-01") == ("EE", ())


def test_another_choice_of_dependents_alone_is_a_change():
    after = elected(Choice("medical", "MED", "FAM", dependents=(2,)), held=terms("FAM", 1, 2))
    assert covered_on(after, "2026-05-31") == ("FAM", (1, 2))
    assert covered_on(after, "2026-06-01") == ("FAM", (2,))


def test_beneficiaries_stay_until_others_are_named():
    life = elected(Choice("life", "LIFE", "2X", beneficiaries=TO_THE_CHILD))
    again = with_activities(life, activity("FSC", "06-05"))
    after = after_run(enter(after_run(again, FAMILY_BOOK), 2, [Choice("life", "LIFE", "2X")], TODAY), FAMILY_BOOK)
    assert coverage_on(after.enrollments, "life", TODAY).terms.beneficiaries == TO_THE_CHILD


def test_an_option_that_left_the_rulebook_is_judged_without_its_dependents():
    choice = Choice("medical", "MED", "EE", dependents=(1,))
    prepared = after_run(with_activities(family_case(*FAMILY), activity("FSC", "06-01")), FAMILY_BOOK)
    entered = enter(prepared, 1, [choice], TODAY)
    for plans in ([], [{**FAMILY_PLANS[0], "options": FAMILY_PLANS[0]["options"][1:]}]):
        gone = book(plans=plans, programs=[], add_rules=[], change_rules=[], termination_rules=[])
        valid, messages = judge(entered, entered.event(1), gone)
        assert (valid["medical"].terms.dependents, messages) == ((), ())
        assert after_run(entered, gone).event(1).process == "EE"


def default_book(option):
    """A rulebook with an automatic default of a hire."""
    rule = {"plans": ["MED"], "events": ["HIR"], "begin": {"base": "event_date"}, "default": option, "auto_add": True}
    programs = [{"code": "FULL", "eligibility": "full_time", "plans": ["MED"]}]
    rules = [{"types": ["medical"], "stop": {"base": "end_of_month"}}]
    automatic = {"HIR": {"label": "Hire", "priority": 100, "employment": "begins", "automatic": True}}
    return book(
        plans=FAMILY_PLANS,
        programs=programs,
        add_rules=[rule],
        change_rules=[],
        termination_rules=rules,
        events=automatic,
    )


@pytest.mark.parametrize(
    ("option", "family", "covers"),
    [
        ("EE", FAMILY, ("EE", ())),
        ("FAM", FAMILY, ("FAM", (1, 2))),
        ("EE+CH", FAMILY, ("EE+CH", (2,))),
        ("EE+CH", (spouse(1),), None),
    ],
)
def test_S2_16_a_default_covers_everybody_whom_its_option_may_cover(option, family, covers):
    hired = with_activities(family_case(*family), activity("HIR", "06-01"))
    after = after_run(hired, default_book(option))
    assert covered_on(after, "2026-06-01") == covers
    if covers is None:
        remark = ("too_few_dependents", "medical", "MED", "children")
        remarks = after.event(1).prepared.remarks
        assert [(entry.code, entry.plan_type, entry.plan, entry.detail) for entry in remarks] == [remark]


# Drops and ages


def dropped(number, reason, on="2026-05-20", held=None, family=FAMILY):
    case = family_case(*family, held=held or terms("FAM", 1, 2))
    return entries.drop(case, number, reason, day(on), FAMILY_BOOK)


def test_S3_173_the_coverage_of_a_dropped_dependent_ends_at_the_end_of_the_month_without_a_person():
    after = after_run(dropped(1, DropReason.OTHER), FAMILY_BOOK)
    assert statuses(after) == ("FE", "CLOSED")
    assert covered_on(after, "2026-05-31") == ("FAM", (1, 2))
    assert covered_on(after, "2026-06-01") == ("FAM", (2,))
    assert after.event(1).prepared.remarks == ()


def test_an_option_that_a_dependent_leaves_behind_is_a_remark_for_a_person():
    after = after_run(dropped(2, DropReason.OTHER), FAMILY_BOOK)
    assert covered_on(after, "2026-06-01") == ("FAM", (1,))
    (remark,) = after.event(1).prepared.remarks
    assert (remark.code, remark.plan, remark.detail) == ("too_few_dependents", "MED", "children")


def test_a_divorce_waits_for_elections_and_drops_the_spouse_from_the_day_of_its_rule():
    waiting = after_run(dropped(1, DropReason.DIVORCE), FAMILY_BOOK)
    assert statuses(waiting) == ("PR", "OPEN")
    final = after_run(mark_final(waiting, 1), FAMILY_BOOK)
    assert covered_on(final, "2026-05-20") == ("FAM", (1, 2))
    assert covered_on(final, "2026-05-21") == ("FAM", (2,))


def test_an_election_through_the_divorce_begins_later_and_the_spouse_leaves_before():
    waiting = after_run(dropped(1, DropReason.DIVORCE), FAMILY_BOOK)
    after = after_run(enter(waiting, 1, [Choice("medical", "MED", "EE+CH")], TODAY), FAMILY_BOOK)
    assert covered_on(after, "2026-05-20") == ("FAM", (1, 2))
    assert covered_on(after, "2026-05-21") == ("FAM", (2,))
    assert covered_on(after, "2026-06-01") == ("EE+CH", (2,))


def test_a_waiver_through_the_divorce_also_lets_the_spouse_go_before():
    waiting = after_run(dropped(1, DropReason.DIVORCE), FAMILY_BOOK)
    after = after_run(enter(waiting, 1, [Choice("medical")], TODAY), FAMILY_BOOK)
    assert covered_on(after, "2026-05-21") == ("FAM", (2,))
    assert covered_on(after, "2026-06-01") is None


def test_an_election_that_begins_first_replaces_the_drop():
    waiting = after_run(dropped(1, DropReason.DEATH, on="2026-06-05"), FAMILY_BOOK)
    after = after_run(enter(waiting, 1, [Choice("medical", "MED", "EE+CH")], TODAY), FAMILY_BOOK)
    assert covered_on(after, "2026-06-04") == ("FAM", (1, 2))
    assert covered_on(after, "2026-06-05") == ("EE+CH", (2,))
    assert len(after.enrollments) == 3


def test_a_void_drop_gives_the_coverage_back():
    done = after_run(dropped(1, DropReason.OTHER), FAMILY_BOOK)
    after = after_run(set_indicator(done, 1, Indicator.VOID), FAMILY_BOOK)
    assert covered_on(after, "2026-06-01") == ("FAM", (1, 2))


def test_a_child_that_became_too_old_leaves_at_the_next_event_of_the_family():
    old = dependent(2, birth_date=date(2000, 5, 20))
    waiting = with_activities(family_case(spouse(1), old, held=terms("FAM", 1, 2)), activity("OVG", "05-20"))
    after = after_run(waiting, FAMILY_BOOK)
    assert covered_on(after, "2026-05-31") == ("FAM", (1, 2))
    assert covered_on(after, "2026-06-01") == ("FAM", (1,))


def test_new_prices_and_a_dependent_who_leaves_are_posted_in_the_order_of_their_days():
    both = family_case(*FAMILY, held=terms("FAM", 1, 2))
    old = (replace(both.enrollments[0], terms=replace(both.enrollments[0].terms, employee=Decimal(200))),)
    waiting = entries.drop(replace(both, enrollments=old), 1, DropReason.OTHER, day("2026-05-20"), FAMILY_BOOK)
    waiting = replace(waiting, activities=())
    after = after_run(with_activities(waiting, activity("MSC", "05-25")), FAMILY_BOOK)
    after = after if statuses(after) == ("FE", "CLOSED") else after_run(mark_final(after, 1), FAMILY_BOOK)
    rows = [(row.terms.employee, row.terms.dependents) for row in after.enrollments if row.coverage is Coverage.ELECT]
    assert rows == [(200, (1, 2)), (240, (1, 2)), (240, (2,))]
    assert covered_on(after, "2026-05-31") == ("FAM", (1, 2))


def test_somebody_whom_the_option_never_covered_stays_and_is_a_remark():
    held = terms("EE+CH", 1, 2)
    after = after_run(with_activities(family_case(*FAMILY, held=held), activity("DEP", "06-01")), FAMILY_BOOK)
    assert covered_on(after, "2026-06-01") == ("EE+CH", (1, 2))
    (remark,) = after.event(1).prepared.remarks
    assert (remark.code, remark.detail) == ("dependent_not_covered", "1")


def test_a_dependent_who_begins_later_and_an_option_that_is_gone_end_nothing():
    late = family_case(spouse(1, since="2026-09-01"), CHILD, held=terms("FAM", 1, 2))
    assert covered_on(after_run(with_activities(late, activity("DEP", "06-01")), FAMILY_BOOK), "2026-06-01") == (
        "FAM",
        (1, 2),
    )
    gone = {"MED": {**FAMILY_PLANS[0], "options": FAMILY_PLANS[0]["options"][:1]}}
    rules = book(**{**FAMILY_BOOK_TABLES, "plans": [gone["MED"], *FAMILY_PLANS[1:]]})
    after = after_run(dropped(1, DropReason.OTHER), rules)
    assert [fault.code for fault in after.event(1).prepared.faults] == ["option_unknown"]
    assert covered_on(after, "2026-06-01") == ("FAM", (1, 2))


def test_without_a_rule_for_the_reason_nothing_is_ended():
    rules = FAMILY_BOOK.model_copy(update={"drops": {}})
    waiting = with_activities(dropped(1, DropReason.OTHER), activity("DEP", "06-01"))
    assert covered_on(after_run(replace(waiting, activities=waiting.activities[-1:]), rules), "2026-06-01") == (
        "FAM",
        (1, 2),
    )


def test_a_salary_that_is_set_manually_keeps_dependents_and_beneficiaries():
    on = day("2024-03-01")
    held = replace(terms("FAM", 1), plan="LIFE", option="2X", beneficiaries=TO_THE_CHILD)
    row = Enrollment(1, 0, "life", PostingStep.ADD, Coverage.ELECT, on, on, held)
    after = override_salary(replace(family_case(*FAMILY), enrollments=(row,)), "life", Decimal(9), TODAY, FAMILY_BOOK)
    assert (after.enrollments[-1].terms.dependents, after.enrollments[-1].terms.beneficiaries) == ((1,), TO_THE_CHILD)


def test_rules_test_the_dependents_of_the_day_of_the_event():
    rules = book(
        eligibility={
            **CONTENT["eligibility"],
            "parents": {"all": [{"field": "dependents.children", "at_least": "1"}]},
        },
        programs=[{"code": "PARENTS", "eligibility": "parents", "plans": ["MED"]}],
    )
    newborn = dependent(1, birth_date=date(2026, 6, 1), since="2026-06-01")
    for on, program in (("05-31", ""), ("06-01", "PARENTS")):
        after = after_run(with_activities(family_case(newborn), activity("MSC", on)), rules)
        assert after.event(1).program == program


# COBRA


def records(case):
    return [(record.action, record.dependents, str(record.occurrence_date), str(record.until)) for record in case.cobra]


def test_S3_10_a_child_that_is_too_old_has_a_cobra_record_of_its_own_for_36_months():
    held = family_case(spouse(1), dependent(2, birth_date=date(2000, 5, 20)), held=terms("FAM", 1, 2))
    hits = search_dependents(OVERAGE, CHILDREN, [held], day("2026-05-20"), day("2026-05-20"), [])
    ((_, aged_out),) = hits.activities
    after = after_run(with_activities(held, aged_out), FAMILY_BOOK)
    assert records(after) == [("OVERAGE_DEPENDENT", (2,), "2026-06-01", "2029-05-31")]
    assert covered_on(after, "2026-06-01") == ("FAM", (1,))


def test_the_record_of_one_child_covers_no_other_child_and_not_the_employee():
    first = entries.drop(
        family_case(dependent(1), dependent(2), held=terms("EE+CH", 1, 2)),
        1,
        DropReason.AGE,
        day("2026-04-10"),
        FAMILY_BOOK,
    )
    second = entries.drop(after_run(first, FAMILY_BOOK), 2, DropReason.AGE, day("2026-05-10"), FAMILY_BOOK)
    after = after_run(second, FAMILY_BOOK)
    assert [entry[1] for entry in records(after)] == [(1,), (2,)]
    left = after_run(with_activities(after, activity("MSC", "06-05")), FAMILY_BOOK)
    assert len(left.cobra) == 2


def test_a_divorced_spouse_has_cobra_also_where_an_election_replaces_the_coverage_first():
    earlier = {**FAMILY_BOOK_TABLES}
    earlier["change_rules"] = [
        {"types": ["medical"], "events": ["DIV"], "begin": {"base": "event_date"}, "elect": True}
    ]
    rules = book(**earlier)
    waiting = after_run(dropped(1, DropReason.DIVORCE, on="2026-06-05"), rules)
    after = after_run(enter(waiting, 1, [Choice("medical", "MED", "EE+CH")], TODAY), rules)
    assert records(after) == [("DIVORCE", (1,), "2026-06-05", "2029-06-04")]
    assert covered_on(after, "2026-06-05") == ("EE+CH", (2,))


def test_a_death_or_a_coverage_that_has_not_begun_opens_no_record():
    dead = after_run(mark_final(after_run(dropped(1, DropReason.DEATH), FAMILY_BOOK), 1), FAMILY_BOOK)
    assert records(dead) == []
    held = family_case(dependent(2), held=terms("EE+CH", 2))
    later = replace(held, enrollments=(replace(held.enrollments[0], effective_date=day("2026-09-01")),))
    gone = after_run(entries.drop(later, 2, DropReason.AGE, day("2026-05-20"), FAMILY_BOOK), FAMILY_BOOK)
    assert records(gone) == []


def test_a_void_event_voids_the_record_of_the_dependent():
    done = after_run(dropped(2, DropReason.AGE), FAMILY_BOOK)
    assert [record.state for record in done.cobra] == ["OPEN"]
    after = after_run(set_indicator(done, 1, Indicator.VOID), FAMILY_BOOK)
    assert [record.state for record in after.cobra] == ["VOID"]


# The search over dependents

OVERAGE = PassiveEvent(code="OVERAGE", event="OVG", measure="dependent_age", group="children")
CHILDREN = FAMILY_BOOK.dependent_groups["children"]
BORN = {"birth_date": date(2000, 5, 20)}


@pytest.mark.parametrize(
    ("who", "begin", "end", "finds"),
    [
        (dependent(2, **BORN), "2026-05-20", "2026-05-20", True),
        (dependent(2, **BORN), "2026-05-01", "2026-05-19", False),
        (dependent(2, **BORN), "2026-05-21", "2026-06-30", False),
        (dependent(2, disabled=True, **BORN), "2026-05-01", "2026-05-31", False),
        (dependent(2, birth_date=None), "2026-05-01", "2026-05-31", False),
        (dependent(2, since="2026-07-01", **BORN), "2026-05-01", "2026-05-31", False),
        (dependent(3, **BORN), "2026-05-01", "2026-05-31", False),
        (spouse(2, **BORN), "2026-05-01", "2026-05-31", False),
    ],
    ids=["that day", "before", "after", "disabled", "no birth date", "not on the list", "not covered", "a spouse"],
)
def test_S3_10_a_search_finds_the_covered_dependents_who_become_too_old(who, begin, end, finds):
    held = family_case(who, held=terms("FAM", 2))
    hits = search_dependents(OVERAGE, CHILDREN, [held], day(begin), day(end), [])
    assert bool(hits.activities) is finds
    assert hits.search.found == ((held.participant.id,) if finds else ())


def test_S3_95_a_dependent_is_found_once_and_a_sibling_later():
    family = (dependent(2, **BORN), dependent(3, birth_date=date(2000, 6, 1), first_name="Bo"))
    held = family_case(*family, held=terms("FAM", 2, 3))
    first = search_dependents(OVERAGE, CHILDREN, [held], day("2026-05-01"), day("2026-05-31"), [])
    held = with_activities(held, *(entry for _, entry in first.activities))
    again = search_dependents(OVERAGE, CHILDREN, [held], day("2026-05-01"), day("2026-06-30"), [first.search])
    assert [entry.reason for _, entry in again.activities] == ["OVERAGE 3"]
    assert again.overlaps == (first.search,)


def test_a_range_that_ends_before_it_begins_is_refused():
    with pytest.raises(DecisionError):
        search_dependents(OVERAGE, CHILDREN, [], day("2026-06-01"), day("2026-05-01"), [])


@pytest.mark.parametrize(
    "entry",
    [
        {"measure": "dependent_age"},
        {"measure": "dependent_age", "group": "children", "reaches": 26},
        {"measure": "age"},
        {"measure": "age", "reaches": 65, "group": "children"},
        {"measure": "dependent_age", "group": "aunts"},
    ],
)
def test_a_passive_event_names_what_it_measures(entry):
    with pytest.raises(ConfigError):
        book(passive=[{"code": "X", "event": "OVG", **entry}])
