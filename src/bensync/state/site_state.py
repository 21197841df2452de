"""A `Work`: exactly what pipeline and approvals need of the state, in one transaction, for one site."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from bensync.state.audit.entries import AuditTrail
from bensync.state.db.transaction import SiteTransaction
from bensync.state.db.vault import Vault
from bensync.state.read.filtered_lists import FilteredLists
from bensync.state.read.lists import Lists
from bensync.state.read.metrics import Metrics
from bensync.state.read.timeline import Timeline
from bensync.state.sync.alerts import OpenAlerts
from bensync.state.sync.baselines import BaselineStore
from bensync.state.sync.deliveries import Deliveries
from bensync.state.sync.issues import DataIssues
from bensync.state.sync.participants import Participants
from bensync.state.sync.received import Received
from bensync.state.sync.requests import Requests
from bensync.state.sync.runs import RunLog

if TYPE_CHECKING:
    from bensync.state.access.accounts import Accounts
    from bensync.state.access.attempts import Attempts
    from bensync.state.access.sessions import Sessions
    from bensync.state.access.tokens import Tokens
    from bensync.state.benefits.cases import Cases
    from bensync.state.benefits.event_runs import EventRuns
    from bensync.state.read.event_lists import EventLists


class SiteState:
    """The drawers of one open transaction; there is no way from here to another site.

    Those that few open, and that bring the rules of benefits or SQLModel with them, are loaded when they are opened.

    Attributes:
        desk: the transaction itself, for the rest of this room.
        alerts: troubles that somebody must know of, while they last.
        baselines: what the benefits side was last told.
        figures: the site in numbers.
        history: what happened to one employee.
        issues: people kept back.
        journal: audit entries and notices.
        outbox: deliveries, their rows and their bytes.
        queue: requests.
        received: files that were taken in from an upload center, or refused.
        register: participants.
        runs: runs, the lease, and what is remembered from run to run.
        screens: the same lists page by page, searched and put in order.
        views: read-only lists for screens.
    """

    def __init__(self, desk: SiteTransaction) -> None:
        self.transaction = desk
        self.site = desk.site
        self.vault: Vault = desk.vault
        self.alerts = OpenAlerts(desk)
        self.baselines = BaselineStore(desk)
        self.metrics = Metrics(desk)
        self.timeline = Timeline(desk)
        self.issues = DataIssues(desk)
        self.audit = AuditTrail(desk)
        self.deliveries = Deliveries(desk)
        self.requests = Requests(desk)
        self.received = Received(desk)
        self.participants = Participants(desk)
        self.runs = RunLog(desk)
        self.filtered = FilteredLists(desk)
        self.lists = Lists(desk)

    @cached_property
    def accounts(self) -> Accounts:
        """Who may sign in, and their grants; they belong to the deployment, whatever the site."""
        from bensync.state.access.accounts import Accounts

        return Accounts(self.transaction)

    @cached_property
    def attempts(self) -> Attempts:
        """Failures to sign in, likewise."""
        from bensync.state.access.attempts import Attempts

        return Attempts(self.transaction)

    @cached_property
    def sessions(self) -> Sessions:
        """Who is signed in, likewise."""
        from bensync.state.access.sessions import Sessions

        return Sessions(self.transaction)

    @cached_property
    def tokens(self) -> Tokens:
        """What scripts and services are known by, likewise."""
        from bensync.state.access.tokens import Tokens

        return Tokens(self.transaction)

    @cached_property
    def cases(self) -> Cases:
        """What benefit events know of participants."""
        from bensync.state.benefits.cases import Cases

        return Cases(self.transaction)

    @cached_property
    def event_runs(self) -> EventRuns:
        """What runs of benefit events leave behind them."""
        from bensync.state.benefits.event_runs import EventRuns

        return EventRuns(self.transaction)

    @cached_property
    def events(self) -> EventLists:
        """Read-only lists of benefit events and what came of them."""
        from bensync.state.read.event_lists import EventLists

        return EventLists(self.transaction)
