"""Which program fits a person on a day, and which facts speak against the others (A-63)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bensync.benefits.engine.eligibility import assign, findings, programs
from bensync.benefits.engine.eligibility_facts import facts
from bensync.benefits.values.events import Process
from bensync.core.people import DatedRow
from tests.unit.benefits.cases import BOOK, CONTENT, book, person
from tests.unit.benefits.situations import TWO_JOBS
from tests.unit.builders import TODAY, day


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


ADDRESS = DatedRow("address", day("03-01"), {"state": "NY"})


def finding(rules, who=None, program="FULL", plan="", option=""):
    """The finding about one program, plan or option."""
    checked = findings(facts(who or person(), TODAY, rules), rules)
    return next(item for item in checked if (item.program, item.plan, item.option) == (program, plan, option))


def test_S3_139_every_test_is_listed_with_the_value_of_the_person():
    shown = finding(BOOK, person(fte="0.6"))
    assert [(test.field, test.value, test.passed) for test in shown.tests] == [
        ("birth_date", "1990-01-31", True),
        ("standing", "ACTIVE", True),
        ("fte", "0.6", False),
    ]
    assert (shown.tests[-1].at_least, shown.tests[-1].below, shown.geographic) == (Decimal("0.75"), None, False)


def test_S3_139_a_test_of_an_address_says_which_one_and_since_when():
    rules = book(
        eligibility={
            **CONTENT["eligibility"],
            "coast": {
                "any": [{"field": "state", "one_of": ["CA"]}, {"field": "location_state", "present": True}],
            },
        }
    )
    shown = finding(rules, person(state="NY", rows=(ADDRESS,)), plan="DEN")
    assert [(test.address, test.since, test.alternative, test.value) for test in shown.tests] == [
        ("home", ADDRESS.date, True, "NY"),
        ("work", None, True, None),
    ]
    assert shown.geographic
    assert finding(rules, plan="MED").tests == ()


def test_S3_140_each_job_of_a_sum_counts_or_does_not_or_was_not_looked_at():
    shown = finding(book(**TWO_JOBS), person(second_fte="0.5", second_job="casual"))
    (sums,) = [test for test in shown.tests if test.jobs]
    assert [result.value for _, result in sums.jobs] == ["eligible", "ineligible"]
    shown = finding(book(**TWO_JOBS), person())
    (sums,) = [test for test in shown.tests if test.jobs]
    assert [result.value for _, result in sums.jobs] == ["eligible", "not evaluated"]


def test_S3_80_an_option_fits_whose_dependents_are_there():
    medical = CONTENT["plans"][0]
    options = [
        {"code": "EE"},
        {"code": "FAM", "covers": [{"group": "spouse"}, {"group": "children", "at_least": 1}]},
    ]
    rules = book(plans=[{**medical, "options": options}, *CONTENT["plans"][1:]])
    shown = finding(rules, plan="MED", option="FAM")
    assert (shown.against, [(test.value, test.at_least) for test in shown.tests]) == (
        ("dependents.children",),
        [("0", Decimal(1))],
    )
    checked = findings(facts(person(), TODAY, rules), rules)
    assert [item.option for item in checked if item.plan == "MED" and item.option] == ["FAM"]


def test_a_program_for_everybody_does_not_ask_whether_somebody_left():
    rules = book(programs=[{"code": "OLD", "eligibility": "full_time", "plans": ["MED"], "active_only": False}])
    shown = finding(rules, person(ended="06-01"), program="OLD")
    assert [test.field for test in shown.tests] == ["birth_date", "fte"]
