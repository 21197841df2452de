"""Nothing of a person where it must not be: in pages, errors, logs, addresses; and the door that keeps out the rest."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

import pytest
import structlog
from starlette.testclient import TestClient

from bensync.core.access import Role
from bensync.core.intake import IntakeRules, classify
from bensync.state.read.filtered_lists import FilteredLists
from bensync.state.sync.requests import NewRequest
from bensync.web.http.middleware import LARGEST_BODY
from tests.fixtures.databases import in_file, on_sqlite
from tests.fixtures.pages import ADDRESS, OURS, Pages, Visitor, pages
from tests.unit.builders import profile, ssn

SECRET = "078-05-1120"
LINK = re.compile(r'href="(/[^"#]*)"')


@pytest.fixture
def owner(here: Pages) -> Visitor:
    return here.as_role(Role.DATA_OWNER)


def every_page(visitor: Visitor) -> dict[str, str]:
    """All pages that links lead to."""
    found: dict[str, str] = {}
    waiting = ["/sites/acme", "/account", "/privacy"]
    while waiting and len(found) < 300:
        path = waiting.pop().replace("&amp;", "&")
        if path in found or path.startswith("/static/"):
            continue
        answer = visitor.get(path)
        assert answer.status_code in {200, 303}, (path, answer.status_code)
        found[path] = answer.text
        waiting += LINK.findall(answer.text)
    return found


def test_S1_22_no_page_that_a_link_leads_to_shows_an_SSN_in_full(here, owner):
    numbers = range(1, 30)
    for number in numbers:
        if number % 3:
            here.deployment.ask(profile(number))
        else:
            here.deployment.ask(profile(number, city="Dayton"), here.deployment.approved(profile(number)))
    seen = every_page(owner)
    assert len(seen) > 60
    whole = "".join(seen.values())
    planted = {
        form for number in numbers for form in (ssn(number), f"{ssn(number)[:3]}-{ssn(number)[3:5]}-{ssn(number)[5:]}")
    }
    assert not [one for one in planted if one in whole]
    assert f"***-**-{ssn(3)[5:]}" in whole
    with here.deployment.store.read("acme") as work:
        participant = work.participants.by_employees(["3"])["3"].id
    path = f"/sites/acme/people/{participant}/ssn"
    owner.get(path)
    control = owner.post(path, {"reason": "a positive control"}).text
    assert [one for one in planted if one in control]  # the look would have found one


def test_S1_25_every_page_links_to_the_privacy_notice(tmp_path):
    who = 'operator = "Example Benefits"\nproduct = "Benefit Desk"\ncontact = "desk@example.com"\n'
    with pages(tmp_path, in_file(tmp_path), f"[web]\nchanges_per_minute = 1000000\n{who}") as here:
        here.deployment.ask(profile(1, city="Dayton"), here.deployment.approved(profile(1)))
        seen = {path: text for path, text in every_page(here.as_role(Role.DATA_OWNER)).items() if text}
        seen["/sign-in"] = here.visitor().get("/sign-in").text
    wanted = ('href="/privacy"', "Operated by Example Benefits", "Benefit Desk", "desk@example.com")
    assert len(seen) > 20
    assert [(path, part) for path, text in seen.items() for part in wanted if part not in text] == []


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


def test_a_bug_shows_and_logs_nothing_of_anybody(here, owner, monkeypatch, caplog):
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
def test_a_database_that_cannot_be_used_is_told_in_three_lines(here, owner):
    here.deployment.store.file.rename(here.deployment.store.file.with_suffix(".away"))
    answer = here.visitor().get("/sites/acme")
    assert answer.status_code in {303, 503}
    answer = owner.get("/sites/acme")
    assert answer.status_code == 503
    assert "What to do" in answer.text
    assert str(here.deployment.store.file.parent) not in answer.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::ffff]", "localhost.evil"])
def test_only_known_names_are_served(here, host):
    answer = here.visitor().get("/sign-in", host=host)
    assert answer.status_code == 421


def test_a_form_that_is_too_large_is_refused_before_it_is_read(here, owner):
    fields = {"token": owner.token, "search": "x" * (LARGEST_BODY + 1)}
    answer = owner.client.post("/sites/acme/requests/search", data=fields, headers=OURS)
    assert answer.status_code == 413

    def endless():
        for _ in range(LARGEST_BODY // 1000 + 10):
            yield b"x" * 1000

    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = owner.client.post("/sites/acme/requests/search", content=endless(), headers={**OURS, **kind})
    assert answer.status_code == 413


def test_a_form_of_ten_thousand_fields_is_refused(owner):
    fields = {f"field{number}": "x" for number in range(10_000)}
    answer = owner.client.post("/sites/acme/requests/search", data={"token": owner.token, **fields}, headers=OURS)
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND"])
def test_other_methods_are_not_known(here, owner, method):
    answer = owner.client.request(method, "/sites/acme/requests", headers=OURS)
    assert answer.status_code == 405


def test_no_description_of_the_pages_is_served(here, owner):
    for path in ("/docs", "/redoc", "/openapi.json", "/static/../app.py", "/static/%2e%2e/app.py"):
        assert owner.get(path).status_code == 404, path


def test_markup_in_names_is_text_and_nothing_else(here, owner):
    evil = "<script>alert(1)</script>"
    here.deployment.ask(profile(1, first_name=evil, last_name='"><img src=x onerror=alert(2)>'))
    for path in ("/sites/acme/requests", "/sites/acme/requests/1"):
        page = owner.get(path).text
        assert "&lt;script&gt;" in page
        assert evil not in page
        assert "<img" not in page


def test_no_page_has_a_script_or_style_of_its_own(here, owner):
    here.deployment.ask(profile(1))
    for path, page in every_page(owner).items():
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)|javascript:", page), path
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page), path


@pytest.mark.slow
def test_pages_of_ten_thousand_requests_take_little_longer_than_those_of_two_screens_full(here, owner):
    ask_many(here, range(1, 121))
    path = "/sites/acme/requests"
    pages = (path, f"{path}?bucket=new&page=2", "/sites/acme", f"{path}/50")
    few = {page: min(seconds(owner, page) for _ in range(9)) for page in pages}
    ask_many(here, range(121, 10_001))
    # Counting them costs a few times a page, opening them all far more. A busy machine has quiet moments, such a page none.
    assert not [page for page in pages if not any(seconds(owner, page) < 10 * few[page] for _ in range(40))]


def ask_many(here: Pages, numbers: Iterable[int]) -> None:
    """Many requests at once."""
    with here.deployment.store.write("acme", "test.many") as work:
        openings = []
        for one in map(profile, numbers):
            proposal = classify(one, None, None, here.deployment.now.date(), IntakeRules())
            openings.append(NewRequest(proposal, one, work.vault.index(one.values["ssn"]), b"f", None))
        work.requests.open_all(openings, here.deployment.now)


def seconds(visitor: Visitor, path: str) -> float:
    """How long a page takes."""
    begun = time.perf_counter()
    assert visitor.get(path).status_code == 200
    return time.perf_counter() - begun


def test_the_client_of_these_tests_speaks_to_the_real_door(here):
    assert TestClient(here.app, base_url=ADDRESS).get("/sign-in").status_code == 200
