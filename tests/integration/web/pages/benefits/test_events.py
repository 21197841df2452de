"""Benefit events on the pages: what an approval would do, elections, marks, taking back, COBRA; and who may do what."""

from __future__ import annotations

import re

from bensync.benefits.values.events import EventStatus, Process
from bensync.core.access import Role
from tests.fixtures.databases import in_file
from tests.fixtures.pages import pages
from tests.integration.web.benefit_pages import (
    SITE,
    WHY,
    case_of,
    enrolled,
    hired,
    leaving,
    run,
    text,
    until,
)


def test_a_hire_becomes_an_event_with_offers_and_elections_become_coverage(web_pages, owner):
    someone = web_pages.deployment.approved(hired())
    run(web_pages)
    assert "Hire or rehire" in text(owner.get(f"{SITE}/people/{someone.id}"))
    event = f"{SITE}/people/{someone.id}/events/1"
    page = text(owner.get(event))
    assert "Waiting for elections" in page
    assert "PPO, Employee" in page
    assert "$80.00 per month for the employee" in page
    owner.post(f"{event}/elections", {"choice.medical": "PPO/EE"})
    assert "1 election entered" in text(owner.get(event))
    assert case_of(web_pages, someone.id).event(1).process is Process.ET
    run(web_pages)
    page = text(owner.get(f"{SITE}/people/{someone.id}"))
    assert "Medical PPO, Employee Covered since May 1, 2026" in page
    assert "Finished" in page


def test_S0_26_the_card_of_a_termination_says_which_coverage_ends_and_that_cobra_opens(web_pages, owner):
    someone = enrolled(web_pages, owner)
    number = web_pages.deployment.ask(leaving(), someone)
    page = text(owner.get(f"{SITE}/requests/{number}"))
    assert "Effect on coverage" in page
    assert "Medical (PPO, Employee) ends. The last day is May 31, 2026." in page
    assert "COBRA starts on Jun 1, 2026." in page
    assert "Northstar Health" in page
    owner.post(f"{SITE}/requests/{number}/approve", {"how": "plain", "confirmed": "yes"})
    run(web_pages)
    person = text(owner.get(f"{SITE}/people/{someone.id}"))
    assert "Ended last day May 31, 2026" in person
    assert "COBRA from Jun 1, 2026" in person
    assert "COBRA deadlines" not in text(owner.get(SITE))  # the first of them is a month away
    web_pages.deployment.pass_time(days=20)
    owner = web_pages.sign_in(web_pages.people[Role.DATA_OWNER])
    assert "COBRA deadlines within two weeks" in text(owner.get(SITE))
    listed = text(owner.get(f"{SITE}/events/cobra"))
    assert "Notify the plan administrator by Jul 1, 2026 Soon" in listed


def test_a_request_that_touches_nothing_says_so(web_pages, owner):
    someone = enrolled(web_pages, owner)
    number = web_pages.deployment.ask(hired(city="Dayton"), someone)
    assert "No coverage starts, ends or changes" in text(owner.get(f"{SITE}/requests/{number}"))


def test_the_outlook_of_somebody_new_names_what_they_may_choose(web_pages, owner):
    number = web_pages.deployment.ask(hired())
    page = text(owner.get(f"{SITE}/requests/{number}"))
    assert "The participant can choose Medical, Dental, Vision, Life" in page


def test_A_68_a_loss_of_everything_is_shown_on_the_overview_and_ends_nothing_before_it_is_confirmed(web_pages, owner):
    someone = enrolled(web_pages, owner)
    number = web_pages.deployment.ask(hired(fte="0.2"), someone)
    assert "would end all coverage" in text(owner.get(f"{SITE}/requests/{number}"))
    owner.post(f"{SITE}/requests/{number}/approve", {"how": "plain", "confirmed": "yes"})
    run(web_pages)
    assert "1 person would lose all coverage" in text(owner.get(SITE))
    assert "Would end all coverage" in text(owner.get(f"{SITE}/events/list?show=losses"))
    event = f"{SITE}/people/{someone.id}/events/2"
    assert "This ends all coverage of" in text(owner.get(event))
    assert owner.post(f"{event}/final", WHY).status_code == 409
    owner.get(event)
    assert owner.post(f"{event}/final", {**WHY, "confirmed": "yes"}).status_code == 303
    run(web_pages)
    assert case_of(web_pages, someone.id).event(2).process is Process.FE
    assert "would lose all coverage" not in text(owner.get(SITE))


def test_A_74_the_request_that_takes_a_row_back_may_void_the_event_with_it(web_pages, owner):
    someone = enrolled(web_pages, owner)
    number = web_pages.deployment.ask(leaving(), someone)
    owner.get(f"{SITE}/requests/{number}")
    owner.post(f"{SITE}/requests/{number}/approve", {"how": "plain", "confirmed": "yes"})
    run(web_pages)
    number = web_pages.deployment.ask(hired(), case_of(web_pages, someone.id).participant)
    page = text(owner.get(f"{SITE}/requests/{number}"))
    assert "loses the row that it is based on and can only be voided" in page
    assert re.search(r"Also void event 2 This reverses [1-9] coverage rows? at once", page)
    owner.post(f"{SITE}/requests/{number}/approve", {"how": "plain", "confirmed": "yes", "voiding": "yes"})
    assert case_of(web_pages, someone.id).event(2).status is EventStatus.VOID
    trail = text(owner.get(f"{SITE}/people/{someone.id}/events/2"))
    assert re.search(r"Manual changes .*void", trail), "what was voided with an approval is in the event's own trail"
    assert "Covered since May 1, 2026" in text(owner.get(f"{SITE}/people/{someone.id}"))


def test_the_page_shows_what_there_is_to_do_and_the_board(web_pages, owner):
    enrolled(web_pages, owner)
    page = text(owner.get(f"{SITE}/events"))
    assert "Nobody is terminated with open coverage OK" in page
    assert "Failed" not in page
    assert "No runs yet." in page


def test_a_site_without_a_rulebook_says_how_to_switch_it_on(tmp_path):
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


def test_the_pages_start_a_run_in_a_process_of_its_own_and_show_what_it_would_do(web_pages, owner):
    someone = web_pages.deployment.approved(hired())
    owner.get(f"{SITE}/events")
    owner.post(f"{SITE}/events/run", {"report": "yes"})
    until(lambda: "What a run would do" in text(owner.get(f"{SITE}/events")))
    assert not case_of(web_pages, someone.id).events
    owner.get(f"{SITE}/events")
    owner.post(f"{SITE}/people/{someone.id}/events/run")
    until(lambda: case_of(web_pages, someone.id).events)
    until(lambda: not web_pages.app.state.bensync.jobs.at_work("acme"))
    page = text(owner.get(f"{SITE}/events"))
    assert "Completed." in page
    assert "Events created 1" in page
    with web_pages.deployment.store.read("acme") as work:
        number = work.events.summary().run_id
    assert "Benefit events were processed." in text(owner.get(f"{SITE}/runs/{number}"))
    assert "No remarks." in text(owner.get(f"{SITE}/events/reports/{number}"))


def test_the_last_run_lists_what_it_remarked_by_category(web_pages, owner):
    someone = web_pages.deployment.approved(hired(pay_rate=None))
    owner.get(f"{SITE}/events")
    owner.post(f"{SITE}/events/run")
    until(lambda: case_of(web_pages, someone.id).events)
    until(lambda: not web_pages.app.state.bensync.jobs.at_work("acme"))
    page = text(owner.get(f"{SITE}/events"))
    assert "A price needs a salary" in page
    with web_pages.deployment.store.read("acme") as work:
        number = work.events.summary().run_id
    shown = text(owner.get(f"{SITE}/events/reports/{number}?code=salary_missing"))
    assert "LIFE: a price needs a salary" in shown
    assert "Cannot be prepared" in text(owner.get(f"{SITE}/events/list?show=stuck"))


def test_a_broken_rulebook_stops_decisions_and_hides_nobody(web_pages, owner):
    someone = enrolled(web_pages, owner)
    number = web_pages.deployment.ask(leaving(), someone)
    web_pages.config.with_name("rulebook.toml").write_text("[events]\nHIR = 3\n")
    for path in ("", "/events", "/events/list?show=all", "/events/cobra", f"/requests/{number}"):
        page = owner.get(SITE + path)
        assert page.status_code == 200, path
        assert "The rulebook cannot be used" in text(page), path
    assert "PPO, EE Covered since May 1, 2026" in text(owner.get(f"{SITE}/people/{someone.id}"))
    assert owner.get(f"{SITE}/people/{someone.id}/events/1").status_code == 200
    owner.get(f"{SITE}/requests/{number}")
    refused = owner.post(f"{SITE}/requests/{number}/approve", {"how": "plain", "confirmed": "yes"})
    assert refused.status_code >= 400
    assert case_of(web_pages, someone.id).participant.standing == "ACTIVE"


def test_employees_see_their_own_coverage_with_its_costs(web_pages, owner):
    enrolled(web_pages, owner)
    page = text(web_pages.as_role(Role.EMPLOYEE).get(f"{SITE}/own"))
    assert "Your coverage" in page
    assert "$80.00 per month for the employee" in page
