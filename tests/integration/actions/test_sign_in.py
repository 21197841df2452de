"""Signing in and sessions, on a real database: what gets in, what does not, what a hash costs, and for how long."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bensync.actions import credentials, sign_in, users
from bensync.core.access import Right, Role
from bensync.errors import DecisionError, SignInRefused
from bensync.state.db.transaction import DEPLOYMENT
from tests.fixtures.house import PASSWORD, ROOT, House, Person, house
from tests.integration.actions.refusals import refused

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def here(database):
    with house(database) as found:
        yield found


@pytest.fixture
def kim(here: House) -> Person:
    return here.add("kim", Role.DATA_OWNER)


def test_name_password_and_code_together_begin_a_session(here, kim):
    user = here.user(here.sign_in(kim))

    assert (user.name, user.sites(), user.fresh) == ("kim", ["acme"], True)
    assert user.actor("acme").may(Right.DECIDE, "acme")
    assert not user.actor("other").may(Right.DECIDE, "other")
    assert here.audit()[-1] == ("kim", "sign_in")


def test_the_name_is_taken_as_people_type_it(here, kim):
    assert here.user(sign_in.sign_in(here.store, " Kim ", PASSWORD, here.code(kim), "", here.now)).name == "kim"


@pytest.mark.parametrize(
    "how", [{"password": "another orange teapot"}, {"code": "000000"}, {"code": ""}, {"password": ""}]
)
def test_anything_wrong_is_refused_in_the_same_words(here, kim, how):
    stranger = Person("nobody", kim.totp, [])
    told = [refused(here, kim, **how), refused(here, stranger)]

    assert {(error.what, error.why, error.fix, error.wait) for error in told} == {
        ("You were not signed in", "name, password or code is wrong", "try again, with a new code", 0)
    }
    assert here.audit()[-2:] == [("kim", "sign_in.refuse"), ("unknown", "sign_in.refuse")]


def test_a_code_of_the_phone_works_once(here, kim):
    code = here.code(kim)
    here.sign_in(kim, code=code)

    refused(here, kim, code=code)


def test_a_code_may_be_one_step_old_or_early_but_not_two(here, kim):
    for seconds, works in ((-60, False), (60, False), (-30, True), (30, True)):
        here.pass_time(minutes=10)
        code = kim.totp.at(here.now + timedelta(seconds=seconds))
        if works:
            here.sign_in(kim, code=code)
        else:
            refused(here, kim, code=code)


def test_an_older_code_is_void_once_a_later_one_was_used(here, kim):
    here.pass_time(minutes=1)
    here.sign_in(kim, code=kim.totp.at(here.now + timedelta(seconds=30)))

    refused(here, kim, code=kim.totp.at(here.now))


def test_the_same_code_at_the_same_time_signs_in_once(here, kim):
    code = here.code(kim)

    def try_it(_: int) -> bool:
        try:
            here.sign_in(kim, code=code)
        except SignInRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(try_it, range(4))) == 1


def test_a_recovery_code_works_once_and_is_no_fresh_code(here, kim):
    session = here.sign_in(kim, code=kim.recovery[0].upper().replace("-", " "))

    assert not here.user(session).fresh
    refused(here, kim, code=kim.recovery[0])
    assert here.user(here.sign_in(kim, code=kim.recovery[1]))
    with here.store.read(DEPLOYMENT) as work:
        assert work.accounts.codes_left(here.user(session).account_id) == 8


def test_a_recovery_code_of_somebody_else_does_not_work(here, kim):
    lee = here.add("lee", Role.DATA_OWNER)

    refused(here, kim, code=lee.recovery[0])


def test_a_wrong_password_uses_up_no_code(here, kim):
    code = here.code(kim)
    refused(here, kim, password="wrong orange teapot", code=code)
    refused(here, kim, password="wrong orange teapot", code=kim.recovery[0])

    assert here.user(here.sign_in(kim, code=code))
    assert here.user(here.sign_in(kim, code=kim.recovery[0]))


def test_fixation_each_sign_in_has_an_id_of_its_own_that_nobody_chose(here, kim):
    ids = {here.sign_in(kim) for _ in range(3)}

    assert len(ids) == 3
    assert all(len(one) >= 43 for one in ids)
    assert here.user("chosen by somebody else") is None


def test_signing_out_ends_the_session_at_once_and_no_other(here, kim):
    first, second = here.sign_in(kim), here.sign_in(kim)
    sign_in.sign_out(here.store, first, here.now)

    assert here.user(first) is None
    assert here.user(second)
    assert here.audit()[-1] == ("kim", "sign_out")


def test_a_shut_account_does_not_sign_in_until_it_is_opened(here, kim):
    users.disable(here.store, "kim", ROOT, here.now)
    refused(here, kim)
    users.enable(here.store, "kim", ROOT, here.now)

    assert here.user(here.sign_in(kim))


def test_an_account_that_is_shut_while_its_password_is_judged_stays_out(here, kim, monkeypatch):
    fits = credentials.password_fits

    def shut_meanwhile(kept, password):
        users.disable(here.store, "kim", ROOT, here.now)
        return fits(kept, password)

    monkeypatch.setattr(credentials, "password_fits", shut_meanwhile)

    refused(here, kim)


def test_a_code_stays_fresh_for_five_minutes_and_a_new_one_makes_it_fresh_again(here, kim):
    session = here.sign_in(kim)
    here.pass_time(minutes=5)
    assert here.user(session).fresh
    here.pass_time(seconds=1)
    assert not here.user(session).fresh
    sign_in.step_up(here.store, session, here.code(kim), here.now)

    assert here.user(session).fresh
    assert here.audit()[-1] == ("kim", "step_up")


@pytest.mark.parametrize("case", ["wrong", "used", "recovery", "over"])
def test_a_step_up_takes_a_fresh_code_of_the_phone_and_a_living_session(here, kim, case):
    used = here.code(kim)
    session = here.sign_in(kim, code=used)
    here.pass_time(minutes=6)
    codes = {"wrong": "000000", "used": used, "recovery": kim.recovery[0], "over": here.code(kim)}
    if case == "over":
        sign_in.sign_out(here.store, session, here.now)

    with pytest.raises(SignInRefused):
        sign_in.step_up(here.store, session, codes[case], here.now)
    assert case == "over" or not here.user(session).fresh


def test_a_stolen_session_cannot_guess_codes_for_ever(here, kim):
    session = here.sign_in(kim)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            sign_in.step_up(here.store, session, "000000", here.now)

    with pytest.raises(SignInRefused) as caught:
        sign_in.step_up(here.store, session, kim.totp.at(here.now + timedelta(seconds=30)), here.now)
    assert caught.value.wait == 30


def test_somebody_may_choose_another_password_and_their_other_sessions_end(here, kim):
    session, other = here.sign_in(kim), here.sign_in(kim)
    new = sign_in.change_password(here.store, session, PASSWORD, "slowly purple kettle", here.code(kim), here.now)

    assert here.user(new)
    assert [here.user(session), here.user(other)] == [None, None]
    refused(here, kim)
    assert here.user(here.sign_in(kim, password="slowly purple kettle"))


@pytest.mark.parametrize(
    ("old", "code", "new"),
    [
        ("wrong one here", None, "slowly purple kettle"),
        (PASSWORD, "0", "slowly purple kettle"),
        (PASSWORD, None, "password1234"),
    ],
)
def test_another_password_wants_the_old_one_a_code_and_some_strength(here, kim, old, code, new):
    session = here.sign_in(kim)

    with pytest.raises(DecisionError):
        sign_in.change_password(here.store, session, old, new, here.code(kim) if code is None else code, here.now)
    assert here.user(session)


def test_a_form_belongs_to_its_session(here, kim):
    first, second = here.sign_in(kim), here.sign_in(kim)

    assert sign_in.form_token_fits(first, sign_in.form_token(first))
    assert not sign_in.form_token_fits(second, sign_in.form_token(first))
    assert not sign_in.form_token_fits(first, "")
    assert not sign_in.form_token_fits(first, "é")
    assert first not in sign_in.form_token(first)
