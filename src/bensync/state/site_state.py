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
from bensync.state.sync.declines import DeclinedValues
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
    from bensync.state.retention.holds import LegalHolds


class SiteState:
    """The repositories of one site in one open transaction; no other site can be reached from here.

    A repository is made when it is first used. Those that few commands need load their tables, and the rules of
    benefits, only then.

    Attributes:
        transaction: the transaction itself, for the rest of this package.
        site: the name of the site.
        vault: opens and seals the values of the site.
    """

    def __init__(self, transaction: SiteTransaction) -> None:
        self.transaction = transaction
        self.site = transaction.site
        self.vault: Vault = transaction.vault

    @cached_property
    def alerts(self) -> OpenAlerts:
        """Open alerts."""
        return OpenAlerts(self.transaction)

    @cached_property
    def audit(self) -> AuditTrail:
        """The audit trail."""
        return AuditTrail(self.transaction)

    @cached_property
    def baselines(self) -> BaselineStore:
        """What the benefits platform was last sent."""
        return BaselineStore(self.transaction)

    @cached_property
    def declined(self) -> DeclinedValues:
        """What was declined for each person."""
        return DeclinedValues(self.transaction)

    @cached_property
    def deliveries(self) -> Deliveries:
        """Deliveries, their rows and their sealed bytes."""
        return Deliveries(self.transaction)

    @cached_property
    def filtered(self) -> FilteredLists:
        """The lists page by page, filtered and sorted."""
        return FilteredLists(self.transaction)

    @cached_property
    def issues(self) -> DataIssues:
        """People who are blocked by a data issue."""
        return DataIssues(self.transaction)

    @cached_property
    def lists(self) -> Lists:
        """Read-only lists."""
        return Lists(self.transaction)

    @cached_property
    def metrics(self) -> Metrics:
        """The site in numbers."""
        return Metrics(self.transaction)

    @cached_property
    def notices(self) -> Notices:
        """Outgoing notices."""
        return Notices(self.transaction)

    @cached_property
    def participants(self) -> Participants:
        """People as last approved."""
        return Participants(self.transaction)

    @cached_property
    def received(self) -> Received:
        """Files that were received from an upload center, accepted or refused."""
        return Received(self.transaction)

    @cached_property
    def requests(self) -> Requests:
        """Proposed changes and their decisions."""
        return Requests(self.transaction)

    @cached_property
    def runs(self) -> RunLog:
        """Runs, the lease, and the values that one run leaves for the next."""
        return RunLog(self.transaction)

    @cached_property
    def timeline(self) -> Timeline:
        """What happened to one employee."""
        return Timeline(self.transaction)

    # Only the following are imported late: the rules of benefits and the tables of access cost 40 ms at start-up, which
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
    def holds(self) -> LegalHolds:
        """Legal holds of people."""
        from bensync.state.retention.holds import LegalHolds

        return LegalHolds(self.transaction)

    @cached_property
    def events(self) -> EventLists:
        """Read-only lists of benefit events and their results."""
        from bensync.state.read.event_lists import EventLists

        return EventLists(self.transaction)
