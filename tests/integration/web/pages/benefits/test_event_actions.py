"""Manual changes of benefit events on the pages."""

from __future__ import annotations

from datetime import date

from bensync.benefits.values.events import Process
from tests.integration.web.benefit_pages import (
    SITE,
    WHY,
    case_of,
    enrolled,
    hired,
    leaving,
    run,
    text,
)


def test_A_72_an_activity_is_held_let_go_and_deleted(web_pages, owner):
    someone = web_pages.deployment.approved(hired())
    at = f"{SITE}/people/{someone.id}"
    owner.get(at)
    owner.post(f"{at}/activities/1", {"how": "hold"})
    run(web_pages)
    assert not case_of(web_pages, someone.id).events
    assert "On hold" in text(owner.get(f"{SITE}/events/activities?state=HELD"))
    owner.get(at)
    owner.post(f"{at}/activities/1", {"how": "release"})
    owner.get(at)
    owner.post(f"{at}/activities/1", {"how": "delete", "back": f"{SITE}/events/activities"})
    assert "The activity is deleted." in text(owner.get(at))
    owner.get(at)
    assert owner.post(f"{at}/activities/1", {"how": "hold"}).status_code == 409


def test_S3_122_an_activity_is_added_manually(web_pages, owner):
    someone = enrolled(web_pages, owner)
    at = f"{SITE}/people/{someone.id}"
    owner.get(at)
    owner.post(f"{at}/activities", {"class": "BIR", "on": "2026-05-28", **WHY})
    assert "Birth of May 28, 2026 was added" in text(owner.get(at))
    run(web_pages)
    page = text(owner.get(f"{at}/events/2"))
    assert "Birth of May 28, 2026" in page
    assert "PPO, Employee is current." in page


def test_A_77_events_are_closed_and_opened_manually_and_flags_taken_away(web_pages, owner):
    someone = web_pages.deployment.approved(hired())
    run(web_pages)
    at = f"{SITE}/people/{someone.id}"
    owner.get(at)
    owner.post(f"{at}/activities", {"class": "MAR", "on": "2026-05-20", **WHY})
    run(web_pages)
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
    assert not case_of(web_pages, someone.id).event(1).flags


def test_A_82_the_statement_is_written_down_and_wrong_elections_are_reported_at_once(web_pages, owner):
    someone = web_pages.deployment.approved(hired())
    run(web_pages)
    event = f"{SITE}/people/{someone.id}/events/1"
    owner.get(event)
    owner.post(f"{event}/notify")
    assert "Statement sent" in text(owner.get(event))
    owner.post(f"{event}/elections", {"choice.life": "LIFE/3X"})
    page = text(owner.get(event))
    assert "Not valid yet: LIFE: proof of insurability is missing" in page
    run(web_pages)
    assert "Elections not valid" in text(owner.get(event))
    owner.post(f"{event}/elections", {"choice.life": "LIFE/3X", "proof.life": "yes"})
    run(web_pages)
    assert case_of(web_pages, someone.id).event(1).process is Process.FE


def test_S3_161_the_page_saves_an_election_that_is_not_offered_any_more_and_warns(web_pages, owner):
    someone = web_pages.deployment.approved(hired())
    run(web_pages)
    event = f"{SITE}/people/{someone.id}/events/1"
    owner.get(event)
    owner.post(f"{event}/elections", {"choice.medical": "PPO/GOLD"})
    assert "Not valid yet: PPO: the elected option is not offered" in text(owner.get(event))
    (choice,) = case_of(web_pages, someone.id).event(1).choices
    assert (choice.plan, choice.option) == ("PPO", "GOLD")
    owner.post(f"{event}/elections", {"choice.medical": ""})
    assert "1 election withdrawn" in text(owner.get(event))
    withdrawn = case_of(web_pages, someone.id).event(1)
    assert (withdrawn.choices, withdrawn.process) == ((), Process.PR)


def test_an_entry_of_no_election_or_no_amount_is_refused(web_pages, owner):
    someone = web_pages.deployment.approved(hired())
    run(web_pages)
    event = f"{SITE}/people/{someone.id}/events/1"
    for form in ({"choice.fsa": "FSA/HEALTH", "contribution.fsa": "much"}, {}):
        owner.get(event)
        assert owner.post(f"{event}/elections", form).status_code == 409
    owner.get(event)
    owner.post(
        f"{event}/elections", {"choice.fsa": "FSA/HEALTH", "contribution.fsa": "$1,200.50", "choice.medical": "-"}
    )
    page = text(owner.get(event))
    assert "2 elections entered" in page
    run(web_pages)
    rows = {row.plan_type: row for row in case_of(web_pages, someone.id).enrollments}
    assert str(rows["fsa"].terms.contribution) == "1200.50"
    assert rows["medical"].coverage == "WAIVE"


def test_a_step_of_cobra_moves_the_deadlines_behind_it(web_pages, owner):
    someone = enrolled(web_pages, owner)
    number = web_pages.deployment.ask(leaving(), someone)
    owner.get(f"{SITE}/requests/{number}")
    owner.post(f"{SITE}/requests/{number}/approve", {"how": "plain", "confirmed": "yes"})
    run(web_pages)
    at = f"{SITE}/people/{someone.id}"
    for on, status in (("2027-01-01", 409), ("soon", 409), ("2026-06-01", 303)):
        owner.get(at)
        assert owner.post(f"{at}/cobra/2", {"step": "administrator_told", "on": on}).status_code == status
    page = text(owner.get(at))
    assert "Plan administrator notified on Jun 1, 2026" in page
    assert "Send the election notice due Jun 15, 2026" in page
    assert case_of(web_pages, someone.id).cobra[0].milestones[0][1] == date(2026, 6, 1)

    owner.get(at)
    assert owner.post(f"{at}/cobra/2/close", {"reason": ""}).status_code == 409
    owner.get(at)
    assert owner.post(f"{at}/cobra/2/close", {"reason": "nobody elected"}).status_code == 303
    assert "Closed" in text(owner.get(at))
    assert "Nothing is due any more." in text(owner.get(f"{SITE}/events/cobra?show=all"))
    assert case_of(web_pages, someone.id).cobra[0].state == "CLOSED"


def test_S3_169_S3_170_the_details_of_a_plan_type_are_entered_and_wrong_ones_are_reported_at_once(web_pages, owner):
    someone = web_pages.deployment.approved(hired())
    run(web_pages)
    event = f"{SITE}/people/{someone.id}/events/1"
    assert "Funds with their percentages" in text(owner.get(event))
    savings = {"choice.savings": "SAVE/PCT", "detail.savings.percent": "5%"}
    owner.post(f"{event}/elections", {**savings, "detail.savings.funds": "BONDS 60, STOCKS 30"})
    assert "the shares of the funds do not sum to 100 percent" in text(owner.get(event))
    pledge = {"choice.fsa": "FSA/HEALTH", "contribution.fsa": "3400.01"}
    owner.post(f"{event}/elections", {**savings, **pledge, "detail.savings.funds": "BONDS 60, STOCKS 40"})
    assert "over the legal limit of the year" in text(owner.get(event))
    owner.post(f"{event}/elections", {**pledge, "contribution.fsa": "3400"})
    run(web_pages)
    details = case_of(web_pages, someone.id).enrollments
    (saved,) = [row.terms.details for row in details if row.plan_type == "savings"]
    assert [share.fund for share in saved.funds] == ["BONDS", "STOCKS"]
