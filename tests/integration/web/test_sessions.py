"""Signing in on the pages, the only cookie, its end, the fresh code, and an SSN in full."""

from __future__ import annotations

import re

import pytest

from bensync.core.access import Role
from bensync.web.pages.people.reveal import VIEW_SECONDS
from tests.fixtures.pages import KEY, Pages, Visitor
from tests.fixtures.user_deployment import PASSWORD
from tests.unit.builders import profile, ssn

OVERVIEW = "/sites/acme"


@pytest.fixture
def owner(here: Pages) -> Visitor:
    return here.as_role(Role.DATA_OWNER)


def cookies(answer) -> list[str]:
    return answer.headers.get_list("set-cookie")


def test_S1_24_there_is_one_cookie_and_it_is_locked_away_from_scripts(here):
    visitor = here.visitor()
    (before,) = cookies(visitor.get("/sign-in"))
    who = here.deployment.add("ada", Role.HR_USER)
    form = {"name": "ada", "password": PASSWORD, "code": here.deployment.code(who), "next": OVERVIEW}
    answer = visitor.post("/sign-in", form)
    (after,) = cookies(answer)
    assert answer.headers["location"] == OVERVIEW
    for cookie in (before, after):
        assert cookie.startswith("bensync=")
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
    assert before.split(";")[0] != after.split(";")[0]  # the id is new with every sign-in
    assert not cookies(visitor.get(OVERVIEW))


def test_over_TLS_the_cookie_is_secure_and_bound_to_the_host(tmp_path, database):
    from tests.fixtures.pages import pages

    with pages(tmp_path, database, extra="[web]\nbehind_proxy = true\n") as here:
        answer = here.visitor().get("/sign-in")
        (cookie,) = cookies(answer)
        assert cookie.startswith("__Host-bensync=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "max-age=" in answer.headers["strict-transport-security"]


def test_a_wrong_password_name_or_code_says_the_same(here):
    who = here.deployment.add("ada", Role.HR_USER)
    visitor = here.visitor()
    said = set()
    for name, password, code in (
        ("ada", "wrong wrong wrong", here.deployment.code(who)),
        ("eve", PASSWORD, here.deployment.code(who)),
        ("ada", PASSWORD, "000000"),
    ):
        visitor.get("/sign-in")
        answer = visitor.post("/sign-in", {"name": name, "password": password, "code": code, "next": "/"})
        assert answer.status_code == 403
        assert password not in answer.text
        said.add(answer.text.partition('role="alert"')[2].partition("<form")[0])
    assert len(said) == 1


def test_many_wrong_tries_are_told_to_wait(here):
    here.deployment.add("ada", Role.HR_USER)
    visitor = here.visitor()
    statuses = []
    for _ in range(6):
        visitor.get("/sign-in")
        answer = visitor.post("/sign-in", {"name": "ada", "password": "wrong", "code": "000000", "next": "/"})
        statuses.append(answer.status_code)
    assert statuses[-1] == 429
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "way", ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\r\nb: c", "javascript:x"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(here, way):
    who = here.deployment.add("ada", Role.HR_USER)
    visitor = here.visitor()
    page = visitor.get("/sign-in?next=/sites/acme")
    assert 'name="next" value="/sites/acme"' in page.text
    form = {"name": "ada", "password": PASSWORD, "code": here.deployment.code(who), "next": way}
    assert visitor.post("/sign-in", form).headers["location"] == "/"


def test_signing_out_ends_the_session_wherever_the_cookie_went(here, owner):
    stolen = dict(owner.client.cookies)
    assert owner.post("/sign-out").headers["location"] == "/sign-in"
    thief = here.visitor()
    thief.client.cookies.update(stolen)
    assert thief.get(OVERVIEW).headers["location"].startswith("/sign-in")


def test_an_idle_session_is_over_and_the_way_is_kept(here, owner):
    assert owner.get(OVERVIEW).status_code == 200
    here.deployment.pass_time(minutes=16)
    assert owner.get(f"{OVERVIEW}/requests?bucket=new").headers["location"] == (
        "/sign-in?next=%2Fsites%2Facme%2Frequests%3Fbucket%3Dnew"
    )


def test_a_part_of_a_page_asked_for_after_the_end_leads_to_the_sign_in(here, owner):
    here.deployment.pass_time(minutes=16)
    answer = owner.get(f"{OVERVIEW}/synchronize", **{"Bensync-Part": "yes"})
    assert answer.status_code == 401
    assert answer.headers["location"].startswith("/sign-in")


def test_a_changed_role_ends_the_session(here, owner):
    who = here.deployment.add("ada", Role.HR_USER)
    ada = here.sign_in(who)
    assert ada.get(OVERVIEW).status_code == 200
    number = next(one for one in range(1, 9) if "<h1>ada</h1>" in owner.get(f"{OVERVIEW}/users/{one}").text)
    assert owner.post(f"{OVERVIEW}/users/{number}/grant", {"role": "auditor"}).status_code == 303
    assert ada.get(OVERVIEW).headers["location"].startswith("/sign-in")


def test_a_password_is_changed_with_a_code_and_the_other_session_ends(here):
    who = here.deployment.add("ada", Role.HR_USER)
    desk, phone = here.sign_in(who), here.sign_in(who)
    desk.get("/account")
    form = {"old": PASSWORD, "new": "seven purple umbrellas", "code": here.deployment.code(who)}
    assert desk.post("/account", form).headers["location"] == "/account"
    assert "Your password was changed" in desk.get("/account").text
    assert phone.get(OVERVIEW).headers["location"].startswith("/sign-in")


def test_an_SSN_is_shown_for_a_reason_after_it_was_written_down_and_once_per_form(here, owner):
    someone = here.deployment.approved(profile(1))
    path = f"{OVERVIEW}/people/{someone.id}/ssn"
    assert ssn(1) not in owner.get(path).text.replace("-", "")
    assert owner.post(path, {"reason": "why not"}).status_code == 409
    page = owner.get(path)
    form = {"reason": "the carrier asks for it", "key": KEY.search(page.text)[1]}
    shown = owner.post(path, form)
    assert f"{ssn(1)[:3]}-{ssn(1)[3:5]}-{ssn(1)[5:]}" in shown.text
    assert shown.headers["refresh"].startswith(f"{VIEW_SECONDS};")
    assert shown.headers["cache-control"] == "no-store"
    assert here.deployment.audit("acme").count(("data_owner", "ssn.reveal")) == 1
    again = owner.post(path, form)
    assert again.status_code == 303
    assert ssn(1)[5:] not in again.text
    assert here.deployment.audit("acme").count(("data_owner", "ssn.reveal")) == 1


def test_the_page_answers_the_same_for_a_taken_and_a_free_SSN_until_a_second_person_enters_it(here, owner):
    here.deployment.approved(profile(2))
    someone = here.deployment.approved(profile(1))
    path = f"{OVERVIEW}/people/{someone.id}/correct-ssn"
    assert 'type="password"' in owner.get(path).text
    answers = [owner.post(path, {"ssn": ssn(number), "reason": "the card"}) for number in (2, 3)]
    assert {answer.status_code for answer in answers} == {409}
    assert len({re.sub(r'name="(?:key|token)" value="[^"]*"', "", answer.text) for answer in answers}) == 1
    assert "waits for a second person" in answers[0].text
    other = here.sign_in(here.deployment.add("pat", Role.DATA_OWNER))
    assert "gave the first approval to correct an SSN" in other.get(f"{OVERVIEW}/people/{someone.id}").text
    assert "another participant has it" in other.post(path, {"ssn": ssn(2), "reason": "the card"}).text.lower()
    assert other.post(path, {"ssn": ssn(3), "reason": "the card"}).status_code == 303
    shown = other.get(f"{OVERVIEW}/people/{someone.id}").text
    assert f"***-**-{ssn(3)[5:]}" in shown
    assert 'name="field.ssn"' not in owner.get(f"{OVERVIEW}/people/{someone.id}/correct").text


def test_after_five_minutes_a_fresh_code_is_wanted_and_each_code_works_once(here, owner):
    someone = here.deployment.approved(profile(1))
    path = f"{OVERVIEW}/people/{someone.id}/ssn"
    here.deployment.pass_time(minutes=6)
    page = owner.get(path)
    assert 'name="code"' in page.text
    reason = {"reason": "the carrier asks for it"}
    refused = owner.post(path, reason)
    assert refused.status_code == 403
    assert "enter the current code" in refused.text
    code = here.deployment.code(here.people[Role.DATA_OWNER])
    owner.get(path)
    assert ssn(1)[5:] in owner.post(path, {**reason, "code": code}).text
    here.deployment.pass_time(minutes=6)
    owner.get(path)
    assert owner.post(path, {**reason, "code": code}).status_code == 403


def test_a_new_user_gets_the_means_to_sign_in_shown_once(here, owner):
    page = owner.get(f"{OVERVIEW}/users")
    form = {"name": "Grete", "password": "nine gentle rivers", "role": "broker", "extra": ["see_requests", "decide"]}
    form["key"] = KEY.search(page.text)[1]
    shown = owner.post(f"{OVERVIEW}/users", form)
    assert "otpauth://totp/" in shown.text
    assert "<svg" in shown.text
    again = owner.post(f"{OVERVIEW}/users", form)
    assert again.status_code == 303
    assert "otpauth" not in again.text
    listed = owner.get(f"{OVERVIEW}/users").text
    assert "grete" in listed
    assert "approve and decline requests</span>" not in listed.partition("Add a user")[0]  # no right of a broker


def test_a_user_is_shut_and_opened_again(here, owner):
    who = here.deployment.add("ada", Role.HR_USER)
    ada = here.sign_in(who)
    number = next(one for one in range(1, 9) if "<h1>ada</h1>" in owner.get(f"{OVERVIEW}/users/{one}").text)
    owner.post(f"{OVERVIEW}/users/{number}/shut", {"key": "a"})
    assert ada.get(OVERVIEW).headers["location"].startswith("/sign-in")
    owner.post(f"{OVERVIEW}/users/{number}/shut", {"key": "b", "open": "yes"})
    assert here.sign_in(who).get(OVERVIEW).status_code == 200
