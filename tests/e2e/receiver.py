"""The receiver on another machine: its own database and keys, and of HR nothing but the files at the upload center."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bensync.actions import approvals
from bensync.core.access import command_line_actor
from bensync.core.requests import Request, RequestState
from bensync.demo.keys import Keyring
from bensync.errors import BensyncError, GuardTripped
from bensync.mappings import feed
from bensync.pipeline.receive import IntakeOptions, IntakeReport, receive
from bensync.state.db.vault import new_state_key
from bensync.wiring import Deployment
from tests.e2e.world import World
from tests.fixtures.databases import careless


@dataclass
class Receiver:
    """A deployment that only receives what a world sends."""

    sender: World
    folder: Path
    database: str
    dated_rows: bool = False
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "state.key").touch(0o600)
        (self.folder / "state.key").write_text(new_state_key())
        self.config = self.folder / "bensync.toml"
        self.configure()
        self.store.migrate()

    @property
    def now(self) -> datetime:
        """The clock of all."""
        return self.sender.now

    @property
    def inbox(self) -> Path:
        """The folder of the upload center."""
        return self.sender.center.root

    def configure(self, **changes: str) -> None:
        """Write the configuration anew, with other lines in its intake table."""
        center, mailbox, keys = self.sender.center, self.sender.mailbox, self.sender.keys
        lines = {
            "type": '"sftp"',
            "host": f'"{center.host}"',
            "port": str(center.port),
            "user": f'"{center.user}"',
            "private_key": f'"file:{self.sender.folder}/sftp.key"',
            "host_keys": f'["{center.host_key}"]',
            "directory": f'"{center.root}"',
            "attempts": "1",
            "timeout": "5",
            "gnupg_home": f'"{keys.receiver.home}"',
            "signer": f'"{keys.signer}"',
            "dated_rows": str(self.dated_rows).lower(),
        }
        self.settings.update(changes)
        table = "".join(f"{name} = {value}\n" for name, value in {**lines, **self.settings}.items())
        self.config.write_text(
            f'[state]\nurl = "{self.database}"\nkey = "file:{self.folder}/state.key"\n'
            f'[mail]\nhost = "{mailbox.host}"\nport = {mailbox.port}\n'
            'sender = "receiver@example.com"\nadmins = ["queue@example.com"]\n'
            f'[sites.acme]\nid = "ACME0001"\n[sites.acme.intake]\n{table}'
        )
        self.deployment = Deployment(self.config)
        self.store = self.deployment.store()

    def intake(self, *files: Path, again: bool = False, anew: bool = False) -> IntakeReport:
        """Take in what waits."""
        tools = self.deployment.receiver_context("acme", self.store, files)
        return receive(tools, IntakeOptions("test", again, anew), lambda: self.now)

    def stopped(self, **options: Any) -> GuardTripped:
        """Why the intake stopped."""
        reason = self.intake(**options).stopped
        assert reason is not None
        return reason

    def failure(self) -> BensyncError:
        """The error that the intake ends with."""
        return self.sender.failure(self.intake)

    def queue(self, state: RequestState = RequestState.PENDING) -> list[Request]:
        """The requests in one state."""
        with self.store.read("acme") as work:
            requests = work.requests.get(range(1, 10_000))
        return [request for request in requests.values() if request.state is state]

    def approve_all(self) -> None:
        """Decide as the administrator over there."""
        rules = self.deployment.settings.sites["acme"].intake_rules()
        ids = [request.id for request in self.queue()]
        decisions = approvals.approve(
            self.store, "acme", ids, command_line_actor("admin"), self.now, rules, confirmed=True
        )
        assert all(decision.done for decision in decisions)

    def files(self) -> list[tuple[int, str]]:
        """Number and state of every file that was looked at."""
        with self.store.read("acme") as work:
            return [(file.sequence, file.state.value) for file in work.received.every()]

    def alerts(self) -> list[str]:
        """The subjects of the mails that this side sent, except for the notices of good news."""
        subjects = [str(mail["Subject"]) for mail in self.sender.mailbox.messages if "receiver@" in str(mail["From"])]
        return [subject for subject in subjects if " received, " not in subject]

    def rows(self, sql: str) -> list[Any]:
        """What a plain database client sees."""
        with careless(self.database) as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]


def signing(employer: World, *, embedded: bool, dated_rows: bool = False) -> None:
    """Let a world sign its files, and open its own requests or none."""
    employer.configure(
        feed=f'recipient = "{employer.keys.recipient}"\nsigner = "{employer.keys.signer}"\n'
        f'gnupg_home = "{employer.keys.sender.home}"\ndated_rows = {str(dated_rows).lower()}\n'
    )
    if not embedded:
        text = employer.config.read_text().replace('id = "ACME0001"\n', 'id = "ACME0001"\nembedded = false\n')
        employer.config.write_text(text)
        employer.deployment = Deployment(employer.config)


def forged(file: Path, employer: World, ring: Keyring | None = None, *options: str, **header: Any) -> bytes:
    """The content of a file with other words in its header, its trailer made good, signed and sealed again."""
    plain = employer.keys.receiver.decrypt(file.read_bytes())
    opened = feed.parse(employer.tools.layout, plain)
    changed = {name: getattr(opened.header, name) for name in opened.header.__struct_fields__} | header
    lines = feed.render(employer.tools.layout, feed.Header(**changed), opened.profiles)
    return sealed(b"".join(lines), employer, ring, *options)


def sealed(plain: bytes, employer: World, ring: Keyring | None = None, *options: str) -> bytes:
    """Sealed for the receiver by plain gpg; signed unless other options are given."""
    wanted = options or ("--sign",)
    command = ("--trust-model", "always", "--recipient", employer.keys.recipient, *wanted, "--encrypt")
    return (ring or employer.keys.sender)._gpg(*command, stdin=plain)


def ssns(text: str) -> list[str]:
    """What looks like an SSN in a text."""
    return re.findall(r"(?<![\w-])\d{3}-?\d{2}-?\d{4}(?![\w-])", text)
