"""Working the queue on the pages: one request, many, stale ones, twice, all at once; what is said, and what happens."""

from __future__ import annotations

import re

import pytest

from bensync.actions import corrections
from bensync.core.access import Role
from bensync.core.people import Standing
from bensync.core.requests import RequestState
from tests.fixtures.pages import Pages, Visitor
from tests.fixtures.user_deployment import ROOT
from tests.integration.web.queue import QUEUE, audited, leaving, state, text
from tests.unit.builders import profile


@pytest.fixture
def owner(web_pages: Pages) -> Visitor:
    return web_pages.as_role(Role.DATA_OWNER)


def test_approving_a_low_risk_request_applies_it_and_goes_on_to_the_next(web_pages, owner):
    first, second = web_pages.deployment.ask(profile(1)), web_pages.deployment.ask(profile(2))
    page = owner.get(f"{QUEUE}/{first}")
    assert "Add Robin Example as a new participant?" in text(page)
    answer = owner.post(f"{QUEUE}/{first}/approve", {"how": "plain"})
    assert answer.headers["location"] == f"{QUEUE}/{second}"
    assert "Robin Example: Request approved." in text(owner.get(f"{QUEUE}/{second}"))
    assert "Request approved" not in text(owner.get(f"{QUEUE}/{second}"))  # it is shown once
    assert state(web_pages, first) is RequestState.APPROVED
    assert audited(web_pages, "request.approve")


def test_S0_26_a_termination_shows_its_caution_and_is_not_approved_before_it_is_accepted(web_pages, owner):
    someone = web_pages.deployment.approved(profile(1))
    number = web_pages.deployment.ask(leaving(1), someone)
    page = owner.get(f"{QUEUE}/{number}")
    assert "Terminate Robin Example in the benefits platform?" in text(page)
    assert "This site has no rulebook: bensync ends no coverage, and it notifies no carrier." in text(page)
    assert "end the coverage in your benefits system, notify each carrier" in text(page)
    assert "I understand that Robin Example becomes terminated, that bensync ends no coverage" in text(page)
    refused = owner.post(f"{QUEUE}/{number}/approve", {"how": "plain"})
    assert refused.status_code == 409
    assert "Read the caution and select its checkbox" in text(refused)
    assert state(web_pages, number) is RequestState.PENDING
    owner.get(f"{QUEUE}/{number}")
    assert owner.post(f"{QUEUE}/{number}/approve", {"how": "plain", "confirmed": "yes"}).status_code == 303
    with web_pages.deployment.store.read("acme") as work:
        assert work.participants.by_ids([someone.id])[someone.id].standing is Standing.TERMINATED


def test_A_111_a_value_that_is_not_ticked_is_declined_and_shown_unticked_later(web_pages, owner):
    someone = web_pages.deployment.approved(profile(1))
    number = web_pages.deployment.ask(profile(1, city="Akron", mobile_phone="555 0100"), someone)
    page = owner.get(f"{QUEUE}/{number}")
    ticks = re.findall(r'<input type="checkbox" name="field" value="(\w+)" form="approve"[^>]*?( checked)?>', page.text)
    assert ticks == [("city", " checked"), ("mobile_phone", " checked")]

    nothing = owner.post(f"{QUEUE}/{number}/approve", {"how": "plain", "choosing": "yes"})
    assert nothing.status_code == 409
    assert "No change of the request is selected. What to do Change the selection, or decline the request" in text(
        nothing
    )
    owner.get(f"{QUEUE}/{number}")
    form = {"how": "plain", "choosing": "yes", "field": "mobile_phone", "reason": "ERROR"}
    assert owner.post(f"{QUEUE}/{number}/approve", form).status_code == 303

    decided = text(owner.get(f"{QUEUE}/{number}"))
    assert "Left out City" in decided
    assert "Wrong in HR" in decided
    with web_pages.deployment.store.read("acme") as work:
        after = work.participants.by_ids([someone.id])[someone.id]
    assert (after.profile.values["city"], after.profile.values["mobile_phone"]) == ("Springfield", "555 0100")
    assert audited(web_pages, "request.decline_fields") == [f"request {number}"]


def test_S0_21_a_reactivation_carries_its_warning(web_pages, owner):
    someone = web_pages.deployment.approved(profile(1))
    corrections.terminate(
        web_pages.deployment.store,
        "acme",
        someone.id,
        web_pages.deployment.now.date(),
        "left the company",
        ROOT,
        web_pages.deployment.now,
        confirmed=True,
    )
    with web_pages.deployment.store.read("acme") as work:
        ended = work.participants.by_ids([someone.id])[someone.id]
    number = web_pages.deployment.ask(profile(1), ended)
    page = text(owner.get(f"{QUEUE}/{number}"))
    assert "A terminated participant becomes active again." in page
    assert "Ended coverage stays ended" in page
    assert "I understand that this reactivates Robin Example" in page


def test_declining_needs_a_reason_and_changes_nobody(web_pages, owner):
    number = web_pages.deployment.ask(profile(1))
    owner.get(f"{QUEUE}/{number}")
    assert owner.post(f"{QUEUE}/{number}/decline", {"reason": "BECAUSE"}).status_code == 409
    owner.get(f"{QUEUE}/{number}")
    answer = owner.post(f"{QUEUE}/{number}/decline", {"reason": "INELIGIBLE", "note": "waits for the form"})
    assert answer.status_code == 303
    assert state(web_pages, number) is RequestState.DECLINED
    shown = text(owner.get(f"{QUEUE}/{number}"))
    assert "Not eligible" in shown
    assert "waits for the form" in shown
    with web_pages.deployment.store.read("acme") as work:
        assert not work.participants.any()


def test_A_42_A_44_a_request_whose_basis_moved_is_answered_with_the_one_that_holds_now(web_pages, owner):
    someone = web_pages.deployment.approved(profile(1))
    number = web_pages.deployment.ask(profile(1, city="Dayton"), someone)
    owner.get(f"{QUEUE}/{number}")
    corrections.edit(
        web_pages.deployment.store, "acme", someone.id, {"city": "Erie"}, "letter", ROOT, web_pages.deployment.now
    )
    stale = owner.post(f"{QUEUE}/{number}/approve", {"how": "plain"})
    assert stale.status_code == 409
    assert f"View request {number + 1}" in text(stale)
    shown = owner.get(f"{QUEUE}/{number + 1}")
    assert "Erie" in text(shown)
    assert state(web_pages, number) is RequestState.SUPERSEDED
    assert f"View request {number + 1}, which replaced it" in text(owner.get(f"{QUEUE}/{number}"))


def test_A_45_the_second_of_two_administrators_gets_a_kind_message(web_pages, owner):
    other = web_pages.as_role(Role.HR_USER)
    number = web_pages.deployment.ask(profile(1))
    owner.get(f"{QUEUE}/{number}")
    other.get(f"{QUEUE}/{number}")
    assert owner.post(f"{QUEUE}/{number}/approve", {"how": "plain"}).status_code == 303
    late = other.post(f"{QUEUE}/{number}/decline", {"reason": "OTHER"})
    assert late.status_code == 409
    assert "It is approved by data_owner" in text(late)
    assert len(audited(web_pages, "request.approve")) == 1


def test_a_second_approver_is_asked_for_and_shown(tmp_path, database):
    from tests.fixtures.pages import pages

    with pages(tmp_path, database) as web_pages:
        table = web_pages.config.read_text().replace(
            'id = "SITE0000"', 'id = "SITE0000"\nsecond_approver = ["high_risk"]'
        )
        web_pages.config.write_text(table)
        app = web_pages.app.state.bensync
        app.deployment.__init__(web_pages.config)
        first, second = web_pages.as_role(Role.DATA_OWNER), web_pages.as_role(Role.HR_USER)
        number = web_pages.deployment.ask(leaving(1), web_pages.deployment.approved(profile(1)))
        assert "This needs two approvers" in text(first.get(f"{QUEUE}/{number}"))
        first.post(f"{QUEUE}/{number}/approve", {"how": "plain", "confirmed": "yes"})
        assert state(web_pages, number) is RequestState.PENDING
        assert "First approval given" in text(first.get(QUEUE))
        assert "data_owner gave the first approval" in text(second.get(f"{QUEUE}/{number}"))
        second.post(f"{QUEUE}/{number}/approve", {"how": "plain", "confirmed": "yes"})
        assert state(web_pages, number) is RequestState.APPROVED


def test_A_140_a_declined_request_asks_again_on_its_page_and_over_the_api(web_pages, owner):
    number = web_pages.deployment.ask(profile(1))
    owner.get(f"{QUEUE}/{number}")
    owner.post(f"{QUEUE}/{number}/decline", {"reason": "ERROR"})
    assert "Ask again" in text(owner.get(f"{QUEUE}/{number}"))

    answer = owner.post(f"{QUEUE}/{number}/ask-again", {"reason": "declined by mistake"})

    again = number + 1
    assert answer.headers["location"] == f"{QUEUE}/{again}"
    assert "Asked again. This request has what HR says now." in text(owner.get(f"{QUEUE}/{again}"))
    assert audited(web_pages, "request.ask_again")
    owner.post(f"{QUEUE}/{again}/decline", {"reason": "ERROR"})
    path = f"/api/sites/acme/requests/{again}/ask-again"
    answered = owner.ask_api("POST", path, {"reason": "declined by mistake"})
    assert (answered.status_code, answered.json()["successor"]) == (200, again + 1)
