"""One employer in this process: real pipeline, real store, real decisions; HR without HTTP, upload center in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from bensync.actions import approvals, corrections
from bensync.actions.decisions import Decision
from bensync.core.access import command_line_actor
from bensync.core.changes import Issue, SyncPlan
from bensync.core.guards import Guards
from bensync.core.intake.proposals import IntakeRules
from bensync.core.people import Participant, Profile, Status
from bensync.core.requests import DeclineCode, Request
from bensync.core.runs import RunKind
from bensync.core.status import StatusOptions, judge
from bensync.demo.company.company import Company
from bensync.errors import BensyncError, DecisionError, DeliveryError, GuardTripped, SourceError
from bensync.mappings import feed, source
from bensync.mappings.reader import Reader
from bensync.pipeline import runs
from bensync.pipeline.context import MANUAL, RunOptions, SenderContext
from bensync.pipeline.runs import RunReport
from bensync.state.sync.sent_log import SentLog
from tests.property.benefits_platform import BenefitsSide
from tests.property.brittle import PowerCut, brittle_store
from tests.property.hr_system import HrSide, HrWeather
from tests.property.upload_center import UploadSide, UploadWeather, Veil

START = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
BOTH = frozenset({Status.ACTIVE, Status.INACTIVE})
OPTIONS = StatusOptions(frozenset({"Active", "Leave"}), frozenset({"Terminated"}))
MAPPING = source.load("bamboohr", {})
SITE = "acme"
SSN_STEPS = 4
"""Audit entries of two people who enter an SSN: each their attempt, and that they are the first or the second."""

T = TypeVar("T")


class SmallWorld:
    """An employer, its benefits platform, and the product between them.

    Attributes:
        company: HR.
        hr: HR as the product reads it.
        center: where the files arrive.
        benefits: what the far end makes of them.
        now: the moment; both sides share it.
    """

    def __init__(self, guards: Guards, options: StatusOptions = OPTIONS) -> None:
        self.guards = guards
        self.options = options
        # People of the small world have few fields.
        self.rules = IntakeRules(required=("ssn",))
        self.company = Company(now=START)
        self.hr = HrSide(self.company)
        self.layout = feed.load("benetrac", MAPPING.synced(), dated_rows=True)
        self.benefits = BenefitsSide(self.layout)
        self.store = brittle_store().begin_anew()
        self.center = UploadSide(self.store.stop_if_dead)
        self.now = START
        self.corrected = 0  # SSNs, each by two people of their own
        self._reader = Reader(MAPPING)

    @property
    def tools(self) -> SenderContext:
        """What a run works with."""
        return SenderContext(
            site=SITE,
            site_id="ACME0001",
            store=self.store,
            source=self.hr,
            wanted=MAPPING.wanted(),
            reader=self._reader,
            mapping=MAPPING.fingerprint(),
            options=self.options,
            guards=self.guards,
            rules=self.rules,
            feed="benetrac",
            layout=self.layout,
            cipher=Veil(),
            courier=self.center,
            timezone=ZoneInfo("UTC"),
            embedded=True,
            daily_after=time(4),
            sent_log=SentLog(self.store.folder / "sent"),
        )

    def pass_time(self, **much: int) -> None:
        """Let both clocks go on."""
        self.set_clock(self.now + timedelta(**much))

    def set_clock(self, now: datetime) -> None:
        """Set both clocks."""
        self.now = self.company.now = now

    def run(self, kind: RunKind, boxes: frozenset[Status] | None = None, allow: str | None = None) -> RunReport:
        """One run; the far end reads what it brought."""
        order = RunOptions(kind, MANUAL, "test", boxes, allow)
        try:
            return runs.run(self.tools, order, lambda: self.now)
        finally:
            self.benefits.receive(self.center.arrived)

    def daily(self, allow: str | None = None) -> RunReport:
        """The daily run."""
        return self.run(RunKind.DAILY, None, allow)

    def resync(self, boxes: frozenset[Status] = BOTH, allow: str | None = None) -> RunReport:
        """A full resync."""
        return self.run(RunKind.RESYNC, boxes, allow)

    def snapshot(self) -> None:
        """Both sides in step without a file."""
        self.benefits = BenefitsSide(self.layout, self.trusted().values())
        self.run(RunKind.SNAPSHOT, BOTH)

    def rehearse(self, kind: RunKind, boxes: frozenset[Status] | None = None) -> SyncPlan:
        """What a run would do now."""
        return runs.rehearse(self.tools, RunOptions(kind, MANUAL, "test", boxes), self.now)

    def allowing(self, kind: RunKind, boxes: frozenset[Status] | None = None) -> RunReport:
        """A run that releases exactly what its rehearsal shows."""
        return self.run(kind, boxes, self.rehearse(kind, boxes).fingerprint)

    def suffer(
        self,
        action: Callable[[], T],
        hr: HrWeather = HrWeather.FAIR,
        upload: UploadWeather = UploadWeather.FAIR,
        cut: tuple[int, bool] | None = None,
    ) -> T | BensyncError | None:
        """Act in bad weather; returns what came of it, None after a power cut. The weather clears afterwards."""
        self.hr.weather, self.center.weather = hr, upload
        if cut is not None:
            self.store.cut_at(cut[0], before_commit=cut[1])
        try:
            return action()
        except (SourceError, DeliveryError, GuardTripped, DecisionError) as error:
            return error
        except PowerCut:
            return None
        finally:
            self.hr.weather, self.center.weather = HrWeather.FAIR, UploadWeather.FAIR
            if cut is not None:
                self.store.start_again()
            self.benefits.receive(self.center.arrived)

    def recover(self) -> int:
        """What a start does first."""
        return runs.recover(self.tools, lambda: self.now)

    def read(self) -> dict[str, Profile | Issue]:
        """Everybody in HR as the product must see them today; two with one SSN are not distinguished here."""
        return {record.id: self._seen(record) for record in self.hr.everybody(MAPPING.wanted())}

    def trusted(self) -> dict[str, Profile]:
        """Everybody in HR who can be trusted, by employee."""
        return {number: actual for number, actual in self.read().items() if isinstance(actual, Profile)}

    def approve(self, ids: Sequence[int], *, confirmed: bool = False, **how: Any) -> list[Decision]:
        """Decide as an administrator."""
        return approvals.approve(
            self.store, SITE, ids, command_line_actor("admin"), self.now, self.rules, confirmed=confirmed, **how
        )

    def decline(self, ids: Sequence[int]) -> list[Decision]:
        """Decide against."""
        return approvals.decline(
            self.store, SITE, ids, command_line_actor("admin"), self.now, DeclineCode.INELIGIBLE, "not eligible"
        )

    def edit(self, participant_id: int, **fields: str) -> None:
        """Change a participant in the benefits platform."""
        if "ssn" in fields:
            self._correct_ssn(participant_id, fields["ssn"])
            return
        corrections.edit(self.store, SITE, participant_id, fields, "a call", command_line_actor("admin"), self.now)

    def _correct_ssn(self, participant_id: int, ssn: str) -> None:
        """Enter an SSN by two people who have not used up their daily limit."""
        self.corrected += 1
        first, second = (command_line_actor(f"{name}{self.corrected}") for name in ("first", "second"))
        for actor in (first, second):
            with contextlib.suppress(DecisionError) if actor is first else contextlib.nullcontext():
                corrections.correct_ssn(
                    self.store, SITE, participant_id, ssn, "a call", actor, self.now, notify=lambda *_: None
                )

    def terminate_here(self, participant_id: int, on: date) -> None:
        """End a participant in the benefits platform."""
        corrections.terminate(
            self.store, SITE, participant_id, on, "a call", command_line_actor("admin"), self.now, confirmed=True
        )

    def reinstate(self, participant_id: int) -> None:
        """Bring a participant back in the benefits platform."""
        corrections.reinstate(self.store, SITE, participant_id, "a call", command_line_actor("admin"), self.now)

    def queue(self) -> list[Request]:
        """The pending requests, oldest first."""
        with self.store.read(SITE) as work:
            return list(work.requests.get(work.requests.pending_ids()).values())

    def requests(self) -> list[Request]:
        """Every request there ever was."""
        with self.store.read(SITE) as work:
            return list(work.requests.get(range(1, work.lists.requests(1).total + 1)).values())

    def register(self) -> dict[int, Participant]:
        """All participants by their number."""
        with self.store.read(SITE) as work:
            return work.participants.by_ids(range(1, work.lists.people(1).total + 1))

    def rows(self, sql: str) -> list[Any]:
        """What a plain database client sees."""
        with self.store._engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

    def _seen(self, record: Any) -> Profile | Issue:
        employee = self._reader.read(record)
        if isinstance(employee, Issue):
            return employee
        projected = judge(employee, self.options, self.now.date())
        return projected if isinstance(projected, Issue) else projected[0]
