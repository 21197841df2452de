"""The own account: another password."""

from __future__ import annotations

from bensync.core.access import Role
from tests.fixtures.user_deployment import PASSWORD
from tests.integration.web.pages.access.test_sign_in import OVERVIEW


def test_a_password_is_changed_with_a_code_and_the_other_session_ends(web_pages):
    who = web_pages.deployment.add("ada", Role.HR_USER)
    computer, phone = web_pages.sign_in(who), web_pages.sign_in(who)
    computer.get("/account")
    form = {"old": PASSWORD, "new": "seven purple umbrellas", "code": web_pages.deployment.code(who)}
    assert computer.post("/account", form).headers["location"] == "/account"
    assert "Your password was changed" in computer.get("/account").text
    assert phone.get(OVERVIEW).headers["location"].startswith("/sign-in")
