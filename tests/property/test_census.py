"""Laws of a census: no bytes break its reader, no finding holds a value, and what was loaded can always end."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bensync.benefits.census.census_file import COLUMNS, CensusLine, read_census
from bensync.benefits.census.first_cases import loaded_case
from bensync.benefits.census.judgment import judge
from bensync.benefits.census.problems import CensusFinding
from bensync.benefits.values.enrollments import PostingStep, coverage_on, plan_types
from tests.unit.benefits.cases import (
    activity,
    after_run,
    case,
    person,
    posted,
    run_context,
    with_activities,
    with_participant,
)
from tests.unit.builders import TODAY, key, ssn

CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["MED", "EE", "1", "2024-03-01", "3/1/2024", "80", "before", ssn(1), '"', "=1+1", ""]),
)
NAMES = st.sampled_from([*(column.name for column in COLUMNS), "SSN", "other", ""])
PLANS = st.sampled_from([("MED", "EE"), ("MED", "FAM"), ("DEN", "EE"), ("LIFE", "2X"), ("VIS", "EE"), ("NONE", "EE")])
BEGINS = st.dates(date(2024, 1, 1), TODAY + timedelta(days=10))
COSTS = st.one_of(st.none(), st.decimals(0, 1000, places=2))


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(content):
    census = read_census(content, key)
    assert census.lines or census.findings


@given(
    st.lists(NAMES, min_size=1, max_size=14),
    st.lists(st.lists(CELLS, max_size=14), max_size=4),
    st.sampled_from(",;\t"),
)
def test_every_line_is_read_or_named_and_no_finding_holds_a_value(header, rows, separator):
    content = "\n".join(separator.join(row) for row in (header, *rows)).encode("utf-8", errors="ignore")
    census = read_census(content, key)
    assert census.lines or census.findings
    lines = [line.line for line in census.lines]
    assert lines == sorted(set(lines))
    # A finding is a code, a number, a column of ours and an employee id that this stage does not know.
    names = {column.name for column in COLUMNS} | {""}
    for finding in census.findings:
        assert (finding.column in names, finding.employee_id) == (True, "")
    assert set(CensusFinding.__struct_fields__) == {"code", "line", "column", "employee_id"}


@given(st.lists(st.tuples(PLANS, BEGINS, COSTS), min_size=1, max_size=5), st.dates(TODAY, TODAY + timedelta(days=60)))
def test_what_is_loaded_is_in_force_and_a_termination_ends_all_of_it(rows, left):
    lines = [
        CensusLine(number, key("x"), "1", plan, option, begin, employee=cost)
        for number, ((plan, option), begin, cost) in enumerate(rows, 2)
    ]
    before = with_activities(case(), activity("HIR", "2024-02-01"))
    judged = judge(lines, before, run_context())
    sound = all(finding.is_warning for finding in judged.findings)
    assert len(judged.coverage) == (len(lines) if sound else 0)
    if not sound:
        return
    loaded = loaded_case(before, judged.coverage, run_context())
    assert after_run(loaded) == loaded
    assert all(row.step is PostingStep.LOAD and row.deduction_begin >= TODAY for row in loaded.enrollments)
    assert {row.plan_type for row in loaded.enrollments} == set(plan_types(loaded.enrollments, TODAY))
    gone = replace(person(ended=left.isoformat()), id=loaded.participant.id)
    ended = after_run(with_activities(with_participant(loaded, gone), activity("TER", left.isoformat(), final=True)))
    assert {kind for _, kind, _, _ in posted(ended, 2)} == {row.plan_type for row in loaded.enrollments}
    later = left + timedelta(days=40)
    assert not any(coverage_on(ended.enrollments, kind, later) for kind in plan_types(loaded.enrollments, TODAY))
    assert all(row.terms.employee >= Decimal(0) for row in ended.enrollments)
