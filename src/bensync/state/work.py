"""A `Work`: exactly what pipeline and approvals need of the state, in one transaction, for one site."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from bensync.state.alerts import Alerts
from bensync.state.baselines import Baselines
from bensync.state.desk import Desk
from bensync.state.figures import Figures
from bensync.state.history import History
from bensync.state.issues import Issues
from bensync.state.journal import Journal
from bensync.state.outbox import Outbox
from bensync.state.queue import Queue
from bensync.state.received import Received
from bensync.state.register import Register
from bensync.state.runs import Runs
from bensync.state.screens import Screens
from bensync.state.vault import Vault
from bensync.state.views import Views

if TYPE_CHECKING:
    from bensync.state.accounts import Accounts
    from bensync.state.attempts import Attempts
    from bensync.state.cases import Cases
    from bensync.state.event_runs import EventRuns
    from bensync.state.event_views import EventViews
    from bensync.state.sessions import Sessions
    from bensync.state.tokens import Tokens


class Work:
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

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.site = desk.site
        self.vault: Vault = desk.vault
        self.alerts = Alerts(desk)
        self.baselines = Baselines(desk)
        self.figures = Figures(desk)
        self.history = History(desk)
        self.issues = Issues(desk)
        self.journal = Journal(desk)
        self.outbox = Outbox(desk)
        self.queue = Queue(desk)
        self.received = Received(desk)
        self.register = Register(desk)
        self.runs = Runs(desk)
        self.screens = Screens(desk)
        self.views = Views(desk)

    @cached_property
    def accounts(self) -> Accounts:
        """Who may sign in, and their grants; they belong to the deployment, whatever the site."""
        from bensync.state.accounts import Accounts

        return Accounts(self.desk)

    @cached_property
    def attempts(self) -> Attempts:
        """Failures to sign in, likewise."""
        from bensync.state.attempts import Attempts

        return Attempts(self.desk)

    @cached_property
    def sessions(self) -> Sessions:
        """Who is signed in, likewise."""
        from bensync.state.sessions import Sessions

        return Sessions(self.desk)

    @cached_property
    def tokens(self) -> Tokens:
        """What scripts and services are known by, likewise."""
        from bensync.state.tokens import Tokens

        return Tokens(self.desk)

    @cached_property
    def cases(self) -> Cases:
        """What benefit events know of participants."""
        from bensync.state.cases import Cases

        return Cases(self.desk)

    @cached_property
    def event_runs(self) -> EventRuns:
        """What runs of benefit events leave behind them."""
        from bensync.state.event_runs import EventRuns

        return EventRuns(self.desk)

    @cached_property
    def events(self) -> EventViews:
        """Read-only lists of benefit events and what came of them."""
        from bensync.state.event_views import EventViews

        return EventViews(self.desk)
