"""The demo: three days of one employer, from HR to the participants, in a minute."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from bensync.actions.decisions import Decision, bulk_approvable
from bensync.core.access import command_line_actor
from bensync.core.changes import ChangeKind, FieldChange
from bensync.core.people import masked_ssn
from bensync.core.requests import Request, Risk, WarningCode
from bensync.demo.company.coverage import DemoBenefits
from bensync.demo.company.personnel import FakeEmployee, FakeRow
from bensync.demo.stage import SITE, DemoStage, stage
from bensync.mappings import feed
from bensync.pipeline.runs import RunReport

_SHOWN_ROWS = 5


def play(folder: Path | None, employees: int, console: Console) -> Path:
    """Play the three days on this machine, and print what happens.

    Args:
        folder: the folder for all files; None for a new temporary one.
        employees: the number of people of the made-up employer; at least 20.
        console: where to print.

    Returns:
        the folder with configuration, database, keys and files.
    """
    place = folder or Path(tempfile.mkdtemp(prefix="bensync-demo-"))
    console.print(f"[bold]bensync demo[/]: a made-up employer with {employees} people, everything on this machine.")
    with stage(place, employees) as scene:
        narrator = _Narrator(scene, console)
        narrator.first_day()
        narrator.second_day()
        narrator.third_day()
        narrator.show_where_everything_is()
    return place


class _Narrator:
    def __init__(self, scene: DemoStage, console: Console) -> None:
        self._scene = scene
        self._console = console
        self._benefits = DemoBenefits(scene, console, self._say)

    def first_day(self) -> None:
        self._chapter("a full resync sends everybody to the benefits platform")
        report = self._scene.resync()
        self._say(
            f"Everybody in HR was read over the BambooHR API. [bold]{len(report.plan.sends)} people[/] went into "
            "one file, encrypted with the receiver's PGP key and delivered by SFTP."
        )
        self._show_file(1)
        self._show_queue("There are no participants yet. Waiting for review:")
        self._say("An administrator approves them in bulk, which is allowed for low-risk requests:")
        self._approve_all()
        self._benefits.enrol()
        self._show_queue("Now waiting for review:")

    def second_day(self) -> None:
        self._scene.next_day()
        self._chapter("the daily run sends what changed, and only that")
        self._live_through_a_day()
        report = self._scene.sync()
        self._show_plan(report)
        self._show_file(2)
        self._show_queue("Now waiting for review:")
        self._show_mail()
        self._say("The administrator approves in bulk again; high-risk requests remain:")
        self._approve_all()
        self._decide_the_dangerous()
        self._benefits.follow()
        self._show_queue("Now waiting for review:")

    def third_day(self) -> None:
        self._scene.next_day()
        self._chapter("a quiet day")
        report = self._scene.sync()
        kept = len(report.plan.issues)
        self._say(
            f"Nothing changed in HR: no file, no mail, no request. Outcome: [bold]{report.outcome}[/]. "
            f"A data issue still blocks {kept} person; bensync checks it every day until HR is corrected."
        )

    def show_where_everything_is(self) -> None:
        scene = self._scene
        self._console.rule("[bold]Where everything is[/]", align="left")
        table = Table.grid(padding=(0, 2))
        table.add_row("configuration", str(scene.config))
        table.add_row("database", f"{scene.folder / 'bensync.db'} (names and SSNs in it are encrypted)")
        table.add_row("files", str(scene.inbox))
        for file in scene.files():
            table.add_row("", f"{file.name}  ({file.stat().st_size / 1024:.1f} KiB)")
        self._console.print(Padding(table, (0, 0, 1, 2)), soft_wrap=True)
        self._say("Open a file as the receiver does, or look around; the fake HR system ended with the demo:")
        for command in (
            f"gpg --homedir {scene.receiver.home} --decrypt {scene.files()[1]}",
            f"{_program()} --config {scene.config} status",
            f"{_program()} --config {scene.config} requests list --state approved",
            f"{_program()} --config {scene.config} cobra list",
        ):
            self._console.print(f"    {command}", soft_wrap=True, highlight=False)

    def _live_through_a_day(self) -> None:
        """Make seven changes in HR, and show them."""
        company, today = self._scene.company, self._scene.now.date()
        staff = [employee for employee in company if company.current(employee, "employmentStatus")]
        active = sorted(
            (employee for employee in staff if _status(self._scene, employee) == "Active"), key=self._part_time
        )
        gone = [employee for employee in staff if _status(self._scene, employee) == "Terminated"]
        raised, moved, left, renumbered, away = active[:5]
        company.hire(_NEWCOMER, hire_date=today, job={"jobTitle": "Analyst", "department": "Finance"})
        company.update(raised.id, payRate=_raised(company.current(raised, "compensation")))
        company.update(moved.id, address1="77 Harbor Road", city="Erie", state="PA", zipcode="16501")
        company.terminate(left.id, today)
        company.rehire(gone[0].id, today)
        company.update(renumbered.id, ssn="545-29-7713")
        company.add_row(
            away.id, "employmentStatus", date=today, employmentStatus="Full-Time", benetracStatus="On Sabbatical"
        )
        happened = Table(box=None, pad_edge=False, show_header=False)
        for what, whom in (
            ("a hire", "a new employee in Finance"),
            ("a raise", f"employee {raised.id}"),
            ("a move", f"employee {moved.id}, to another state"),
            ("a termination", f"employee {left.id}"),
            ("a rehire", f"employee {gone[0].id}"),
            ("a corrected SSN", f"employee {renumbered.id}"),
            ("a status that is not configured", f'employee {away.id}: "On Sabbatical"'),
        ):
            happened.add_row(what, whom)
        self._say("During the day people work in HR:")
        self._console.print(Padding(happened, (0, 0, 1, 4)))

    def _part_time(self, employee: FakeEmployee) -> bool:
        """Return whether an employee works part time, and so has fewer plans to lose."""
        row = self._scene.company.current(employee, "employmentStatus")
        return row is not None and row.columns.get("employmentStatus") == "Part-Time"

    def _show_plan(self, report: RunReport) -> None:
        self._say("At 04:00 UTC bensync reads the changed employees, compares them with what was last sent, and plans:")
        table = _table("employee", "row", "fields", "reason")
        for change in report.plan.sends:
            table.add_row(change.candidate.employee_id, change.kind, _few(change.fields), change.reason)
        for issue in report.plan.issues:
            table.add_row(issue.employee_id, "[yellow]blocked[/]", "", f"{issue.code}: {issue.detail}")
        self._console.print(Padding(table, (0, 0, 1, 2)))

    def _show_file(self, number: int) -> None:
        path = self._scene.files()[number - 1]
        context = self._scene.deployment.sender_context(SITE, self._scene.store)
        parsed = feed.parse(context.layout, self._scene.receiver.decrypt(path.read_bytes()))
        shown = parsed.profiles[:_SHOWN_ROWS] if number == 1 else parsed.profiles
        self._say(f"[bold]{path.name}[/], opened with the receiver's key ({len(parsed.profiles)} employees):")
        table = _table("employee", "status", "name", "SSN", "city", "job title", "pay rate")
        for profile in shown:
            values = profile.values
            table.add_row(
                profile.employee_id,
                profile.status,
                _name(values.get("first_name"), values.get("last_name")),
                masked_ssn(values["ssn"]),
                values.get("city"),
                values.get("job_title"),
                values.get("pay_rate"),
            )
        self._console.print(Padding(table, (0, 0, 0, 2)))
        rest = len(parsed.profiles) - len(shown)
        self._console.print(f"    ... and {rest} more\n" if rest else "")

    def _show_queue(self, sentence: str) -> None:
        requests = self._queue()
        kinds = Counter(request.kind for request in requests)
        counted = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "no requests"
        self._say(f"{sentence} [bold]{counted}[/].")
        if not requests or len(requests) > 20:
            return
        table = _table("request", "kind", "risk", "employee", "changes", "cautions")
        for request in requests:
            risk = f"[red]{request.risk}[/]" if request.risk is Risk.HIGH else request.risk
            table.add_row(
                str(request.id), request.kind, risk, request.employee_id, _changes(request), _few(request.warnings)
            )
        self._console.print(Padding(table, (0, 0, 1, 2)))

    def _show_mail(self) -> None:
        mail = self._scene.mailbox.messages[-1]
        self._say(f"The administrator gets a mail without personal data: [italic]{escape(str(mail['Subject']))}[/]")

    def _approve_all(self) -> None:
        decisions = self._approve(bulk_approvable(self._queue()))
        self._say(f"  {sum(decision.done for decision in decisions)} approved and applied.")

    def _decide_the_dangerous(self) -> None:
        for request in self._queue():
            correction = WarningCode.POSSIBLE_DUPLICATE in request.warnings
            (refusal,) = self._approve([request.id])
            if refusal.error is not None:
                self._say(f"Request {request.id} ({request.kind}) needs review. {refusal.error.why}")
            self._approve([request.id], confirmed=True, as_ssn_correction=correction)
            how = "as an SSN correction of the same person" if correction else "with the caution confirmed"
            self._say(f"  Request {request.id} approved {how}.")

    def _approve(
        self, ids: Sequence[int], *, confirmed: bool = False, as_ssn_correction: bool = False
    ) -> list[Decision]:
        scene = self._scene
        actions = scene.deployment.actions(
            scene.store, SITE, command_line_actor("demo administrator"), lambda: scene.now
        )
        return actions.approve(ids, confirmed=confirmed, as_ssn_correction=as_ssn_correction)

    def _queue(self) -> list[Request]:
        with self._scene.store.read(SITE) as state:
            return list(state.requests.get(state.requests.pending_ids()).values())

    def _chapter(self, title: str) -> None:
        self._console.print()
        self._console.rule(f"[bold]{self._scene.now:%A, %d %B %Y, %H:%M} UTC[/]: {title}", align="left")

    def _say(self, text: str) -> None:
        self._console.print(f"  {text}", highlight=False)


_NEWCOMER = {
    "firstName": "Maren",
    "lastName": "Oakes",
    "ssn": "612-44-3187",
    "dateOfBirth": "1991-08-14",
    "gender": "Female",
    "address1": "4 Quarry Lane",
    "city": "Akron",
    "state": "OH",
    "zipcode": "44301",
    "country": "United States",
    "homeEmail": "maren.oakes@example.com",
    "payRate": "58000.00 USD",
    "payPer": "Year",
}


def _program() -> str:
    """Return how this command was called, so that the printed commands can be copied."""
    return sys.argv[0] if Path(sys.argv[0]).name == "bensync" else "bensync"


def _raised(row: FakeRow | None) -> str:
    rate, currency = (row.columns["rate"] if row else "50000.00 USD").split()
    return f"{Decimal(rate) * Decimal('1.08'):.2f} {currency}"


def _status(scene: DemoStage, employee: FakeEmployee) -> str:
    row = scene.company.current(employee, "employmentStatus")
    return row.columns.get("benetracStatus", "") if row else ""


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _name(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)


def _few(words: Iterable[str], most: int = 3) -> str:
    shown = list(words)
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def _changes(request: Request) -> str:
    if request.kind is ChangeKind.NEW:
        return f"a new participant, {len(request.changes)} fields"
    return _few((_change(change) for change in request.changes), most=2)


def _change(change: FieldChange) -> str:
    old, new = change.old or "(empty)", change.new or "(cleared)"
    return f"{change.field}: {old} → {new}"
