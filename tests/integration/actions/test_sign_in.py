"""Signing in and sessions, on a real database: what gets in, what does not, what a hash costs, and for how long."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bensync.actions import credentials, sign_in, users
from bensync.core.access import Right, Role
from bensync.errors import DecisionError, SignInRefused
from tests.fixtures.user_deployment import PASSWORD, ROOT, Person, UserDeployment, user_deployment
from tests.integration.actions.refusals import refused

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def deployment(database):
    with user_deployment(database) as deployment:
        yield deployment


@pytest.fixture
def kim(deployment: UserDeployment) -> Person:
    return deployment.add("kim", Role.DATA_OWNER)


def test_name_password_and_code_together_begin_a_session(deployment, kim):
    user = deployment.user(deployment.sign_in(kim))

    assert (user.name, user.sites(), user.fresh) == ("kim", ["acme"], True)
    assert user.actor("acme").may(Right.DECIDE, "acme")
    assert not user.actor("other").may(Right.DECIDE, "other")
    assert deployment.audit()[-1] == ("kim", "sign_in")


def test_the_name_is_taken_as_people_type_it(deployment, kim):
    assert (
        deployment.user(
            sign_in.sign_in(deployment.store, " Kim ", PASSWORD, deployment.code(kim), "", deployment.now)
        ).name
        == "kim"
    )


@pytest.mark.parametrize(
    "how", [{"password": "another orange teapot"}, {"code": "000000"}, {"code": ""}, {"password": ""}]
)
def test_anything_wrong_is_refused_in_the_same_words(deployment, kim, how):
    stranger = Person("nobody", kim.totp, [])
    refusals = [refused(deployment, kim, **how), refused(deployment, stranger)]

    assert {(error.what, error.why, error.fix, error.wait) for error in refusals} == {
        ("You were not signed in.", "The name, the password, or the code is wrong.", "Try again, with a new code.", 0)
    }
    assert deployment.audit()[-2:] == [("kim", "sign_in.refuse"), ("unknown", "sign_in.refuse")]


def test_a_code_of_the_phone_works_once(deployment, kim):
    code = deployment.code(kim)
    deployment.sign_in(kim, code=code)

    refused(deployment, kim, code=code)


def test_a_code_may_be_one_step_old_or_early_but_not_two(deployment, kim):
    for seconds, works in ((-60, False), (60, False), (-30, True), (30, True)):
        deployment.pass_time(minutes=10)
        code = kim.totp.at(deployment.now + timedelta(seconds=seconds))
        if works:
            deployment.sign_in(kim, code=code)
        else:
            refused(deployment, kim, code=code)


def test_an_older_code_is_void_once_a_later_one_was_used(deployment, kim):
    deployment.pass_time(minutes=1)
    deployment.sign_in(kim, code=kim.totp.at(deployment.now + timedelta(seconds=30)))

    refused(deployment, kim, code=kim.totp.at(deployment.now))


def test_the_same_code_at_the_same_time_signs_in_once(deployment, kim):
    code = deployment.code(kim)

    def try_it(_: int) -> bool:
        try:
            deployment.sign_in(kim, code=code)
        except SignInRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(try_it, range(4))) == 1


def test_a_recovery_code_works_once_and_is_no_fresh_code(deployment, kim):
    session = deployment.sign_in(kim, code=kim.recovery[0].upper().replace("-", " "))

    assert not deployment.user(session).fresh
    refused(deployment, kim, code=kim.recovery[0])
    assert deployment.user(deployment.sign_in(kim, code=kim.recovery[1]))
    refused(deployment, kim, code=kim.recovery[1])


def test_a_recovery_code_of_somebody_else_does_not_work(deployment, kim):
    lee = deployment.add("lee", Role.DATA_OWNER)

    refused(deployment, kim, code=lee.recovery[0])


def test_a_wrong_password_uses_up_no_code(deployment, kim):
    code = deployment.code(kim)
    refused(deployment, kim, password="wrong orange teapot", code=code)
    refused(deployment, kim, password="wrong orange teapot", code=kim.recovery[0])

    assert deployment.user(deployment.sign_in(kim, code=code))
    assert deployment.user(deployment.sign_in(kim, code=kim.recovery[0]))


def test_fixation_each_sign_in_has_an_id_of_its_own_that_nobody_chose(deployment, kim):
    ids = {deployment.sign_in(kim) for _ in range(3)}

    assert len(ids) == 3
    assert all(len(session_id) >= 43 for session_id in ids)
    assert deployment.user("chosen by somebody else") is None


def test_signing_out_ends_the_session_at_once_and_no_other(deployment, kim):
    first, second = deployment.sign_in(kim), deployment.sign_in(kim)
    sign_in.sign_out(deployment.store, first, deployment.now)

    assert deployment.user(first) is None
    assert deployment.user(second)
    assert deployment.audit()[-1] == ("kim", "sign_out")


def test_a_shut_account_does_not_sign_in_until_it_is_opened(deployment, kim):
    users.disable(deployment.store, "kim", ROOT, deployment.now)
    refused(deployment, kim)
    users.enable(deployment.store, "kim", ROOT, deployment.now)

    assert deployment.user(deployment.sign_in(kim))


def test_an_account_that_is_shut_while_its_password_is_judged_stays_out(deployment, kim, monkeypatch):
    fits = credentials.password_fits

    def shut_meanwhile(kept, password):
        users.disable(deployment.store, "kim", ROOT, deployment.now)
        return fits(kept, password)

    monkeypatch.setattr(credentials, "password_fits", shut_meanwhile)

    refused(deployment, kim)


def test_a_code_stays_fresh_for_five_minutes_and_a_new_one_makes_it_fresh_again(deployment, kim):
    session = deployment.sign_in(kim)
    deployment.pass_time(minutes=5)
    assert deployment.user(session).fresh
    deployment.pass_time(seconds=1)
    assert not deployment.user(session).fresh
    sign_in.step_up(deployment.store, session, deployment.code(kim), deployment.now)

    assert deployment.user(session).fresh
    assert deployment.audit()[-1] == ("kim", "step_up")


@pytest.mark.parametrize("case", ["wrong", "used", "recovery", "over"])
def test_a_step_up_takes_a_fresh_code_of_the_phone_and_a_living_session(deployment, kim, case):
    used = deployment.code(kim)
    session = deployment.sign_in(kim, code=used)
    deployment.pass_time(minutes=6)
    codes = {"wrong": "000000", "used": used, "recovery": kim.recovery[0], "over": deployment.code(kim)}
    if case == "over":
        sign_in.sign_out(deployment.store, session, deployment.now)

    with pytest.raises(SignInRefused):
        sign_in.step_up(deployment.store, session, codes[case], deployment.now)
    assert case == "over" or not deployment.user(session).fresh


def test_a_stolen_session_cannot_guess_codes_for_ever(deployment, kim):
    session = deployment.sign_in(kim)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            sign_in.step_up(deployment.store, session, "000000", deployment.now)

    with pytest.raises(SignInRefused) as caught:
        sign_in.step_up(deployment.store, session, kim.totp.at(deployment.now + timedelta(seconds=30)), deployment.now)
    assert caught.value.wait == 30


def test_failed_sign_ins_of_a_stranger_do_not_lock_the_codes_and_the_password_of_who_is_signed_in(deployment, kim):
    session = deployment.sign_in(kim)
    for number in range(9):
        with pytest.raises(SignInRefused):
            sign_in.sign_in(deployment.store, "kim", "guess", "1", f"198.51.100.{number}", deployment.now)
    sign_in.step_up(deployment.store, session, deployment.code(kim), deployment.now)
    assert deployment.user(session).fresh
    new = sign_in.change_password(
        deployment.store, session, PASSWORD, "slowly purple kettle", deployment.code(kim), deployment.now
    )
    assert deployment.user(new)


def test_somebody_may_choose_another_password_and_their_other_sessions_end(deployment, kim):
    session, other = deployment.sign_in(kim), deployment.sign_in(kim)
    new = sign_in.change_password(
        deployment.store, session, PASSWORD, "slowly purple kettle", deployment.code(kim), deployment.now
    )

    assert deployment.user(new)
    assert [deployment.user(session), deployment.user(other)] == [None, None]
    refused(deployment, kim)
    assert deployment.user(deployment.sign_in(kim, password="slowly purple kettle"))


@pytest.mark.parametrize(
    ("old", "code", "new"),
    [
        ("wrong one here", None, "slowly purple kettle"),
        (PASSWORD, "0", "slowly purple kettle"),
        (PASSWORD, None, "password1234"),
    ],
)
def test_another_password_wants_the_old_one_a_code_and_some_strength(deployment, kim, old, code, new):
    session = deployment.sign_in(kim)

    with pytest.raises(DecisionError):
        sign_in.change_password(
            deployment.store, session, old, new, deployment.code(kim) if code is None else code, deployment.now
        )
    assert deployment.user(session)


def test_a_form_belongs_to_its_session(deployment, kim):
    first, second = deployment.sign_in(kim), deployment.sign_in(kim)

    assert sign_in.form_token_fits(first, sign_in.form_token(first))
    assert not sign_in.form_token_fits(second, sign_in.form_token(first))
    assert not sign_in.form_token_fits(first, "")
    assert not sign_in.form_token_fits(first, "é")
    assert first not in sign_in.form_token(first)
