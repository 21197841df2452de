"""The list of requests on the pages: groups, search and pages."""

from __future__ import annotations

import re

import msgspec
import pytest

from bensync.core.access import Role
from bensync.state.read.filtered_lists import RequestFilter, RequestGroup, SortOrder
from tests.fixtures.databases import in_file
from tests.fixtures.pages import Pages, Visitor, pages
from tests.integration.web.queue import QUEUE, leaving
from tests.unit.builders import profile


@pytest.fixture
def owner(web_pages: Pages) -> Visitor:
    return web_pages.as_role(Role.DATA_OWNER)


def test_a_search_finds_names_and_numbers_and_stays_out_of_every_address(web_pages, owner):
    web_pages.deployment.ask(profile(1, first_name="Ottilie"))
    web_pages.deployment.ask(profile(2))
    owner.get(QUEUE)
    answer = owner.post(f"{QUEUE}/search", {"search": "ottil"})
    assert answer.headers["location"] == f"{QUEUE}?search=on"
    page = owner.get(answer.headers["location"])
    assert "Ottilie Example" in page.text
    assert "Robin Example" not in page.text
    assert not re.search(r'(?:href|action)="[^"]*(?i:ottil)', page.text)
    owner.post(f"{QUEUE}/search", {"search": "2"})
    assert "Robin Example" in owner.get(f"{QUEUE}?search=on").text
    owner.post(f"{QUEUE}/search", {"search": "nobody at all"})
    assert "No request matches" in owner.get(f"{QUEUE}?search=on").text


@pytest.mark.parametrize(("fields", "matches"), [("", False), ('"last_name"', False), ('"first_name"', True)])
def test_a_search_by_name_finds_nobody_for_a_role_that_does_not_see_that_name(tmp_path, fields, matches):
    site = f"visible_fields = {{ auditor = [{fields}] }}\n"
    with pages(tmp_path, in_file(tmp_path), site=site) as web_pages:
        number = web_pages.deployment.ask(profile(1, first_name="Ottilie"))
        auditor = web_pages.as_role(Role.AUDITOR)
        for text, finds in (("ottil", matches), ("1", True)):
            auditor.get(QUEUE)
            auditor.post(f"{QUEUE}/search", {"search": text})
            page = auditor.get(f"{QUEUE}?search=on").text
            assert (f"/requests/{number}" in page) == finds
            assert "Ottilie Example" not in page


def test_every_request_is_in_exactly_one_group_and_the_most_urgent_comes_first(web_pages):
    someone, other = web_pages.deployment.approved(profile(1)), web_pages.deployment.approved(profile(2))
    moved = web_pages.deployment.ask(profile(2, city="Dayton"), other)
    new = web_pages.deployment.ask(profile(3))
    gone = web_pages.deployment.ask(leaving(1), someone)
    stranger = web_pages.deployment.ask(msgspec.structs.replace(profile(5), employee_id="77"))
    with web_pages.deployment.store.read("acme") as work:
        tallies = work.filtered.tallies()
        waiting = work.filtered.numbers(RequestFilter(), SortOrder.URGENT)
        groups = {bucket: work.filtered.numbers(RequestFilter(bucket=bucket)) for bucket in RequestGroup}
    assert waiting == [gone, new, stranger, moved]
    assert sorted(number for group in groups.values() for number in group) == sorted(waiting)
    assert {bucket: tally.total for bucket, tally in tallies.items()} == {
        bucket: len(group) for bucket, group in groups.items()
    }
    assert tallies[RequestGroup.TERMINATED].high == 1


def test_a_page_number_of_nonsense_is_the_first_page(web_pages, owner):
    web_pages.deployment.ask(profile(1))
    for nonsense in ("0", "-1", "x", "999999999999", "1e3", "٣"):
        assert owner.get(f"{QUEUE}?page={nonsense}&order=x&bucket=y&risk=z&state=q").status_code == 200
