"""One employer with everything real around it, and a clock that the test moves; the product runs in this process."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import inspect

from bensync.actions import approvals, corrections
from bensync.actions.decisions import Decision
from bensync.core.access import command_line_actor
from bensync.core.people import Participant, Status
from bensync.core.requests import DeclineCode, Request, RequestState
from bensync.core.runs import RunKind
from bensync.demo.bamboohr.server import serve
from bensync.demo.company.company import Company
from bensync.demo.mailbox import Mailbox
from bensync.errors import BensyncError
from bensync.mappings import feed
from bensync.pipeline.context import MANUAL, RunOptions, SenderContext
from bensync.pipeline.runs import RunReport, run
from bensync.state.db.vault import new_state_key
from bensync.state.store import Store
from bensync.wiring import Deployment
from tests.fixtures.databases import careless
from tests.fixtures.gnupg import Correspondence
from tests.fixtures.invariants import hold
from tests.fixtures.openssh import OpenSsh

START = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
BOTH = frozenset({Status.ACTIVE, Status.INACTIVE})

PERSON: dict[str, Any] = {
    "firstName": "Ada",
    "lastName": "Vale",
    "ssn": "123-45-6780",
    "dateOfBirth": "1984-02-29",
    "gender": "Female",
    "address1": "1 Elm Street, Apt 4",
    "city": "Dayton",
    "state": "OH",
    "zipcode": "45402",
    "country": "United States",
    "homeEmail": "ada.vale@example.com",
    "hireDate": "2020-03-02",
}


def person(number: int, **fields: Any) -> dict[str, Any]:
    """The fields of one more made-up employee."""
    return {
        **PERSON,
        "firstName": f"Person{number}",
        "ssn": f"{200 + number // 10000:03}-{10 + number // 1000 % 10:02}-{1000 + number % 1000:04}",
        "homeEmail": f"person{number}@example.com",
        **fields,
    }


@dataclass
class World:
    """An employer, its benefits platform, and the product between them."""

    folder: Path
    company: Company
    url: str
    keys: Correspondence
    center: OpenSsh
    mailbox: Mailbox
    database: str  # its address
    now: datetime = START
    settings: dict[str, str] = field(default_factory=dict)
    broken: bool = False  # whether the test damaged the database itself
    benefits: str = ""  # the file of the rulebook, beside the configuration

    def __post_init__(self) -> None:
        self.state_key = self.folder / "state.key"
        self.state_key.touch(0o600)
        self.state_key.write_text(new_state_key())
        self.config = self.folder / "bensync.toml"
        self.configure()
        self.store.migrate()

    def configure(self, **changes: str) -> None:
        """Write the configuration anew with other lines: a whole table by its name, such as ``status``."""
        tables = {
            "source": f'type = "bamboohr"\ncompany = "acme"\napi_key = "file:{self.folder}/api.key"\n'
            f'base_url = "{self.url}"\nattempts = 2\ngive_up_after = 5\n',
            "status": 'active = ["Active", "Leave"]\ninactive = ["Terminated"]\n',
            "feed": f'recipient = "{self.keys.recipient}"\ngnupg_home = "{self.keys.sender.home}"\n',
            "upload_center": f'type = "sftp"\nhost = "{self.center.host}"\nport = {self.center.port}\n'
            f'user = "{self.center.user}"\nprivate_key = "file:{self.folder}/sftp.key"\n'
            f'host_keys = ["{self.center.host_key}"]\ndirectory = "{self.center.root}"\n'
            "attempts = 1\ngive_up_after = 5\ntimeout = 5\n",
        }
        self.settings.update(changes)
        tables.update(self.settings)
        self.tables = tables
        for name, secret in (("api.key", self.company.api_key), ("sftp.key", self.center.client_key)):
            (self.folder / name).touch(0o600)
            (self.folder / name).write_text(secret)
        state = f'[state]\nurl = "{self.database}"\nkey = "file:{self.state_key}"\n'
        mail = (
            f'[mail]\nhost = "{self.mailbox.host}"\nport = {self.mailbox.port}\n'
            'sender = "bensync@example.com"\nadmins = ["benefits@example.com"]\n'
        )
        benefits = f'benefits = "{self.benefits}"\n' if self.benefits else ""
        site = f'[sites.acme]\nid = "ACME0001"\n{benefits}' + "".join(
            f"[sites.acme.{name}]\n{text}" for name, text in tables.items()
        )
        self.config.write_text(f"{state}{mail}{site}")
        self.deployment = Deployment(self.config)
        self.store: Store = self.deployment.store()

    @property
    def tools(self) -> SenderContext:
        """What a run works with, freshly made."""
        return self.deployment.sender_context("acme", self.store)

    def at(self, day: date | str, hour: int = 4) -> None:
        """Move the clock of both sides."""
        when = date.fromisoformat(day) if isinstance(day, str) else day
        self.now = datetime(when.year, when.month, when.day, hour, tzinfo=UTC)
        self.company.now = self.now

    def next_day(self) -> None:
        """Move the clock of both sides by a day."""
        self.at(self.now.date() + timedelta(days=1))

    def sync(self, **options: Any) -> RunReport:
        """The daily run."""
        return run(self.tools, RunOptions(RunKind.DAILY, MANUAL, "test", **options), lambda: self.now)

    def resync(self, boxes: frozenset[Status] = BOTH, **options: Any) -> RunReport:
        """A full resync of the ticked populations; HR's clock is right."""
        self.company.now = max(self.company.now, self.now)
        order = RunOptions(RunKind.RESYNC, MANUAL, "test", boxes, **options)
        return run(self.tools, order, lambda: self.now)

    def snapshot(self) -> RunReport:
        """Both sides in step at the beginning, without file and request."""
        self.company.now = max(self.company.now, self.now)
        return run(self.tools, RunOptions(RunKind.SNAPSHOT, MANUAL, "test", BOTH), lambda: self.now)

    def begin(self) -> None:
        """Everybody sent and approved; the next thing that happens is the test's."""
        self.at(self.now.date())
        self.snapshot()
        self.next_day()

    def failure(self, action: Any) -> BensyncError:
        """The error that an action ends with."""
        try:
            action()
        except BensyncError as error:
            return error
        raise AssertionError("it did not fail")

    def queue(self, state: RequestState = RequestState.PENDING) -> list[Request]:
        """The requests in one state."""
        with self.store.read("acme") as work:
            every = work.requests.get(range(1, 100_000)) if state is not RequestState.PENDING else None
            requests = every or work.requests.get(work.requests.pending_ids())
        return [request for request in requests.values() if request.state is state]

    def request(self) -> Request:
        """The only pending request."""
        (only,) = self.queue()
        return only

    def approve(self, ids: Sequence[int], *, confirmed: bool = False, **options: Any) -> list[Decision]:
        """Decide as an administrator."""
        rules = self.tools.rules
        return approvals.approve(
            self.store, "acme", ids, command_line_actor("admin"), self.now, rules, confirmed=confirmed, **options
        )

    def decline(self, ids: Sequence[int], code: DeclineCode = DeclineCode.INELIGIBLE) -> list[Decision]:
        """Decide against."""
        return approvals.decline(self.store, "acme", ids, command_line_actor("admin"), self.now, code, "not eligible")

    def terminate_here(self, participant: Participant, on: date) -> None:
        """End a participant in the benefits platform only."""
        corrections.terminate(
            self.store,
            "acme",
            participant.id,
            on,
            "left the company",
            command_line_actor("admin"),
            self.now,
            confirmed=True,
        )

    def participants(self) -> dict[str, Participant]:
        """The register by HR employee."""
        with self.store.read("acme") as work:
            everybody = work.participants.by_ids(range(1, 20_000))
        return {participant.employee_id: participant for participant in everybody.values()}

    def files(self) -> list[Path]:
        """What lies at the upload center."""
        return sorted(self.center.root.iterdir())

    def read(self, file: Path) -> feed.Parsed:
        """A file as the receiver reads it: decrypted by plain gpg, then parsed and checked."""
        return feed.parse(self.tools.layout, self.keys.receiver.decrypt(file.read_bytes()))

    def rows(self, sql: str) -> list[Any]:
        """What a plain database client sees; dates and JSON as text, as SQLite has them."""
        with careless(self.database) as connection:
            return [tuple(_plain(value) for value in row) for row in connection.exec_driver_sql(sql)]

    def table_names(self) -> list[str]:
        """The tables of the database."""
        with self.store.whole() as connection:
            return sorted(inspect(connection).get_table_names())


def _plain(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value)
    return str(value) if isinstance(value, date) else value


@contextlib.contextmanager
def world(
    folder: Path, keys: Correspondence, center: OpenSsh, mailbox: Mailbox, company: Company, database: str
) -> Iterator[World]:
    """Serve a company and set the product up beside it."""
    with serve(company) as server:
        employer = World(folder, company, server.url, keys, center, mailbox, database)
        try:
            yield employer
            if not employer.broken:
                hold(employer.store, "acme")
        finally:
            employer.store.close()
