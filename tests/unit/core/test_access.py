"""The policy whole: every role against every right, who sees which field, and how long a try must wait."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bensync.core.access import (
    OWN_FIELDS,
    POLICY,
    RIGHTS,
    STEP_UP,
    Grant,
    Right,
    Role,
    actor_for,
    command_line_actor,
    delay_after,
    is_same_person,
    people_of,
)
from bensync.mappings.catalogue import FIELDS

# Y: always; o: a grant may add it; a dot: never. Written down a second time on purpose: a changed table must be meant.
TABLE = """
                DATA_OWNER SENIOR_USER HR_USER BROKER ADMINISTRATOR CARRIER EMPLOYEE AUDITOR OPERATOR
SEE_OVERVIEW    Y          Y           Y       Y      Y             .       .        Y       Y
SEE_REQUESTS    Y          Y           Y       o      o             .       .        Y       .
DECIDE          Y          Y           Y       .      o             .       .        .       .
SEE_PEOPLE      Y          Y           Y       o      o             .       .        o       .
CORRECT         Y          Y           o       .      o             .       .        .       .
EVENTS          Y          Y           o       .      o             .       .        .       .
LOAD_COVERAGE   Y          Y           o       .      o             .       .        .       .
SEE_OWN         .          .           .       .      .             .       Y        .       .
CORRECT_OWN     .          .           .       .      .             .       o        .       .
REVEAL          Y          .           .       .      .             .       .        .       .
BREAK_GLASS     .          Y           .       .      .             .       .        .       .
RUN             Y          Y           Y       .      .             .       .        .       Y
RELEASE         Y          Y           .       .      .             .       .        .       .
SETTLE          Y          Y           Y       .      .             .       .        .       .
SEE_AUDIT       Y          Y           .       .      .             .       .        Y       .
SEE_SIGN_INS    Y          .           .       .      .             .       .        Y       Y
VERIFY_AUDIT    Y          Y           .       .      .             .       .        Y       Y
MANAGE_USERS    Y          .           .       .      .             .       .        .       .
KEYS            Y          .           .       .      .             .       .        .       Y
HOLD            Y          Y           .       .      .             .       .        .       .
DELETE_RECORDS  Y          .           .       .      .             .       .        .       .
"""


def table() -> list[tuple[Role, Right, str]]:
    heading, *lines = [line.split() for line in TABLE.strip().splitlines()]
    return [
        (Role[role], Right[right], mark) for right, *marks in lines for role, mark in zip(heading, marks, strict=True)
    ]


def grant(role: Role, *extras: Right, site: str = "acme") -> Grant:
    return Grant(site, role, "7" if role is Role.EMPLOYEE else "", frozenset(extras))


def test_the_table_names_every_role_and_every_right():
    assert {role for role, _, _ in table()} == set(Role) == set(POLICY)
    # No role has it: only the configuration gives it to a user of the system, on the command line.
    assert {right for _, right, _ in table()} == set(Right) - {Right.ACT_AS}
    assert set(RIGHTS) == set(Right)


@pytest.mark.parametrize(("role", "right", "mark"), table())
def test_a_role_has_a_right_on_its_own_site_and_nowhere_else(role, right, mark):
    plain, added = actor_for("kim", [grant(role)], "acme"), actor_for("kim", [grant(role, right)], "acme")

    assert plain.may(right, "acme") is (mark == "Y")
    assert added.may(right, "acme") is (mark in "Yo")
    assert not plain.may(right, "other")
    assert not actor_for("kim", [grant(role, right)], "other").may(right, "other")


def test_who_has_no_grant_may_do_nothing():
    stranger = actor_for("kim", [], "acme")

    assert not [right for right in Right if stranger.may(right, "acme")]
    assert not stranger.reaches("7")
    assert not [name for name in FIELDS if stranger.sees(name, "7")]


@pytest.mark.parametrize(
    ("role", "extra", "needed"),
    [
        (Role.ADMINISTRATOR, Right.DECIDE, Right.SEE_REQUESTS),
        (Role.ADMINISTRATOR, Right.CORRECT, Right.SEE_PEOPLE),
    ],
)
def test_an_added_right_brings_what_it_rests_on(role, extra, needed):
    assert actor_for("kim", [grant(role, extra)], "acme").may(needed, "acme")


def test_an_employee_reaches_only_the_own_record_and_sees_it_whole():
    kim = actor_for("kim", [grant(Role.EMPLOYEE)], "acme")

    assert kim.reaches("7")
    assert not kim.reaches("8")
    assert all(kim.sees(name, "7") for name in FIELDS)
    assert not any(kim.sees(name, "8") for name in FIELDS)


def test_two_roles_add_up_but_the_own_record_opens_no_other():
    kim = actor_for("kim", [grant(Role.EMPLOYEE), grant(Role.BROKER, Right.SEE_PEOPLE)], "acme")

    assert kim.sees("pay_rate", "7")
    assert not kim.sees("pay_rate", "8")
    assert kim.sees("last_name", "8")


@pytest.mark.parametrize(
    ("role", "seen", "unseen"),
    [
        (Role.DATA_OWNER, {"pay_rate", "home_phone"}, set()),
        (Role.HR_USER, {"pay_rate", "home_phone"}, set()),
        (Role.BROKER, {"last_name", "birth_date", "hire_date"}, {"pay_rate", "home_phone", "address1"}),
        (Role.AUDITOR, {"last_name", "benetrac_status"}, {"pay_rate", "birth_date", "home_phone"}),
        (Role.CARRIER, set(), set(FIELDS)),
        (Role.OPERATOR, set(), set(FIELDS)),
    ],
)
def test_S1_11_a_role_sees_its_fields(role, seen, unseen):
    kim = actor_for("kim", [grant(role)], "acme")

    assert {name for name in seen | unseen if kim.sees(name)} == seen


def test_S1_11_a_site_may_say_otherwise():
    kim = actor_for("kim", [grant(Role.BROKER)], "acme", visible={Role.BROKER: ["last_name"]})

    assert kim.sees("last_name")
    assert not kim.sees("birth_date")


def test_a_field_that_the_table_does_not_know_is_hidden_from_who_sees_only_some():
    assert actor_for("kim", [grant(Role.HR_USER)], "acme").sees("shoe_size")
    assert not actor_for("kim", [grant(Role.BROKER)], "acme").sees("shoe_size")


def test_the_table_names_fields_that_exist():
    named = OWN_FIELDS.union(*(allowance.fields or () for allowance in POLICY.values()))

    assert named <= FIELDS.keys()
    assert not OWN_FIELDS & {"ssn", "pay_rate", "hire_date", "termination_date", "benetrac_status"}


@pytest.mark.parametrize("right", Right)
def test_what_could_do_harm_wants_a_fresh_code(right):
    tired, fresh = actor_for("kim", [], "acme"), actor_for("kim", [], "acme", fresh=True)

    assert tired.must_step_up(right) is (right in STEP_UP)
    assert not fresh.must_step_up(right)
    assert not command_line_actor("root").must_step_up(right)


def test_on_the_command_line_the_machine_decides():
    local = command_line_actor("root")

    assert all(local.may(right, site) for right in Right for site in ("acme", "other"))
    assert not local.signed_in


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (Grant("acme", Role.BROKER), "broker"),
        (Grant("acme", Role.EMPLOYEE, "7", frozenset({Right.CORRECT_OWN})), "employee +correct_own of record 7"),
    ],
)
def test_a_role_is_named_in_the_audit_trail_with_its_extras_and_record(given, text):
    assert given.text() == text


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("kim", "Kim", True),
        ("kim (by root)", "root", True),
        ("kim (by root)", "lee (by root)", True),
        ("kim (by root)", "kim", True),
        ("kim", "lee", False),
        ("kim (by root)", "lee (by max)", False),
    ],
)
def test_two_names_are_one_person_if_they_share_a_user_or_the_name_that_one_acts_under(name, other, same):
    assert is_same_person(name, other) is same
    assert is_same_person(other, name) is same


def test_a_name_on_the_command_line_has_up_to_two_people_behind_it():
    assert command_line_actor("root", acts_as="kim").name == "kim (by root)"
    assert people_of("Kim (by root)") == {"kim", "root"}


def test_each_failure_from_the_fifth_on_doubles_the_wait_up_to_a_quarter_of_an_hour():
    waits = [delay_after(failures).total_seconds() for failures in range(12)]

    assert waits == [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]
    assert delay_after(10**6) == timedelta(minutes=15)
