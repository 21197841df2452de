"""Signing in and sessions, on a real database: what gets in, what does not, what a hash costs, and for how long."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from bensync.actions import credentials, sign_in, users
from bensync.core.access import Grant, Right, Role
from bensync.errors import DecisionError, SignInRefused
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.upkeep import key_rotation
from tests.fixtures.databases import content
from tests.fixtures.house import PASSWORD, ROOT, House, Person, house, person

pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def true_passwords(quick_passwords: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes at their full cost."""
    monkeypatch.setattr(credentials, "_hasher", quick_passwords)
    credentials._nobodys.cache_clear()


@pytest.fixture
def here(database):
    with house(database) as found:
        yield found


@pytest.fixture
def kim(here: House) -> Person:
    return here.add("kim", Role.DATA_OWNER)


def refused(here: House, who: Person, **how: str) -> SignInRefused:
    with pytest.raises(SignInRefused) as caught:
        here.sign_in(who, **how)
    return caught.value


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


@pytest.mark.usefixtures("true_passwords")
def test_a_name_that_nobody_has_costs_the_same_work(here, kim, monkeypatch):
    asked = []
    verify = credentials._hasher.verify

    class Spy:
        def verify(self, kept, password):
            asked.append(kept.rpartition("$")[0].rpartition("$")[0])
            return verify(kept, password)

    monkeypatch.setattr(credentials, "_hasher", Spy())
    credentials._nobodys.cache_clear()
    monkeypatch.setattr(Spy, "hash", lambda self, word: users.credentials.PasswordHasher(1, 47104, 1).hash(word), False)
    refused(here, kim, password="wrong orange teapot")
    refused(here, Person("nobody", kim.totp, []), password="wrong orange teapot")

    assert asked == ["$argon2id$v=19$m=47104,t=1,p=1"] * 2


@pytest.mark.usefixtures("true_passwords")
def test_at_most_two_hashes_are_made_at_once(here, monkeypatch):
    at_once, most, gate = 0, 0, threading.Lock()
    verify = credentials._hasher.verify

    class Slow:
        def verify(self, kept, password):
            nonlocal at_once, most
            with gate:
                at_once += 1
                most = max(most, at_once)
            try:
                return verify(kept, password)
            finally:
                with gate:
                    at_once -= 1

    kept = credentials.hash_password(PASSWORD)
    credentials.password_fits(None, "")
    monkeypatch.setattr(credentials, "_hasher", Slow())
    with ThreadPoolExecutor(8) as pool:
        fits = list(pool.map(lambda _: credentials.password_fits(kept, PASSWORD), range(16)))

    assert all(fits)
    assert most == 2


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


def test_from_the_fifth_failure_on_each_try_waits_longer_and_nobody_is_locked_for_good(here, kim):
    for _ in range(5):
        assert refused(here, kim, code="000000").wait == 0
    waits = []
    for _ in range(7):
        error = refused(here, kim, code=kim.totp.at(here.now))
        waits.append(error.wait)
        here.pass_time(seconds=error.wait)
        refused(here, kim, code="000000")
    here.pass_time(minutes=15)

    assert waits == [30, 60, 120, 240, 480, 900, 900]
    assert here.user(here.sign_in(kim))
    assert refused(here, kim, code="000000").wait == 0


def test_the_wait_is_the_same_for_a_name_that_nobody_has(here, kim):
    stranger = Person("nobody", kim.totp, [])
    for _ in range(5):
        refused(here, stranger)

    assert refused(here, stranger, code="000000").wait == 30


def test_tries_at_the_same_moment_are_counted_before_they_are_judged(here, kim):
    now = here.now

    def try_it(_: int) -> str:
        with pytest.raises(SignInRefused) as caught:
            sign_in.sign_in(here.store, "kim", "wrong orange teapot", "000000", "", now)
        return caught.value.why

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(try_it, range(16)))

    assert told.count("name, password or code is wrong") == 5


def test_an_address_has_a_budget_whatever_names_it_tries(here, kim):
    for number in range(30):
        refused(here, Person(f"name{number}", kim.totp, []), code="000000", address="203.0.113.9")

    assert refused(here, kim, address="203.0.113.9").wait > 0
    assert here.user(here.sign_in(kim, address="192.0.2.7"))
    here.pass_time(minutes=15)
    assert here.user(here.sign_in(kim, address="203.0.113.9"))


def test_an_office_behind_one_address_may_sign_in_as_often_as_it_likes(here, kim):
    for _ in range(40):
        here.now += timedelta(seconds=1)
        with here.store.write(DEPLOYMENT, "test") as work:  # as if each were somebody else
            work.accounts.change_totp(1, work.accounts.proofs("kim").sealed_totp)
        here.sign_in(kim, code=kim.totp.at(here.now), address="203.0.113.9")


def test_fixation_each_sign_in_has_an_id_of_its_own_that_nobody_chose(here, kim):
    ids = {here.sign_in(kim) for _ in range(3)}

    assert len(ids) == 3
    assert all(len(one) >= 43 for one in ids)
    assert here.user("chosen by somebody else") is None


def test_only_the_hash_of_an_id_is_kept(here, kim):
    session = here.sign_in(kim)
    kept = content(here.url)

    assert session.encode() not in kept
    assert hashlib.sha256(session.encode()).digest() in kept
    assert not [secret for secret in (PASSWORD, kim.totp.secret, *kim.recovery) if secret.encode() in kept]
    assert not [code for code in kim.recovery if code.replace("-", "").encode() in kept]


def test_signing_out_ends_the_session_at_once_and_no_other(here, kim):
    first, second = here.sign_in(kim), here.sign_in(kim)
    sign_in.sign_out(here.store, first, here.now)

    assert here.user(first) is None
    assert here.user(second)
    assert here.audit()[-1] == ("kim", "sign_out")


def test_a_session_that_nobody_uses_ends_after_a_quarter_of_an_hour(here, kim):
    session = here.sign_in(kim)
    for _ in range(4):
        here.pass_time(minutes=14)
        assert here.user(session)
    here.pass_time(minutes=15, seconds=1)

    assert here.user(session) is None


def test_a_session_ends_after_eight_hours_however_busy(here, kim):
    session = here.sign_in(kim)
    for _ in range(48):
        here.pass_time(minutes=10)
        assert here.user(session)
    here.pass_time(seconds=1)

    assert here.user(session) is None


def test_a_page_a_second_does_not_write_each_time(here, kim):
    session = here.sign_in(kim)
    here.pass_time(seconds=1)
    assert here.user(session)

    with here.store.read(DEPLOYMENT) as work:
        seen = work.sessions.find(hashlib.sha256(session.encode()).digest()).seen_at
    assert seen == here.now - timedelta(seconds=1)


@pytest.mark.parametrize(
    "change",
    [
        lambda here: users.grant(here.store, "kim", Grant("acme", Role.AUDITOR), ROOT, here.now),
        lambda here: users.revoke(here.store, "kim", "acme", Role.DATA_OWNER, ROOT, here.now),
        lambda here: users.disable(here.store, "kim", ROOT, here.now),
        lambda here: users.reset(here.store, "kim", PASSWORD, ROOT, here.now, issuer="test"),
    ],
    ids=["granted", "revoked", "disabled", "reset"],
)
def test_a_change_of_what_somebody_may_do_ends_all_their_sessions_and_no_others(here, kim, change):
    lee = here.add("lee", Role.DATA_OWNER)
    sessions, other = [here.sign_in(kim), here.sign_in(kim)], here.sign_in(lee)
    change(here)

    assert [here.user(session) for session in sessions] == [None, None]
    assert here.user(other)


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


def test_a_reset_replaces_password_phone_and_recovery_codes(here, kim):
    fresh = person(users.reset(here.store, "kim", "slowly purple kettle", ROOT, here.now, issuer="test"))

    refused(here, kim)
    refused(here, kim, password="slowly purple kettle", code=kim.recovery[0])
    assert here.user(here.sign_in(fresh, password="slowly purple kettle"))


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


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "password1234",
        "Password!2024",
        "passwordpassword",
        "123456789012",
        "QWERTYuiop12",
        "............",
        "kim-kim-kim1",
        "x" * 300,
    ],
)
def test_a_weak_password_is_refused_without_being_repeated(here, password):
    with pytest.raises(DecisionError) as caught:
        users.add(here.store, "kim-kim-kim", password, Grant("acme", Role.AUDITOR), ROOT, here.now, issuer="test")

    told = caught.value
    assert password not in f"{told.what} {told.why} {told.fix}"


@pytest.mark.parametrize(
    "password", ["quietly orange teapot", "grünes Fahrrad im Keller", "a b c d e f g h", "9-times-apple-pie", "x7" * 32]
)
def test_a_long_password_needs_no_signs_and_no_capitals(password):
    credentials.refuse_weak(password, "kim")


def test_a_password_is_the_same_however_the_keyboard_writes_it():
    kept = credentials.hash_password("Gru\u0308nes Fahrrad")

    assert credentials.password_fits(kept, "Gr\u00fcnes Fahrrad")


@pytest.mark.usefixtures("true_passwords")
def test_a_hash_of_other_costs_is_made_anew_at_the_next_sign_in(here, kim):
    cheap = credentials.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with here.store.write(DEPLOYMENT, "test") as work:
        work.accounts.change_password(1, cheap)
    here.sign_in(kim)

    with here.store.read(DEPLOYMENT) as work:
        assert "m=47104,t=1,p=1" in work.accounts.proofs("kim").password


def test_a_form_belongs_to_its_session(here, kim):
    first, second = here.sign_in(kim), here.sign_in(kim)

    assert sign_in.form_token_fits(first, sign_in.form_token(first))
    assert not sign_in.form_token_fits(second, sign_in.form_token(first))
    assert not sign_in.form_token_fits(first, "")
    assert not sign_in.form_token_fits(first, "é")
    assert first not in sign_in.form_token(first)


def test_names_that_were_typed_are_not_kept_readable(here, kim):
    refused(here, Person("my secret typed by mistake", kim.totp, []))

    with here.store.read(DEPLOYMENT) as work:
        rows = work.transaction.connection.execute(text("SELECT * FROM attempt")).all()
        audit = work.transaction.connection.execute(text("SELECT * FROM audit")).all()
    assert len(rows) == 2
    assert "by mistake" not in f"{rows} {audit}"


def test_old_sessions_and_tries_do_not_pile_up(here, kim):
    here.sign_in(kim)
    refused(here, Person("nobody", kim.totp, []))
    here.pass_time(days=3)
    here.sign_in(kim)

    with here.store.read(DEPLOYMENT) as work:
        counts = [
            work.transaction.connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in ("session", "attempt")
        ]
    assert counts == [1, 1]


def test_a_rotated_state_key_leaves_everybody_their_codes_and_the_trail_whole(here, kim, tmp_path):
    file = tmp_path / "state.key"
    file.write_text(here.key)
    rotated = key_rotation.rotate(here.store, key_rotation.StateKey(file.read_text, file), "root", lambda: here.now)

    assert (rotated.version, {one.version for one in key_rotation.key_versions(here.store) if one.values}) == (2, {2})
    assert here.user(here.sign_in(kim))
    for site in (DEPLOYMENT, "acme"):
        with here.store.read(site) as work:
            assert work.audit.trail.verify().fault is None
