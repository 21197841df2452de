"""Working the queue on the pages: one request, many, stale ones, twice, all at once; what is said, and what happens."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from bensync.actions import corrections
from bensync.core.access import Role
from bensync.core.people import Standing
from bensync.core.requests import RequestState
from bensync.state.read.filtered_lists import RequestFilter, RequestGroup, SortOrder
from tests.fixtures.pages import KEY, OURS, TOKEN, Pages, Visitor
from tests.fixtures.user_deployment import ROOT
from tests.unit.builders import profile

QUEUE = "/sites/acme/requests"


@pytest.fixture
def owner(here: Pages) -> Visitor:
    return here.as_role(Role.DATA_OWNER)


def state(here: Pages, number: int) -> RequestState:
    with here.deployment.store.read("acme") as work:
        return work.requests.get([number])[number].state


def audited(here: Pages, verb: str) -> list[str]:
    with here.deployment.store.read("acme") as work:
        return [entry.object for entry in work.lists.audit().items if entry.verb == verb]


def text(answer) -> str:
    """What is read on a page."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def leaving(number: int):
    return profile(number, active=False, since="2026-05-20", termination_date="2026-05-20")


def test_approving_a_harmless_request_applies_it_and_goes_on_to_the_next(here, owner):
    first, second = here.deployment.ask(profile(1)), here.deployment.ask(profile(2))
    page = owner.get(f"{QUEUE}/{first}")
    assert "Add Robin Example as a new participant?" in text(page)
    answer = owner.post(f"{QUEUE}/{first}/approve", {"how": "plain"})
    assert answer.headers["location"] == f"{QUEUE}/{second}"
    assert "Robin Example: Request approved." in text(owner.get(f"{QUEUE}/{second}"))
    assert "Request approved" not in text(owner.get(f"{QUEUE}/{second}"))  # it is told once
    assert state(here, first) is RequestState.APPROVED
    assert audited(here, "request.approve")


def test_S0_26_a_termination_shows_its_caution_and_is_not_approved_before_it_is_accepted(here, owner):
    someone = here.deployment.approved(profile(1))
    number = here.deployment.ask(leaving(1), someone)
    page = owner.get(f"{QUEUE}/{number}")
    assert "This ends the benefits of Robin Example" in text(page)
    assert "Every affected carrier is notified that coverage ends." in text(page)
    assert (
        "I understand that this ends all benefits of Robin Example and that every affected carrier is notified."
        in text(page)
    )
    refused = owner.post(f"{QUEUE}/{number}/approve", {"how": "plain"})
    assert refused.status_code == 409
    assert "Read the caution and select its checkbox" in text(refused)
    assert state(here, number) is RequestState.PENDING
    owner.get(f"{QUEUE}/{number}")
    assert owner.post(f"{QUEUE}/{number}/approve", {"how": "plain", "confirmed": "yes"}).status_code == 303
    with here.deployment.store.read("acme") as work:
        assert work.participants.by_ids([someone.id])[someone.id].standing is Standing.TERMINATED


def test_S0_21_a_reactivation_carries_its_warning(here, owner):
    someone = here.deployment.approved(profile(1))
    corrections.terminate(
        here.deployment.store,
        "acme",
        someone.id,
        here.deployment.now.date(),
        "left the company",
        ROOT,
        here.deployment.now,
    )
    with here.deployment.store.read("acme") as work:
        ended = work.participants.by_ids([someone.id])[someone.id]
    number = here.deployment.ask(profile(1), ended)
    page = text(owner.get(f"{QUEUE}/{number}"))
    assert "A terminated participant becomes active again." in page
    assert "Ended coverage stays ended" in page
    assert "I understand that this reactivates Robin Example" in page


def test_declining_needs_a_reason_and_changes_nobody(here, owner):
    number = here.deployment.ask(profile(1))
    owner.get(f"{QUEUE}/{number}")
    assert owner.post(f"{QUEUE}/{number}/decline", {"reason": "BECAUSE"}).status_code == 409
    owner.get(f"{QUEUE}/{number}")
    answer = owner.post(f"{QUEUE}/{number}/decline", {"reason": "INELIGIBLE", "note": "waits for the form"})
    assert answer.status_code == 303
    assert state(here, number) is RequestState.DECLINED
    shown = text(owner.get(f"{QUEUE}/{number}"))
    assert "Not eligible" in shown
    assert "waits for the form" in shown
    with here.deployment.store.read("acme") as work:
        assert not work.participants.any()


def test_A_42_A_44_a_request_whose_basis_moved_is_answered_with_the_one_that_holds_now(here, owner):
    someone = here.deployment.approved(profile(1))
    number = here.deployment.ask(profile(1, city="Dayton"), someone)
    owner.get(f"{QUEUE}/{number}")
    corrections.edit(here.deployment.store, "acme", someone.id, {"city": "Erie"}, "letter", ROOT, here.deployment.now)
    stale = owner.post(f"{QUEUE}/{number}/approve", {"how": "plain"})
    assert stale.status_code == 409
    assert f"View request {number + 1}" in text(stale)
    shown = owner.get(f"{QUEUE}/{number + 1}")
    assert "Erie" in text(shown)
    assert state(here, number) is RequestState.SUPERSEDED
    assert f"View request {number + 1}, which replaced it" in text(owner.get(f"{QUEUE}/{number}"))


def test_A_45_the_second_of_two_administrators_is_told_kindly(here, owner):
    other = here.as_role(Role.HR_USER)
    number = here.deployment.ask(profile(1))
    owner.get(f"{QUEUE}/{number}")
    other.get(f"{QUEUE}/{number}")
    assert owner.post(f"{QUEUE}/{number}/approve", {"how": "plain"}).status_code == 303
    late = other.post(f"{QUEUE}/{number}/decline", {"reason": "OTHER"})
    assert late.status_code == 409
    assert "It is approved by data_owner" in text(late)
    assert len(audited(here, "request.approve")) == 1


def test_R16_a_hundred_posts_of_one_form_have_one_effect_and_one_answer(here, owner):
    number = here.deployment.ask(profile(1))
    page = owner.get(f"{QUEUE}/{number}")
    form = {"token": TOKEN.search(page.text)[1], "key": KEY.search(page.text)[1], "how": "plain"}

    def send(_: int) -> tuple[int, str]:
        answer = owner.client.post(f"{QUEUE}/{number}/approve", data=form, headers=OURS, follow_redirects=False)
        return answer.status_code, answer.headers.get("location", "")

    with ThreadPoolExecutor(20) as crowd:
        answers = set(crowd.map(send, range(100)))
    assert len(answers) == 1
    assert answers.pop()[0] == 303
    assert len(audited(here, "request.approve")) == 1


def test_R16_posts_of_a_hundred_forms_of_one_request_have_one_effect(here, owner):
    number = here.deployment.ask(profile(1))
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
    assert len(audited(here, "request.approve")) == 1


def test_A_46_bulk_takes_the_harmless_with_the_count_typed_and_never_the_dangerous(here, owner):
    someone = here.deployment.approved(profile(9))
    dangerous = here.deployment.ask(leaving(9), someone)
    harmless = [here.deployment.ask(profile(number)) for number in (1, 2, 3)]
    page = owner.get(QUEUE)
    assert page.text.count('name="id"') == 3
    confirm = owner.post(f"{QUEUE}/bulk", {"which": "all", "upto": str(dangerous + 3)})
    assert "Approve 3 requests?" in text(confirm)
    form = {"which": "all", "upto": str(dangerous + 3), "shown": "3"}
    owner.token = TOKEN.search(confirm.text)[1]
    assert owner.post(f"{QUEUE}/bulk/approve", {**form, "count": "2", "key": "a"}).status_code == 409
    assert all(state(here, number) is RequestState.PENDING for number in harmless)
    assert owner.post(f"{QUEUE}/bulk/approve", {**form, "count": "3", "key": "b"}).status_code == 303
    assert all(state(here, number) is RequestState.APPROVED for number in harmless)
    assert state(here, dangerous) is RequestState.PENDING
    assert "3 requests approved." in text(owner.get(QUEUE))


def test_bulk_leaves_out_the_dangerous_even_when_a_form_names_it(here, owner):
    someone = here.deployment.approved(profile(9))
    dangerous, harmless = here.deployment.ask(leaving(9), someone), here.deployment.ask(profile(1))
    owner.get(QUEUE)
    form = {"which": "ticked", "id": [str(dangerous), str(harmless)], "shown": "1", "count": "1"}
    assert owner.post(f"{QUEUE}/bulk/approve", form).status_code == 303
    assert state(here, dangerous) is RequestState.PENDING
    assert state(here, harmless) is RequestState.APPROVED


def test_bulk_refuses_when_the_list_has_changed_since_it_was_looked_at(here, owner):
    numbers = [here.deployment.ask(profile(number)) for number in (1, 2)]
    owner.get(QUEUE)
    owner.post(f"{QUEUE}/{numbers[0]}/decline", {"reason": "OTHER"})
    owner.get(QUEUE)
    form = {"which": "all", "upto": str(numbers[1]), "shown": "2", "count": "2"}
    refused = owner.post(f"{QUEUE}/bulk/approve", form)
    assert refused.status_code == 409
    assert "It had 2 requests and now has 1" in text(refused)
    assert state(here, numbers[1]) is RequestState.PENDING


def test_what_comes_after_the_look_is_never_approved_with_the_rest(here, owner):
    seen = here.deployment.ask(profile(1))
    owner.get(QUEUE)
    unseen = here.deployment.ask(profile(2))
    form = {"which": "all", "upto": str(seen), "shown": "1", "count": "1"}
    assert owner.post(f"{QUEUE}/bulk/approve", form).status_code == 303
    assert state(here, unseen) is RequestState.PENDING


def test_a_search_finds_names_and_numbers_and_stays_out_of_every_address(here, owner):
    here.deployment.ask(profile(1, first_name="Ottilie"))
    here.deployment.ask(profile(2))
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


def test_every_request_lies_in_exactly_one_heap_and_what_hurts_comes_first(here):
    someone, other = here.deployment.approved(profile(1)), here.deployment.approved(profile(2))
    moved = here.deployment.ask(profile(2, city="Dayton"), other)
    new = here.deployment.ask(profile(3))
    gone = here.deployment.ask(leaving(1), someone)
    stranger = here.deployment.ask(msgspec.structs.replace(profile(5), employee_id="77"))
    with here.deployment.store.read("acme") as work:
        tallies = work.filtered.tallies()
        waiting = work.filtered.numbers(RequestFilter(), SortOrder.URGENT)
        heaps = {bucket: work.filtered.numbers(RequestFilter(bucket=bucket)) for bucket in RequestGroup}
    assert waiting == [gone, new, stranger, moved]
    assert sorted(number for heap in heaps.values() for number in heap) == sorted(waiting)
    assert {bucket: tally.total for bucket, tally in tallies.items()} == {
        bucket: len(heap) for bucket, heap in heaps.items()
    }
    assert tallies[RequestGroup.TERMINATED].high == 1


def test_a_page_number_of_nonsense_is_the_first_page(here, owner):
    here.deployment.ask(profile(1))
    for nonsense in ("0", "-1", "x", "999999999999", "1e3", "٣"):
        assert owner.get(f"{QUEUE}?page={nonsense}&order=x&bucket=y&risk=z&state=q").status_code == 200


def test_four_eyes_are_asked_for_and_told(tmp_path, database):
    from tests.fixtures.pages import pages

    with pages(tmp_path, database) as here:
        table = here.config.read_text().replace('id = "SITE0000"', 'id = "SITE0000"\nsecond_approver = ["high_risk"]')
        here.config.write_text(table)
        app = here.app.state.bensync
        app.deployment.__init__(here.config)
        first, second = here.as_role(Role.DATA_OWNER), here.as_role(Role.HR_USER)
        number = here.deployment.ask(leaving(1), here.deployment.approved(profile(1)))
        assert "This needs two approvers" in text(first.get(f"{QUEUE}/{number}"))
        first.post(f"{QUEUE}/{number}/approve", {"how": "plain", "confirmed": "yes"})
        assert state(here, number) is RequestState.PENDING
        assert "First approval given" in text(first.get(QUEUE))
        assert "data_owner gave the first approval" in text(second.get(f"{QUEUE}/{number}"))
        second.post(f"{QUEUE}/{number}/approve", {"how": "plain", "confirmed": "yes"})
        assert state(here, number) is RequestState.APPROVED
