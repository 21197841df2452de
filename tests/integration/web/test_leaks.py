"""Nothing of a person where it must not be: in pages, errors, logs, addresses; and the middleware that keeps out the rest."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

import pytest
from starlette.testclient import TestClient

from bensync.core.access import Role
from bensync.core.intake.proposals import IntakeRules, classify
from bensync.state.sync.requests import NewRequest
from tests.fixtures.databases import in_file
from tests.fixtures.pages import ADDRESS, Pages, Visitor, pages
from tests.unit.builders import profile, ssn

LINK = re.compile(r'href="(/[^"#]*)"')


@pytest.fixture
def owner(web_pages: Pages) -> Visitor:
    return web_pages.as_role(Role.DATA_OWNER)


def every_page(visitor: Visitor) -> dict[str, str]:
    """All pages that links lead to."""
    by_name: dict[str, str] = {}
    waiting = ["/sites/acme", "/account", "/privacy"]
    while waiting and len(by_name) < 300:
        path = waiting.pop().replace("&amp;", "&")
        if path in by_name or path.startswith("/static/"):
            continue
        answer = visitor.get(path)
        assert answer.status_code in {200, 303}, (path, answer.status_code)
        by_name[path] = answer.text
        waiting += LINK.findall(answer.text)
    return by_name


def test_S1_22_no_page_that_a_link_leads_to_shows_an_SSN_in_full(web_pages, owner):
    numbers = range(1, 30)
    for number in numbers:
        if number % 3:
            web_pages.deployment.ask(profile(number))
        else:
            web_pages.deployment.ask(profile(number, city="Dayton"), web_pages.deployment.approved(profile(number)))
    seen = every_page(owner)
    assert len(seen) > 60
    whole = "".join(seen.values())
    planted = {
        form for number in numbers for form in (ssn(number), f"{ssn(number)[:3]}-{ssn(number)[3:5]}-{ssn(number)[5:]}")
    }
    assert not [number for number in planted if number in whole]
    assert f"***-**-{ssn(3)[5:]}" in whole
    with web_pages.deployment.store.read("acme") as work:
        participant = work.participants.by_employees(["3"])["3"].id
    path = f"/sites/acme/people/{participant}/ssn"
    owner.get(path)
    control = owner.post(path, {"reason": "a positive control"}).text
    assert [number for number in planted if number in control]  # the search finds an SSN where there is one


def test_S1_25_every_page_links_to_the_privacy_notice(tmp_path):
    who = 'operator = "Example Benefits"\nproduct = "Benefit Office"\ncontact = "office@example.com"\n'
    with pages(tmp_path, in_file(tmp_path), f"[web]\nchanges_per_minute = 1000000\n{who}") as web_pages:
        web_pages.deployment.ask(profile(1, city="Dayton"), web_pages.deployment.approved(profile(1)))
        seen = {path: text for path, text in every_page(web_pages.as_role(Role.DATA_OWNER)).items() if text}
        seen["/sign-in"] = web_pages.visitor().get("/sign-in").text
    wanted = ('href="/privacy"', "Operated by Example Benefits", "Benefit Office", "office@example.com")
    assert len(seen) > 20
    assert [(path, part) for path, text in seen.items() for part in wanted if part not in text] == []


def test_no_description_of_the_pages_is_served(web_pages, owner):
    for path in ("/docs", "/redoc", "/openapi.json", "/static/../app.py", "/static/%2e%2e/app.py"):
        assert owner.get(path).status_code == 404, path


@pytest.mark.slow
def test_pages_of_ten_thousand_requests_take_little_longer_than_those_of_two_screens_full(web_pages, owner):
    ask_many(web_pages, range(1, 121))
    path = "/sites/acme/requests"
    pages = (path, f"{path}?bucket=new&page=2", "/sites/acme", f"{path}/50")
    few = {page: min(seconds(owner, page) for _ in range(9)) for page in pages}
    ask_many(web_pages, range(121, 10_001))
    # Counting them costs a few times a page, opening them all far more. A busy machine has quiet moments, such a page none.
    assert not [page for page in pages if not any(seconds(owner, page) < 10 * few[page] for _ in range(40))]


def ask_many(web_pages: Pages, numbers: Iterable[int]) -> None:
    """Many requests at once."""
    with web_pages.deployment.store.write("acme", "test.many") as work:
        openings = []
        for person in map(profile, numbers):
            proposal = classify(person, None, None, web_pages.deployment.now.date(), IntakeRules())
            openings.append(NewRequest(proposal, person, work.vault.index(person.values["ssn"]), b"f", None))
        work.requests.open_all(openings, web_pages.deployment.now)


def seconds(visitor: Visitor, path: str) -> float:
    """How long a page takes."""
    begun = time.perf_counter()
    assert visitor.get(path).status_code == 200
    return time.perf_counter() - begun


def test_the_client_of_these_tests_speaks_to_the_real_server(web_pages):
    assert TestClient(web_pages.app, base_url=ADDRESS).get("/sign-in").status_code == 200
