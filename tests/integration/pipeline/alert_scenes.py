"""A site whose troubles are reported: a database, a mailbox, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from pydantic import SecretStr

from bensync.core.alerts import AlertCondition, AlertKey, Limits
from bensync.core.intake.proposals import IntakeRules
from bensync.core.ports import Notice
from bensync.core.requests import Risk
from bensync.delivery.channels import Channel
from bensync.delivery.mail import Mail, MailSettings
from bensync.demo.mailbox import Mailbox
from bensync.pipeline import alerting
from bensync.pipeline.alert_checks import check_alerts
from bensync.pipeline.context import SiteContext
from bensync.state.schema import sync
from bensync.state.site_state import SiteState
from bensync.state.store import Store
from tests.fixtures.web import WebServer

START = datetime(2026, 6, 1, 4, tzinfo=UTC)

DOWN = AlertCondition(AlertKey.DELIVERY_FAILED, "the daily run failed", "detail")


@dataclass
class Scene:
    """A site with a database, a mailbox, and a clock that the test moves."""

    store: Store
    mailbox: Mailbox
    place: SiteContext
    now: datetime = START
    seen: int = 0

    def move(self, **step: float) -> None:
        self.now += timedelta(**step)

    def mails(self) -> list[EmailMessage]:
        """What arrived since the last look, after everything that waits was sent."""
        alerting.send_notices(self.place, lambda: self.now)
        new = self.mailbox.messages[self.seen :]
        self.seen = len(self.mailbox.messages)
        return new

    def keys(self) -> list[str]:
        """The keys of the mails that arrived since the last look."""
        return [str(mail["X-Bensync-Key"]) for mail in self.mails()]

    def open(self) -> list[str]:
        with self.place.read() as work:
            return [alert.name for alert in work.alerts.open()]

    def do(self, action: Callable[[SiteContext, SiteState, datetime], object]) -> None:
        with self.place.write("test.step") as work:
            action(self.place, work, self.now)


def mail_to(port: int, *admins: str) -> Mail:
    values = {
        "host": "127.0.0.1",
        "port": port,
        "sender": "b@example.test",
        "admins": admins or ["a@example.test"],
        "timeout": 5,
    }
    return Mail(MailSettings.model_validate(values))


def place_of(store: Store, **channels: Any) -> SiteContext:
    return SiteContext(site="acme", site_id="ACME0001", store=store, rules=IntakeRules(), channels=channels)


def page(web: WebServer) -> Channel:
    return Channel("env:OPS", SecretStr(f"json://127.0.0.1:{web.port}/secret"))


def wait(work: SiteState, since: datetime, risk: Risk) -> None:
    """A request that waits."""
    work.requests._transaction.add(
        sync.RequestRow,
        key=b"k",
        employee_id="1",
        kind="UPDATE",
        risk=risk.value,
        state="PENDING",
        origin="FILE",
        warnings=[],
        effective_date=date(2026, 1, 1),
        fingerprint=b"f",
        basis_version=1,
        opened_at=since,
        sealed_profile=b"",
        sealed_changes=b"",
    )


def decided(scene: Scene) -> None:
    with scene.place.write("test.step") as work:
        work.requests._transaction.connection.exec_driver_sql("DELETE FROM request")
    check_alerts(scene.place, scene.now, Limits())


NEWS = Notice("upload:acme:x", "s", "b")


def look(scene: Scene) -> list[str]:
    """A look of the daemon, and the mails that it brought."""
    check_alerts(scene.place, scene.now, Limits())
    return scene.keys()
