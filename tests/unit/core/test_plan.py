"""make_plan(): a whole pull against the baseline, with a reason for everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from bensync.core.changes import BaselineState, ChangeKind, Issue, IssueCode
from bensync.core.guards import Guards, Limit, Population
from bensync.core.people import Status
from bensync.core.plan import needs_person, refused, repeat_last_sent, withheld
from tests.unit.builders import TODAY, baseline_of, baselines, candidate, day, deliver, key, plan, profile, ssn

ACTIVE, INACTIVE = Status.ACTIVE, Status.INACTIVE


def ids(changes):
    return {change.candidate.employee_id for change in changes}


def test_A_01_a_plain_change_sends_one_row_with_the_whole_profile():
    new = profile(1, job_title="Manager")
    sync_plan = plan([candidate(new)], [baseline_of(1)])
    (sent,) = sync_plan.sends
    assert (sent.kind, sent.fields) == (ChangeKind.UPDATE, ("job_title",))
    assert sent.candidate.profile() == new
    assert (sync_plan.held, sync_plan.issues, sync_plan.alarms, sync_plan.unchanged) == ((), (), (), ())


def test_A_02_a_person_who_was_sent_already_is_counted_and_not_sent_again():
    sync_plan = plan([candidate(1)], [baseline_of(1)])
    assert sync_plan.sends == ()
    assert sync_plan.unchanged == ("1",)


def test_A_08_the_second_read_of_a_change_sends_nothing():
    people = [candidate(profile(1, city="Shelbyville"))]
    first = plan(people, [baseline_of(1)])
    again = plan(people, deliver([baseline_of(1)], first.sends))
    assert (len(first.sends), again.sends, again.unchanged) == (1, (), ("1",))


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"full_part_time": "Part time"}, id="A-12 a part-timer"),
        pytest.param({"active": False}, id="A-24 an inactive person who was never sent"),
        pytest.param({"hire_date": None, "address1": None}, id="an incomplete person"),
    ],
)
def test_nothing_but_trust_keeps_a_new_person_out_of_the_file(facts):
    (sent,) = plan([candidate(profile(1, **facts))]).sends
    assert sent.kind is ChangeKind.NEW


def test_rows_are_sorted_by_key_whatever_the_order_of_reading():
    people = [candidate(number) for number in range(1, 30)]
    sync_plan = plan(people[::-1], first=True)
    keys = [change.candidate.key for change in sync_plan.sends]
    assert keys == sorted(keys)
    assert sync_plan == plan(people, first=True)


def test_A_25_an_employee_deleted_in_hr_is_an_issue_and_never_a_row():
    sync_plan = plan([], [baseline_of(1)], deleted=["1", "99"])
    assert sync_plan.sends == ()
    assert [(issue.employee_id, issue.code) for issue in sync_plan.issues] == [("1", IssueCode.HR_EMPLOYEE_DELETED)]
    assert sync_plan.missing == (key(ssn(1)),)


def test_A_43_a_hire_that_hr_takes_back_before_anybody_approved_it_is_no_issue_and_leaves_the_count():
    hires = {key(ssn(1)): "1", key(ssn(2)): "2"}
    later = Issue("2", IssueCode.NOT_STARTED, "the first status row takes effect later")
    sent = [baseline_of(1), baseline_of(2), baseline_of(3)]
    sync_plan = plan([], sent, deleted=["1"], issues=[later], taken_back=hires)
    assert sync_plan.sends == ()
    assert sync_plan.issues == (later,)
    assert (sync_plan.taken_back, sync_plan.missing) == (hires, ())
    assert (sync_plan.ledger.before, sync_plan.ledger.after) == (3, 1)
    assert plan([], sent, deleted=["1"], issues=[later]).issues[0].code is IssueCode.START_POSTPONED


def test_A_43_the_ssn_of_a_hire_that_hr_took_back_is_free_for_their_new_record():
    again = candidate(profile(2, ssn=ssn(1)))
    sync_plan = plan([again], [baseline_of(1)], deleted=["1"], taken_back={key(ssn(1)): "1"})
    assert [(change.candidate.employee_id, change.fields[0]) for change in sync_plan.sends] == [("2", "employee_id")]
    assert (sync_plan.taken_back, sync_plan.missing) == ({}, ())


def test_an_employee_who_reappears_unchanged_is_remembered_as_returned():
    sync_plan = plan([candidate(1)], [baseline_of(1, BaselineState.MISSING)])
    assert (sync_plan.sends, sync_plan.unchanged, sync_plan.returned) == ((), ("1",), (key(ssn(1)),))


def test_A_88_the_ssn_of_somebody_gone_and_terminated_is_free_for_their_new_record():
    ended, again = baseline_of(profile(1)), candidate(profile(2, ssn=ssn(1)))
    taken = plan([again], [ended])
    assert [issue.code for issue in taken.issues] == [IssueCode.SSN_DUPLICATE]

    free = plan([again], [ended], gone=[key(ssn(1))])

    assert [(change.candidate.employee_id, change.fields[0]) for change in free.sends] == [("2", "employee_id")]
    assert free.missing == ()


def test_A_93_a_former_record_is_counted_as_unchanged_and_not_as_an_issue():
    former, again = candidate(profile(1, active=False)), candidate(profile(2, ssn=ssn(1), hire_date="2026-06-01"))

    sync_plan = plan([former, again], [baseline_of(profile(1, active=False, since="2026-03-01"))])

    assert [(change.candidate.employee_id, change.kind) for change in sync_plan.sends] == [("2", ChangeKind.REHIRE)]
    assert (sync_plan.unchanged, sync_plan.issues) == (("1",), ())
    assert sync_plan.ledger.rehires == 1


def test_A_88_a_baseline_that_is_gone_and_not_sent_is_missing():
    assert plan([], [baseline_of(1)], gone=[key(ssn(1))]).missing == (key(ssn(1)),)


def test_A_104_leaving_the_scope_moves_the_headcount_and_ends_nobody():
    sync_plan = plan([], [baseline_of(1), baseline_of(2)], left_scope=[key(ssn(1))], out_of_scope={"1": "city is Erie"})
    assert (sync_plan.sends, sync_plan.missing, sync_plan.left_scope) == ((), (), (key(ssn(1)),))
    assert (sync_plan.ledger.terminations, sync_plan.ledger.moved, sync_plan.ledger.after) == (0, -1, 1)


def test_A_104_back_in_scope_and_unchanged_is_a_return():
    sync_plan = plan([candidate(1)], [baseline_of(1, BaselineState.OUT_OF_SCOPE)])
    assert (sync_plan.sends, sync_plan.returned) == ((), (key(ssn(1)),))


def test_A_26_a_future_row_is_remembered_though_nothing_is_sent():
    sync_plan = plan([candidate(1, due=day("06-20"))], [baseline_of(1)])
    assert sync_plan.sends == ()
    assert sync_plan.due == {key(ssn(1)): day("06-20")}


def test_A_27_a_future_row_that_was_withdrawn_is_forgotten():
    sync_plan = plan([candidate(1)], [baseline_of(1, due=day("06-20"))])
    assert sync_plan.due == {key(ssn(1)): None}


def test_a_due_date_that_stays_needs_no_remembering():
    assert plan([candidate(1, due=day("06-20"))], [baseline_of(1, due=day("06-20"))]).due == {}


def test_A_33_the_owner_of_an_ssn_is_sent_and_the_newcomer_blocked():
    owner, newcomer = candidate(profile(1, city="Shelbyville")), candidate(profile(2, ssn=ssn(1)))
    sync_plan = plan([newcomer, owner], [baseline_of(1)])
    assert ids(sync_plan.sends) == {"1"}
    assert [(issue.employee_id, issue.code) for issue in sync_plan.issues] == [("2", IssueCode.SSN_DUPLICATE)]


def test_A_38_swapped_ssns_are_both_sent():
    swapped = [candidate(profile(1, ssn=ssn(2))), candidate(profile(2, ssn=ssn(1)))]
    sync_plan = plan(swapped, [baseline_of(1), baseline_of(2)])
    assert ids(sync_plan.sends) == {"1", "2"}
    assert all(change.fields[0] == "employee_id" and change.ssn_changed for change in sync_plan.sends)


def company():
    """Eight active, three inactive, one of unknown status."""
    people = [profile(number) for number in range(1, 9)] + [profile(number, active=False) for number in range(9, 12)]
    return people, Issue("12", IssueCode.STATUS_UNKNOWN)


@pytest.mark.parametrize(
    ("boxes", "rows"),
    [
        pytest.param(frozenset({ACTIVE}), 8, id="active"),
        pytest.param(frozenset({INACTIVE}), 3, id="inactive"),
        pytest.param(frozenset({ACTIVE, INACTIVE}), 11, id="both"),
    ],
)
def test_A_49_the_ticked_boxes_decide_who_is_repeated(boxes, rows):
    people, unknown = company()
    sync_plan = plan(
        [candidate(person) for person in people], [baseline_of(p) for p in people], boxes=boxes, issues=[unknown]
    )
    assert len(sync_plan.sends) == rows
    assert {change.kind for change in sync_plan.sends} == {ChangeKind.UNCHANGED}
    assert len(sync_plan.outside) == 11 - rows
    assert sync_plan.issues == (unknown,)
    assert sync_plan.unchanged == ()


def test_A_51_who_is_absent_from_a_full_read_is_not_terminated():
    people, _ = company()
    sync_plan = plan(
        [candidate(p) for p in people[1:]], [baseline_of(p) for p in people], boxes=frozenset({ACTIVE, INACTIVE})
    )
    assert ChangeKind.TERMINATE not in {change.kind for change in sync_plan.sends}
    assert "1" not in ids(sync_plan.sends)
    assert sync_plan.missing == ()


def test_who_stands_outside_the_boxes_keeps_their_due_date_so_that_the_daily_run_finds_them():
    ended = candidate(profile(1, active=False))
    sync_plan = plan([ended], [baseline_of(1, due=day("06-10"))], boxes=frozenset({ACTIVE}))
    assert (sync_plan.outside, sync_plan.due) == (("1",), {})
    (sent,) = plan([ended], [baseline_of(1, due=day("06-10"))]).sends
    assert sent.kind is ChangeKind.TERMINATE


def test_A_52_a_full_read_of_nobody_is_refused():
    sync_plan = plan(
        [], boxes=frozenset({ACTIVE}), population=Population(400, first=False, last_headcount=400, absent=400)
    )
    assert {alarm.code for alarm in refused(sync_plan)} == {"headcount_fell", "active_person_missing"}


def test_A_85_a_quiet_pull_is_an_empty_plan_without_alarms():
    sync_plan = plan([], [baseline_of(number) for number in range(1, 100)])
    assert (sync_plan.sends, sync_plan.issues, sync_plan.alarms) == ((), (), ())


def mass_termination():
    reported = [baseline_of(number) for number in range(1, 401)]
    ended = [candidate(profile(number, active=False)) for number in range(1, 61)]
    moved = [candidate(profile(number, city="Shelbyville")) for number in range(61, 81)]
    return reported, [*ended, *moved]


def test_A_53_a_mass_termination_is_held_while_the_other_changes_go():
    reported, pulled = mass_termination()
    sync_plan = plan(pulled, reported)
    assert ids(sync_plan.sends) == {str(number) for number in range(61, 81)}
    assert ids(entry.change for entry in sync_plan.held) == {str(number) for number in range(1, 61)}
    assert [(alarm.code, alarm.count, alarm.refuses) for alarm in sync_plan.alarms] == [("terminations", 60, False)]
    assert refused(sync_plan) == ()


def test_A_53_the_fingerprint_of_a_held_list_releases_exactly_that_list_after_the_others_went():
    reported, pulled = mass_termination()
    first = plan(pulled, reported)
    reported = deliver(reported, first.sends)
    again = plan(pulled, reported)
    assert (again.fingerprint, again.sends, len(again.held)) == (first.fingerprint, (), 60)
    released = plan(pulled, reported, allowed=first.fingerprint)
    assert ids(released.sends) == {str(number) for number in range(1, 61)}
    assert (released.held, released.alarms) == ((), ())


def test_A_53_a_rehearsed_plan_is_released_whole():
    reported, pulled = mass_termination()
    released = plan(pulled, reported, allowed=plan(pulled, reported).fingerprint)
    assert len(released.sends) == 80
    assert released.held == ()
    keys = [change.candidate.key for change in released.sends]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    "another",
    [
        pytest.param(candidate(profile(61, active=False)), id="one termination more"),
        pytest.param(candidate(profile(1)), id="one termination fewer"),
        pytest.param(candidate(profile(1, active=False, since="2026-06-01")), id="one of another content"),
    ],
)
def test_another_held_list_has_another_name_and_stays_held(another):
    reported, pulled = mass_termination()
    first = plan(pulled, reported)
    changed = [person for person in pulled if person.employee_id != another.employee_id] + [another]
    sync_plan = plan(changed, reported, allowed=first.fingerprint)
    assert sync_plan.fingerprint != first.fingerprint
    assert len(sync_plan.held) >= 59


def test_what_was_released_one_day_is_not_released_on_the_next():
    reported, pulled = mass_termination()
    today = plan(pulled, reported)
    tomorrow = plan(pulled, reported, allowed=today.fingerprint, as_of=TODAY + timedelta(days=1))
    assert len(tomorrow.held) == 60


def refusing(**facts):
    reported, pulled = mass_termination()
    guards = Guards(rows_in_error=Limit(0, 0))
    return plan(pulled, reported, guards=guards, issues=[Issue("900", IssueCode.SSN_MISSING)], **facts)


def test_a_refused_plan_is_released_by_its_own_name_only():
    reported, pulled = mass_termination()
    first = refusing()
    assert [alarm.code for alarm in refused(first)] == ["rows_in_error"]
    assert refused(refusing(allowed=plan(pulled, reported).fingerprint)) != ()
    released = refusing(allowed=first.fingerprint)
    assert released.alarms == ()
    assert len(released.sends) == 80


def test_a_refused_plan_is_named_by_all_its_rows_and_not_by_the_held_ones_alone():
    reported, pulled = mass_termination()
    guards, issue = Guards(rows_in_error=Limit(0, 0)), [Issue("900", IssueCode.SSN_MISSING)]
    fewer = plan(pulled[:-1], reported, guards=guards, issues=issue)
    assert len(fewer.held) == 60
    assert fewer.fingerprint != refusing().fingerprint


def test_plans_of_which_nothing_is_stopped_have_names_of_their_own():
    reported = [baseline_of(1), baseline_of(2)]
    rows = [candidate(profile(number, city="Shelbyville")) for number in (1, 2)]
    assert len({plan(pulled, reported).fingerprint for pulled in ([], rows, rows[:1], rows[1:])}) == 4


def test_a_release_of_held_rows_does_not_lift_a_refusal_of_the_same_rows():
    reported, pulled = mass_termination()
    ended, issue = pulled[:60], [Issue("900", IssueCode.SSN_MISSING)]
    held_only = plan(ended, reported).fingerprint
    sync_plan = plan(ended, reported, guards=Guards(rows_in_error=Limit(0, 0)), issues=issue, allowed=held_only)
    assert refused(sync_plan) != ()


def test_rows_that_were_sent_count_against_later_plans_unless_a_person_released_them():
    reported, pulled = mass_termination()
    few = plan(pulled[:3], reported)
    assert few.sent == {"terminations": 3, "one_field:status": 3}
    held = plan(pulled[:60], reported)
    assert (held.sends, held.sent) == ((), {})
    assert plan(pulled[:60], reported, allowed=held.fingerprint).sent == {}


def test_rows_of_the_first_full_read_count_against_no_later_plan():
    pulled = [candidate(number) for number in range(2, 22)]
    assert plan(pulled, first=True).sent == {}
    assert plan(pulled[:3], active=100).sent == {"new_hires": 3}


@pytest.mark.parametrize("code", [IssueCode.NOT_STARTED, IssueCode.HR_EMPLOYEE_DELETED])
def test_people_who_are_blocked_for_a_good_reason_are_no_errors(code):
    issues = [Issue(str(number), code) for number in range(900, 950)]
    assert plan([], issues=issues).alarms == ()


@pytest.mark.parametrize(("count", "codes"), [(5, []), (6, ["rows_in_error"])])
def test_people_blocked_for_a_bad_reason_stop_the_run_together(count, codes):
    issues = [Issue(str(number), IssueCode.FIELD_RESTRICTED) for number in range(900, 900 + count)]
    assert [alarm.code for alarm in refused(plan([], issues=issues))] == codes


def test_two_who_share_an_ssn_count_as_errors():
    pulled = [candidate(profile(number, ssn=ssn(number // 2))) for number in range(2, 22)]
    sync_plan = plan(pulled)
    assert len(sync_plan.issues) == 20
    assert [alarm.code for alarm in refused(sync_plan)] == ["rows_in_error"]


def test_the_rows_that_a_full_file_repeats_do_not_name_the_plan():
    everybody = frozenset({ACTIVE, INACTIVE})
    reported = [baseline_of(number) for number in range(1, 5)]
    changed = candidate(profile(1, city="Shelbyville"))
    few = plan([changed, candidate(2)], reported, boxes=everybody)
    more = plan([changed, candidate(2), candidate(3)], reported, boxes=everybody)
    assert few.fingerprint == more.fingerprint


def test_an_employee_with_another_ssn_moves_in_the_ledger_and_is_no_hire():
    before = baseline_of(profile(1))
    ledger = plan([candidate(profile(1, ssn=ssn(2)))], [before]).ledger
    assert (ledger.before, ledger.hires, ledger.moved, ledger.after) == (1, 0, 0, 1)


def test_a_missing_employee_who_is_back_with_changes_moves_in_the_ledger():
    before = baseline_of(profile(1), BaselineState.MISSING)
    ledger = plan([candidate(profile(1, city="Shelbyville"))], [before], active=0).ledger
    assert (ledger.before, ledger.moved, ledger.after) == (0, 1, 1)


def test_a_record_that_says_the_same_in_other_words_has_its_new_digest_remembered():
    person = candidate(profile(1))
    reworded = replace(person, record_digest=b"new words")
    sent = baseline_of(profile(1))
    assert plan([reworded], [replace(sent, record_digest=b"old words")]).record_digests == {person.key: b"new words"}
    assert plan([reworded], [replace(sent, record_digest=b"new words")]).record_digests == {}
    assert plan([person], [sent]).record_digests == {}


ACTIVE_ONLY, BOTH = frozenset({Status.ACTIVE}), frozenset(Status)


def test_A_96_people_blocked_or_held_are_withheld_under_the_number_that_was_sent():
    people = [*(candidate(profile(number, active=False)) for number in (1, 2, 3)), candidate(profile(9, ssn=ssn(8)))]
    sent = [*(baseline_of(number) for number in (1, 2, 3)), baseline_of(profile(8, active=False))]
    strict = Guards(terminations=Limit(0), ssn_changes=Limit(0))
    sync_plan = plan(people, sent, issues=[Issue("5", IssueCode.SSN_MISSING)], boxes=BOTH, guards=strict)
    assert sync_plan.sends == ()
    assert withheld(sync_plan, baselines(*sent)) == {"1", "2", "3", "5", "8", "9"}


@pytest.mark.parametrize(
    ("boxes", "repeated"), [(BOTH, ["1", "2"]), (ACTIVE_ONLY, ["1"]), (frozenset({Status.INACTIVE}), ["2"])]
)
def test_A_96_a_full_file_repeats_what_was_last_sent_of_blocked_people(boxes, repeated):
    last_sent = [candidate(1), candidate(profile(2, active=False))]
    sync_plan = plan([candidate(3)], [baseline_of(3)], boxes=boxes)
    whole = repeat_last_sent(sync_plan, last_sent, boxes)
    rows = [change for change in whole.sends if change.kind is ChangeKind.LAST_SENT]
    assert sorted(change.candidate.employee_id for change in rows) == repeated
    assert [change.candidate.key for change in whole.sends] == sorted(change.candidate.key for change in whole.sends)
    assert whole.fingerprint == sync_plan.fingerprint


def test_A_96_nobody_is_repeated_whose_row_is_there_or_who_is_gone_from_hr():
    sync_plan = plan([candidate(1)], [baseline_of(1), baseline_of(2)], boxes=BOTH, deleted=["2"])
    assert repeat_last_sent(sync_plan, [candidate(1), candidate(2)], BOTH).sends == sync_plan.sends


@pytest.mark.parametrize(("sent", "code"), [([], IssueCode.NOT_STARTED), ([baseline_of(1)], IssueCode.START_POSTPONED)])
def test_A_95_a_start_that_moves_after_it_was_sent_is_an_issue_that_alarms(sent, code):
    sync_plan = plan([], sent, issues=[Issue("1", IssueCode.NOT_STARTED, "later")])
    assert [(issue.employee_id, issue.code) for issue in sync_plan.issues] == [("1", code)]


@pytest.mark.parametrize(("code", "needed"), [(IssueCode.NOT_STARTED, False), (IssueCode.SSN_MISSING, True)])
def test_a_start_in_the_future_alone_needs_nobody(code, needed):
    assert needs_person(plan([], issues=[Issue("1", code)])) is needed
    assert not needs_person(plan([candidate(1)]))


def test_held_rows_need_a_person():
    reported, pulled = mass_termination()
    assert needs_person(plan(pulled, reported))
