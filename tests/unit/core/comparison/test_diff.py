"""Did HR change? (sync-rules 3.5)"""

from __future__ import annotations

import msgspec
import pytest

from bensync.core.changes import BaselineState, ChangeKind
from bensync.core.comparison.diff import compare, unchanged
from bensync.core.people import Status
from tests.unit.builders import TODAY, baseline_of, candidate, day, profile, ssn, status_row

GONE = {"active": False, "since": "2026-03-01"}


REASONS = {
    ChangeKind.TERMINATE: "the BeneTrac Status became inactive",
    ChangeKind.REHIRE: "active again, with a hire date after the termination",
    ChangeKind.REACTIVATE: "active again, without a later hire date",
}


def change(old, new, state=BaselineState.LIVE):
    entry = baseline_of(old, state)
    live = entry if state is BaselineState.LIVE else None
    return compare(candidate(new), entry, live, TODAY)


def test_a_person_who_was_never_sent_is_new():
    actual = compare(candidate(1), None, None, TODAY)
    assert actual is not None
    assert (actual.kind, actual.fields, actual.ssn_changed, actual.effective_date) == (ChangeKind.NEW, (), False, None)


def test_A_35_a_person_whose_ssn_changed_is_new_under_it():
    actual = compare(candidate(profile(1, ssn=ssn(9))), None, baseline_of(profile(1)), TODAY)
    assert actual is not None
    assert (actual.kind, actual.fields, actual.ssn_changed) == (ChangeKind.NEW, ("ssn",), True)


@pytest.mark.parametrize("state", [BaselineState.LIVE, BaselineState.MISSING])
def test_A_02_who_equals_the_baseline_is_no_change(state):
    assert change(profile(), profile(), state) is None


def test_a_baseline_that_equals_needs_no_old_profile():
    entry = msgspec.structs.replace(baseline_of(), encoded=None)
    assert compare(candidate(), entry, entry, TODAY) is None


def test_a_baseline_that_differs_must_bring_its_old_profile():
    entry = msgspec.structs.replace(baseline_of(), encoded=None)
    with pytest.raises(ValueError, match="must come with its profile"):
        compare(candidate(profile(city="Shelbyville")), entry, entry, TODAY)


@pytest.mark.parametrize(
    ("old", "new", "kind", "fields"),
    [
        pytest.param({}, {"job_title": "Manager"}, ChangeKind.UPDATE, ("job_title",), id="A-01 plain change"),
        pytest.param({}, {"city": None}, ChangeKind.UPDATE, ("city",), id="a value was cleared"),
        pytest.param({"city": None}, {}, ChangeKind.UPDATE, ("city",), id="a value where there was none"),
        pytest.param({}, {"rows": [status_row("01-01")]}, ChangeKind.UPDATE, (), id="history only"),
        pytest.param({}, GONE, ChangeKind.TERMINATE, ("status",), id="active to inactive"),
        pytest.param({}, {**GONE, "city": "Shelbyville"}, ChangeKind.TERMINATE, ("status", "city"), id="and moved"),
        pytest.param(
            GONE, {"hire_date": "2026-03-02"}, ChangeKind.REHIRE, ("status", "hire_date"), id="A-19 rehired later"
        ),
        pytest.param(
            GONE, {"hire_date": "2026-03-01"}, ChangeKind.REACTIVATE, ("status", "hire_date"), id="hired that day"
        ),
        pytest.param(GONE, {}, ChangeKind.REACTIVATE, ("status",), id="active again"),
        pytest.param(GONE, {"hire_date": None}, ChangeKind.REACTIVATE, ("status", "hire_date"), id="no hire date"),
        pytest.param(
            {**GONE, "termination_date": "2026-02-01"},
            {"rehire_date": "2026-02-15", "termination_date": "2026-02-01"},
            ChangeKind.REHIRE,
            ("status", "rehire_date"),
            id="HR's termination date goes before the status row's",
        ),
    ],
)
def test_the_kind_and_the_fields_of_a_change(old, new, kind, fields):
    actual = change(profile(**old), profile(**new))
    assert actual is not None
    assert actual.kind is kind
    assert sorted(actual.fields) == sorted(fields)
    assert actual.fields[:1] == fields[:1]
    assert actual.reason == REASONS.get(
        kind, "these fields changed" if fields else "only the history of dated rows changed"
    )


def test_a_termination_carries_its_day_and_nothing_else_does():
    ended = change(profile(), profile(active=False, since="06-05", termination_date="2026-06-03"))
    moved = change(profile(), profile(city="Shelbyville"))
    assert ended is not None
    assert moved is not None
    assert ended.effective_date == day("06-03")
    assert moved.effective_date is None


def test_an_ssn_that_another_employee_bears_now_shows_the_employee_id_as_a_field():
    theirs, own = baseline_of(profile(2, ssn=ssn(1))), baseline_of(profile(1, ssn=ssn(5)))
    actual = compare(candidate(profile(1)), theirs, own, TODAY)
    assert actual is not None
    assert actual.fields[0] == "employee_id"
    assert actual.ssn_changed, "employee 1 had another SSN before"


def test_A_37_an_ssn_that_is_back_is_sent_though_it_says_the_same_as_long_ago():
    retired = baseline_of(profile(1), BaselineState.RETIRED)
    actual = compare(candidate(profile(1)), retired, baseline_of(profile(1, ssn=ssn(9))), TODAY)
    assert actual is not None
    assert (actual.kind, actual.fields, actual.ssn_changed) == (ChangeKind.UPDATE, (), True)
    assert actual.reason == "the employee has this SSN again"


def test_a_person_who_is_back_in_hr_is_compared_with_what_was_sent_before():
    actual = change(profile(1), profile(2, ssn=ssn(1), city="Shelbyville"), BaselineState.MISSING)
    assert actual is not None
    assert (actual.kind, actual.fields, actual.ssn_changed) == (ChangeKind.UPDATE, ("employee_id", "city"), False)


def test_a_full_file_repeats_who_is_unchanged():
    actual = unchanged(candidate())
    assert (actual.kind, actual.fields, actual.candidate.status) == (ChangeKind.UNCHANGED, (), Status.ACTIVE)


DECOMPOSED = {"last_name": "Mu\u0301n\u0303oz", "city": "Erie\u00a0"}
COMPOSED = {"last_name": "M\u00fa\u00f1oz", "city": "Erie"}


def spelled(values, option="Cong\u00e9", **changes):
    return profile(**{**values, **changes}, rows=[status_row("2024-02-01", option)])


@pytest.mark.parametrize("state", [BaselineState.LIVE, BaselineState.MISSING])
def test_A_90_a_baseline_in_another_spelling_is_no_change(state):
    assert change(spelled(DECOMPOSED, "Conge\u0301"), spelled(COMPOSED), state) is None


def test_A_90_only_the_field_that_changed_is_named_beside_another_spelling():
    actual = change(spelled(DECOMPOSED), spelled(COMPOSED, state="PA"))
    assert actual is not None
    assert actual.fields == ("state",)


def test_an_ssn_that_its_employee_has_again_is_sent_in_any_spelling():
    assert change(spelled(DECOMPOSED), spelled(COMPOSED), BaselineState.RETIRED) is not None
