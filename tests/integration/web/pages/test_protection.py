"""The page of data protection: holds, periods, what would be deleted, and the safeguards; for whom it is."""

from __future__ import annotations

import pytest

from bensync.core.access import Role
from bensync.retention.kinds import KINDS
from bensync.retention.safeguards import SAFEGUARDS
from tests.fixtures.pages import Pages
from tests.unit.builders import profile

PAGE = "/sites/acme/protection"


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.DATA_OWNER, Role.SENIOR_USER])
def test_it_lists_every_safeguard_and_every_period(web_pages: Pages, role: Role) -> None:
    text = web_pages.as_role(role).get(PAGE).text
    assert [rule.citation for rule in SAFEGUARDS if f"<td>{rule.citation}</td>" not in text] == []
    assert [rule.label for rule in KINDS.values() if f"<td>{rule.label}</td>" not in text] == []
    assert "No legal hold is in force" in text


@pytest.mark.parametrize("role", [Role.HR_USER, Role.BROKER, Role.OPERATOR])
def test_others_do_not_see_it(web_pages: Pages, role: Role) -> None:
    assert web_pages.as_role(role).get(PAGE).status_code in {403, 404}


def test_a_preview_shows_what_would_be_deleted_today_and_deletes_nothing(web_pages: Pages) -> None:
    reader = web_pages.as_role(Role.AUDITOR)
    reader.get(PAGE)
    shown = reader.post(f"{PAGE}/preview")
    assert shown.status_code == 200
    assert "No record would be deleted today" in shown.text


def test_a_hold_is_placed_and_released_on_the_page_of_the_person(web_pages: Pages) -> None:
    owner = web_pages.as_role(Role.DATA_OWNER)
    person = f"/sites/acme/people/{web_pages.deployment.approved(profile(1)).id}"
    assert "Place a legal hold" in owner.get(person).text

    owner.post(f"{person}/hold", {"reason": "case 17 of the court"})
    assert "case 17 of the court" in owner.get(person).text
    assert "case 17 of the court" in owner.get(PAGE).text

    owner.get(person)
    owner.post(f"{person}/release-hold", {"reason": "the case is closed"})
    assert "Place a legal hold" in owner.get(person).text
    assert "No legal hold is in force" in owner.get(PAGE).text


def test_an_auditor_places_no_hold(web_pages: Pages) -> None:
    reader = web_pages.as_role(Role.AUDITOR)
    reader.get(PAGE)
    assert reader.post("/sites/acme/people/1/hold", {"reason": "case 17"}).status_code in {403, 404}
