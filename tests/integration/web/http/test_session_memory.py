"""One form has one effect, however often it is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bensync.core.access import Role
from tests.fixtures.pages import KEY, OURS, TOKEN, Pages, Visitor
from tests.integration.web.queue import QUEUE, audited
from tests.unit.builders import profile


@pytest.fixture
def owner(web_pages: Pages) -> Visitor:
    return web_pages.as_role(Role.DATA_OWNER)


def test_R16_a_hundred_posts_of_one_form_have_one_effect_and_one_answer(web_pages, owner):
    number = web_pages.deployment.ask(profile(1))
    page = owner.get(f"{QUEUE}/{number}")
    form = {"token": TOKEN.search(page.text)[1], "key": KEY.search(page.text)[1], "how": "plain"}

    def send(_: int) -> tuple[int, str]:
        answer = owner.client.post(f"{QUEUE}/{number}/approve", data=form, headers=OURS, follow_redirects=False)
        return answer.status_code, answer.headers.get("location", "")

    with ThreadPoolExecutor(20) as crowd:
        answers = set(crowd.map(send, range(100)))
    assert len(answers) == 1
    assert answers.pop()[0] == 303
    assert len(audited(web_pages, "request.approve")) == 1


def test_R16_posts_of_a_hundred_forms_of_one_request_have_one_effect(web_pages, owner):
    number = web_pages.deployment.ask(profile(1))
    owner.get(f"{QUEUE}/{number}")

    def send(turn: int) -> int:
        form = {"token": owner.token, "key": f"form-{turn}", "how": "plain"}
        return owner.client.post(
            f"{QUEUE}/{number}/approve", data=form, headers=OURS, follow_redirects=False
        ).status_code

    with ThreadPoolExecutor(10) as crowd:
        answers = list(crowd.map(send, range(40)))
    assert sorted(set(answers)) == [303, 409]
    assert answers.count(303) == 1
    assert len(audited(web_pages, "request.approve")) == 1
