"""Which requests are let in: the session, the form and its origin."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from bensync.core.access import Role
from bensync.web.app import RULES
from bensync.web.http.jobs import Job
from bensync.web.http.routing import API, GlobalRoute
from tests.fixtures.databases import in_file
from tests.fixtures.pages import OURS, SITES, Pages, pages
from tests.integration.web.test_app import ask, path_of
from tests.unit.builders import profile


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """One participant and one request on each site, and a run that never ends."""
    folder = tmp_path_factory.mktemp("pages")
    with pages(folder, in_file(folder)) as web_pages:
        web_pages.deployment.add("victim", Role.HR_USER)
        for site in SITES:
            web_pages.deployment.approved(profile(1), site=site)
            web_pages.deployment.ask(profile(2), site=site)
            busy = Job(site, ["sync"], "somebody", datetime.now(UTC))
            web_pages.app.state.bensync.jobs._last[site, False] = busy  # no test of rights starts a process
        yield web_pages


def test_who_is_not_signed_in_sees_the_open_pages_only(peopled):
    visitor = peopled.visitor()
    visitor.get("/sign-in")
    for rule in RULES:
        if (rule.method, rule.path) == ("POST", "/sign-in"):
            continue
        status = ask(visitor, rule, "acme")
        if rule.path.startswith(API):
            assert status == 401
            continue
        assert status == (200 if rule.access is GlobalRoute.OPEN else 303), rule
        if rule.access is not GlobalRoute.OPEN:
            assert visitor.last.headers["location"].startswith("/sign-in")


def state_of(web_pages: Pages) -> str:
    """Everything in the database but when sessions were seen."""
    with closing(sqlite3.connect(web_pages.deployment.store.file)) as connection:
        lines = [line for line in connection.iterdump() if not line.startswith('INSERT INTO "session"')]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.parametrize(
    "rule",
    [rule for rule in RULES if rule.method == "POST" and not rule.path.startswith(API)],
    ids=lambda rule: rule.path,
)
def test_no_form_of_a_stranger_is_taken(peopled, rule):
    visitor, other = peopled.as_role(Role.DATA_OWNER), peopled.as_role(Role.SENIOR_USER)
    path, good = path_of(rule, "acme"), {"token": visitor.token, "reason": "OTHER", "confirmed": "yes"}
    forged = {
        "no token": ({**good, "token": ""}, OURS),
        "another one's token": ({**good, "token": other.token}, OURS),
        "cross-site": (good, {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}),
        "same-site": (good, {"sec-fetch-site": "same-site"}),
        "no origin": (good, {}),
        "foreign origin": (good, {"origin": "https://evil.example"}),
        "null origin": (good, {"origin": "null"}),
        "text": (good, {**OURS, "content-type": "text/plain"}),
        "many parts": (good, {**OURS, "content-type": "multipart/form-data; boundary=x"}),
    }
    before = state_of(peopled)
    for name, (fields, headers) in forged.items():
        answer = visitor.client.post(path, data=fields, headers=headers, follow_redirects=False)
        assert answer.status_code == 403, name
        assert "It did not come from" in answer.text or "did not come from" in answer.text
    if not any(other_rule.method == "GET" and path_of(other_rule, "acme") == path for other_rule in RULES):
        assert visitor.get(path).status_code in {404, 405}
    assert state_of(peopled) == before


def test_the_api_knows_no_cookie_and_the_pages_no_token(peopled):
    visitor = peopled.as_role(Role.DATA_OWNER)
    token, visitor.api_token = visitor.api_token, ""
    before = state_of(peopled)
    for rule in (rule for rule in RULES if rule.path.startswith(API)):
        assert ask(visitor, rule, "acme") == 401, rule  # the cookie is there
        plain = {"authorization": f"Bearer {token}", "content-type": "text/plain"}
        if rule.method == "POST":
            assert visitor.client.post(path_of(rule, "acme"), content="{}", headers=plain).status_code == 415
    stranger = peopled.visitor()
    assert stranger.get("/sites/acme", authorization=f"Bearer {token}").status_code == 303
    assert state_of(peopled) == before


def test_an_old_browser_that_sends_its_origin_is_welcome(peopled):
    visitor = peopled.as_role(Role.DATA_OWNER)
    form = {"token": visitor.token, "search": "robin"}
    own = {"origin": "http://127.0.0.1:8480"}
    answer = visitor.client.post("/sites/acme/requests/search", data=form, headers=own, follow_redirects=False)
    assert answer.status_code == 303
