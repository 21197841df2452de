"""A `Work`: exactly what pipeline and approvals need of the state, in one transaction, for one site."""

from __future__ import annotations

from bensync.state.accounts import Accounts
from bensync.state.alerts import Alerts
from bensync.state.attempts import Attempts
from bensync.state.baselines import Baselines
from bensync.state.cases import Cases
from bensync.state.desk import Desk
from bensync.state.event_runs import EventRuns
from bensync.state.event_views import EventViews
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
from bensync.state.sessions import Sessions
from bensync.state.tokens import Tokens
from bensync.state.vault import Vault
from bensync.state.views import Views


class Work:
    """The drawers of one open transaction; there is no way from here to another site.

    Attributes:
        desk: the transaction itself, for the rest of this room.
        accounts: who may sign in, and their grants; they belong to the deployment, whatever the site.
        alerts: troubles that somebody must know of, while they last.
        attempts: failures to sign in, likewise.
        baselines: what the benefits side was last told.
        cases: what benefit events know of participants.
        event_runs: what runs of benefit events leave behind them.
        events: read-only lists of benefit events and what came of them.
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
        sessions: who is signed in, likewise.
        tokens: what scripts and services are known by, likewise.
        views: read-only lists for screens.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.site = desk.site
        self.vault: Vault = desk.vault
        self.accounts = Accounts(desk)
        self.alerts = Alerts(desk)
        self.attempts = Attempts(desk)
        self.baselines = Baselines(desk)
        self.cases = Cases(desk)
        self.event_runs = EventRuns(desk)
        self.events = EventViews(desk)
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
        self.sessions = Sessions(desk)
        self.tokens = Tokens(desk)
        self.views = Views(desk)
