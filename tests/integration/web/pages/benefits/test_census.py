"""A census of present coverage on the pages: chosen, previewed, and loaded as it was previewed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bensync.benefits.census.census_file import TEMPLATE
from bensync.core.access import Role
from bensync.core.alerts import Limits
from bensync.pipeline.alert_checks import check_alerts
from bensync.wiring import Deployment
from tests.fixtures.databases import in_file
from tests.fixtures.pages import OURS, Pages, pages
from tests.integration.web.benefit_pages import SITE, case_of, hired, text
from tests.unit.builders import ssn

PAGE = f"{SITE}/events/census"
HEADING = "employee_number,ssn,plan,option,begin_date\n"


@pytest.fixture
def web_pages(tmp_path: Path) -> Iterator[Pages]:
    """Pages of a site whose benefit events have not begun."""
    with pages(tmp_path, in_file(tmp_path), benefits=True, begun=False) as served:
        yield served


@pytest.fixture
def someone(web_pages):
    """Approved as part of a first load, and long in service."""
    return web_pages.deployment.approved(hired(hire_date="2020-05-01"))


def file(option="EE", number=1, begin="2024-01-01"):
    return f"{HEADING}1,{ssn(number)},PPO,{option},{begin}\n".encode()


def upload(visitor, content, name="census", **fields):
    """Send the form of the page with a file."""
    form = {"token": visitor.token, "key": visitor.key, **fields}
    sent = visitor.client.post(
        f"{PAGE}/preview", data=form, files={name: ("census.csv", content, "text/csv")}, headers=OURS
    )
    visitor.last = sent
    return sent


def alerts(web_pages):
    """The alerts that last after a check."""
    store = web_pages.deployment.store
    check_alerts(Deployment(web_pages.config).site_context("acme", store), web_pages.deployment.now, Limits())
    with store.read("acme") as state:
        return [alert.name for alert in state.alerts.open()]


def digest(answer):
    return re.search(r'name="digest" value="([0-9a-f]{16})"', answer.text)[1]


def test_A_130_a_census_is_previewed_and_loaded_on_the_pages(web_pages, owner, someone):
    assert "Benefit events have not begun" in text(owner.get(f"{SITE}/events"))
    assert "employee_number" in text(owner.get(PAGE))
    assert owner.client.get(f"{PAGE}/template").text == TEMPLATE
    shown = upload(owner, file())
    assert "1 coverage of 1 person" in text(shown)
    assert ssn(1) not in shown.text
    assert case_of(web_pages, someone.id).enrollments == ()
    form = {"digest": digest(shown)}
    assert owner.post(f"{PAGE}/load", form).headers["location"] == f"{SITE}/events"
    done = text(owner.get(f"{SITE}/events"))
    assert "Loaded 1 coverage of 1 person" in done
    assert "have not begun" not in done
    (row,) = case_of(web_pages, someone.id).enrollments
    assert (row.terms.plan, row.step) == ("PPO", "LOAD")
    assert "loaded from a census" in text(owner.get(f"{SITE}/people/{someone.id}"))


def test_A_132_problems_are_listed_by_line_and_nothing_can_be_loaded(web_pages, owner, someone):
    owner.get(PAGE)
    shown = upload(owner, file("OLD"))
    assert "Nothing can be loaded yet" in text(shown)
    assert "The plan has no such option." in text(shown)
    assert 'name="digest"' not in shown.text
    again = owner.post(f"{PAGE}/load", {"digest": "0" * 16})
    assert "Nothing can be loaded yet" in text(again)
    assert case_of(web_pages, someone.id).enrollments == ()


def test_A_133_another_load_than_the_one_on_the_page_is_refused(web_pages, owner, someone):
    owner.get(PAGE)
    upload(owner, file())
    assert "not the one that was previewed" in text(owner.post(f"{PAGE}/load", {"digest": "0" * 16}))
    assert case_of(web_pages, someone.id).enrollments == ()


def test_a_form_without_a_file_and_a_load_without_a_preview_are_refused(owner):
    owner.get(PAGE)
    assert "No file was selected" in text(upload(owner, b"", name="other"))
    owner.get(PAGE)
    assert "not kept any more" in text(owner.post(f"{PAGE}/load", {"digest": "0" * 16}))


def test_only_the_form_with_a_file_may_be_sent_as_multipart_and_be_large(owner):
    owner.get(PAGE)
    files = {"census": ("census.csv", b"x", "text/csv")}
    elsewhere = owner.client.post(f"{SITE}/events/run", data={"token": owner.token}, files=files, headers=OURS)
    assert elsewhere.status_code == 403
    assert owner.post(f"{PAGE}/preview", {"census": "x"}).status_code == 403
    big = b"x" * 1_500_000
    owner.get(PAGE)
    assert upload(owner, HEADING.encode() + big).status_code == 200
    assert owner.client.post(f"{SITE}/events/run", content=big, headers=OURS).status_code == 413
    assert upload(owner, b"x" * 8_000_001).status_code == 413
    broken = {**OURS, "content-type": "multipart/form-data; boundary=a"}
    assert owner.client.post(f"{PAGE}/preview", content=b"--b", headers=broken).status_code == 403


def test_the_file_of_one_session_is_not_that_of_another(web_pages, owner, someone):
    owner.get(PAGE)
    shown = upload(owner, file())
    other = web_pages.as_role(Role.SENIOR_USER)
    other.get(PAGE)
    assert "not kept any more" in text(other.post(f"{PAGE}/load", {"digest": digest(shown)}))


def test_S3_13_no_run_is_started_before_events_have_begun_and_an_alert_says_so(web_pages, owner, someone):
    owner.get(f"{SITE}/events")
    refused = text(owner.post(f"{SITE}/events/run"))
    assert "No run was started" in refused
    assert "Load present coverage under Benefit events first" in refused
    assert alerts(web_pages) == ["events_not_begun"]
    owner.get(PAGE)
    owner.post(f"{PAGE}/load", {"digest": digest(upload(owner, file()))})
    assert alerts(web_pages) == []


def test_who_may_not_load_coverage_gets_no_form(web_pages, someone):
    reader = web_pages.as_role(Role.HR_USER)
    assert reader.get(PAGE).status_code == 403
    assert "Ask the Data Owner to load present coverage" in text(reader.get(f"{SITE}/events"))


def test_the_api_previews_and_loads_the_same(web_pages, owner, someone):
    api = "/api/sites/acme/census"
    content = file().decode()
    shown = owner.ask_api("POST", f"{api}/preview", {"content": content}).json()
    assert (shown["coverages"], shown["loaded"], shown["problems"]) == (1, False, [])
    wrong = owner.ask_api("POST", f"{api}/preview", {"content": file("OLD").decode()}).json()
    assert [(problem["line"], problem["code"]) for problem in wrong["problems"]] == [(2, "option_unknown")]
    assert owner.ask_api("POST", api, {"content": content, "digest": "0" * 16}).status_code in (409, 422)
    done = owner.ask_api("POST", api, {"content": content, "digest": shown["digest"]}).json()
    assert done["loaded"] is True
    assert case_of(web_pages, someone.id).enrollments[0].terms.plan == "PPO"
