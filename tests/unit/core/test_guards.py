"""Alarms for a plan that looks like an accident: each limit below it, at it and above it (sync-rules 3.13)."""

from __future__ import annotations

import pytest

from bensync.config.tables import GuardLimits
from bensync.core.changes import UNSEEN, Change, ChangeKind, IssueCode
from bensync.core.guards import Guards, Limit, Population, PullStatistics, count_by_guard, hold, refusals
from tests.unit.builders import candidate, profile

GUARDS = Guards()


def changes(count, kind=ChangeKind.UPDATE, fields=(), start=1, **facts):
    return [Change(candidate(number), kind, fields, "", **facts) for number in range(start, start + count)]


def held_by(rows, active, guards=GUARDS, *, first=False):
    flowing, held, alarms = hold(guards, Population(active, first), rows)
    assert len(flowing) + len(held) == len(rows)
    assert {entry.alarm for entry in held} <= {alarm.code for alarm in alarms}
    assert not any(alarm.refuses for alarm in alarms)
    return {alarm.code: alarm.count for alarm in alarms}


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("5", Limit(5)),
        ("0", Limit(0)),
        ("5%", Limit(None, 5)),
        ("2.5%", Limit(None, 2.5)),
        ("5 and 5%", Limit(5, 5)),
        ("5% and 5", Limit(5, 5)),
        (" 5  and  100% ", Limit(5, 100)),
    ],
)
def test_a_limit_is_a_number_a_percentage_or_both(text, limit):
    assert Limit.parse(text) == limit
    assert Limit.parse(str(limit)) == limit


@pytest.mark.parametrize(
    "text",
    [
        "",
        "five",
        "%",
        "-1",
        "-1%",
        "101%",
        "nan%",
        "inf%",
        "5 and 6",
        "5% and 6%",
        "5 and",
        "5, 5%",
        "2.5",
        "5 and 5% and 5",
    ],
)
def test_any_other_limit_is_refused(text):
    with pytest.raises(ValueError):
        Limit.parse(text)


@pytest.mark.parametrize(
    ("limit", "of", "reached", "exceeded"),
    [
        pytest.param(Limit(), 100, None, None, id="no limit"),
        pytest.param(Limit(5), 100, 5, 6, id="a number"),
        pytest.param(Limit(5), 10, 5, 6, id="a number counts among few people too"),
        pytest.param(Limit(None, 5), 100, 5, 6, id="a percentage"),
        pytest.param(Limit(None, 5), 50, 3, 3, id="half a person over"),
        pytest.param(Limit(None, 5), 49, None, None, id="a percentage of few people means nothing"),
        pytest.param(Limit(5, 5), 100, 5, 6, id="both agree"),
        pytest.param(Limit(5, 5), 400, 20, 21, id="the percentage comes last"),
        pytest.param(Limit(10, 5), 100, 10, 11, id="the number comes last"),
        pytest.param(Limit(5, 5), 49, 5, 6, id="of both the number alone counts among few people"),
        pytest.param(Limit(None, 0), 100, 0, 1, id="nobody at all"),
    ],
)
def test_a_limit_is_reached_and_exceeded_at_exactly_its_count(limit, of, reached, exceeded):
    counts = range(of + 1)
    assert next((count for count in counts if limit.reached(count, of, 50)), None) == reached
    assert next((count for count in counts if limit.exceeded(count, of, 50)), None) == exceeded


def test_the_configured_defaults_are_those_of_the_rules():
    assert GuardLimits().guards() == Guards()


@pytest.mark.parametrize(
    ("ended", "active", "held"),
    [
        pytest.param(3, 40, False, id="three people, more than 5 %"),
        pytest.param(4, 40, True, id="four people, more than 5 %"),
        pytest.param(4, 80, False, id="four people, 5 %"),
        pytest.param(20, 400, False, id="twenty people, 5 %"),
        pytest.param(21, 400, True, id="21 people, more than 5 %"),
        pytest.param(6, 120, False, id="six people, 5 %"),
        pytest.param(1, 1, False, id="one of one"),
        pytest.param(2, 11, False, id="two of eleven"),
        pytest.param(2, 10, True, id="two of ten are 20 %"),
        pytest.param(3, 15, True, id="three of 15 are 20 %"),
        pytest.param(60, 400, True, id="A-53 60 of 400"),
        pytest.param(0, 0, False, id="nobody of nobody"),
        pytest.param(0, 400, False, id="nobody"),
    ],
)
def test_terminations_are_held_above_both_limits(ended, active, held):
    rows = changes(ended, ChangeKind.TERMINATE)
    assert held_by(rows, active) == ({"terminations": ended} if held else {})


@pytest.mark.parametrize(
    ("ended", "active", "held"),
    [(9, 50, False), (10, 50, True), (11, 50, True), (10, 51, False), (1, 2, False), (2, 2, True), (20, 100, True)],
)
def test_terminations_are_held_from_twenty_percent_on_whatever_their_number(ended, active, held):
    guards = Guards(terminations=Limit(1000))
    actual = held_by(changes(ended, ChangeKind.TERMINATE), active, guards)
    assert actual == ({"terminations": ended} if held else {})


def test_the_alarm_names_the_limit_that_was_passed():
    def limit(ended):
        return [
            alarm.limit for alarm in hold(GUARDS, Population(100, first=False), changes(ended, ChangeKind.TERMINATE))[2]
        ]

    assert limit(19) == ["3 and 5%"]
    assert limit(20) == ["2 and 20%"]


def test_limits_that_are_switched_off_hold_nothing():
    guards = Guards(Limit(), Limit(), Limit(), Limit(), Limit())
    rows = [*changes(50, ChangeKind.TERMINATE, ("status",)), *changes(50, ChangeKind.NEW, start=100)]
    assert held_by(rows, 100, guards) == {}


def test_nobody_is_held_where_nobody_would_end_although_the_limit_is_zero():
    guards = Guards(terminations_always=Limit(None, 0))
    assert held_by(changes(3, ChangeKind.UPDATE), 100, guards) == {}


@pytest.mark.parametrize(
    ("new", "active", "held"),
    [
        pytest.param(10, 100, False, id="10 %"),
        pytest.param(11, 100, True, id="more than 10 %"),
        pytest.param(5, 50, False, id="10 % of 50"),
        pytest.param(6, 50, True, id="more than 10 % of 50"),
        pytest.param(3, 5, False, id="three at a small employer"),
        pytest.param(4, 5, True, id="four at a small employer"),
        pytest.param(30, 40, True, id="30 at an employer of 40"),
    ],
)
def test_new_hires_are_held_above_their_limit(new, active, held):
    assert held_by(changes(new, ChangeKind.NEW), active) == ({"new_hires": new} if held else {})


@pytest.mark.parametrize(("moved", "held"), [(2, False), (3, True)])
@pytest.mark.parametrize("active", [6, 1000])
@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"kind": ChangeKind.NEW, "fields": ("ssn",), "ssn_changed": True}, id="another SSN"),
        pytest.param({"fields": ("employee_id",)}, id="another employee under the SSN"),
    ],
)
def test_ssn_changes_are_held_above_their_limit(moved, held, active, facts):
    assert held_by(changes(moved, **facts), active) == ({"ssn_changes": moved} if held else {})


def test_who_has_another_ssn_is_no_new_hire():
    guards = Guards(ssn_changes=Limit(), one_field=Limit())
    rows = changes(50, ChangeKind.NEW, ("ssn",), ssn_changed=True)
    assert held_by(rows, 100, guards) == {}


@pytest.mark.parametrize(
    ("changed", "active", "held"),
    [
        pytest.param(50, 100, False, id="half of the people"),
        pytest.param(51, 100, True, id="more than half"),
        pytest.param(40, 40, True, id="everybody at an employer of 40"),
        pytest.param(3, 3, True, id="everybody at an employer of three"),
        pytest.param(2, 2, False, id="both people there are"),
    ],
)
def test_one_field_that_changed_on_most_people_holds_those_rows(changed, active, held):
    rows = [
        *changes(changed, fields=("city",)),
        *changes(2, fields=("gender",), start=500),
    ]
    actual = held_by(rows, active)
    assert ("one_field:city" in actual) is held
    assert "one_field:gender" not in actual


def test_rows_with_other_fields_flow_while_one_field_is_held():
    rows = [*changes(51, fields=("city",)), *changes(3, fields=("gender",), start=500)]
    flowing, held, _ = hold(GUARDS, Population(100, first=False), rows)
    assert flowing == rows[51:]
    assert [entry.change for entry in held] == rows[:51]


def test_a_row_that_two_guards_hold_is_held_once_and_both_raise_their_alarm():
    rows = changes(60, ChangeKind.TERMINATE, ("status",))
    flowing, held, alarms = hold(GUARDS, Population(100, first=False), rows)
    assert (len(flowing), len(held)) == (0, 60)
    assert [alarm.code for alarm in alarms] == ["terminations", "one_field:status"]
    assert {entry.alarm for entry in held} == {"terminations"}


def test_the_first_full_read_is_compared_with_nothing():
    assert held_by(changes(500, ChangeKind.NEW), 0, first=True) == {}
    assert held_by(changes(500, ChangeKind.NEW), 100, first=True) == {}
    assert held_by(changes(500, fields=("city",)), 100, first=True) == {}


@pytest.mark.parametrize(
    ("sent", "rows", "held"),
    [
        pytest.param({"terminations": 3}, changes(1, ChangeKind.TERMINATE), {"terminations": 1}, id="3 + 1 of 60"),
        pytest.param({"terminations": 2}, changes(1, ChangeKind.TERMINATE), {}, id="2 + 1 of 60"),
        pytest.param({"new_hires": 6}, changes(1, ChangeKind.NEW), {"new_hires": 1}, id="new hires"),
        pytest.param({"new_hires": 5}, changes(1, ChangeKind.NEW), {}, id="as many as the limit"),
        pytest.param({"ssn_changes": 2}, changes(1, ssn_changed=True), {"ssn_changes": 1}, id="other SSNs"),
        pytest.param({"one_field:city": 30}, changes(1, fields=("city",)), {"one_field:city": 1}, id="one field"),
        pytest.param({"one_field:city": 30}, changes(1, fields=("gender",)), {}, id="another field"),
        pytest.param({"terminations": 10}, changes(1, ChangeKind.UPDATE), {}, id="another kind of change"),
    ],
)
def test_rows_that_were_sent_within_the_window_count_with_those_of_the_plan(sent, rows, held):
    active = 60 - sent.get("terminations", 0) + sent.get("new_hires", 0)
    population = Population(active, first=False, sent=sent)
    alarms = hold(GUARDS, population, rows)[2]
    assert {alarm.code: alarm.count for alarm in alarms} == held
    assert all(f"({sum(sent.values())} more were sent since yesterday)" in alarm.text for alarm in alarms)


def test_rows_are_counted_by_the_guard_that_watches_them():
    rows = [
        *changes(2, ChangeKind.TERMINATE, ("status", "city")),
        *changes(3, ChangeKind.NEW, start=10),
        *changes(1, ChangeKind.NEW, ("ssn",), ssn_changed=True, start=20),
        *changes(4, ChangeKind.UNCHANGED, start=30),
    ]
    assert count_by_guard(Guards(), rows) == {
        "terminations": 2,
        "ssn_changes": 1,
        "new_hires": 3,
        "one_field:status": 2,
        "one_field:city": 2,
        "one_field:ssn": 1,
    }


def test_rows_that_a_full_file_repeats_trip_nothing():
    assert held_by(changes(500, ChangeKind.UNCHANGED), 500) == {}


def refused(people=100, issues=0, *, active=100, last=None, rates=None, filled=None, guards=GUARDS, **population):
    compared = Population(active, first=False, last_headcount=last, fill_rates=rates or {}, **population)
    by_code = issues if isinstance(issues, dict) else {IssueCode.SSN_MISSING: issues}
    alarms = refusals(guards, compared, PullStatistics(people, filled or {}), by_code)
    assert all(alarm.refuses and alarm.text for alarm in alarms)
    return {alarm.code: alarm.count for alarm in alarms}


@pytest.mark.parametrize(
    ("last", "people", "count"),
    [
        pytest.param(None, 0, None, id="there was no full read before"),
        pytest.param(100, 100, None, id="as many"),
        pytest.param(100, 130, None, id="more"),
        pytest.param(100, 95, None, id="5 % fewer"),
        pytest.param(100, 94, 6, id="more than 5 % fewer"),
        pytest.param(100, 0, 100, id="A-52 nobody"),
        pytest.param(10, 8, None, id="two people fewer at a small employer"),
        pytest.param(10, 7, 3, id="three people fewer at a small employer"),
    ],
)
def test_a_headcount_that_fell_refuses_the_run(last, people, count):
    assert refused(people, last=last) == ({} if count is None else {"headcount_fell": count})


@pytest.mark.parametrize(
    ("issues", "people", "active", "stops"),
    [
        pytest.param(5, 10, 0, False, id="five people, half of them"),
        pytest.param(6, 10, 0, True, id="six people of ten"),
        pytest.param(11, 54, 0, True, id="eleven people, more than 20 %"),
        pytest.param(11, 55, 0, False, id="eleven people, 20 %"),
        pytest.param(20, 100, 100, False, id="20 %"),
        pytest.param(21, 100, 100, True, id="more than 20 %"),
        pytest.param(5, 5, 0, False, id="five of five"),
        pytest.param(12, 15, 500, False, id="blocked for long, read again on a quiet day"),
    ],
)
def test_too_many_blocked_people_refuse_the_run(issues, people, active, stops):
    assert refused(people, issues, active=active) == ({"rows_in_error": issues} if stops else {})


@pytest.mark.parametrize(
    ("before", "filled", "people", "lost"),
    [
        pytest.param(1.0, 90, 100, None, id="10 points"),
        pytest.param(0.8, 70, 100, None, id="10 points, whatever binary fractions make of them"),
        pytest.param(0.75, 650, 1000, None, id="10 points of more people"),
        pytest.param(0.75, 649, 1000, 101, id="a little more than 10 points"),
        pytest.param(1.0, 89, 100, 11, id="more than 10 points"),
        pytest.param(1.0, None, 100, 100, id="A-84 nobody has it any more"),
        pytest.param(0.5, 100, 100, None, id="more than before"),
        pytest.param(0.05, 0, 100, None, id="few had it before"),
        pytest.param(1.0, 2, 4, None, id="two people of four"),
        pytest.param(1.0, 1, 4, 3, id="three people of four"),
        pytest.param(1.0, 0, 0, None, id="nobody was read"),
    ],
)
def test_a_field_that_far_fewer_people_have_refuses_the_run(before, filled, people, lost):
    actual = refused(people, rates={"birth_date": before}, filled={} if filled is None else {"birth_date": filled})
    assert actual == ({} if lost is None else {"field_restricted": lost})


def test_records_that_cannot_be_read_count_for_no_fill_rate():
    population = Population(100, first=False, fill_rates={"city": 1.0})
    reading = PullStatistics(100, {"city": 80}, unreadable=20)
    assert refusals(GUARDS, population, reading, {}) == []
    assert refusals(GUARDS, population, PullStatistics(20, {}, unreadable=20), {}) == []


def test_each_field_that_got_lost_has_its_alarm():
    rates = {"birth_date": 1.0, "gender": 0.9, "city": 1.0}
    population = Population(100, first=False, fill_rates=rates)
    alarms = refusals(GUARDS, population, PullStatistics(100, {"city": 100}), {})
    assert [alarm.text.split()[1] for alarm in alarms] == ["birth_date", "gender"]


@pytest.mark.parametrize(
    ("absent", "active", "stops"),
    [
        pytest.param(1, 60, False, id="A-88 one of sixty"),
        pytest.param(2, 2, False, id="two, whatever the share"),
        pytest.param(3, 60, False, id="three of sixty are 5 %"),
        pytest.param(4, 60, True, id="four of sixty"),
        pytest.param(3, 10, True, id="three of ten: this percentage counts at every size"),
        pytest.param(59, 60, True, id="A-87 all but one"),
        pytest.param(50, 1000, False, id="5 % of a thousand"),
        pytest.param(51, 1000, True, id="more than 5 % of a thousand"),
    ],
)
def test_active_people_missing_from_the_answer_refuse_the_run_above_a_limit(absent, active, stops):
    actual = refused(active, active=active, absent=absent)
    assert actual == ({"active_person_missing": absent} if stops else {})


@pytest.mark.parametrize(
    ("absent", "inactive", "stops"),
    [
        pytest.param(5, 5, False, id="five leave an export of current staff"),
        pytest.param(6, 30, False, id="20 %"),
        pytest.param(7, 30, True, id="more than 20 %"),
        pytest.param(20, 20, True, id="A-89 all inactive people"),
    ],
)
def test_A_89_inactive_people_missing_from_a_read_of_everybody_refuse_it_above_a_limit(absent, inactive, stops):
    actual = refused(absent_inactive=absent, inactive=inactive)
    assert actual == ({"inactive_person_missing": absent} if stops else {})


def test_inactive_people_who_left_the_source_are_no_fall_of_the_headcount():
    assert refused(94, last=100, absent_inactive=6, inactive=60) == {}
    assert refused(94, last=100, absent_inactive=0, inactive=60) == {"headcount_fell": 6}


@pytest.mark.parametrize(("leaving", "stops"), [(3, False), (4, True)])
def test_A_104_people_who_leave_the_scope_refuse_the_run_above_a_limit(leaving, stops):
    assert refused(60, active=60, leaving_scope=leaving) == ({"left_scope": leaving} if stops else {})


@pytest.mark.parametrize(
    ("unlisted", "people", "stops"),
    [
        pytest.param(15, 60, False, id="fifteen of sixty are blocked one by one"),
        pytest.param(30, 60, False, id="half"),
        pytest.param(31, 60, True, id="more than half: was a status renamed?"),
    ],
)
def test_an_unlisted_status_refuses_the_run_only_if_most_people_have_it(unlisted, people, stops):
    actual = refused(people, {IssueCode.STATUS_UNKNOWN: unlisted}, active=people)
    assert actual == ({"status_unlisted": unlisted} if stops else {})


@pytest.mark.parametrize("code", sorted({*UNSEEN, IssueCode.NOT_STARTED}))
def test_people_whom_hr_does_not_show_are_no_rows_in_error(code):
    assert refused(60, {code: 30}, active=60) == {}


def test_several_reasons_to_refuse_are_all_reported():
    actual = refused(60, 30, last=100, absent=40, rates={"city": 1.0})
    assert set(actual) == {"headcount_fell", "rows_in_error", "field_restricted", "active_person_missing"}


@pytest.mark.parametrize(("people", "held"), [(2, False), (3, True)])
@pytest.mark.parametrize("field", ["hire_date", "address1"])
def test_A_98_a_required_field_that_several_people_lose_holds_their_rows(field, people, held):
    rows = [
        Change(candidate(profile(number, **{field: None})), ChangeKind.UPDATE, (field, "city"), "changed")
        for number in range(1, people + 1)
    ]
    flowing, stopped, alarms = hold(Guards(), Population(1000, first=False), rows)
    assert len(stopped) == (people if held else 0)
    assert len(flowing) == (0 if held else people)
    assert [alarm.code for alarm in alarms] == ([f"emptied:{field}"] if held else [])


def test_a_required_field_that_is_taken_out_of_the_mapping_is_not_lost():
    rows = [
        Change(candidate(profile(number, gender=None)), ChangeKind.UPDATE, ("gender",), "changed")
        for number in range(1, 5)
    ]
    assert hold(Guards(required=frozenset({"hire_date"})), Population(1000, first=False), rows)[2] == []


def test_a_required_field_that_changes_its_value_is_not_emptied():
    rows = [
        Change(candidate(profile(number, hire_date="2024-03-01")), ChangeKind.UPDATE, ("hire_date",), "changed")
        for number in range(1, 5)
    ]
    assert hold(Guards(), Population(1000, first=False), rows)[2] == []
