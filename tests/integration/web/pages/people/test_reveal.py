"""An SSN in full on a page: for a reason, with a fresh code."""

from __future__ import annotations

import pytest

from bensync.core.access import Role
from bensync.web.pages.people.reveal import VIEW_SECONDS
from tests.fixtures.pages import KEY, Pages, Visitor
from tests.integration.web.pages.access.test_sign_in import OVERVIEW
from tests.unit.builders import profile, ssn


@pytest.fixture
def owner(web_pages: Pages) -> Visitor:
    return web_pages.as_role(Role.DATA_OWNER)


def test_an_SSN_is_shown_for_a_reason_after_it_was_written_down_and_once_per_form(web_pages, owner):
    someone = web_pages.deployment.approved(profile(1))
    path = f"{OVERVIEW}/people/{someone.id}/ssn"
    assert ssn(1) not in owner.get(path).text.replace("-", "")
    assert owner.post(path, {"reason": "why not"}).status_code == 409
    page = owner.get(path)
    form = {"reason": "the carrier asks for it", "key": KEY.search(page.text)[1]}
    shown = owner.post(path, form)
    assert f"{ssn(1)[:3]}-{ssn(1)[3:5]}-{ssn(1)[5:]}" in shown.text
    assert shown.headers["refresh"].startswith(f"{VIEW_SECONDS};")
    assert shown.headers["cache-control"] == "no-store"
    assert web_pages.deployment.audit("acme").count(("data_owner", "ssn.reveal")) == 1
    again = owner.post(path, form)
    assert again.status_code == 303
    assert ssn(1)[5:] not in again.text
    assert web_pages.deployment.audit("acme").count(("data_owner", "ssn.reveal")) == 1


def test_after_five_minutes_a_fresh_code_is_wanted_and_each_code_works_once(web_pages, owner):
    someone = web_pages.deployment.approved(profile(1))
    path = f"{OVERVIEW}/people/{someone.id}/ssn"
    web_pages.deployment.pass_time(minutes=6)
    page = owner.get(path)
    assert 'name="code"' in page.text
    reason = {"reason": "the carrier asks for it"}
    refused = owner.post(path, reason)
    assert refused.status_code == 403
    assert "enter the current code" in refused.text
    code = web_pages.deployment.code(web_pages.people[Role.DATA_OWNER])
    owner.get(path)
    assert ssn(1)[5:] in owner.post(path, {**reason, "code": code}).text
    web_pages.deployment.pass_time(minutes=6)
    owner.get(path)
    assert owner.post(path, {**reason, "code": code}).status_code == 403
