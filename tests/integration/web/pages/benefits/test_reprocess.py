"""Taking events back on the pages: shown first, then marked."""

from __future__ import annotations

import re

from bensync.benefits.values.events import EventStatus
from tests.integration.web.benefit_pages import (
    SITE,
    WHY,
    case_of,
    enrolled,
    leaving,
    run,
    text,
)


def test_S3_195_voiding_shows_first_what_is_taken_back(web_pages, owner):
    someone = enrolled(web_pages, owner)
    number = web_pages.deployment.ask(leaving(), someone)
    owner.get(f"{SITE}/requests/{number}")
    owner.post(f"{SITE}/requests/{number}/approve", {"how": "plain", "confirmed": "yes"})
    run(web_pages)
    event = f"{SITE}/people/{someone.id}/events/2"
    shown = text(owner.get(f"{event}/reprocess?how=VOID"))
    assert "The COBRA record of Jun 1, 2026 becomes void." in shown
    assert re.search(r"[1-9] coverage rows, listed below", shown)
    assert "Medical (PPO, Employee) starts on Jun 1, 2026" in shown
    assert owner.post(f"{event}/reprocess", {"how": "VOID", **WHY}).status_code == 409
    owner.get(f"{event}/reprocess?how=VOID")
    owner.post(f"{event}/reprocess", {"how": "VOID", "confirmed": "yes", **WHY})
    assert "Marked: void" in text(owner.get(event))
    run(web_pages)
    assert "Void" in text(owner.get(event))
    assert case_of(web_pages, someone.id).event(2).status is EventStatus.VOID
    assert "seen and checked" in text(owner.get(event))


def test_a_mark_can_be_withdrawn(web_pages, owner):
    someone = enrolled(web_pages, owner)
    event = f"{SITE}/people/{someone.id}/events/1"
    owner.get(f"{event}/reprocess?how=ELECT")
    owner.post(f"{event}/reprocess", {"how": "ELECT", "confirmed": "yes", **WHY})
    assert "Remove mark" in text(owner.get(event))
    owner.post(f"{event}/reprocess", {"how": "NORMAL"})
    assert "Remove mark" not in text(owner.get(event))


def test_S3_182_a_chosen_group_is_marked_after_what_it_loses_was_shown_and_the_count_typed(web_pages, owner):
    first, second = enrolled(web_pages, owner, 1), enrolled(web_pages, owner, 2)
    owner.get(f"{SITE}/events/list?show=all")
    chosen = {"event": [f"{first.id}.1", f"{second.id}.1"], "how": "VOID"}
    shown = owner.post(f"{SITE}/events/reprocess", chosen)
    assert "Void: 2 events" in text(shown)
    assert owner.post(f"{SITE}/events/reprocess/mark", {**chosen, "count": "3", **WHY}).status_code == 409
    owner.get(f"{SITE}/events/list?show=all")
    assert owner.post(f"{SITE}/events/reprocess/mark", {**chosen, "count": "2", **WHY}).status_code == 303
    assert "2 events marked" in text(owner.get(f"{SITE}/events/list?show=all"))
    run(web_pages)
    assert {case_of(web_pages, person.id).event(1).status for person in (first, second)} == {EventStatus.VOID}


def test_nothing_ticked_gets_a_kind_message(web_pages, owner):
    owner.get(f"{SITE}/events/list?show=all")
    assert owner.post(f"{SITE}/events/reprocess", {"how": "VOID"}).status_code == 303
    assert "No event is selected" in text(owner.get(f"{SITE}/events/list?show=all"))


def test_a_number_that_no_database_holds_selects_no_event(web_pages, owner):
    owner.get(f"{SITE}/events/list?show=all")
    answer = owner.post(f"{SITE}/events/reprocess", {"how": "VOID", "event": "9999999999.1"})
    assert answer.status_code == 303
