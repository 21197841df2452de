"""Benefit events on the pages: what an approval would do, elections, marks, taking back, COBRA; and who may do what."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.run import process_case
from bensync.benefits.values.events import EventStatus, Process
from bensync.core.access import Right, Role
from bensync.wiring import Deployment
from tests.fixtures.databases import in_file
from tests.fixtures.pages import Pages, Visitor, pages
from tests.unit.builders import profile, status_row

SITE = "/sites/acme"
FACTS = {"fte": "1", "pay_rate": "50000.00 USD", "pay_per": "Year", "gender": "X"}
HIRED = status_row("2026-05-01")
LEFT = status_row("2026-05-20", "Inactive")
WHY = {"reason": "seen and checked"}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Pages]:
    """Pages of a site with a rulebook."""
    with pages(tmp_path, in_file(tmp_path), benefits=True) as found:
        yield found


@pytest.fixture
def owner(here: Pages) -> Visitor:
    return here.as_role(Role.DATA_OWNER)


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


def run(here: Pages) -> None:
    """What a run of events does."""
    book, now = Deployment(here.config).rulebook("acme"), here.deployment.now
    with here.deployment.store.write("acme", "events.commit") as work:
        ids = work.cases.waiting(0, 1000)
        before, pending = work.cases.load(ids), work.cases.pending_edits(ids)
        made = [
            process_case(case, RunContext(book, now.date()), pending.get(number, ())) for number, case in before.items()
        ]
        work.cases.save(before, made, now)


def case_of(here: Pages, number: int):
    with here.deployment.store.read("acme") as work:
        return work.cases.load([number])[number]


def enrolled(here: Pages, owner: Visitor, number: int = 1):
    """Somebody whose hire is worked off, with a medical and a dental plan."""
    someone = here.deployment.approved(hired(number))
    run(here)
    event = f"{SITE}/people/{someone.id}/events/1"
    owner.get(event)
    form = {"choice.medical": "PPO/EE", "choice.dental": "DENTAL/EE"}
    assert owner.post(f"{event}/elections", form).status_code == 303
    run(here)
    owner.get(event)
    owner.post(f"{event}/final", WHY)
    run(here)
    return someone


def test_a_hire_becomes_an_event_with_offers_and_elections_become_coverage(here, owner):
    someone = here.deployment.approved(hired())
    run(here)
    assert "Hire or rehire" in text(owner.get(f"{SITE}/people/{someone.id}"))
    event = f"{SITE}/people/{someone.id}/events/1"
    page = text(owner.get(event))
    assert "Waiting for elections" in page
    assert "PPO, Employee" in page
    assert "$80.00 per month for the employee" in page
    owner.post(f"{event}/elections", {"choice.medical": "PPO/EE"})
    assert "1 election entered" in text(owner.get(event))
    assert case_of(here, someone.id).event(1).process is Process.ET
    run(here)
    page = text(owner.get(f"{SITE}/people/{someone.id}"))
    assert "Medical PPO, Employee Covered since May 1, 2026" in page
    assert "Finished" in page


def test_S0_26_the_card_of_a_termination_says_which_coverage_ends_and_that_cobra_opens(here, owner):
    someone = enrolled(here, owner)
    number = here.deployment.ask(leaving(), someone)
    page = text(owner.get(f"{SITE}/requests/{number}"))
    assert "Effect on coverage" in page
    assert "Medical (PPO, Employee) ends. The last day is May 31, 2026." in page
    assert "COBRA starts on Jun 1, 2026." in page
    assert "Northstar Health" in page
    owner.post(f"{SITE}/requests/{number}/approve", {"how": "plain", "confirmed": "yes"})
    run(here)
    person = text(owner.get(f"{SITE}/people/{someone.id}"))
    assert "Ended last day May 31, 2026" in person
    assert "COBRA from Jun 1, 2026" in person
    assert "COBRA deadlines" not in text(owner.get(SITE))  # the first of them is a month away
    here.deployment.pass_time(days=20)
    owner = here.sign_in(here.people[Role.DATA_OWNER])
    assert "COBRA deadlines within two weeks" in text(owner.get(SITE))
    listed = text(owner.get(f"{SITE}/events/cobra"))
    assert "Notify the plan administrator by Jul 1, 2026 Soon" in listed


def test_a_request_that_touches_nothing_says_so(here, owner):
    someone = enrolled(here, owner)
    number = here.deployment.ask(hired(city="Dayton"), someone)
    assert "No coverage starts, ends or changes" in text(owner.get(f"{SITE}/requests/{number}"))


def test_the_outlook_of_somebody_new_names_what_they_may_choose(here, owner):
    number = here.deployment.ask(hired())
    page = text(owner.get(f"{SITE}/requests/{number}"))
    assert "The participant can choose Medical, Dental, Vision, Life" in page


def test_A_68_a_loss_of_everything_is_told_on_the_overview_and_ends_nothing_before_it_is_confirmed(here, owner):
    someone = enrolled(here, owner)
    number = here.deployment.ask(hired(fte="0.2"), someone)
    assert "would end all coverage" in text(owner.get(f"{SITE}/requests/{number}"))
    owner.post(f"{SITE}/requests/{number}/approve", {"how": "plain", "confirmed": "yes"})
    run(here)
    assert "1 person would lose all coverage" in text(owner.get(SITE))
    assert "Would end all coverage" in text(owner.get(f"{SITE}/events/list?show=losses"))
    event = f"{SITE}/people/{someone.id}/events/2"
    assert "This ends all coverage of" in text(owner.get(event))
    assert owner.post(f"{event}/final", WHY).status_code == 409
    owner.get(event)
    assert owner.post(f"{event}/final", {**WHY, "confirmed": "yes"}).status_code == 303
    run(here)
    assert case_of(here, someone.id).event(2).process is Process.FE
    assert "would lose all coverage" not in text(owner.get(SITE))


def test_S3_195_voiding_shows_first_what_is_taken_back(here, owner):
    someone = enrolled(here, owner)
    number = here.deployment.ask(leaving(), someone)
    owner.get(f"{SITE}/requests/{number}")
    owner.post(f"{SITE}/requests/{number}/approve", {"how": "plain", "confirmed": "yes"})
    run(here)
    event = f"{SITE}/people/{someone.id}/events/2"
    shown = text(owner.get(f"{event}/reprocess?how=VOID"))
    assert "The COBRA record of Jun 1, 2026 becomes void." in shown
    assert re.search(r"[1-9] coverage rows, listed below", shown)
    assert "Medical (PPO, Employee) starts on Jun 1, 2026" in shown
    assert owner.post(f"{event}/reprocess", {"how": "VOID", **WHY}).status_code == 409
    owner.get(f"{event}/reprocess?how=VOID")
    owner.post(f"{event}/reprocess", {"how": "VOID", "confirmed": "yes", **WHY})
    assert "Marked: void" in text(owner.get(event))
    run(here)
    assert "Void" in text(owner.get(event))
    assert case_of(here, someone.id).event(2).status is EventStatus.VOID
    assert "seen and checked" in text(owner.get(event))


def test_A_74_the_request_that_takes_a_row_back_may_void_the_event_with_it(here, owner):
    someone = enrolled(here, owner)
    number = here.deployment.ask(leaving(), someone)
    owner.get(f"{SITE}/requests/{number}")
    owner.post(f"{SITE}/requests/{number}/approve", {"how": "plain", "confirmed": "yes"})
    run(here)
    number = here.deployment.ask(hired(), case_of(here, someone.id).participant)
    page = text(owner.get(f"{SITE}/requests/{number}"))
    assert "loses the row that it is based on and can only be voided" in page
    assert re.search(r"Also void event 2 This reverses [1-9] coverage rows? at once", page)
    owner.post(f"{SITE}/requests/{number}/approve", {"how": "plain", "confirmed": "yes", "voiding": "yes"})
    assert case_of(here, someone.id).event(2).status is EventStatus.VOID
    trail = text(owner.get(f"{SITE}/people/{someone.id}/events/2"))
    assert re.search(r"Manual changes .*void", trail), "what was voided with an approval is in the event's own trail"
    assert "Covered since May 1, 2026" in text(owner.get(f"{SITE}/people/{someone.id}"))


def test_a_mark_can_be_withdrawn(here, owner):
    someone = enrolled(here, owner)
    event = f"{SITE}/people/{someone.id}/events/1"
    owner.get(f"{event}/reprocess?how=ELECT")
    owner.post(f"{event}/reprocess", {"how": "ELECT", "confirmed": "yes", **WHY})
    assert "Remove mark" in text(owner.get(event))
    owner.post(f"{event}/reprocess", {"how": "NORMAL"})
    assert "Remove mark" not in text(owner.get(event))


def test_S3_182_a_chosen_group_is_marked_after_what_it_loses_was_shown_and_the_count_typed(here, owner):
    first, second = enrolled(here, owner, 1), enrolled(here, owner, 2)
    owner.get(f"{SITE}/events/list?show=all")
    chosen = {"event": [f"{first.id}.1", f"{second.id}.1"], "how": "VOID"}
    shown = owner.post(f"{SITE}/events/reprocess", chosen)
    assert "Void: 2 events" in text(shown)
    assert owner.post(f"{SITE}/events/reprocess/mark", {**chosen, "count": "3", **WHY}).status_code == 409
    owner.get(f"{SITE}/events/list?show=all")
    assert owner.post(f"{SITE}/events/reprocess/mark", {**chosen, "count": "2", **WHY}).status_code == 303
    assert "2 events marked" in text(owner.get(f"{SITE}/events/list?show=all"))
    run(here)
    assert {case_of(here, one.id).event(1).status for one in (first, second)} == {EventStatus.VOID}


def test_nothing_ticked_is_told_kindly(here, owner):
    owner.get(f"{SITE}/events/list?show=all")
    assert owner.post(f"{SITE}/events/reprocess", {"how": "VOID"}).status_code == 303
    assert "No event is selected" in text(owner.get(f"{SITE}/events/list?show=all"))


def test_A_72_an_activity_is_held_let_go_and_deleted(here, owner):
    someone = here.deployment.approved(hired())
    at = f"{SITE}/people/{someone.id}"
    owner.get(at)
    owner.post(f"{at}/activities/1", {"how": "hold"})
    run(here)
    assert not case_of(here, someone.id).events
    assert "On hold" in text(owner.get(f"{SITE}/events/activities?state=HELD"))
    owner.get(at)
    owner.post(f"{at}/activities/1", {"how": "release"})
    owner.get(at)
    owner.post(f"{at}/activities/1", {"how": "delete", "back": f"{SITE}/events/activities"})
    assert "The activity is deleted." in text(owner.get(at))
    owner.get(at)
    assert owner.post(f"{at}/activities/1", {"how": "hold"}).status_code == 409


def test_S3_122_an_activity_is_added_by_hand(here, owner):
    someone = enrolled(here, owner)
    at = f"{SITE}/people/{someone.id}"
    owner.get(at)
    owner.post(f"{at}/activities", {"class": "BIR", "on": "2026-05-28", **WHY})
    assert "Birth of May 28, 2026 was added" in text(owner.get(at))
    run(here)
    page = text(owner.get(f"{at}/events/2"))
    assert "Birth of May 28, 2026" in page
    assert "PPO, Employee is current." in page


def test_A_77_events_are_closed_and_opened_by_hand_and_flags_taken_away(here, owner):
    someone = here.deployment.approved(hired())
    run(here)
    at = f"{SITE}/people/{someone.id}"
    owner.get(at)
    owner.post(f"{at}/activities", {"class": "MAR", "on": "2026-05-20", **WHY})
    run(here)
    owner.get(f"{at}/events/2")
    assert owner.post(f"{at}/events/2/status", {"to": "OPEN"}).status_code == 409
    owner.get(f"{at}/events/1")
    owner.post(f"{at}/events/1/status", {"to": "CLOSED"})
    owner.get(f"{at}/events/2")
    owner.post(f"{at}/events/2/status", {"to": "OPEN"})
    assert "Out of sequence" in text(owner.get(f"{at}/events/1"))
    assert "Out of sequence" in text(owner.get(f"{SITE}/events/list?show=flagged"))
    owner.get(f"{at}/events/1")
    owner.post(f"{at}/events/1/clear", {"flag": "out_of_sequence"})
    assert not case_of(here, someone.id).event(1).flags


def test_A_82_the_statement_is_written_down_and_wrong_elections_are_told_at_once(here, owner):
    someone = here.deployment.approved(hired())
    run(here)
    event = f"{SITE}/people/{someone.id}/events/1"
    owner.get(event)
    owner.post(f"{event}/notify")
    assert "Statement sent" in text(owner.get(event))
    owner.post(f"{event}/elections", {"choice.life": "LIFE/3X"})
    page = text(owner.get(event))
    assert "Not valid yet: LIFE: proof of insurability is missing" in page
    run(here)
    assert "Elections not valid" in text(owner.get(event))
    owner.post(f"{event}/elections", {"choice.life": "LIFE/3X", "proof.life": "yes"})
    run(here)
    assert case_of(here, someone.id).event(1).process is Process.FE


def test_elections_that_are_not_offered_or_no_amount_are_refused(here, owner):
    someone = here.deployment.approved(hired())
    run(here)
    event = f"{SITE}/people/{someone.id}/events/1"
    for form in ({"choice.medical": "PPO/GOLD"}, {"choice.fsa": "FSA/HEALTH", "contribution.fsa": "much"}, {}):
        owner.get(event)
        assert owner.post(f"{event}/elections", form).status_code == 409
    owner.get(event)
    owner.post(
        f"{event}/elections", {"choice.fsa": "FSA/HEALTH", "contribution.fsa": "$1,200.50", "choice.medical": "-"}
    )
    page = text(owner.get(event))
    assert "2 elections entered" in page
    run(here)
    rows = {row.plan_type: row for row in case_of(here, someone.id).enrollments}
    assert str(rows["fsa"].terms.contribution) == "1200.50"
    assert rows["medical"].coverage == "WAIVE"


def test_a_step_of_cobra_moves_the_deadlines_behind_it(here, owner):
    someone = enrolled(here, owner)
    number = here.deployment.ask(leaving(), someone)
    owner.get(f"{SITE}/requests/{number}")
    owner.post(f"{SITE}/requests/{number}/approve", {"how": "plain", "confirmed": "yes"})
    run(here)
    at = f"{SITE}/people/{someone.id}"
    for on, status in (("2027-01-01", 409), ("soon", 409), ("2026-06-01", 303)):
        owner.get(at)
        assert owner.post(f"{at}/cobra/2", {"step": "administrator_told", "on": on}).status_code == status
    page = text(owner.get(at))
    assert "Plan administrator notified on Jun 1, 2026" in page
    assert "Send the election notice due Jun 15, 2026" in page
    assert case_of(here, someone.id).cobra[0].milestones[0][1] == date(2026, 6, 1)


def test_the_room_shows_what_there_is_to_do_and_the_board(here, owner):
    enrolled(here, owner)
    page = text(owner.get(f"{SITE}/events"))
    assert "Nobody is terminated with open coverage OK" in page
    assert "Failed" not in page
    assert "No runs yet." in page


def test_a_site_without_a_rulebook_is_told_how_to_switch_it_on(tmp_path):
    with pages(tmp_path, in_file(tmp_path)) as bare:
        owner = bare.as_role(Role.DATA_OWNER)
        someone = bare.deployment.approved(hired())
        page = text(owner.get(f"{SITE}/events"))
        assert "Benefit events are not enabled" in page
        assert 'benefits = "rulebook.toml"' in page
        assert owner.post(f"{SITE}/events/run").status_code == 409
        assert "Waiting" in text(owner.get(f"{SITE}/people/{someone.id}"))
        number = bare.deployment.ask(hired(city="Dayton"), someone)
        assert "Effect on coverage" not in text(owner.get(f"{SITE}/requests/{number}"))


def test_who_may_only_look_finds_no_forms_and_who_sees_no_pay_finds_no_figures(here, owner):
    someone = enrolled(here, owner)
    user = here.as_role(Role.HR_USER)
    page = user.get(f"{SITE}/people/{someone.id}/events/1")
    assert "Your role can view events, but cannot change them." in text(page)
    assert user.post(f"{SITE}/people/{someone.id}/events/1/final", WHY).status_code == 403
    broker = here.deployment.add("looker", Role.BROKER, Right.SEE_PEOPLE)
    seen = text(here.sign_in(broker).get(f"{SITE}/people/{someone.id}"))
    assert "Medical" in seen
    assert "80.00" not in seen
    assert "Amounts and costs are visible only to roles that can see pay." in seen


def test_strangers_and_missing_events_are_not_found(here, owner):
    someone = here.deployment.approved(hired())
    for path in (f"/people/{someone.id}/events/7", "/people/99/events/1", "/events/list?show=odd", "/events/reports/7"):
        assert owner.get(SITE + path).status_code == 404, path


def test_the_pages_start_a_run_in_a_process_of_its_own_and_tell_what_it_would_do(here, owner):
    someone = here.deployment.approved(hired())
    owner.get(f"{SITE}/events")
    owner.post(f"{SITE}/events/run", {"report": "yes"})
    until(lambda: "What a run would do" in text(owner.get(f"{SITE}/events")))
    assert not case_of(here, someone.id).events
    owner.get(f"{SITE}/events")
    owner.post(f"{SITE}/people/{someone.id}/events/run")
    until(lambda: case_of(here, someone.id).events)
    until(lambda: not here.app.state.bensync.jobs.at_work("acme"))
    page = text(owner.get(f"{SITE}/events"))
    assert "Completed." in page
    assert "Events created 1" in page
    with here.deployment.store.read("acme") as work:
        number = work.events.summary().run_id
    assert "Benefit events were processed." in text(owner.get(f"{SITE}/runs/{number}"))
    assert "No remarks." in text(owner.get(f"{SITE}/events/reports/{number}"))


def test_the_last_run_lists_what_it_remarked_by_category(here, owner):
    someone = here.deployment.approved(hired(pay_rate=None))
    owner.get(f"{SITE}/events")
    owner.post(f"{SITE}/events/run")
    until(lambda: case_of(here, someone.id).events)
    until(lambda: not here.app.state.bensync.jobs.at_work("acme"))
    page = text(owner.get(f"{SITE}/events"))
    assert "A price needs a salary" in page
    with here.deployment.store.read("acme") as work:
        number = work.events.summary().run_id
    told = text(owner.get(f"{SITE}/events/reports/{number}?code=salary_missing"))
    assert "LIFE: a price needs a salary" in told
    assert "Cannot be prepared" in text(owner.get(f"{SITE}/events/list?show=stuck"))


def test_a_broken_rulebook_stops_decisions_and_hides_nobody(here, owner):
    someone = enrolled(here, owner)
    number = here.deployment.ask(leaving(), someone)
    here.config.with_name("rulebook.toml").write_text("[events]\nHIR = 3\n")
    for path in ("", "/events", "/events/list?show=all", "/events/cobra", f"/requests/{number}"):
        page = owner.get(SITE + path)
        assert page.status_code == 200, path
        assert "The rulebook cannot be used" in text(page), path
    assert "PPO, EE Covered since May 1, 2026" in text(owner.get(f"{SITE}/people/{someone.id}"))
    assert owner.get(f"{SITE}/people/{someone.id}/events/1").status_code == 200
    owner.get(f"{SITE}/requests/{number}")
    refused = owner.post(f"{SITE}/requests/{number}/approve", {"how": "plain", "confirmed": "yes"})
    assert refused.status_code >= 400
    assert case_of(here, someone.id).participant.standing == "ACTIVE"


def test_employees_see_their_own_coverage_with_its_costs(here, owner):
    enrolled(here, owner)
    page = text(here.as_role(Role.EMPLOYEE).get(f"{SITE}/own"))
    assert "Your coverage" in page
    assert "$80.00 per month for the employee" in page
