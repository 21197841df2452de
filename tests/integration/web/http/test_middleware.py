"""The middleware: small bodies, known methods."""

from __future__ import annotations

import pytest

from bensync.core.access import Role
from bensync.web.http.middleware import LARGEST_BODY
from tests.fixtures.pages import OURS, Pages, Visitor


@pytest.fixture
def owner(web_pages: Pages) -> Visitor:
    return web_pages.as_role(Role.DATA_OWNER)


def test_a_form_that_is_too_large_is_refused_before_it_is_read(web_pages, owner):
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
def test_other_methods_are_not_known(web_pages, owner, method):
    answer = owner.client.request(method, "/sites/acme/requests", headers=OURS)
    assert answer.status_code == 405
