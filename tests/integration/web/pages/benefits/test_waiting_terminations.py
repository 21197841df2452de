"""An approved termination that waits behind an open event is shown everywhere, until a person makes way for it."""

from __future__ import annotations

from datetime import date

from bensync.benefits.values.enrollments import coverage_on
from bensync.core.alerts import Limits
from bensync.pipeline.alert_checks import check_alerts
from bensync.wiring import Deployment
from tests.fixtures.pages import Pages
from tests.integration.web.benefit_pages import SITE, WHY, case_of, enrolled, leaving, run, text

API = "/api/sites/acme"


def alerts(web_pages: Pages) -> list[str]:
    """The alerts that last after a check."""
    store = web_pages.deployment.store
    context = Deployment(web_pages.config).site_context("acme", store)
    check_alerts(context, web_pages.deployment.now, Limits())
    with store.read("acme") as state:
        return [alert.name for alert in state.alerts.open()]


def test_A_113_a_termination_behind_an_open_event_is_listed_and_let_through(web_pages, owner):
    someone = enrolled(web_pages, owner)
    at = f"{SITE}/people/{someone.id}"
    owner.get(at)
    owner.post(f"{at}/activities", {"class": "BIR", "on": "2026-05-10", "reason": "heard on the phone"})
    run(web_pages)
    number = web_pages.deployment.ask(leaving(), someone)
    owner.get(f"{SITE}/requests/{number}")
    owner.post(f"{SITE}/requests/{number}/approve", {"how": "plain", "confirmed": "yes"})
    run(web_pages)
    case = case_of(web_pages, someone.id)
    assert case.open is not None
    assert case.open.event_class == "BIR"
    assert [event.final for event in case.events if event.event_class == "TER"] == [True]

    assert alerts(web_pages) == ["termination_waits"]
    person = text(owner.get(at))
    assert "The approved termination waits, and the coverage goes on" in person
    assert f"waits behind event {case.open.number}" in person
    assert "1 approved termination waits behind an open event" in text(owner.get(SITE))
    assert "Terminations that wait" in text(owner.get(f"{SITE}/events"))
    assert "Employee 1 · event 3 Termination" in text(owner.get(f"{SITE}/events/list?show=waiting"))
    board = owner.ask_api("GET", f"{API}/events/board").json()
    assert board["held_up"] == 1
    (covered,) = [line for line in board["invariants"] if "terminated with open coverage" in line["rule"]]
    assert not covered["holds"]
    (line,) = owner.ask_api("GET", f"{API}/events?held_up=true").json()["events"]
    assert (line["person"]["participant"], line["event_class"]) == (someone.id, "TER")

    queue = text(owner.get(f"{SITE}/requests"))
    assert "1 approved termination waits behind an open event, and its coverage goes on" in queue
    assert "Waits for an open event" in text(owner.get(f"{SITE}/requests?state=APPROVED"))
    assert "and the coverage goes on" in text(owner.get(f"{SITE}/requests/{number}"))
    asked = owner.ask_api("GET", f"{API}/requests?state=APPROVED").json()["requests"]
    assert [line["id"] for line in asked if line["held_up"]] == [number]
    assert owner.ask_api("GET", f"{API}/status").json()["held_up"] == 1

    event = f"{at}/events/{case.open.number}"
    owner.get(event)
    assert owner.post(f"{event}/final", WHY).status_code == 303
    run(web_pages)
    assert alerts(web_pages) == []
    after = case_of(web_pages, someone.id)
    assert coverage_on(after.enrollments, "medical", date(2026, 12, 1)) is None
    assert "The approved termination waits" not in text(owner.get(at))
    assert owner.ask_api("GET", f"{API}/events/board").json()["held_up"] == 0
    assert owner.ask_api("GET", f"{API}/status").json()["held_up"] == 0
    assert "approved termination waits" not in text(owner.get(f"{SITE}/requests"))
    assert not any(
        line["held_up"] for line in owner.ask_api("GET", f"{API}/requests?state=APPROVED").json()["requests"]
    )
