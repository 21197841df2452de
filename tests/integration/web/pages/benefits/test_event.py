"""The page of one event: what it shows to whom."""

from __future__ import annotations

from bensync.core.access import Right, Role
from tests.integration.web.benefit_pages import SITE, WHY, enrolled, hired, text


def test_who_may_only_look_finds_no_forms_and_who_sees_no_pay_finds_no_figures(web_pages, owner):
    someone = enrolled(web_pages, owner)
    user = web_pages.as_role(Role.HR_USER)
    page = user.get(f"{SITE}/people/{someone.id}/events/1")
    assert "Your role can view events, but cannot change them." in text(page)
    assert user.post(f"{SITE}/people/{someone.id}/events/1/final", WHY).status_code == 403
    broker = web_pages.deployment.add("looker", Role.BROKER, Right.SEE_PEOPLE)
    seen = text(web_pages.sign_in(broker).get(f"{SITE}/people/{someone.id}"))
    assert "Medical" in seen
    assert "80.00" not in seen
    assert "Amounts and costs are visible only to roles that can see pay." in seen


def test_strangers_and_missing_events_are_not_found(web_pages, owner):
    someone = web_pages.deployment.approved(hired())
    for path in (f"/people/{someone.id}/events/7", "/people/99/events/1", "/events/list?show=odd", "/events/reports/7"):
        assert owner.get(SITE + path).status_code == 404, path
