"""A site with a rulebook and people, whose events are worked off on a day that the test names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bensync.actions import approvals, case_edits
from bensync.benefits.engine.run import RunMode
from bensync.benefits.values.offers import Choice
from bensync.core.intake import IntakeRules
from bensync.core.people import DatedRow, Participant, encode_profile
from bensync.core.ports import Notice
from bensync.core.requests import Risk, WarningCode
from bensync.pipeline.context import MANUAL, SiteContext
from bensync.pipeline.events import EventRunOptions, run_events
from bensync.pipeline.intake import open_requests
from bensync.state.sync.baselines import PROFILE
from bensync.state.sync.deliveries import FileRow
from bensync.state.sync.requests import FileRef
from tests.fixtures.house import ROOT, House
from tests.unit.benefits.cases import FACTS, book
from tests.unit.builders import profile

RULES = IntakeRules()

TEN = [{"code": "TEN", "measure": "service_years", "reaches": 10, "event": "MSC"}]

BOOK = book(passive=TEN)

SINCE = DatedRow("job", date(2024, 2, 1), {"grade": "A"})

MOVED = DatedRow("job", date(2024, 2, 1), {"grade": "B"})


class Channel:
    """Keeps the notices that it was given."""

    def __init__(self):
        self.sent: list[Notice] = []

    def send(self, notice):
        self.sent.append(notice)

    def check(self):
        return ()


@dataclass
class Site:
    """One employer with a rulebook."""

    house: House
    channel: Channel
    book: object = BOOK

    @property
    def place(self):
        channels = {"mail": self.channel}
        return SiteContext(site="acme", site_id="ACME", store=self.house.store, rules=RULES, channels=channels)

    def clock(self):
        return self.house.now

    def hired(self, number=1, *, rows=(SINCE,), **facts) -> Participant:
        """Somebody approved, whose hire waits."""
        return self.house.approved(profile(number, rows=rows, grade="A", **{**FACTS, **facts}))

    def run(self, mode=RunMode.ALL, witness=lambda _: None, **how):
        order = EventRunOptions(MANUAL, "kim", mode, **how)
        return run_events(self.place, self.book, order, self.clock, witness)

    def covered(self, number=1, **facts) -> Participant:
        """Somebody with medical and dental coverage from their hire on."""
        who = self.hired(number, **facts)
        self.run()
        chosen = [Choice("medical", "MED", "EE"), Choice("dental", "DEN", "EE")]
        self.change(who, case_edits.enter_elections(1, chosen))
        self.run()
        return who

    def change(self, who, edit, actor=ROOT, *, confirmed=False):
        return case_edits.change(
            self.house.store,
            "acme",
            who.id,
            edit,
            self.book,
            actor,
            now=self.house.now,
            reason="asked to",
            confirmed=confirmed,
        )

    def ask(self, number=1, *, rows=(SINCE,), **changes) -> int:
        """What HR says now, as the row of a file; returns the request that it opened."""
        person = profile(number, rows=rows, grade="A", **{**FACTS, **changes})
        with self.house.store.write("acme", "test.ask") as work:
            key, encoded = work.vault.index(person.values["ssn"]), encode_profile(person)
            row = FileRow(1, key, b"fingerprint", person, encoded, work.vault.seal(encoded, PROFILE, key))
            open_requests(work, FileRef(), [[row]], self.house.now.date(), RULES, self.house.now)
            return max(work.requests.pending_ids())

    def approve(self, number, *, confirmed=True, voiding=False, as_ssn_correction=False):
        how = {"confirmed": confirmed, "voiding": voiding, "as_ssn_correction": as_ssn_correction, "book": self.book}
        (made,) = approvals.approve(self.house.store, "acme", [number], ROOT, self.house.now, RULES, **how)
        return made

    def case(self, who):
        with self.house.store.read("acme") as work:
            return work.cases.load([who.id])[who.id]

    def look(self, read):
        with self.house.store.read("acme") as work:
            return read(work)

    def stands(self, who):
        return [(str(one.process), str(one.status)) for one in self.case(who).events]


LEFT = DatedRow("status", date(2026, 6, 1), {"benetrac_status": "Inactive"})


def left_and_back(here, **how):
    """Somebody whose termination was worked off, and whose row of it HR has deleted since."""
    who = here.covered()
    here.approve(here.ask(active=False, since="2026-06-01", rows=(SINCE, LEFT)))
    here.run()
    assert here.stands(who)[-1] == ("FE", "CLOSED")
    number = here.ask()
    request = here.look(lambda work: work.requests.get([number]))[number]
    assert (str(request.kind), request.risk) == ("REACTIVATE", Risk.HIGH)
    assert WarningCode.TOUCHES_EVENT in request.warnings
    assert here.approve(number, **how).done
    here.run()
    return here.case(who)
