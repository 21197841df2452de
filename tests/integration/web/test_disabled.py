"""A site whose own file cannot be used: the pages say so to users with a role there, and go on for all others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync.actions import users
from bensync.core.access import Grant, Role
from tests.fixtures.databases import in_file
from tests.fixtures.pages import Pages, pages
from tests.fixtures.user_deployment import ROOT

WHAT = "sites.d/bad.toml is not valid TOML"


@pytest.fixture
def web_pages(tmp_path: Path) -> Iterator[Pages]:
    """Two sites with pages, and one whose file is broken."""
    (tmp_path / "sites.d").mkdir()
    (tmp_path / "sites.d" / "bad.toml").write_text("[source")
    with pages(tmp_path, in_file(tmp_path)) as served:
        yield served


def test_users_who_may_start_runs_there_see_that_a_site_is_disabled_and_why(web_pages: Pages) -> None:
    jo = web_pages.sign_in(web_pages.deployment.add("jo", Role.OPERATOR, site="bad"))
    shown = jo.get("/").text
    assert "bad is disabled" in shown
    assert WHAT in shown
    assert "Employers" in shown
    assert jo.get("/sites/bad").status_code == 404


def test_others_there_see_only_that_it_is(web_pages: Pages) -> None:
    jo = web_pages.sign_in(web_pages.deployment.add("jo", Role.EMPLOYEE, site="bad", employee_id="1"))
    shown = jo.get("/").text
    assert "bad is disabled" in shown
    assert WHAT not in shown
    assert "Your bensync operator has been notified" in shown


def test_who_has_no_role_there_hears_nothing_of_it_and_goes_where_they_always_go(web_pages: Pages) -> None:
    answer = web_pages.as_role(Role.OPERATOR).get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sites/acme")


def test_who_has_roles_at_several_sites_chooses_among_them(web_pages: Pages) -> None:
    who = web_pages.deployment.add("jo", Role.OPERATOR, site="acme")
    for site in ("globex", "bad"):
        users.grant(web_pages.deployment.store, "jo", Grant(site, Role.OPERATOR), ROOT, web_pages.deployment.now)
    shown = web_pages.sign_in(who).get("/").text
    assert "Employers" in shown
    assert 'href="/sites/acme"' in shown
    assert 'href="/sites/globex"' in shown
    assert 'href="/sites/bad"' not in shown
    assert "bad is disabled" in shown
