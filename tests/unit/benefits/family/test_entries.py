"""What a person enters about a family: added, changed, dropped, everybody enrolled, beneficiaries set."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.elections import enter
from bensync.benefits.family import entries
from bensync.benefits.family.entries import EntryRefused, enrollments_of_everybody
from bensync.benefits.values.activities import ActivitySource
from bensync.benefits.values.dependents import DropReason, Relationship, dependent_on, dependents_on
from bensync.benefits.values.enrollments import Allocation, BeneficiaryKind, coverage_on, covering
from bensync.benefits.values.offers import Choice
from bensync.errors import DecisionError
from tests.unit.benefits.cases import activity, after_run, book, with_activities
from tests.unit.benefits.families import FAMILY_BOOK, ONLY_PLANS, dependent, family_case, spouse, terms
from tests.unit.builders import TODAY, day

ANA = {"relationship": "child", "first_name": "Ana", "last_name": "Moss", "birth_date": "2019-02-03"}


def test_S3_173_a_dependent_is_added_from_a_day_on():
    after = entries.add(family_case(spouse(1)), ANA, day("2026-05-01"), TODAY)
    added = dependent_on(after.dependents, 2, day("2026-05-01"))
    assert (added.name, added.relationship, added.version) == ("Ana Moss", Relationship.CHILD, 2)
    assert dependents_on(after.dependents, day("2026-04-30")) == (spouse(1),)


def test_an_entry_with_faults_is_refused_with_all_of_them_and_nothing_is_written():
    with pytest.raises(EntryRefused) as refused:
        entries.add(family_case(), {**ANA, "birth_date": "2019-99-01", "gender": "?"}, TODAY, TODAY)
    assert refused.value.faults == ("birth_date_not_valid", "gender_unknown")
    assert refused.value.as_json()["faults"] == "birth_date_not_valid, gender_unknown"
    with pytest.raises(EntryRefused) as refused:
        entries.add(family_case(), {"last_name": "Moss"}, TODAY, TODAY)
    assert refused.value.faults == ("relationship_unknown",)
    with pytest.raises(EntryRefused) as refused:
        entries.add(family_case(), {**ANA, "birth_date": "2027-01-01"}, TODAY, TODAY)
    assert refused.value.faults == ("born_after_today",)


def test_S3_173_a_change_on_a_day_keeps_what_held_before():
    after = entries.change(family_case(dependent(1)), 1, {"student": "yes"}, day("2026-06-01"), TODAY, FAMILY_BOOK)
    assert dependent_on(after.dependents, 1, day("2026-05-31")) == dependent(1)
    assert dependent_on(after.dependents, 1, day("2026-06-01")).student


def test_a_change_before_the_first_day_or_of_nobody_is_refused():
    for number, on in ((1, "2019-12-31"), (2, "2026-06-01")):
        with pytest.raises(DecisionError):
            entries.change(family_case(dependent(1)), number, {}, day(on), TODAY, FAMILY_BOOK)
        with pytest.raises(DecisionError):
            entries.drop(family_case(dependent(1)), number, DropReason.OTHER, day(on), FAMILY_BOOK)


def test_a_dropped_dependent_comes_back_by_a_change():
    dropped = entries.drop(family_case(dependent(1)), 1, DropReason.OTHER, day("2026-05-01"), FAMILY_BOOK)
    assert dependents_on(dropped.dependents, TODAY) == ()
    after = entries.change(dropped, 1, {"smoker": "yes"}, day("2026-06-01"), TODAY, FAMILY_BOOK)
    assert [version.smoker for version in dependents_on(after.dependents, TODAY)] == [True]
    assert dependents_on(after.dependents, day("2026-05-15")) == ()


@pytest.mark.parametrize(
    ("reason", "event"),
    [(DropReason.DIVORCE, "DIV"), (DropReason.DEATH, "FSC"), (DropReason.AGE, "OVG"), (DropReason.OTHER, "DEP")],
)
def test_S3_173_a_drop_of_somebody_covered_leaves_an_activity_of_the_class_of_its_reason(reason, event):
    held = family_case(spouse(1), dependent(2), held=terms("FAM", 1, 2))
    after = entries.drop(held, 1, reason, day("2026-05-20"), FAMILY_BOOK)
    (trace,) = after.activities
    assert (trace.event_class, trace.event_date, trace.source) == (event, day("2026-05-20"), ActivitySource.MANUAL)
    assert trace.reason == f"{reason} 1"
    assert dependents_on(after.dependents, TODAY) == (dependent(2),)
    assert after.enrollments == held.enrollments


def test_a_drop_of_somebody_whom_nothing_covers_leaves_no_activity():
    held = family_case(spouse(1), dependent(2), held=terms("EE+CH", 2))
    assert entries.drop(held, 1, DropReason.OTHER, TODAY, FAMILY_BOOK).activities == ()
    rules = book().model_copy(update={"drops": {}})
    assert entries.drop(held, 2, DropReason.OTHER, TODAY, rules).activities == ()


def test_the_plan_types_that_cover_a_dependent_are_those_of_the_day_and_of_later():
    held = family_case(spouse(1), dependent(2), held=terms("FAM", 1, 2))
    row = held.enrollments[0]
    later = replace(row, number=2, plan_type="dental", effective_date=day("2026-09-01"))
    back = replace(row, number=3, plan_type="vision", reversed=True)
    alone = replace(row, number=4, effective_date=day("2026-07-01"), terms=terms("EE+SP", 1))
    after = replace(held, enrollments=(row, later, back, alone))
    assert covering(after.enrollments, 2, TODAY) == ("dental", "medical")
    assert covering(after.enrollments, 2, day("2026-08-01")) == ("dental",)
    assert covering(after.enrollments, 3, TODAY) == ()


FAMILY = (spouse(1), dependent(2), dependent(3, relationship=Relationship.PARENT))


def elected(*choices, held=None):
    """A family status event at PR, with elections."""
    prepared = after_run(with_activities(family_case(*FAMILY, held=held), activity("FSC", "06-01")), FAMILY_BOOK)
    return enter(prepared, 1, choices, TODAY) if choices else prepared


def test_S3_173_enroll_all_assigns_everybody_whom_the_options_cover_and_even_shares():
    case = elected(Choice("medical", "MED", "FAM"), Choice("life", "LIFE", "2X"))
    after = entries.enroll_all(case, 1, FAMILY_BOOK, TODAY)
    medical, life = after.event(1).choices
    assert (medical.dependents, medical.beneficiaries) == ((1, 2), None)
    assert life.dependents is None
    assert [(share.dependent, str(share.percent)) for share in life.beneficiaries] == [
        (1, "33.34"),
        (2, "33.33"),
        (3, "33.33"),
    ]


def test_enroll_all_says_which_assignments_it_replaces():
    held = terms("FAM", 2)
    (replacement,) = enrollments_of_everybody(
        elected(Choice("medical", "MED", "FAM"), held=held),
        elected(Choice("medical", "MED", "FAM"), held=held).event(1),
        FAMILY_BOOK,
    )
    assert (replacement.before.dependents, replacement.choice.dependents, replacement.replaces) == ((2,), (1, 2), True)
    assert (replacement.after.plan, replacement.after.dependents) == ("MED", (1, 2))


@pytest.mark.parametrize(
    ("choice", "replaces"),
    [
        (Choice("medical", "MED", "FAM"), False),
        (Choice("medical", "MED", "FAM", dependents=(1, 2)), False),
        (Choice("medical", "MED", "FAM", dependents=(2,)), True),
        (Choice("life", "LIFE", "2X"), False),
        (Choice("life", "LIFE", "2X", beneficiaries=(Allocation(1, Decimal(100)),)), True),
    ],
)
def test_enroll_all_replaces_what_was_assigned_otherwise(choice, replaces):
    case = elected(choice)
    (replacement,) = enrollments_of_everybody(case, case.event(1), FAMILY_BOOK)
    assert replacement.replaces is replaces


@pytest.mark.parametrize(
    "choices",
    [(), (Choice("medical"),), (Choice("medical", "MED", "EE"),), (Choice("medical", "NONE", "EE"),)],
)
def test_enroll_all_without_an_election_that_covers_anybody_is_refused(choices):
    with pytest.raises(DecisionError):
        entries.enroll_all(elected(*choices), 1, FAMILY_BOOK, TODAY)


def test_enroll_all_before_the_event_is_prepared_is_refused():
    waiting = with_activities(family_case(), activity("FSC", "06-01"))
    scheduled = after_run(waiting, FAMILY_BOOK)
    unprepared = scheduled.put(replace(scheduled.event(1), prepared=None, choices=(Choice("medical", "MED", "FAM"),)))
    (replacement,) = enrollments_of_everybody(unprepared, unprepared.event(1), FAMILY_BOOK)
    assert replacement.choice.dependents == ()


def insured():
    """Somebody with life insurance."""
    held = family_case(*FAMILY, held=terms("FAM", 1, 2))
    row = held.enrollments[0]
    life = replace(row, number=2, plan_type="life", terms=replace(row.terms, plan="LIFE", option="2X", dependents=()))
    return replace(held, enrollments=(row, life))


ALL_TO_ONE = (Allocation(1, Decimal(100)), Allocation(3, Decimal(100), BeneficiaryKind.CONTINGENT))


def test_S3_173_beneficiaries_are_set_from_a_day_on_without_an_event():
    after = entries.assign_beneficiaries(insured(), "life", ALL_TO_ONE, day("2026-06-01"), FAMILY_BOOK)
    assert coverage_on(after.enrollments, "life", day("2026-06-01")).terms.beneficiaries == ALL_TO_ONE
    assert coverage_on(after.enrollments, "life", day("2026-05-31")).terms.beneficiaries == ()
    assert entries.assign_beneficiaries(after, "life", ALL_TO_ONE, day("2026-06-02"), FAMILY_BOOK) == after


@pytest.mark.parametrize(
    ("plan_type", "shares", "on", "faults"),
    [
        ("life", [Allocation(1, Decimal(50))], "2026-06-01", ("shares_not_100",)),
        ("medical", list(ALL_TO_ONE), "2026-06-01", ("no_beneficiaries",)),
        ("dental", [], "2026-06-01", None),
        ("life", list(ALL_TO_ONE), "2024-02-28", None),
    ],
)
def test_beneficiaries_that_do_not_fit_are_refused(plan_type, shares, on, faults):
    with pytest.raises(DecisionError) as refused:
        entries.assign_beneficiaries(insured(), plan_type, shares, day(on), FAMILY_BOOK)
    assert getattr(refused.value, "faults", None) == faults


def test_beneficiaries_of_a_plan_that_left_the_rulebook_are_refused():
    with pytest.raises(DecisionError):
        entries.assign_beneficiaries(
            insured(),
            "life",
            ALL_TO_ONE,
            TODAY,
            book(
                plans=FAMILY_BOOK.model_dump()["plans"][:1],
                programs=[],
                add_rules=[],
                change_rules=[],
                termination_rules=[],
            ),
        )


STUDENTS = book(
    plans=[{"code": "MED", "type": "medical", "options": [{"code": "FAM", "covers": [{"group": "students"}]}]}],
    dependent_groups={"students": {"relationships": ["child"], "below_age": 19, "student_below_age": 24}},
    **ONLY_PLANS,
)


@pytest.mark.parametrize(
    ("fields", "held", "rules", "events"),
    [
        ({"student": "no"}, terms("FAM", 1), STUDENTS, ["OVG"]),
        ({"smoker": "yes"}, terms("FAM", 1), STUDENTS, []),
        ({"student": "no"}, terms("FAM"), STUDENTS, []),
        ({"student": "no"}, terms("GONE", 1), STUDENTS, []),
        ({"student": "no"}, terms("FAM", 1), book(plans=[], **ONLY_PLANS), []),
    ],
    ids=["studies end", "another change", "not covered", "option gone", "plan gone"],
)
def test_a_change_after_which_a_dependent_is_too_old_leaves_an_activity(fields, held, rules, events):
    student = dependent(1, birth_date=date(2005, 1, 1), student=True)
    after = entries.change(family_case(student, held=held), 1, fields, day("2026-06-01"), TODAY, rules)
    assert [entry.event_class for entry in after.activities] == events


def test_a_change_of_a_coverage_that_begins_later_leaves_no_activity_yet():
    student = dependent(1, birth_date=date(2005, 1, 1), student=True)
    case = family_case(student, held=terms("FAM", 1))
    later = replace(case, enrollments=(replace(case.enrollments[0], effective_date=day("2026-09-01")),))
    after = entries.change(later, 1, {"student": "no"}, day("2026-06-01"), TODAY, STUDENTS)
    assert after.activities == ()
