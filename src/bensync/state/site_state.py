"""The state of one site in one transaction: all repositories in one place."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from bensync.state.audit.entries import AuditTrail
from bensync.state.audit.notices import Notices
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
    """The repositories of one site in one open transaction; no other site can be reached from here.

    Repositories that few commands need load their tables, and the rules of benefits, when they are first used.

    Attributes:
        transaction: the transaction itself, for the rest of this package.
        site: the name of the site.
        vault: opens and seals the values of the site.
        alerts: open alerts.
        audit: the audit trail.
        baselines: what the benefits platform was last sent.
        deliveries: deliveries, their rows and their sealed bytes.
        filtered: the lists page by page, filtered and sorted.
        issues: people who are blocked by a data issue.
        lists: read-only lists.
        metrics: the site in numbers.
        notices: outgoing notices.
        participants: people as last approved.
        received: files that were received from an upload center, accepted or refused.
        requests: proposed changes and their decisions.
        runs: runs, the lease, and the values that one run leaves for the next.
        timeline: what happened to one employee.
    """

    def __init__(self, transaction: SiteTransaction) -> None:
        self.transaction = transaction
        self.site = transaction.site
        self.vault: Vault = transaction.vault
        self.alerts = OpenAlerts(transaction)
        self.baselines = BaselineStore(transaction)
        self.metrics = Metrics(transaction)
        self.timeline = Timeline(transaction)
        self.issues = DataIssues(transaction)
        self.audit = AuditTrail(transaction)
        self.notices = Notices(transaction)
        self.deliveries = Deliveries(transaction)
        self.requests = Requests(transaction)
        self.received = Received(transaction)
        self.participants = Participants(transaction)
        self.runs = RunLog(transaction)
        self.filtered = FilteredLists(transaction)
        self.lists = Lists(transaction)

    # Only these are loaded late: the rules of benefits and the tables of access cost 40 ms at start-up, which
    # `bensync status` and the resting daemon need not pay (decision 60).
    @cached_property
    def accounts(self) -> Accounts:
        """Accounts and their grants; they belong to the deployment, whatever the site."""
        from bensync.state.access.accounts import Accounts

        return Accounts(self.transaction)

    @cached_property
    def attempts(self) -> Attempts:
        """Failed sign-ins, likewise."""
        from bensync.state.access.attempts import Attempts

        return Attempts(self.transaction)

    @cached_property
    def sessions(self) -> Sessions:
        """Signed-in sessions, likewise."""
        from bensync.state.access.sessions import Sessions

        return Sessions(self.transaction)

    @cached_property
    def tokens(self) -> Tokens:
        """API tokens, likewise."""
        from bensync.state.access.tokens import Tokens

        return Tokens(self.transaction)

    @cached_property
    def cases(self) -> Cases:
        """Cases: the benefit events of participants, with their activities, enrollments and COBRA records."""
        from bensync.state.benefits.cases import Cases

        return Cases(self.transaction)

    @cached_property
    def event_runs(self) -> EventRuns:
        """Calls, checkpoints and remarks of the runs of benefit events."""
        from bensync.state.benefits.event_runs import EventRuns

        return EventRuns(self.transaction)

    @cached_property
    def events(self) -> EventLists:
        """Read-only lists of benefit events and their results."""
        from bensync.state.read.event_lists import EventLists

        return EventLists(self.transaction)
