"""Signing in on the pages, the only cookie, its end, the fresh code, and an SSN in full."""

from __future__ import annotations

import re

import pytest

from bensync.core.access import Role
from tests.fixtures.pages import Pages, Visitor
from tests.fixtures.user_deployment import PASSWORD
from tests.unit.builders import profile, ssn

OVERVIEW = "/sites/acme"


@pytest.fixture
def owner(web_pages: Pages) -> Visitor:
    return web_pages.as_role(Role.DATA_OWNER)


def test_a_wrong_password_name_or_code_says_the_same(web_pages):
    who = web_pages.deployment.add("ada", Role.HR_USER)
    visitor = web_pages.visitor()
    said = set()
    for name, password, code in (
        ("ada", "wrong wrong wrong", web_pages.deployment.code(who)),
        ("eve", PASSWORD, web_pages.deployment.code(who)),
        ("ada", PASSWORD, "000000"),
    ):
        visitor.get("/sign-in")
        answer = visitor.post("/sign-in", {"name": name, "password": password, "code": code, "next": "/"})
        assert answer.status_code == 403
        assert password not in answer.text
        said.add(answer.text.partition('role="alert"')[2].partition("<form")[0])
    assert len(said) == 1


def test_many_wrong_tries_have_to_wait(web_pages):
    web_pages.deployment.add("ada", Role.HR_USER)
    visitor = web_pages.visitor()
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
def test_nobody_is_sent_elsewhere_after_signing_in(web_pages, way):
    who = web_pages.deployment.add("ada", Role.HR_USER)
    visitor = web_pages.visitor()
    page = visitor.get("/sign-in?next=/sites/acme")
    assert 'name="next" value="/sites/acme"' in page.text
    form = {"name": "ada", "password": PASSWORD, "code": web_pages.deployment.code(who), "next": way}
    assert visitor.post("/sign-in", form).headers["location"] == "/"


def test_signing_out_ends_the_session_wherever_the_cookie_went(web_pages, owner):
    stolen = dict(owner.client.cookies)
    assert owner.post("/sign-out").headers["location"] == "/sign-in"
    thief = web_pages.visitor()
    thief.client.cookies.update(stolen)
    assert thief.get(OVERVIEW).headers["location"].startswith("/sign-in")


def test_an_idle_session_is_over_and_the_way_is_kept(web_pages, owner):
    assert owner.get(OVERVIEW).status_code == 200
    web_pages.deployment.pass_time(minutes=16)
    assert owner.get(f"{OVERVIEW}/requests?bucket=new").headers["location"] == (
        "/sign-in?next=%2Fsites%2Facme%2Frequests%3Fbucket%3Dnew"
    )


def test_a_part_of_a_page_asked_for_after_the_end_leads_to_the_sign_in(web_pages, owner):
    web_pages.deployment.pass_time(minutes=16)
    answer = owner.get(f"{OVERVIEW}/synchronize", **{"Bensync-Part": "yes"})
    assert answer.status_code == 401
    assert answer.headers["location"].startswith("/sign-in")


def test_a_changed_role_ends_the_session(web_pages, owner):
    who = web_pages.deployment.add("ada", Role.HR_USER)
    ada = web_pages.sign_in(who)
    assert ada.get(OVERVIEW).status_code == 200
    number = next(
        candidate for candidate in range(1, 9) if "<h1>ada</h1>" in owner.get(f"{OVERVIEW}/users/{candidate}").text
    )
    assert owner.post(f"{OVERVIEW}/users/{number}/grant", {"role": "auditor"}).status_code == 303
    assert ada.get(OVERVIEW).headers["location"].startswith("/sign-in")


def test_the_page_answers_the_same_for_a_taken_and_a_free_SSN_until_a_second_person_enters_it(web_pages, owner):
    web_pages.deployment.approved(profile(2))
    someone = web_pages.deployment.approved(profile(1))
    path = f"{OVERVIEW}/people/{someone.id}/correct-ssn"
    assert 'type="password"' in owner.get(path).text
    answers = [owner.post(path, {"ssn": ssn(number), "reason": "the card"}) for number in (2, 3)]
    assert {answer.status_code for answer in answers} == {409}
    assert len({re.sub(r'name="(?:key|token)" value="[^"]*"', "", answer.text) for answer in answers}) == 1
    assert "waits for a second person" in answers[0].text
    other = web_pages.sign_in(web_pages.deployment.add("pat", Role.DATA_OWNER))
    assert "gave the first approval to correct an SSN" in other.get(f"{OVERVIEW}/people/{someone.id}").text
    assert "another participant has it." in other.post(path, {"ssn": ssn(2), "reason": "the card"}).text.lower()
    assert other.post(path, {"ssn": ssn(3), "reason": "the card"}).status_code == 303
    shown = other.get(f"{OVERVIEW}/people/{someone.id}").text
    assert f"***-**-{ssn(3)[5:]}" in shown
    assert 'name="field.ssn"' not in owner.get(f"{OVERVIEW}/people/{someone.id}/correct").text
