"""Templates: always escaped, and without scripts or styles of their own."""

from __future__ import annotations

import re

import pytest

from bensync.core.access import Role
from tests.fixtures.pages import Pages, Visitor
from tests.integration.web.test_leaks import every_page
from tests.unit.builders import profile


@pytest.fixture
def owner(web_pages: Pages) -> Visitor:
    return web_pages.as_role(Role.DATA_OWNER)


def test_markup_in_names_is_text_and_nothing_else(web_pages, owner):
    evil = "<script>alert(1)</script>"
    web_pages.deployment.ask(profile(1, first_name=evil, last_name='"><img src=x onerror=alert(2)>'))
    for path in ("/sites/acme/requests", "/sites/acme/requests/1"):
        page = owner.get(path).text
        assert "&lt;script&gt;" in page
        assert evil not in page
        assert "<img" not in page


def test_no_page_has_a_script_or_style_of_its_own(web_pages, owner):
    web_pages.deployment.ask(profile(1))
    for path, page in every_page(owner).items():
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)|javascript:", page), path
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page), path
