"""The shapes of coverage: the same keys for every role, and figures for those only who see the pay."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from bensync.api_shapes.benefits.coverage import (
    FIGURES,
    cobra_entry,
    coverage_entry,
    coverage_fields,
    coverage_row,
    person_coverage,
    terms,
)
from bensync.benefits.rulebook.figures import PersonFigures
from bensync.benefits.values.cobra import Clocks, Milestone
from bensync.benefits.values.election_details import ElectionDetails, FundShare
from bensync.benefits.values.enrollments import Assignment, Coverage
from tests.unit.benefits.cases import BOOK, OPTIONS, book, person
from tests.unit.views import cobra_line, cobra_record, coverage_line, enrollment, visibility

CLOCKS = Clocks()
DAY = date(2026, 6, 10)


def test_figures_are_null_for_a_role_that_does_not_see_the_pay_and_the_keys_stay():
    whole, masked = terms(OPTIONS["life"]).model_dump(), terms(OPTIONS["life"], figures=False).model_dump()
    assert whole.keys() == masked.keys()
    assert whole["amount"] == Decimal(100000)
    assert {name: masked[name] for name in FIGURES} == dict.fromkeys(FIGURES)


def test_a_salary_that_a_person_set_is_a_figure_too():
    row = enrollment(salary_override=Decimal(60000))
    assert coverage_row(row).salary_override == Decimal(60000)
    assert coverage_row(row, figures=False).salary_override is None


def test_a_row_of_a_list_has_no_figures_for_anybody():
    shown = coverage_entry(coverage_line(), "acme", visibility()).model_dump()
    assert not set(FIGURES) & shown.keys()
    assert shown["person"]["name"] == "Employee 104"


def test_a_person_has_in_force_what_the_last_row_up_to_the_day_says():
    rows = [
        enrollment(),
        enrollment(number=2, plan_type="dental", terms=OPTIONS["dental"]),
        enrollment(number=3, plan_type="dental", coverage=Coverage.TERM, effective_date=date(2026, 6, 1)),
    ]
    programs = [Assignment(2, "FULL", date(2026, 5, 1))]
    shown = person_coverage(7, "acme", DAY, iter(rows), programs, [cobra_record()], CLOCKS)
    assert [row.plan_type for row in shown.in_force] == ["medical"]
    assert [row.number for row in shown.rows] == [1, 2, 3]
    assert [row.program for row in shown.programs] == ["FULL"]
    assert [deadline.step for deadline in shown.cobra[0].deadlines] == list(Milestone)


def test_the_figures_of_a_person_are_hidden_in_every_row():
    fields = coverage_fields(7, "acme", DAY, [enrollment()], [], [], CLOCKS, figures=False)
    assert {row.employee for row in (*fields["in_force"], *fields["rows"])} == {None}


def test_a_cobra_record_says_by_when_each_step_is_due_and_when_it_was_taken():
    line = cobra_line(milestones=((Milestone.NOTICE_SENT, date(2026, 6, 15)),))
    shown = cobra_entry(line, CLOCKS, "acme")
    taken = {deadline.step: deadline.done for deadline in shown.deadlines}
    assert taken[Milestone.NOTICE_SENT] == date(2026, 6, 15)
    assert taken[Milestone.ELECTED] is None
    assert shown.person.name == "Ada Vale"


def test_S2_27_costs_per_deduction_and_year_are_figures_of_what_is_in_force():
    rules = book(calendars=[{"code": "B", "frequency": "biweekly", "first": date(2026, 1, 9)}])
    derive = PersonFigures(person(), DAY, rules)
    shown = coverage_row(enrollment(), derive=derive).model_dump()["figures"]
    assert (shown["calendar"], shown["employee"]["each"], shown["employee"]["higher"]) == ("B", Decimal("36.92"), 8)
    assert coverage_row(enrollment(), figures=False, derive=derive).figures is None
    assert coverage_row(enrollment(), derive=PersonFigures(person(), DAY, BOOK)).figures.employee is None


def test_S3_167_the_details_of_an_election_are_figures_of_its_terms():
    details = ElectionDetails(provider="D-17", funds=(FundShare("BONDS", Decimal(100)),))
    held = replace(OPTIONS["medical"], details=details, elected=Decimal(5))
    shown = terms(held).model_dump()
    assert (shown["details"]["provider"], shown["details"]["funds"][0]["fund"]) == ("D-17", "BONDS")
    assert terms(held, figures=False).details is None
    assert terms(OPTIONS["medical"]).details is None


def test_S3_46_credits_are_figures_of_a_persons_coverage():
    rules = book(credits=[{"code": "ALL", "amount": "100"}], rollover={"plan": "VIS"})
    derive = PersonFigures(person(), DAY, rules)
    for figures, expected in ((True, Decimal("20.00")), (False, None)):
        fields = coverage_fields(7, "acme", DAY, [enrollment()], [], [], CLOCKS, figures=figures, derive=derive)
        assert (fields["credits"].left if fields["credits"] is not None else None) == expected
