"""Coverage and COBRA records on the command line."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from msgspec.structs import replace

from bensync.benefits.rulebook.figures import PersonFigures
from bensync.benefits.values.cobra import Clocks, Milestone, deadlines
from bensync.benefits.values.costs import CoverageFigures
from bensync.benefits.values.enrollments import Assignment
from bensync.cli.render.coverage import (
    deduction,
    figures,
    print_cobra,
    print_coverage,
    print_enrollments,
    print_person_coverage,
    programs_of,
)
from tests.unit.benefits.cases import OPTIONS, book, person
from tests.unit.cli.render.printing import printed
from tests.unit.views import cobra_line, cobra_record, coverage_line, enrollment

CLOCKS = Clocks()


BIWEEKLY = [{"code": "B", "frequency": "biweekly", "first": date(2026, 1, 9)}]
FIGURES = PersonFigures(person(), date(2026, 6, 10), book(calendars=BIWEEKLY))


def test_S2_27_deductions_are_named_such_that_their_sum_is_explained():
    free = replace(OPTIONS["vision"], employee=Decimal(0))
    assert deduction(FIGURES.of("vision", free, date(2026, 6, 10))) == ""
    assert deduction(CoverageFigures()) == ""


def test_figures_name_the_sum_insured_only_where_there_is_one():
    assert figures(OPTIONS["medical"]) == "MED EE, employee 80.00"
    assert figures(OPTIONS["life"]) == "LIFE 2X, 100,000, employee 0.00"


def test_a_row_that_was_set_manually_or_reversed_says_so():
    text = printed(print_enrollments, [enrollment(event=0), enrollment(number=2, reversed=True)])
    assert "1 manual medical ADD ELECT MED EE 2026-05-01" in text
    assert "2 2 medical ADD ELECT MED EE 2026-05-01 reversed" in text
    assert printed(print_enrollments, []) == ""


def test_the_rows_of_a_site_name_the_event_that_posted_them():
    text = printed(print_coverage, "acme", [coverage_line(), coverage_line(event=0)], 2)
    assert "104 Ada Vale medical ELECT MED EE 2026-05-01 event 2" in text
    assert "104 Ada Vale medical ELECT MED EE 2026-05-01 manual" in text
    assert printed(print_coverage, "acme", [], 0) == "acme: there is no coverage yet."


def test_a_person_without_coverage_on_a_day_is_distinguished_from_one_with_it():
    on, row = date(2026, 6, 10), enrollment()
    covered = printed(print_person_coverage, "Ada Vale", {"medical": row}, on, [row], "FULL from 2026-05-01", FIGURES)
    assert "medical MED EE, employee 80.00 8 x 36.93, 18 x 36.92, biweekly 2026-05-01" in covered
    without = printed(print_person_coverage, "Ada Vale", {}, on, [], "NOB", FIGURES)
    assert "No coverage is in force on this day." in without


def test_S3_46_the_credits_of_a_person_are_shown_with_what_is_left():
    rules = book(credits=[{"code": "ALL", "amount": "100"}])
    derive = PersonFigures(person(), date(2026, 6, 10), rules)
    shown = printed(print_person_coverage, "Ada", {"medical": enrollment()}, date(2026, 6, 10), [], "FULL", derive)
    assert "100 a month, 80.00 spent, 20.00 left" in shown


def test_reversed_programs_do_not_count():
    first = Assignment(2, "FULL", date(2026, 5, 1))
    gone = Assignment(3, "PART", date(2026, 6, 1), reversed=True)
    assert programs_of([first, gone]) == "FULL from 2026-05-01"
    assert programs_of([gone]) == "NOB"


def test_only_the_first_open_step_of_a_cobra_record_can_be_overdue():
    first = deadlines(cobra_record(), CLOCKS)[0]
    on_time = printed(print_cobra, "acme", [cobra_line()], 1, CLOCKS, first.due)
    assert f"{first.step} {first.due}" in on_time
    assert "overdue" not in on_time
    late = printed(print_cobra, "acme", [cobra_line()], 1, CLOCKS, first.due + timedelta(days=1))
    assert f"{first.step} {first.due} overdue" in late


def test_a_cobra_record_with_every_step_taken_has_no_next_one():
    taken = tuple((step, date(2026, 6, 2)) for step in Milestone)
    text = printed(print_cobra, "acme", [cobra_line(milestones=taken)], 1, CLOCKS, date(2030, 1, 1))
    assert "overdue" not in text
    assert "104/3 Ada Vale TER 2026-06-01 2027-11-30 OPEN" in text
    assert printed(print_cobra, "acme", [], 0, CLOCKS, date(2026, 6, 1)) == "acme: there are no open COBRA records."
