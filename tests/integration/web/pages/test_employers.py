"""The first page of a user who works for several employers: what each one needs, the most urgent first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync.actions import users
from bensync.core.access import Grant, Role
from bensync.core.alerts import AlertCondition, AlertKey
from tests.fixtures.databases import in_file
from tests.fixtures.filled import deliver
from tests.fixtures.pages import Pages, pages
from tests.fixtures.user_deployment import ROOT


@pytest.fixture
def web_pages(tmp_path: Path) -> Iterator[Pages]:
    """Two employers: three people of one wait for a decision, one of the other does, and its file is in trouble."""
    with pages(tmp_path, in_file(tmp_path)) as served:
        store = served.deployment.store
        deliver(store, "acme", range(1, 4))
        deliver(store, "globex", [9])
        with store.write("globex", "test.raise") as work:
            work.alerts.raise_(
                AlertCondition(
                    AlertKey.DELIVERY_FAILED, "A file could not be sent", "The upload center does not answer."
                ),
                served.deployment.now,
            )
        yield served


def broker(web_pages: Pages, *grants: Grant) -> str:
    """What somebody with these roles sees first."""
    who = web_pages.deployment.add("jo", grants[0].role, site=grants[0].site, employee_id=grants[0].employee_id)
    for grant in grants[1:]:
        users.grant(web_pages.deployment.store, "jo", grant, ROOT, web_pages.deployment.now)
    return " ".join(re.sub(r"<[^>]+>", " ", web_pages.sign_in(who).get("/").text).split())


def test_the_employer_in_trouble_comes_first_and_each_says_what_waits(web_pages: Pages) -> None:
    shown = broker(web_pages, Grant("acme", Role.OPERATOR), Grant("globex", Role.OPERATOR))
    assert "4 requests waiting for review. 1 employer needs attention." in shown
    assert re.search(r"globex .*Needs attention A file could not be sent 1 request .*acme .*3 requests", shown)


def test_figures_are_shown_only_to_whom_they_are_due(web_pages: Pages) -> None:
    shown = broker(web_pages, Grant("acme", Role.OPERATOR), Grant("globex", Role.EMPLOYEE, employee_id="9"))
    assert "3 requests waiting for review. No employer needs attention." in shown
    assert "globex" in shown
    assert "could not be sent" not in shown


def test_who_only_looks_at_their_own_record_sees_no_figures_at_all(web_pages: Pages) -> None:
    roles = (Grant(site, Role.EMPLOYEE, employee_id="9") for site in ("acme", "globex"))
    shown = broker(web_pages, *roles)
    assert "Employers" in shown
    assert "request" not in shown
