"""The only cookie of the pages."""

from __future__ import annotations

from bensync.core.access import Role
from tests.fixtures.user_deployment import PASSWORD
from tests.integration.web.pages.access.test_sign_in import OVERVIEW


def cookies(answer) -> list[str]:
    return answer.headers.get_list("set-cookie")


def test_S1_24_there_is_one_cookie_and_it_is_locked_away_from_scripts(web_pages):
    visitor = web_pages.visitor()
    (before,) = cookies(visitor.get("/sign-in"))
    who = web_pages.deployment.add("ada", Role.HR_USER)
    form = {"name": "ada", "password": PASSWORD, "code": web_pages.deployment.code(who), "next": OVERVIEW}
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

    with pages(tmp_path, database, extra="[web]\nbehind_proxy = true\n") as web_pages:
        answer = web_pages.visitor().get("/sign-in")
        (cookie,) = cookies(answer)
        assert cookie.startswith("__Host-bensync=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "max-age=" in answer.headers["strict-transport-security"]
