"""Whose SSN can be trusted (sync-rules 3.4)."""

from __future__ import annotations

import itertools

import pytest

from bensync.core.changes import BaselineState, IssueCode
from bensync.core.values.ssn import check_ssn, split_duplicates, without_ssn
from tests.unit.builders import baseline_of, baselines, candidate, employee, profile, ssn


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(None, IssueCode.SSN_MISSING, id="none"),
        pytest.param("123451234", None, id="a number that can exist"),
        pytest.param("001010001", None, id="the smallest of each part"),
        pytest.param("665010001", None, id="area 665"),
        pytest.param("667010001", None, id="area 667"),
        pytest.param("899999999", None, id="the greatest of each part"),
        pytest.param("000451234", IssueCode.SSN_INVALID, id="area 000"),
        pytest.param("666451234", IssueCode.SSN_INVALID, id="area 666"),
        pytest.param("900451234", IssueCode.SSN_INVALID, id="area 900"),
        pytest.param("999451234", IssueCode.SSN_INVALID, id="area 999"),
        pytest.param("123001234", IssueCode.SSN_INVALID, id="group 00"),
        pytest.param("123450000", IssueCode.SSN_INVALID, id="serial 0000"),
        pytest.param("12345123", IssueCode.SSN_INVALID, id="eight digits"),
        pytest.param("1234512345", IssueCode.SSN_INVALID, id="ten digits"),
        pytest.param("12345123A", IssueCode.SSN_INVALID, id="a letter"),
        pytest.param("123-45-1234", IssueCode.SSN_INVALID, id="separators are gone by now"),
        pytest.param("12345123４", IssueCode.SSN_INVALID, id="a digit of another width"),
        pytest.param("١٢٣٤٥١٢٣٤", IssueCode.SSN_INVALID, id="digits of another script"),
        pytest.param("078051120", IssueCode.SSN_INVALID, id="printed on a specimen card"),
        pytest.param("123456789", IssueCode.SSN_INVALID, id="A-92 the placeholder of many forms"),
        *(
            pytest.param(9 * digit, IssueCode.SSN_INVALID, id=f"A-92 nine times {digit}")
            for digit in ("1", "2", "3", "4", "5", "7", "8")
        ),
    ],
)
def test_an_ssn_is_nine_digits_of_a_number_that_can_exist(text, code):
    issue = check_ssn(employee(1, ssn=text))
    assert (issue.code if issue else None) == code
    if issue and text:
        assert text not in issue.detail, "an issue holds no personal data"


def person(number, owns):
    return candidate(profile(number, ssn=ssn(owns)))


RETIRED, MISSING = BaselineState.RETIRED, BaselineState.MISSING


@pytest.mark.parametrize(
    ("pulled", "sent", "clear"),
    [
        pytest.param([(1, 1), (2, 2)], [], [1, 2], id="two newcomers with SSNs of their own"),
        pytest.param([(1, 1), (2, 1)], [], [], id="A-34 two newcomers with one SSN"),
        pytest.param([(1, 1), (2, 1), (3, 3)], [], [3], id="A-34 the third goes"),
        pytest.param([(1, 1), (2, 1)], [(1, 1)], [1], id="A-33 owner and newcomer, both pulled"),
        pytest.param([(2, 1)], [(1, 1)], [], id="A-33 the owner was not pulled"),
        pytest.param([(2, 1), (3, 1)], [(1, 1)], [], id="two newcomers, the owner was not pulled"),
        pytest.param([(1, 2), (2, 1)], [(1, 1), (2, 2)], [1, 2], id="A-38 swapped within one pull"),
        pytest.param([(1, 3), (2, 1)], [(1, 1)], [1, 2], id="handed over within one pull"),
        pytest.param([(1, 2), (2, 3), (3, 1)], [(1, 1), (2, 2), (3, 3)], [1, 2, 3], id="a ring of three"),
        pytest.param([(1, 3), (2, 1), (4, 1)], [(1, 1)], [1], id="handed over to two"),
        pytest.param([(1, 1)], [(1, 1)], [1], id="the owner alone"),
        pytest.param([(1, 9)], [(1, 1)], [1], id="A-35 an SSN of one's own that changed"),
    ],
)
def test_a_person_who_shares_an_ssn_with_a_live_employee_is_blocked_unless_it_was_theirs(pulled, sent, clear):
    baseline = baselines(*(baseline_of(profile(number, ssn=ssn(owns))) for number, owns in sent))
    for order in itertools.permutations(pulled):
        shared = split_duplicates([person(*entry) for entry in order], baseline.by_key.get, baseline.by_employee.get)
        assert sorted(entry.employee_id for entry in shared.clear) == [str(number) for number in clear]
        kept = {number for number, _ in pulled} - set(clear)
        assert {issue.employee_id for issue in shared.issues} == {str(number) for number in kept}
        assert {issue.code for issue in shared.issues} <= {IssueCode.SSN_DUPLICATE}
        assert {issue.detail for issue in shared.issues} <= {"another active employee has the same SSN"}


def record(number, owns=1, *, active=True):
    return profile(number, ssn=ssn(owns), active=active)


OLD, NEW, LEFT = record(1, active=False), record(2), record(1)


@pytest.mark.parametrize(
    ("pulled", "sent", "clear", "spoken_for"),
    [
        pytest.param([OLD, NEW], [], ["2"], ["1"], id="A-93 on a first load the active record speaks"),
        pytest.param([NEW], [OLD], ["2"], [], id="A-93 hired again under a new number"),
        pytest.param([OLD, NEW], [OLD], ["2"], ["1"], id="A-93 both read"),
        pytest.param([OLD, NEW], [NEW], ["2"], ["1"], id="A-93 after the new record was sent"),
        pytest.param([OLD], [NEW], [], ["1"], id="A-93 the former record changes"),
        pytest.param([OLD, record(2, active=False)], [record(2, active=False)], ["2"], ["1"], id="both have left"),
        pytest.param([OLD, record(2, active=False)], [], [], [], id="two former records that were never sent"),
        pytest.param([OLD, NEW, record(3)], [], [], [], id="two active records beside a former one"),
        pytest.param([NEW, record(3)], [OLD], [], [], id="two active records after one that left"),
        pytest.param([OLD, NEW], [LEFT], ["1"], [], id="the end of somebody who was active is sent first"),
        pytest.param([OLD], [record(1, 9), NEW], [], [], id="an end under the SSN of another employee is not lost"),
    ],
)
def test_A_93_the_active_record_speaks_for_the_person(pulled, sent, clear, spoken_for):
    baseline = baselines(*map(baseline_of, sent))
    for order in itertools.permutations(pulled):
        shared = split_duplicates(list(map(candidate, order)), baseline.by_key.get, baseline.by_employee.get)
        assert [entry.employee_id for entry in shared.clear] == clear
        assert shared.spoken_for == spoken_for
        blocked = {entry.employee_id for entry in pulled} - {*clear, *spoken_for}
        assert {issue.employee_id for issue in shared.issues} == blocked


@pytest.mark.parametrize("state", [RETIRED, MISSING])
def test_a_baseline_that_is_not_live_owns_no_ssn(state):
    baseline = baselines(baseline_of(profile(1), state))
    shared = split_duplicates([person(2, 1)], baseline.by_key.get, baseline.by_employee.get)
    assert [entry.employee_id for entry in shared.clear] == ["2"]
    assert shared.issues == []


@pytest.mark.parametrize("ssn", ["812-45-6093", "812456093", "812 45 6093", "812.45.6093"])
def test_S1_22_an_SSN_in_a_typed_text_is_masked(ssn):
    assert without_ssn(f"the carrier asks for {ssn}.") == "the carrier asks for ***-**-6093."


@pytest.mark.parametrize("text", ["letter of 2026-06-01", "ticket 1234567890", "call 555-0100-22", "file 000012", ""])
def test_other_numbers_in_a_typed_text_stay(text):
    assert without_ssn(text) == text
