"""Error pages: what happened, and nothing of what was sent."""

from __future__ import annotations

import pytest
import structlog

from bensync.core.access import Role
from bensync.state.read.filtered_lists import FilteredLists
from tests.fixtures.databases import on_sqlite
from tests.fixtures.pages import Pages, Visitor

SECRET = "078-05-1120"


@pytest.fixture
def owner(web_pages: Pages) -> Visitor:
    return web_pages.as_role(Role.DATA_OWNER)


@pytest.mark.parametrize(
    "path",
    [f"/sites/acme/requests/{SECRET}", f"/sites/acme/people/{SECRET}/ssn", f"/{SECRET}", f"/sites/{SECRET}",
     f"/sites/acme/requests?bucket={SECRET}&page={SECRET}", f"/sites/acme/employees/{SECRET}%20x",
     f"/sites/acme/audit/{SECRET}", f"/static/{SECRET}"],
)  # fmt: skip
def test_what_was_asked_for_wrongly_is_never_echoed(owner, path):
    answer = owner.get(path)
    assert answer.status_code in {200, 404}
    assert SECRET not in answer.text


def test_a_bug_shows_and_logs_nothing_of_anybody(web_pages, owner, monkeypatch, caplog):
    def broken(self: FilteredLists) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr(FilteredLists, "tallies", broken)
    with structlog.testing.capture_logs() as said:
        answer = owner.get("/sites/acme")
    assert answer.status_code == 500
    assert SECRET not in answer.text + str(said) + caplog.text
    (bug,) = [line for line in said if line["event"] == "web.bug"]
    assert bug["kind"] == "ValueError"
    assert bug["path"] == "/sites/{site}"
    assert bug["place"].startswith("overview.py, line")


@on_sqlite
def test_a_database_that_cannot_be_used_is_reported_in_three_lines(web_pages, owner):
    web_pages.deployment.store.file.rename(web_pages.deployment.store.file.with_suffix(".away"))
    answer = web_pages.visitor().get("/sites/acme")
    assert answer.status_code in {303, 503}
    answer = owner.get("/sites/acme")
    assert answer.status_code == 503
    assert "What to do" in answer.text
    assert str(web_pages.deployment.store.file.parent) not in answer.text
