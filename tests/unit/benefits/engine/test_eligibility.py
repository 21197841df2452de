"""Which program fits a person on a day, and which facts speak against the others (A-63)."""

from __future__ import annotations

import pytest

from bensync.benefits.engine.eligibility import assign, findings, programs
from bensync.benefits.engine.eligibility_facts import facts
from bensync.benefits.values.events import Process
from tests.unit.benefits.cases import BOOK, CONTENT, book, person
from tests.unit.builders import TODAY


@pytest.mark.parametrize(
    ("fte", "process", "program"),
    [("0.2", Process.AN, ""), ("1", Process.AS, "FULL"), ("0.5", Process.AS, "PART")],
)
def test_A_63_no_program_or_one_fits(fte, process, program):
    assert assign(facts(person(fte=fte), TODAY, BOOK), BOOK) == (process, program)


def test_A_63_several_programs_are_an_error():
    both = [{"code": code, "eligibility": "full_time", "plans": ["MED"]} for code in ("A", "B")]
    assert assign(facts(person(), TODAY, BOOK), book(programs=both)) == (Process.AE, "")


def test_S4_26_a_blank_birth_date_means_no_program():
    assert programs(facts(person(birth_date=None), TODAY, BOOK), BOOK) == ()


def test_only_a_program_for_everybody_takes_somebody_who_left():
    gone = facts(person(ended="06-01"), TODAY, BOOK)
    assert programs(gone, BOOK) == ()
    retired = book(programs=[{"code": "OLD", "eligibility": "full_time", "plans": ["MED"], "active_only": False}])
    assert programs(gone, retired) == ("OLD",)


def test_what_speaks_against_a_program_and_a_plan_is_named_without_values():
    findings_of_day = findings(facts(person(fte="0.6", state="NY", birth_date=None), TODAY, BOOK), BOOK)
    reported = {(item.program, item.plan): item.against for item in findings_of_day}
    assert reported["FULL", ""] == ("birth_date", "fte")
    assert reported["PART", ""] == ("birth_date",)
    assert reported["FULL", "DEN"] == ("state",)
    assert reported["FULL", "MED"] == ()


def test_who_left_is_out_of_programs_for_the_active():
    findings_of_day = findings(facts(person(ended="03-01"), TODAY, BOOK), BOOK)
    assert all("standing" in item.against for item in findings_of_day if not item.plan)


def test_where_one_of_several_would_do_all_of_them_are_named():
    rules = book(
        eligibility={
            **CONTENT["eligibility"],
            "coast": {"any": [{"field": "state", "one_of": ["CA"]}, {"field": "grade", "one_of": ["A"]}]},
        }
    )
    findings_of_day = findings(facts(person(state="NY"), TODAY, rules), rules)
    assert next(item.against for item in findings_of_day if item.plan == "DEN") == ("state", "grade")
