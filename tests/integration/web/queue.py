"""Requests that wait, and what became of them."""

from __future__ import annotations

import html
import re

from bensync.core.requests import RequestState
from tests.fixtures.pages import Pages
from tests.unit.builders import profile

QUEUE = "/sites/acme/requests"


def state(web_pages: Pages, number: int) -> RequestState:
    with web_pages.deployment.store.read("acme") as work:
        return work.requests.get([number])[number].state


def audited(web_pages: Pages, verb: str) -> list[str]:
    with web_pages.deployment.store.read("acme") as work:
        return [entry.object for entry in work.lists.audit().items if entry.verb == verb]


def text(answer) -> str:
    """What is read on a page."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def leaving(number: int):
    return profile(number, active=False, since="2026-05-20", termination_date="2026-05-20")
