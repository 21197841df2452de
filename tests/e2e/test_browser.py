"""A real browser on real pages: the whole way of an administrator, by mouse, by keyboard and without scripts; every page looked
at by axe in four sizes, and kept as a picture for a person to look at where ``BENSYNC_PICTURES`` names a folder."""

from __future__ import annotations

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bensync.benefits.values.enrollments import plan_types
from bensync.benefits.values.events import Process
from bensync.core.changes import ChangeKind
from bensync.core.requests import RequestState, WarningCode
from bensync.core.runs import RunKind
from bensync.demo.pages import Opened, open_pages
from bensync.pipeline import runs
from bensync.pipeline.context import MANUAL, RunOptions
from bensync.state.read.event_lists import WantedEvents
from bensync.state.site_state import SiteState

PICTURES = os.environ.get("BENSYNC_PICTURES")
SIZES = {
    "wide": {"viewport": {"width": 1280, "height": 800}},
    "tablet": {"viewport": {"width": 800, "height": 900}},
    "narrow": {"viewport": {"width": 390, "height": 844}},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
}
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
SWITCHES += ["--disable-background-networking", "--disable-component-update"]
SITE = "/sites/acme"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """An employer with two weeks behind it, and its pages up."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with open_pages(tmp_path_factory.mktemp("office"), 60, f"127.0.0.1:{port}") as opened:
        thread = threading.Thread(target=opened.server.run)
        thread.start()
        try:
            until(lambda: opened.server.started)
            yield opened
        finally:
            opened.server.should_exit = True
            thread.join(20)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    program = shutil.which("chromium")
    assert program, "scripts/debian-packages chromium installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def session(office: Opened, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cookie of somebody who signed in once."""
    kept = tmp_path_factory.mktemp("session") / "state.json"
    context = chromium.new_context()
    sign_in(context.new_page(), office, "/")
    context.storage_state(path=kept)
    context.close()
    return kept


@pytest.fixture
def page(chromium: Browser, session: Path) -> Iterator[Page]:
    """A window of somebody who is signed in; it may complain of nothing."""
    context = chromium.new_context(storage_state=session, **SIZES["wide"])
    yield from watched(context)
    context.close()


def watched(context: BrowserContext) -> Iterator[Page]:
    complaints: list[str] = []
    tab = context.new_page()
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("request", lambda asked: None if "//127.0.0.1:" in asked.url else complaints.append(asked.url))
    yield tab
    assert not [message for message in complaints if "status of 4" not in message]


def until(true: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


def sign_in(page: Page, office: Opened, way: str) -> None:
    page.goto(office.address.rstrip("/") + way)
    page.get_by_label("Name").fill(office.name)
    page.get_by_label("Password").fill(office.password)
    page.get_by_label("Code").fill(fresh_code(office))
    page.get_by_role("button", name="Sign in").click()


_used: list[str] = []


def fresh_code(office: Opened) -> str:
    """A code that was not used yet; each works once."""
    until(lambda: office.code() not in _used)
    _used.append(office.code())
    return _used[-1]


def pending(office: Opened) -> dict[str, int]:
    """One request of each sort that waits."""
    with office.scene.store.read("acme") as work:
        requests = work.requests.get(work.requests.pending_ids()).values()
    return {
        "DUPLICATE" if WarningCode.POSSIBLE_DUPLICATE in request.warnings else request.kind.value: request.id
        for request in requests
    }


def state_of(office: Opened, number: int) -> RequestState:
    with office.scene.store.read("acme") as work:
        return work.requests.get([number])[number].state


def one_event(work: SiteState, event_class: str, process: Process) -> tuple[int, int]:
    """Participant and number of the newest event of a sort."""
    line = work.events.events(WantedEvents(event_class=event_class, process=process), 1, 1).items[0]
    return line.who.participant_id, line.number


def enrolled_leaver(office: Opened) -> tuple[int, int]:
    """A termination that waits, of somebody who is covered: request and participant."""
    with office.scene.store.read("acme") as work:
        for request in work.requests.get(work.requests.pending_ids()).values():
            case = work.cases.load([request.participant_id]).get(request.participant_id or 0)
            if (
                request.kind is ChangeKind.TERMINATE
                and case is not None
                and plan_types(case.enrollments, datetime.now(UTC).date())
            ):
                return request.id, case.participant.id
    raise AssertionError("nobody who is covered leaves")


def every_page(office: Opened) -> dict[str, str]:
    waiting = pending(office)
    with office.scene.store.read("acme") as work:
        employee = next(iter(work.issues.open_codes()))
        decided = work.lists.requests(1, RequestState.APPROVED).items[0].id
        run, delivery = work.lists.runs(1).items[0].id, work.lists.deliveries(1).items[0].id
        gone = work.lists.people(1).items[0].id
        open_one, ended = one_event(work, "HIR", Process.PR), one_event(work, "TER", Process.FE)
        posted, summary = one_event(work, "HIR", Process.FE), work.events.summary()
    return {
        "sign-in": "/sign-in?again",
        "overview": SITE,
        "requests": f"{SITE}/requests",
        "requests-approved": f"{SITE}/requests?state=APPROVED&order=newest",
        "request-new": f"{SITE}/requests/{waiting[ChangeKind.NEW]}",
        "request-changed": f"{SITE}/requests/{waiting[ChangeKind.UPDATE]}",
        "request-termination": f"{SITE}/requests/{waiting[ChangeKind.TERMINATE]}",
        "request-reactivation": f"{SITE}/requests/{waiting[ChangeKind.REACTIVATE]}",
        "request-duplicate": f"{SITE}/requests/{waiting['DUPLICATE']}",
        "request-decided": f"{SITE}/requests/{decided}",
        "ssn": f"{SITE}/people/1/ssn",
        "synchronize": f"{SITE}/synchronize",
        "held": f"{SITE}/held",
        "kept-back": f"{SITE}/kept-back",
        "employee": f"{SITE}/employees/{employee}",
        "people": f"{SITE}/people",
        "person": f"{SITE}/people/1",
        "person-newest": f"{SITE}/people/{gone}",
        "correct": f"{SITE}/people/1/correct",
        "events": f"{SITE}/events",
        "events-open": f"{SITE}/events/list",
        "events-all": f"{SITE}/events/list?show=all",
        "events-losses": f"{SITE}/events/list?show=losses",
        "activities": f"{SITE}/events/activities?state=ALL",
        "cobra": f"{SITE}/events/cobra",
        "census": f"{SITE}/events/census",
        "event-run": f"{SITE}/runs/{summary.run_id}",
        "event-report": f"{SITE}/events/reports/{summary.run_id}",
        "event-elections": f"{SITE}/people/{open_one[0]}/events/{open_one[1]}",
        "event-finished": f"{SITE}/people/{ended[0]}/events/{ended[1]}",
        "event-void": f"{SITE}/people/{posted[0]}/events/{posted[1]}/reprocess?how=VOID",
        "person-ended": f"{SITE}/people/{ended[0]}",
        "updates": f"{SITE}/runs",
        "update": f"{SITE}/runs/{run}",
        "files": f"{SITE}/deliveries",
        "file": f"{SITE}/deliveries/{delivery}",
        "audit": f"{SITE}/audit",
        "audit-entry": f"{SITE}/audit/1",
        "protection": f"{SITE}/protection",
        "sign-ins": f"{SITE}/sign-ins",
        "users": f"{SITE}/users",
        "user": f"{SITE}/users/1",
        "account": "/account",
        "privacy": "/privacy",
        "missing": f"{SITE}/nowhere",
    }


@pytest.mark.sampled(1 if PICTURES else 4)
@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_accessible_and_fits(office, chromium, session, size):
    """Axe looks at every page in one size, and every page must fit into all of them."""
    wrong = []
    context = chromium.new_context(storage_state=session, **SIZES[size])
    for page in watched(context):
        for name, path in every_page(office).items():
            page.goto(office.address.rstrip("/") + path)
            if PICTURES:
                page.screenshot(path=Path(PICTURES) / f"{name}-{size}.png", full_page=True)
            wrong += [
                (name, violation["id"], violation["nodes"][0]["html"])
                for violation in Axe().run(page).response["violations"]
            ]
            # The size of the context comes last, and so is that of the next page.
            for other in sorted(SIZES, key=lambda other: other == size):
                page.set_viewport_size(SIZES[other]["viewport"])
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                wrong += [(name, other, "wider than the window", wide)] if wide > 0 else []
    context.close()
    assert not wrong


def test_S0_35_the_whole_way_from_a_run_over_its_mail_to_a_decision(office, chromium):
    scene, before = office.scene, len(office.scene.mailbox.messages)
    newcomer = {"firstName": "Wilhelmina", "lastName": "Oyelaran", "ssn": "531-22-7781", "dateOfBirth": "1990-02-11"}
    scene.now = scene.company.now = datetime.now(UTC)
    scene.company.hire(newcomer, hire_date=scene.company.today)
    tools = scene.deployment.sender_context("acme", scene.store)
    runs.run(tools, RunOptions(RunKind.DAILY, MANUAL, "tests"), lambda: datetime.now(UTC))
    until(lambda: len(scene.mailbox.messages) > before)
    (mail,) = [message for message in scene.mailbox.messages[before:] if "uploaded" in message["Subject"]]
    text = mail.get_content()
    assert not [word for value in newcomer.values() for word in (value, value.replace("-", "")) if word in text]
    (link,) = re.findall(r"https?://\S+", text)
    assert link == f"{office.address}sites/acme/requests"
    with scene.store.read("acme") as work:
        number = work.filtered.newest()
    context = chromium.new_context(**SIZES["wide"])
    for page in watched(context):
        page.goto(link)
        page.get_by_label("Name").fill(office.name)
        page.get_by_label("Password").fill(office.password)
        page.get_by_label("Code").fill(fresh_code(office))
        page.get_by_role("button", name="Sign in").click()
        assert page.url == link
        expect(page.get_by_role("heading", name="Requests")).to_be_visible()
        page.get_by_role("link", name=re.compile("^New")).click()
        page.locator(f'a[href^="{SITE}/requests/{number}"]').click()
        expect(page.get_by_role("heading", level=2, name=re.compile("as a new participant"))).to_be_visible()
        page.get_by_role("button", name="Approve new participant").click()
        expect(page.get_by_role("status")).to_contain_text("Request approved")
    context.close()
    assert state_of(office, number) is RequestState.APPROVED


def test_by_keyboard_alone(office, page):
    number = pending(office)[ChangeKind.UPDATE]
    page.goto(f"{office.address}sites/acme/requests?bucket=changed")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to content")
    for _ in range(60):
        page.keyboard.press("j")
        if f"/requests/{number}" in (page.locator(":focus").get_attribute("href") or ""):
            break
    page.keyboard.press("x")
    assert page.locator(f'input[name=id][value="{number}"]').is_checked()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/requests/{number}"))
    page.keyboard.press("a")
    expect(page.locator(":focus")).to_have_text("Approve changes")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Request approved")
    assert state_of(office, number) is RequestState.APPROVED


def test_keys_can_be_turned_off_and_typing_is_no_key(office, page):
    page.goto(f"{office.address}sites/acme/requests")
    page.keyboard.press("/")
    page.keyboard.type("jkx")
    expect(page.get_by_role("searchbox")).to_have_value("jkx")
    page.get_by_role("button", name="Turn keys off").click()
    page.keyboard.press("j")
    expect(page.locator("[data-row] :focus")).to_have_count(0)
    page.get_by_role("button", name="Turn keys on").click()


def test_an_approved_termination_ends_coverage_and_opens_cobra(office, page):
    number, participant = enrolled_leaver(office)
    page.goto(f"{office.address}sites/acme/requests/{number}")
    card = page.locator("section", has=page.get_by_role("heading", name="Effect on coverage"))
    expect(card).to_contain_text("ends. The last day is")
    expect(card).to_contain_text("COBRA starts on")
    page.get_by_label(re.compile("I understand|I have read")).check()
    page.get_by_role("button", name="Approve termination").click()
    expect(page.get_by_role("status")).to_contain_text("Request approved")
    page.goto(f"{office.address}sites/acme/events")
    page.get_by_role("button", name="Process all events").click()
    person = f"{office.address}sites/acme/people/{participant}"
    until(lambda: page.goto(person) and page.get_by_role("heading", name="COBRA from").count())
    expect(page.locator("section", has=page.get_by_role("heading", name="Coverage", exact=True))).to_contain_text(
        "last day"
    )
    page.get_by_role("link", name="Termination").click()
    expect(page.get_by_role("heading", name="Posted coverage")).to_be_visible()


def test_without_scripts_everything_works(office, chromium, session):
    waiting = pending(office)
    context = chromium.new_context(storage_state=session, java_script_enabled=False, **SIZES["narrow"])
    page = context.new_page()
    page.goto(f"{office.address}sites/acme/requests")
    page.get_by_label("Risk").select_option("LOW")
    page.get_by_role("button", name="Apply").click()
    assert "risk=LOW" in page.url
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Approve selected").click()
    page.get_by_label("To confirm").fill("1")
    page.get_by_role("button", name="Approve 1 request").click()
    expect(page.get_by_role("status")).to_contain_text("1 request approved.")
    page.goto(f"{office.address}sites/acme/requests/{waiting[ChangeKind.TERMINATE]}")
    page.get_by_text("Decline…").click()
    page.get_by_role("radio", name=re.compile("^Wrong in HR")).check()
    page.get_by_role("button", name="Decline request").click()
    expect(page.get_by_role("status")).to_contain_text("Request declined")
    page.goto(f"{office.address}sites/acme")
    page.get_by_text("Menu").click()
    page.get_by_role("link", name="Synchronize now").first.click()
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(page.get_by_role("heading", name="Preview", exact=True)).to_be_visible(timeout=60_000)  # the page asks again
    context.close()
    assert state_of(office, waiting[ChangeKind.TERMINATE]) is RequestState.DECLINED


def test_on_a_narrow_screen_the_menu_hides_none_of_its_links(office, chromium, session):
    context = chromium.new_context(storage_state=session, **SIZES["narrow"])
    for page in watched(context):
        page.goto(f"{office.address}sites/acme")
        page.get_by_text("Menu", exact=True).click()
        links = page.locator(".menu a").all()
        assert len(links) > 8
        for link in links:
            link.click(trial=True)  # fails where something lies over it
        assert not Axe().run(page).response["violations"]
    context.close()


def test_a_termination_wants_its_caution_read(office, page):
    number = pending(office)[ChangeKind.REACTIVATE]
    page.goto(f"{office.address}sites/acme/requests/{number}")
    page.get_by_role("button", name="Approve reactivation").click()
    assert f"/requests/{number}" in page.url  # the browser itself asks for the tick
    page.get_by_label(re.compile("I understand|I have read")).check()
    page.get_by_role("button", name="Approve reactivation").click()
    expect(page.get_by_role("status")).to_contain_text("Request approved")


def test_elections_are_entered_and_taken_back_without_scripts(office, chromium, session):
    with office.scene.store.read("acme") as work:
        participant, number = one_event(work, "HIR", Process.PR)
    event = f"{office.address}sites/acme/people/{participant}/events/{number}"
    context = chromium.new_context(storage_state=session, java_script_enabled=False, **SIZES["narrow"])
    page = context.new_page()
    page.goto(event)
    page.get_by_role("group", name="Vision").get_by_role("radio").nth(1).check()
    page.get_by_role("button", name="Enter these elections").click()
    expect(page.get_by_role("status")).to_contain_text("1 election entered")
    page.get_by_text("Reprocess or reorder").click()
    page.get_by_role("link", name="Start over").click()
    expect(page.get_by_text("1 election that was entered.")).to_be_visible()
    page.get_by_label(re.compile("I understand|I have read")).check()
    page.get_by_label("Reason").fill("entered for somebody else")
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_role("status")).to_contain_text("Marked: start over")
    context.close()


def test_a_held_import_is_looked_at_and_allowed_once(office, page):
    page.goto(f"{office.address}sites/acme/held")
    page.get_by_role("button", name="Check HR now").click()
    expect(page.get_by_role("heading", name="Held changes", exact=True)).to_be_visible()
    until(
        lambda: page.goto(f"{office.address}sites/acme/held") and page.get_by_role("heading", name="Allow once").count()
    )
    number = page.locator('label:has-text("To confirm") strong').inner_text()
    if page.locator("input[name=code]").count():
        page.locator("form", has_text="Allow once").get_by_label("Code").fill(fresh_code(office))
    page.get_by_label("To confirm").fill(number)
    page.get_by_role("button", name="Allow these").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=60_000)  # the part asks again by itself
    page.get_by_role("link", name="Review requests").click()
    page.get_by_role("link", name=re.compile("Terminated")).click()
    assert page.locator("[data-row]").count() >= int(number)


def test_an_SSN_is_seen_for_a_reason(office, page):
    page.goto(f"{office.address}sites/acme/people/1")
    page.get_by_role("link", name="Show in full").click()
    page.get_by_label("Reason").fill("the carrier asks for it")
    if page.get_by_label("Code").count():
        page.get_by_label("Code").fill(fresh_code(office))
    page.get_by_role("button", name="Show SSN").click()
    expect(page.locator(".ssn")).to_have_text(re.compile(r"^\d{3}-\d\d-\d{4}$"))
