"""Approving many requests at once on the pages."""

from __future__ import annotations

import pytest

from bensync.core.access import Role
from bensync.core.requests import RequestState
from tests.fixtures.pages import TOKEN, Pages, Visitor
from tests.integration.web.queue import QUEUE, leaving, state, text
from tests.unit.builders import profile


@pytest.fixture
def owner(web_pages: Pages) -> Visitor:
    return web_pages.as_role(Role.DATA_OWNER)


def test_A_46_bulk_takes_low_risk_requests_with_the_count_typed_and_never_the_dangerous(web_pages, owner):
    someone = web_pages.deployment.approved(profile(9))
    dangerous = web_pages.deployment.ask(leaving(9), someone)
    low_risk = [web_pages.deployment.ask(profile(number)) for number in (1, 2, 3)]
    page = owner.get(QUEUE)
    assert page.text.count('name="id"') == 3
    confirm = owner.post(f"{QUEUE}/bulk", {"which": "all", "upto": str(dangerous + 3)})
    assert "Approve 3 requests?" in text(confirm)
    form = {"which": "all", "upto": str(dangerous + 3), "shown": "3"}
    owner.token = TOKEN.search(confirm.text)[1]
    assert owner.post(f"{QUEUE}/bulk/approve", {**form, "count": "2", "key": "a"}).status_code == 409
    assert all(state(web_pages, number) is RequestState.PENDING for number in low_risk)
    assert owner.post(f"{QUEUE}/bulk/approve", {**form, "count": "3", "key": "b"}).status_code == 303
    assert all(state(web_pages, number) is RequestState.APPROVED for number in low_risk)
    assert state(web_pages, dangerous) is RequestState.PENDING
    assert "3 requests approved." in text(owner.get(QUEUE))


def test_bulk_leaves_out_the_dangerous_even_when_a_form_names_it(web_pages, owner):
    someone = web_pages.deployment.approved(profile(9))
    dangerous, low_risk = web_pages.deployment.ask(leaving(9), someone), web_pages.deployment.ask(profile(1))
    owner.get(QUEUE)
    form = {"which": "ticked", "id": [str(dangerous), str(low_risk)], "shown": "1", "count": "1"}
    assert owner.post(f"{QUEUE}/bulk/approve", form).status_code == 303
    assert state(web_pages, dangerous) is RequestState.PENDING
    assert state(web_pages, low_risk) is RequestState.APPROVED


def test_bulk_refuses_when_the_list_has_changed_since_it_was_looked_at(web_pages, owner):
    numbers = [web_pages.deployment.ask(profile(number)) for number in (1, 2)]
    owner.get(QUEUE)
    owner.post(f"{QUEUE}/{numbers[0]}/decline", {"reason": "OTHER"})
    owner.get(QUEUE)
    form = {"which": "all", "upto": str(numbers[1]), "shown": "2", "count": "2"}
    refused = owner.post(f"{QUEUE}/bulk/approve", form)
    assert refused.status_code == 409
    assert "It had 2 requests and now has 1" in text(refused)
    assert state(web_pages, numbers[1]) is RequestState.PENDING


def test_what_comes_after_the_look_is_never_approved_with_the_rest(web_pages, owner):
    seen = web_pages.deployment.ask(profile(1))
    owner.get(QUEUE)
    unseen = web_pages.deployment.ask(profile(2))
    form = {"which": "all", "upto": str(seen), "shown": "1", "count": "1"}
    assert owner.post(f"{QUEUE}/bulk/approve", form).status_code == 303
    assert state(web_pages, unseen) is RequestState.PENDING
