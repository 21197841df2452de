"""The demo's surroundings on this machine: a made-up HR system, an upload center, a mailbox, keys, and a clock."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from bensync.core.people import Status
from bensync.core.runs import RunKind
from bensync.demo.bamboohr.server import Server, serve
from bensync.demo.company.company import Company
from bensync.demo.keys import Keyring
from bensync.demo.mailbox import Mailbox
from bensync.demo.upload_center import UploadCenter
from bensync.pipeline.benefits.events import begin_events
from bensync.pipeline.context import MANUAL, SCHEDULE, RunOptions
from bensync.pipeline.runs import RunReport, run
from bensync.state.db.vault import new_state_key
from bensync.state.store import Store
from bensync.wiring import Deployment

SITE = "acme"
_RULEBOOK = Path(__file__).with_name("benefits.toml")
EVERYBODY = frozenset({Status.ACTIVE, Status.INACTIVE})


class DemoStage:
    """One employer with everything around it.

    Attributes:
        folder: the folder of all files.
        company: the HR system.
        inbox: the folder of the upload center.
        receiver: the keys of the benefits platform, which opens the files.
        mailbox: the administrator's mails.
        store: the database of bensync.
        now: the present time of the story, which begins some days ago at 4:00 AM UTC.
    """

    def __init__(
        self, folder: Path, company: Company, receiver: Keyring, sender: Keyring, center: UploadCenter, mailbox: Mailbox
    ) -> None:
        self.folder = folder
        self.company = company
        self.inbox = center.root
        self.receiver = receiver
        self.mailbox = mailbox
        self.now = company.now
        self._sender = sender
        self._center = center

    def open(self, hr: Server) -> None:
        """Write the configuration, and create the database."""
        path = self.folder / "bensync.toml"
        recipient = self.receiver.create("Benefits Platform")
        self._sender.take(self.receiver.export(recipient))
        secrets = {
            "state.key": new_state_key(),
            "bamboohr.key": self.company.api_key,
            "sftp.key": self._center.client_key,
        }
        for name, secret in secrets.items():
            (self.folder / name).write_text(secret)
            (self.folder / name).chmod(0o600)
        shutil.copy(_RULEBOOK, self.folder)
        path.write_text(self._configuration(hr, recipient))
        self.config = path
        self.deployment = Deployment(path)
        self.store: Store = self.deployment.store()
        self.store.migrate()
        # Nobody of the made-up company has coverage yet: the story shows how hires elect it.
        context = self.deployment.site_context(SITE, self.store)
        begin_events(context, self.deployment.rulebook(SITE), "demo", lambda: self.now)

    def resync(self) -> RunReport:
        """Run a full resync of everybody."""
        return self._run(RunOptions(RunKind.RESYNC, MANUAL, "demo", EVERYBODY))

    def sync(self) -> RunReport:
        """Do the daily run."""
        return self._run(RunOptions(RunKind.DAILY, SCHEDULE, "demo"))

    def next_day(self) -> None:
        """Move the time to 4:00 AM UTC of the next day."""
        self.now += timedelta(days=1)
        self.company.now = self.now

    def files(self) -> list[Path]:
        """Return the files at the upload center, in the order of their numbers."""
        # By the number in the name (SITE_KIND_NUMBER): by the whole name, every DELTA would come before every FULL.
        return sorted(self.inbox.glob("*.gpg"), key=lambda path: path.name.split("_")[2])

    def _run(self, options: RunOptions) -> RunReport:
        return run(self.deployment.sender_context(SITE, self.store), options, lambda: self.now)

    def _configuration(self, hr: Server, recipient: str) -> str:
        center, mailbox, folder = self._center, self.mailbox, self.folder
        return f"""\
[state]
url = "sqlite:///{folder}/bensync.db"
key = "file:{folder}/state.key"

[mail]
host = "{mailbox.host}"
port = {mailbox.port}
sender = "bensync@example.com"
admins = ["benefits@example.com"]

[sites.{SITE}]
id = "ACME0001"
benefits = "{_RULEBOOK.name}"

[sites.{SITE}.source]
type = "bamboohr"
company = "{self.company.name}"
api_key = "file:{folder}/bamboohr.key"
base_url = "{hr.url}"

[sites.{SITE}.status]
active = ["Active", "Leave"]
inactive = ["Terminated"]

[sites.{SITE}.feed]
recipient = "{recipient}"
gnupg_home = "{self._sender.home}"

[sites.{SITE}.upload_center]
type = "sftp"
host = "{center.host}"
port = {center.port}
user = "{center.user}"
private_key = "file:{folder}/sftp.key"
host_keys = ["{center.host_key}"]
"""


@contextmanager
def stage(folder: Path, employees: int, days: int = 2) -> Iterator[DemoStage]:
    """Set up the surroundings in a folder, some days ago; the servers end with the block, the files stay."""
    inbox = folder / "upload-center"
    inbox.mkdir(parents=True)
    beginning = datetime.combine(datetime.now(UTC).date() - timedelta(days=days), time(4), UTC)
    company = Company.with_people(employees, now=beginning, name=SITE)
    with (
        Keyring(folder / "receiver") as receiver,
        Keyring(folder / "sender") as sender,
        UploadCenter(inbox) as center,
        Mailbox() as mailbox,
        serve(company) as hr,
    ):
        scene = DemoStage(folder, company, receiver, sender, center, mailbox)
        scene.open(hr)
        try:
            yield scene
        finally:
            scene.store.close()
