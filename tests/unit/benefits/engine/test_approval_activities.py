"""The activities that an approval leaves, and the events that it would touch (S4-25)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.approval_activities import Approval, activities_of, effects, touches
from bensync.benefits.engine.event_order import set_indicator, void
from bensync.benefits.engine.row_diff import row_edits
from bensync.benefits.engine.run import case_result
from bensync.benefits.values.activities import ActivitySource, ActivityState, RowChange, RowEdit
from bensync.benefits.values.events import Indicator, Process
from bensync.core.changes import ChangeKind, FieldChange
from bensync.core.intake.proposals import classify
from bensync.core.people import DatedRow, Standing
from bensync.errors import DecisionError
from tests.unit.benefits.cases import (
    BOOK,
    CONTENT,
    activity,
    after_run,
    book,
    case,
    coverage,
    flags,
    person,
    statuses,
    with_activities,
    with_participant,
)
from tests.unit.benefits.situations import (
    FACTS,
    HIRED_ROW,
    activities_of_row,
    activities_of_update,
    approve_row,
    job_row,
    termination_result,
)
from tests.unit.builders import RULES, TODAY, day, profile, status_row

BACK = profile(rows=(HIRED_ROW,), **FACTS)


def test_A_74_the_request_names_the_event_and_what_voiding_would_reverse():
    before = termination_result().case
    proposal = classify(BACK, before.participant, None, TODAY, RULES)
    assert proposal is not None
    assert proposal.kind is ChangeKind.REACTIVATE
    after = person(rows=(HIRED_ROW,))
    (effect,) = effects(before, row_edits(proposal.kind, before.participant, after), BOOK)
    assert (effect.event.number, effect.disconnects) == (1, True)
    assert [(row.plan_type, str(row.coverage)) for row in effect.rows] == [("medical", "TERM"), ("dental", "TERM")]
    assert (
        effects(
            before,
            row_edits(ChangeKind.UPDATE, person(rows=(HIRED_ROW,)), person(rows=(status_row("2023-01-01"),))),
            BOOK,
        )
        == ()
    )


def test_a_request_touches_what_rests_on_its_rows_once_that_is_past_PR():
    before = termination_result().case
    edits = row_edits(ChangeKind.REACTIVATE, before.participant, person(rows=(HIRED_ROW,)))
    assert touches(before.events, edits)
    assert not touches(before.events, [])
    assert not touches(void(before, 1).events, edits)
    prepared = [replace(event, process=Process.PR) for event in before.events]
    assert not touches(prepared, edits)


def test_A_74_approved_with_void_the_earlier_coverages_stand_again():
    before = termination_result().case
    after = approve_row(before, BACK, voiding=True)
    assert statuses(after) == ("RE", "VOID")
    assert coverage(after, "06-10") == {"medical": "EE", "dental": "EE"}
    assert [str(record.state) for record in after.cobra] == ["VOID"]
    assert after.participant.standing is Standing.ACTIVE
    assert case_result(before, after, BOOK).carriers == ("bright", "north")
    done = after_run(after)
    assert statuses(done) == ("RE", "VOID")
    assert coverage(done, "06-10") == {"medical": "EE", "dental": "EE"}


def test_A_74_approved_without_it_the_event_is_disconnected_and_its_rows_stay():
    after = after_run(approve_row(termination_result().case, BACK))
    assert after.participant.standing is Standing.ACTIVE
    assert statuses(after) == ("FE", "CLOSED")
    assert flags(after) == {"disconnected", "elig_job"}
    assert coverage(after, "06-10") == {}
    with pytest.raises(DecisionError):
        set_indicator(after, 1, Indicator.ASSIGN)
    voided = after_run(set_indicator(after, 1, Indicator.VOID))
    assert coverage(voided, "06-10") == {"medical": "EE", "dental": "EE"}


def test_A_74_a_deleted_row_of_the_past_is_a_correction_that_disconnects_as_well():
    old, new = DatedRow("job", day("01-01"), {"grade": "A"}), DatedRow("job", day("05-01"), {"grade": "B"})
    facts = {**FACTS, "grade": "B"}
    before = after_run(
        with_activities(case(person(rows=(HIRED_ROW, old, new), grade="B")), activity("FSC", "02-01", rows=(old,)))
    )
    after = after_run(approve_row(before, profile(rows=(HIRED_ROW, new), **facts)))
    assert flags(after) == {"disconnected", "elig_job"}
    assert statuses(after) == ("PR", "CLOSED")


LEAVE = [{"action": "Leave", "reason": "Medical", "event": "LVE", "status": "LEAVE"}]


def short(activities):
    return [(item.event_class, str(item.event_date), str(item.source)) for item in activities]


def test_S4_16_a_corrected_reason_disconnects_the_leave_and_brings_the_event_of_its_new_meaning():
    rules = book(actions=LEAVE)
    medical, study = (
        DatedRow("status", day("06-05"), {"employment_status": "Leave", "action_reason": reason})
        for reason in ("Medical", "Study")
    )
    before = person(rows=(HIRED_ROW, medical), employment_status="Leave", action_reason="Medical")
    leave = after_run(with_activities(case(before), activity("LVE", "06-05", rows=(medical,))), rules)
    row = profile(rows=(HIRED_ROW, study), **FACTS, employment_status="Leave", action_reason="Study")
    after = after_run(approve_row(leave, row, rules), rules)
    assert flags(after, 1) >= {"disconnected"}
    anew = after.event(2)
    assert (anew.event_class, anew.event_date, anew.action, anew.reason) == ("MSC", day("06-05"), "Leave", "Study")
    assert len(after.events) == 2


def test_a_new_hire_leaves_an_activity_of_the_hire_date():
    row = profile(rows=(status_row("2024-02-01"),))
    (actual,) = activities_of_row(row)
    assert (actual.event_class, actual.event_date, actual.action, actual.final) == (
        "HIR",
        day("2024-02-01"),
        "hire",
        False,
    )
    assert {item.table for item in actual.rows} == {"status", "hire"}


def test_a_new_inactive_person_leaves_none():
    assert activities_of_row(profile(active=False)) == ()


def test_K4_a_termination_is_final():
    row = profile(active=False, since="06-01", rows=(status_row("06-01", "Inactive"),))
    (actual,) = activities_of_row(row, person())
    assert (actual.event_class, actual.event_date, actual.final) == ("TER", day("06-01"), True)
    assert [item.table for item in actual.rows] == ["status"]


def test_a_mapped_action_names_a_termination():
    fired = DatedRow("status", day("06-01"), {"benetrac_status": "Inactive", "employment_status": "Laid off"})
    (actual,) = activities_of_row(profile(active=False, since="06-01", rows=(fired,)), person())
    assert (actual.action, actual.reason) == ("Laid off", "")


def test_a_rehire_after_a_termination_leaves_one_activity():
    (actual,) = activities_of_row(profile(rehire_date="2026-06-01"), person(ended="03-01"))
    assert (actual.event_class, actual.event_date, actual.action) == ("HIR", day("06-01"), "rehire")


def test_A_20_who_left_and_came_back_leaves_a_termination_before_the_hire():
    activities = activities_of_row(profile(termination_date="2026-05-01", rehire_date="2026-06-01"), person())
    assert short(activities) == [("TER", "2026-05-01", "JOB"), ("HIR", "2026-06-01", "JOB")]
    assert [(item.rank, item.final) for item in activities] == [(0, True), (0, False)]


def test_a_termination_that_a_rehire_of_the_same_day_follows_goes_first():
    activities = activities_of_row(profile(termination_date="2026-06-01", rehire_date="2026-06-01"), person())
    assert [(item.event_class, item.rank) for item in activities] == [("TER", -1), ("HIR", 0)]


def test_a_rehire_of_somebody_active_without_a_known_end_is_a_hire_only():
    after = person(rehire_date="2026-06-01")
    assert short(activities_of_update(person(), after, kind=ChangeKind.REHIRE)) == [("HIR", "2026-06-10", "JOB")]


def test_a_reactivation_leaves_a_job_change_of_the_day_of_the_decision():
    activities = activities_of_row(profile(), person(ended="03-01"))
    assert short(activities) == [("MSC", "2026-06-10", "JOB")]
    assert activities[0].action == "reactivation"


def test_A_61_a_move_within_the_postal_code_leaves_nothing():
    assert activities_of_update(person(), person(address1="2 Side Street", city="Shelbyville")) == ()


@pytest.mark.parametrize("field", ["postal_code", "state", "country"])
def test_A_61_S4_05_a_move_beyond_it_leaves_an_ADR(field):
    assert short(activities_of_update(person(), person(**{field: "NV"}))) == [("ADR", "2026-06-10", "ADDRESS")]


def test_A_62_S2_10_a_corrected_birth_date_is_listed_and_makes_no_event():
    activities = activities_of_update(person(), person(birth_date="1990-02-01"))
    assert [item.event_class for item in activities] == ["INFO"]
    after = with_activities(case(), *activities)
    assert [item.state for item in after.activities] == [ActivityState.INFO]
    assert after_run(after).events == ()


def test_fields_of_one_class_leave_one_activity_and_those_of_two_leave_two():
    activities = activities_of_update(person(), person(fte="0.5", grade="B", state="NV"))
    assert short(activities) == [("ADR", "2026-06-10", "ADDRESS"), ("MSC", "2026-06-10", "JOB")]


def test_K15_an_unmapped_action_is_a_job_change():
    after = person(rows=(job_row("06-01", employment_status="Sabbatical"),), employment_status="Sabbatical")
    assert [(item.event_class, item.action) for item in activities_of_update(person(), after)] == [
        ("MSC", "Sabbatical")
    ]


@pytest.mark.parametrize(
    ("reason", "event"), [("Medical", "LVE"), ("Study", "MSC")], ids=["the mapped reason", "another one"]
)
def test_S4_10_a_mapped_action_and_reason_decide_on_the_class(reason, event):
    row = DatedRow("status", day("06-05"), {"employment_status": "Leave", "action_reason": reason})
    after = person(rows=(row,), employment_status="Leave", action_reason=reason)
    (actual,) = activities_of_update(person(), after, book(actions=LEAVE))
    assert (actual.event_class, actual.event_date, actual.action, actual.reason) == (
        event,
        day("06-05"),
        "Leave",
        reason,
    )
    assert actual.rows == (row,)


# Acceptance list S4-25: number -> the field of ours, or the custom field, that carries the trigger.
T_COLUMN = {
    5: "postal_code",
    6: "state",
    7: "employment_status",
    9: "action_reason",
    10: "expected_end_date",
    12: "regulatory_region",
    13: "company",
    14: "business_unit",
    15: "location",
    16: "job_code",
    17: "regular_temporary",
    18: "employee_class",
    19: "full_part_time",
    20: "standard_hours",
    21: "fte",
    22: "flsa_status",
    23: "union_code",
    24: "pay_group",
    25: "employee_type",
    26: "salary_plan",
    27: "grade",
    28: "appointment_duration",
    29: "benefit_record",
    30: "benefit_system",
    32: "eligibility1",
    33: "eligibility2",
    34: "eligibility3",
    35: "eligibility5",
}


LISTS = {
    "S2-07": ["postal_code"],
    "S2-08": [
        "job_code",
        "fte",
        "pay_rate",
        "step",
        "grade",
        "salary_schedule",
        "salary_class",
        *(f"benefit_salary{number}" for number in range(1, 6)),
    ],
    "S2-09": ["pay_frequency"],
    "S4-13": ["bas_group", "location_postal_code", "location_state", "location_country"],
}


CASES = [(f"S4-25.{number}", field) for number, field in T_COLUMN.items()] + [
    (rule, field) for rule, fields in LISTS.items() for field in fields
]


@pytest.mark.parametrize(("rule", "field"), CASES, ids=[f"{rule} {field}" for rule, field in CASES])
def test_S4_25_a_trigger_leaves_an_activity_that_becomes_an_event(rule, field):
    texts = ("2027-01-01", "2027-02-01") if field == "expected_end_date" else ("1", "2")
    before, after = (person(**{field: text}) for text in texts)
    activities = activities_of_update(before, after)
    wanted = "ADR" if field in {"postal_code", "state"} else "MSC"
    assert [item.event_class for item in activities] == [wanted]
    done = after_run(with_activities(with_participant(case(), after), *activities), book(programs=[]))
    assert [event.event_class for event in done.events] == [wanted]


@pytest.mark.parametrize(("rule", "field"), CASES, ids=[f"{rule} {field}" for rule, field in CASES])
def test_S4_25_a_trigger_in_a_dated_table_takes_the_date_of_its_row(rule, field):
    text = "2027-02-01" if field == "expected_end_date" else "2"
    rows = (DatedRow("job", day("05-01"), {field: text}),)
    (actual,) = activities_of_update(person(), person(rows=rows, **{field: text}))
    assert (actual.event_date, actual.rows) == (day("05-01"), rows)


def test_S4_25_31_the_benefits_status_that_an_action_sets_decides_on_the_program():
    rows = (DatedRow("status", day("06-05"), {"employment_status": "Leave", "action_reason": "Medical"}),)
    rules = book(
        actions=LEAVE,
        programs=[{"code": "FULL", "eligibility": "here", "plans": ["MED"]}],
        eligibility={**CONTENT["eligibility"], "here": {"all": [{"field": "benefits_status", "one_of": ["ACTIVE"]}]}},
    )
    after = person(rows=rows, employment_status="Leave", action_reason="Medical")
    done = after_run(with_activities(case(after, "medical"), *activities_of_update(person(), after, rules)), rules)
    assert (done.event(1).event_class, done.event(1).program, done.event(1).loss_of_all) == ("LVE", "", True)


@pytest.mark.parametrize("field", ["officer_code", "eligibility4", "first_name", "gender", "shoe_size"])
def test_what_is_off_or_unknown_leaves_nothing(field):
    assert activities_of_update(person(), person(**{field: "B2"})) == ()


def test_S2_06_joining_or_leaving_a_group_is_a_job_change():
    groups = {
        **CONTENT["eligibility"],
        "smokers": {"any": [{"field": "smoker", "present": True}]},
        "big": {"all": [{"field": "shoe_size", "at_least": "46"}]},
    }
    rules = book(eligibility=groups)
    assert short(activities_of_update(person(shoe_size="44"), person(shoe_size="47"), rules)) == [
        ("MSC", "2026-06-10", "JOB")
    ]
    assert short(activities_of_update(person(), person(smoker="yes"), rules)) == [("INFO", "2026-06-10", "JOB")]


def test_S3_104_the_benefit_record_counts_as_a_multiple_job_change():
    assert short(activities_of_update(person(), person(benefit_record="1"))) == [("MSC", "2026-06-10", "MULTIJOB")]


def test_an_own_trigger_of_a_class_of_its_own_has_the_source_of_that_class():
    rules = book(events={"XTR": {"label": "Extra", "priority": 7, "source": "ADDRESS"}}, triggers={"shoe_size": "XTR"})
    assert short(activities_of_update(person(), person(shoe_size="44"), rules)) == [("XTR", "2026-06-10", "ADDRESS")]


A, B, C = job_row("2025-01-01", grade="A"), job_row("05-01", grade="B"), job_row("06-01", grade="C")


def test_an_inserted_row_brings_its_own_day():
    before = person(rows=(A,), grade="A")
    activities = activities_of_update(before, person(rows=(A, C), grade="C"))
    assert short(activities) == [("MSC", "2026-06-01", "JOB")]
    assert activities[0].rows == (C,)


def test_a_row_inserted_into_history_counts_though_nothing_of_today_changed():
    before = person(rows=(A, C), grade="C")
    assert short(activities_of_update(before, person(rows=(A, B, C), grade="C"), kind=ChangeKind.CORRECTION)) == [
        ("MSC", "2026-05-01", "JOB")
    ]


def test_an_inserted_row_that_says_the_same_leaves_nothing():
    same = job_row("05-01", grade="A")
    assert activities_of_update(person(rows=(A,), grade="A"), person(rows=(A, same), grade="A")) == ()


def test_a_corrected_row_of_today_brings_a_flag_and_an_event_of_its_day():
    right = job_row("05-01", grade="X")
    flag, event = activities_of_update(person(rows=(A, B), grade="B"), person(rows=(A, right), grade="X"))
    assert flag.change == RowChange(RowEdit.CORRECT, B, right)
    assert (flag.event_class, flag.source, event.event_class, event.event_date) == (
        "",
        ActivitySource.JOB,
        "MSC",
        day("05-01"),
    )


def test_a_corrected_row_of_history_brings_a_flag_only():
    right = job_row("05-01", grade="X")
    activities = activities_of_update(
        person(rows=(B, C), grade="C"), person(rows=(right, C), grade="C"), kind=ChangeKind.CORRECTION
    )
    assert [item.event_class for item in activities] == [""]


def test_a_deleted_row_brings_back_what_was_before_from_today():
    activities = activities_of_update(person(rows=(A, B), grade="B"), person(rows=(A,), grade="A"))
    assert [item.event_class for item in activities] == ["", "MSC"]
    assert activities[0].change == RowChange(RowEdit.DELETE, B, None)
    assert activities[1].event_date == TODAY


def test_an_edited_row_of_address_fields_counts_as_one_of_the_address():
    old, new = (DatedRow("home", day("05-01"), {"postal_code": code}) for code in ("90001", "90002"))
    flag, _ = activities_of_update(person(rows=(old,)), person(rows=(new,), postal_code="90002"))
    assert flag.source is ActivitySource.ADDRESS


def test_a_moved_hire_date_counts_as_a_row_that_moved():
    (actual,) = activities_of_update(person(), person(hire_date="2024-02-08"))
    assert actual.change == RowChange(
        RowEdit.REDATE, DatedRow("hire", day("2024-02-01"), {}), DatedRow("hire", day("2024-02-08"), {})
    )


def test_a_first_rehire_or_termination_date_moves_nothing():
    assert activities_of_update(person(), person(termination_date="2026-05-01")) == ()


def test_a_cleared_date_counts_as_a_deleted_row():
    (actual,) = activities_of_update(person(rehire_date="2026-05-01"), person())
    assert actual.change == RowChange(RowEdit.DELETE, DatedRow("rehire", day("05-01"), {}), None)


def test_a_rehire_moves_no_hire_date():
    after = person(hire_date="2026-06-01")
    activities = activities_of_update(person(ended="05-01"), after, kind=ChangeKind.REHIRE)
    assert [item.event_class for item in activities] == ["HIR"]


def test_the_changes_of_fields_need_no_row():
    activities = activities_of(
        Approval(ChangeKind.UPDATE, None, person(), (FieldChange("fte", "0.5", "1"),), TODAY, TODAY), BOOK
    )
    assert short(activities) == [("MSC", "2026-06-10", "JOB")]
