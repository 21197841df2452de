"""The demo's pages: an employer with two weeks of history and a day's work in the queue, served until stopped."""

from __future__ import annotations

import re
import secrets
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pyotp
import uvicorn
from rich.console import Console

from bensync.actions import users
from bensync.config.settings import Web
from bensync.core.access import Grant, Role, command_line_actor
from bensync.core.people import Standing
from bensync.core.runs import RunKind
from bensync.demo.company import coverage
from bensync.demo.company.churn import churn
from bensync.demo.company.personnel import FakeEmployee
from bensync.demo.company.values import status
from bensync.demo.stage import SITE, DemoStage, stage
from bensync.errors import GuardTripped
from bensync.pipeline.context import RunOptions
from bensync.pipeline.runs import run
from bensync.web.app import create_app
from bensync.web.http.server import address_of, bound, make_server
from bensync.wiring import Deployment

_DAYS = 15
_RUN_HOUR = 4
_TICK_SECONDS = 5
_UNDECIDED = 4
_PAID_UNTIL = 12
_AFTERWARDS = timedelta(hours=6)
_SOMEBODY = command_line_actor("demo administrator")
_NEWCOMERS = (
    ("Maren", "Oakes", "612-44-3187", "1991-08-14", "Analyst", "Finance"),
    ("Tobias", "Lindqvist", "529-31-7746", "1987-02-03", "Electrician", "Facilities"),
    ("Priya", "Raman", "447-82-1195", "1996-11-30", "Designer", "Marketing"),
)
_WEB = """
[web]
listen = "{listen}"
address = "http://{listen}"
operator = "the benefits office of the demo"
contact = "benefits@example.com"
"""


class Opened(msgspec.Struct, frozen=True):
    """Pages that are ready to be served, and the credentials to sign in.

    Attributes:
        scene: the employer behind them.
        server: the web server, not started yet.
        address: the address that it will have.
        name: the user name of the Data Owner.
        password: the password of the Data Owner.
        totp_uri: the address for an authenticator app.
    """

    scene: DemoStage
    server: uvicorn.Server
    address: str
    name: str
    password: str
    totp_uri: str

    def code(self) -> str:
        """Return the code that an authenticator app shows now."""
        opened = re.search(r"secret=([A-Z2-7]+)", self.totp_uri)
        return pyotp.TOTP(opened[1] if opened else "").now()


def keep_up(folder: Path | None, employees: int, console: Console, listen: str) -> Path:
    """Set up an employer, and serve its pages until Ctrl+C.

    Args:
        folder: the folder for all files; None for a new temporary one.
        employees: the number of people of the made-up employer; at least 20.
        console: where to print.
        listen: HOST:PORT of the pages.

    Returns:
        the folder with configuration, database, keys and files.
    """
    bound(Web(listen=listen)).close()  # before two weeks are made up for pages that nobody could open
    place = folder or Path(tempfile.mkdtemp(prefix="bensync-demo-"))
    console.print(f"[bold]bensync demo[/]: two weeks of a made-up employer with {employees} people; a moment, please.")
    with open_pages(place, employees, listen) as opened:
        console.print(f"\n  The pages:  [bold]{opened.address}[/]")
        console.print(f"  Name:       {opened.name}\n  Password:   {opened.password}", highlight=False)
        console.print(f"  Code:       {opened.code()} now; for a fresh one press Enter here", highlight=False)
        console.print(f"  Or scan:    {opened.totp_uri}", highlight=False, soft_wrap=True)
        console.print("  Ctrl+C ends it.\n")
        threading.Thread(target=_tell_codes, args=(opened, console), daemon=True).start()
        opened.server.run()
    return place


@contextmanager
def open_pages(folder: Path, employees: int, listen: str) -> Iterator[Opened]:
    """Set up an employer, and yield its pages, which can be served while the block lasts.

    Args:
        folder: the folder for all files.
        employees: the number of people of the employer.
        listen: HOST:PORT of the pages.
    """
    late = datetime.now(UTC).hour > _RUN_HOUR  # the last daily run of the story must lie behind us
    with stage(folder, employees, days=_DAYS if late else _DAYS + 1) as scene:
        with scene.config.open("a") as config:
            config.write(_WEB.format(listen=listen))
        scene.deployment = deployment = Deployment(scene.config)
        live_through(scene)
        password, owner = secrets.token_urlsafe(12), Grant(SITE, Role.DATA_OWNER)
        new = users.add(scene.store, "owner", password, owner, _SOMEBODY, datetime.now(UTC), issuer="bensync demo")
        server = make_server(create_app(deployment, lambda: datetime.now(UTC)), deployment.settings.web)
        stopping = threading.Event()
        threading.Thread(target=_tick, args=(scene, stopping), daemon=True).start()
        try:
            yield Opened(scene, server, address_of(deployment.settings.web), new.name, password, new.totp_uri)
        finally:
            stopping.set()


def live_through(scene: DemoStage) -> None:
    """Play two weeks that are over, and a day with requests of every kind to decide."""
    scene.resync()
    _approve(scene)
    coverage.load_census(scene)
    coverage.work_off(scene, scene.now + _AFTERWARDS)
    coverage.choose(scene, left=_UNDECIDED)
    coverage.work_off(scene, scene.now + _AFTERWARDS)
    for day in range(1, _DAYS):
        scene.next_day()
        _live(scene, day)
        with suppress(GuardTripped):  # a refused run belongs to the history that the pages show
            scene.sync()
        _decide(scene)
    scene.next_day()
    _busy_day(scene)
    scene.sync()
    scene.now = scene.company.now = datetime.now(UTC) - timedelta(minutes=50)
    _bad_import(scene)
    again = RunOptions(RunKind.DAILY, "MANUAL", _SOMEBODY.name)
    run(scene.deployment.sender_context(SITE, scene.store), again, lambda: scene.now)


def _live(scene: DemoStage, day: int) -> None:
    """Play a day in HR: changes of many kinds, and on some days a termination, a rehire or a hire."""
    company, today = scene.company, scene.company.today
    churn(company, percent=2 + day % 4, seed=day)
    active, gone = _active(scene), [employee for employee in company if status(company, employee) != "Active"]
    if day % 3 == 0:
        company.terminate(active[day].id, today)
    if day % 5 == 0 and gone:
        company.rehire(gone[day % len(gone)].id, today)
    if day % 4 == 1:
        company.hire({**_person(day), "ssn": f"3{day:02}-5{day % 10}-{4000 + day}"}, hire_date=today)


def _busy_day(scene: DemoStage) -> None:
    """Play a day with one case of everything that an administrator meets."""
    company, today = scene.company, scene.company.today
    churn(company, percent=6, seed=99)
    leaver, long_gone, renumbered, away, nameless, drifting = _active(scene)[:6]
    for first, last, ssn, born, title, department in _NEWCOMERS:
        fields = {"firstName": first, "lastName": last, "ssn": ssn, "dateOfBirth": born}
        company.hire({**_HOME, **fields}, hire_date=today, job={"jobTitle": title, "department": department})
    company.terminate(leaver.id, today)
    company.terminate(long_gone.id, today - timedelta(days=75))
    for back in [
        employee
        for employee in company
        if status(company, employee) != "Active" and employee not in (leaver, long_gone)
    ][:1]:
        company.rehire(back.id, today)
    company.update(renumbered.id, ssn="545-29-7713")
    company.add_row(
        away.id, "employmentStatus", date=today, employmentStatus="Full-Time", benetracStatus="On Sabbatical"
    )
    company.update(nameless.id, ssn=None)
    _end_by_hand(scene, drifting)


def _bad_import(scene: DemoStage) -> None:
    """Terminate too many people in HR at once, so that a guard holds them."""
    for employee in _active(scene)[6:18]:
        scene.company.terminate(employee.id, scene.company.today)


def _end_by_hand(scene: DemoStage, employee: FakeEmployee) -> None:
    """Terminate somebody in the benefits platform while HR says active (S0-19)."""
    with scene.store.read(SITE) as state:
        participant = state.participants.by_employees([employee.id]).get(employee.id)
    if participant is not None and participant.standing is Standing.ACTIVE:
        reason = "letter of resignation"
        actions = scene.deployment.actions(scene.store, SITE, _SOMEBODY, lambda: scene.now)
        actions.terminate(participant.id, scene.now.date(), reason, confirmed=True)


def _decide(scene: DemoStage) -> None:
    """Approve all waiting requests, and process the benefit events."""
    _approve(scene)
    coverage.work_off(scene, scene.now + _AFTERWARDS)


def _approve(scene: DemoStage) -> None:
    """Approve all waiting requests."""
    with scene.store.read(SITE) as state:
        waiting = state.requests.pending_ids()
    when = scene.now + timedelta(hours=5)
    scene.deployment.actions(scene.store, SITE, _SOMEBODY, lambda: when).approve(waiting, confirmed=True)


def _tick(scene: DemoStage, stopping: threading.Event) -> None:
    """Move HR's clock on while the pages are served."""
    # The fake's time stands still by itself, and a sync is refused if its clock and ours differ by too much.
    while not stopping.wait(_TICK_SECONDS):
        scene.company.now = datetime.now(UTC)


def _tell_codes(opened: Opened, console: Console) -> None:
    for _ in sys.stdin:
        console.print(f"  Code:       {opened.code()}", highlight=False)


def _active(scene: DemoStage) -> list[FakeEmployee]:
    return [employee for employee in scene.company if status(scene.company, employee) == "Active"]


def _person(day: int) -> dict[str, str]:
    firsts, lasts = ("Noor", "Ellis", "Ivy", "Rhys", "Anneke"), ("Haddad", "Brandt", "Castellan", "Okafor")
    first, last = firsts[day // 4 % len(firsts)], lasts[day // 4 % len(lasts)]
    fields = {**_HOME, "firstName": first, "lastName": last, "dateOfBirth": f"19{80 + day}-05-0{1 + day % 9}"}
    if day > _PAID_UNTIL:
        del fields["payPer"]  # their hire is stuck, since life insurance needs a salary
    return fields


_HOME = {
    "gender": "Female",
    "address1": "4 Quarry Lane",
    "city": "Akron",
    "state": "OH",
    "zipcode": "44301",
    "country": "United States",
    "payRate": "58000.00 USD",
    "payPer": "Year",
}
