"""People who are hired, covered and leave, and what the pages say about them."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable

from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.run import process_case
from bensync.wiring import Deployment
from tests.fixtures.pages import Pages, Visitor
from tests.unit.builders import profile, status_row

SITE = "/sites/acme"
FACTS = {"fte": "1", "pay_rate": "50000.00 USD", "pay_per": "Year", "gender": "X"}
HIRED = status_row("2026-05-01")
LEFT = status_row("2026-05-20", "Inactive")
WHY = {"reason": "seen and checked"}


def until(true: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.1)


def text(answer) -> str:
    """What is read on a page."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def hired(number: int = 1, **changes):
    """Somebody hired in May, as a file says."""
    facts = {**FACTS, "hire_date": "2026-05-01", **changes}
    return profile(number, since="2026-05-01", rows=(HIRED,), **facts)


def leaving(number: int = 1):
    facts = {**FACTS, "hire_date": "2026-05-01", "termination_date": "2026-05-20"}
    return profile(number, active=False, since="2026-05-20", rows=(HIRED, LEFT), **facts)


def run(web_pages: Pages) -> None:
    """What a run of events does."""
    book, now = Deployment(web_pages.config).rulebook("acme"), web_pages.deployment.now
    with web_pages.deployment.store.write("acme", "events.commit") as work:
        ids = work.cases.waiting(0, 1000)
        before, pending = work.cases.load(ids), work.cases.pending_edits(ids)
        results = [
            process_case(case, RunContext(book, now.date()), pending.get(number, ())) for number, case in before.items()
        ]
        work.cases.save(before, results, now)


def case_of(web_pages: Pages, number: int):
    with web_pages.deployment.store.read("acme") as work:
        return work.cases.load([number])[number]


def enrolled(web_pages: Pages, owner: Visitor, number: int = 1):
    """Somebody whose hire is processed, with a medical and a dental plan."""
    someone = web_pages.deployment.approved(hired(number))
    run(web_pages)
    event = f"{SITE}/people/{someone.id}/events/1"
    owner.get(event)
    form = {"choice.medical": "PPO/EE", "choice.dental": "DENTAL/EE"}
    assert owner.post(f"{event}/elections", form).status_code == 303
    run(web_pages)
    owner.get(event)
    owner.post(f"{event}/final", WHY)
    run(web_pages)
    return someone
