"""The trail of the deployment on its page: sign-ins, refusals, users; for whom it is, and about whom (S1-14)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bensync.actions import tokens, users
from bensync.cli.app import main
from bensync.core.access import Role
from bensync.errors import DecisionError
from tests.fixtures.databases import careless
from tests.fixtures.pages import Pages
from tests.fixtures.user_deployment import ROOT

PAGE = "/sites/acme/sign-ins"


def entries(text: str) -> list[str]:
    """What the rows of a page say, without markup."""
    rows = re.findall(r'<li class="row">(.*?)</li>', text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, Role.DATA_OWNER])
def test_who_signed_in_and_who_was_refused_stands_there(web_pages: Pages, role: Role) -> None:
    reader = web_pages.as_role(role)
    stranger = web_pages.visitor()
    stranger.get("/sign-in")
    assert stranger.post("/sign-in", {"name": "nobody", "password": "x", "code": "1"}).status_code == 403
    listed = entries(reader.get(PAGE).text)
    assert any(f"{role.value}" in row and "Signed in" in row for row in listed)
    assert any(row.startswith("unknown") and "Was refused at sign-in" in row for row in listed)
    assert not [row for row in listed if "nobody" in row], "a name that nobody has may be a password"


def test_it_is_narrowed_by_kind_and_by_user(web_pages: Pages) -> None:
    reader = web_pages.as_role(Role.AUDITOR)
    web_pages.as_role(Role.HR_USER).post("/sign-out")
    number = web_pages.people and next(
        int(user_id)
        for user_id, name in re.findall(r'<option value="(\d+)">(\w+)', reader.get(PAGE).text)
        if name == "hr_user"
    )
    listed = entries(reader.get(f"{PAGE}?what=sign_&who={number}").text)
    assert [row.partition(" ")[0] for row in listed] == ["hr_user", "hr_user"]
    assert "Signed out" in listed[0]
    assert entries(reader.get(f"{PAGE}?what=refused").text) == []
    assert "hr_user" not in str(reader.last.url), "an address names nobody"


def test_people_of_another_employer_are_not_shown(web_pages: Pages) -> None:
    other = web_pages.deployment.add("foreigner", Role.DATA_OWNER, site="globex")
    web_pages.sign_in(other)
    reader = web_pages.as_role(Role.OPERATOR)
    assert "foreigner" not in reader.get(PAGE).text
    assert reader.get("/sites/globex/sign-ins").status_code == 404


def test_changes_of_users_of_another_employer_are_not_shown(web_pages: Pages) -> None:
    web_pages.deployment.add("foreigner", Role.DATA_OWNER, site="globex")
    web_pages.deployment.add("ours", Role.HR_USER)
    store, now = web_pages.deployment.store, web_pages.deployment.now
    for name in ("foreigner", "ours"):
        with pytest.raises(DecisionError):
            tokens.issue(store, name, "nightly", timedelta(days=9), ROOT, now, two=("acme", "globex"))
        users.disable(store, name, ROOT, now)
    page = web_pages.as_role(Role.AUDITOR).get(PAGE).text
    assert "foreigner" not in page
    assert "user ours, nightly, 9 days" in page


def test_a_change_of_the_trail_is_named_by_the_page_by_fsck_and_by_verify(web_pages: Pages) -> None:
    reader = web_pages.as_role(Role.OPERATOR)
    words = ["--config", str(web_pages.config), "--json"]
    assert main([*words, "fsck", "--deep"]) == 0
    assert main([*words, "audit", "verify"]) == 0
    assert "trail of sign-ins and users is intact" in reader.post("/sites/acme/audit/verify").text
    with careless(web_pages.deployment.url) as connection:
        table = "" if connection.dialect.name == "sqlite" else "on audit"
        connection.exec_driver_sql(f"drop trigger audit_no_update {table}")
        connection.exec_driver_sql("update audit set actor = 'somebody' where site = '-' and id = 1")
    shown = reader.post("/sites/acme/audit/verify").text
    assert "trail of sign-ins and users is broken at entry 1" in shown
    assert "trail of this employer is intact" in shown
    assert main([*words, "audit", "verify"]) == 14
    assert main([*words, "fsck", "--deep"]) == 14
