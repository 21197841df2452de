"""Users on the pages: made, disabled and enabled."""

from __future__ import annotations

import pytest

from bensync.core.access import Role
from tests.fixtures.pages import KEY, Pages, Visitor
from tests.integration.web.pages.access.test_sign_in import OVERVIEW


@pytest.fixture
def owner(web_pages: Pages) -> Visitor:
    return web_pages.as_role(Role.DATA_OWNER)


def test_a_new_user_gets_the_means_to_sign_in_shown_once(web_pages, owner):
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


def test_a_user_is_shut_and_opened_again(web_pages, owner):
    who = web_pages.deployment.add("ada", Role.HR_USER)
    ada = web_pages.sign_in(who)
    number = next(
        candidate for candidate in range(1, 9) if "<h1>ada</h1>" in owner.get(f"{OVERVIEW}/users/{candidate}").text
    )
    owner.post(f"{OVERVIEW}/users/{number}/shut", {"key": "a"})
    assert ada.get(OVERVIEW).headers["location"].startswith("/sign-in")
    owner.post(f"{OVERVIEW}/users/{number}/shut", {"key": "b", "open": "yes"})
    assert web_pages.sign_in(who).get(OVERVIEW).status_code == 200
