"""work_off_events(): one run over the benefit events of a site, page by page. The engine decides what becomes of each.

A page is one transaction and the checkpoint at once: a run that was ended early goes on behind its last page, and a
page that is looked at again changes nothing more.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime

import msgspec
import structlog

from bensync.benefits.engine.run import CaseResult, RunMode, case_result, initial_case, process_case
from bensync.benefits.engine.stages import RunContext
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.activities import RowChange
from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import CobraState
from bensync.benefits.values.events import FINISHED, EventStatus
from bensync.benefits.values.offers import Remark
from bensync.core.alerts import AlertKey
from bensync.core.runs import Outcome as RunOutcome
from bensync.core.runs import RunKind
from bensync.errors import BensyncError, BusyError
from bensync.faults import point
from bensync.pipeline.alerting import clear_alert, notify, record_failure, send_notices
from bensync.pipeline.context import MANUAL, SenderContext, SiteContext
from bensync.pipeline.leases import leased
from bensync.pipeline.passive import search_due
from bensync.state.benefits.event_runs import WHOLE
from bensync.state.site_state import SiteState
from bensync.wording import notices

PAGE = 200
"""Participants in one transaction."""

_DISPROVED = (AlertKey.STATE_FAILED, AlertKey.CONFIG_FAILED, AlertKey.BUG, AlertKey.DISK)
"""Troubles of earlier runs of events that one which went well disproves."""

Witness = Callable[[CaseResult], object]
"""Sees what became of each participant, one after the other."""

log = structlog.get_logger()


class EventRunOptions(msgspec.Struct, frozen=True):
    """What a run of events is asked to do.

    Attributes:
        cause: `SCHEDULE` or `MANUAL`.
        actor: who asked.
        mode: whether to make events of what waits, to work them off, or both (S3-75 to S3-77).
        schedule: work off only the events of this one; empty for all.
        only: only these participants (S3-82, S3-83); empty for everybody who waits.
        report_only: say what would become of everybody, and save nothing (S2-26).
        record: keep with each event what spoke for and against programs and plans.
    """

    cause: str
    actor: str
    mode: RunMode = RunMode.ALL
    schedule: str = ""
    only: tuple[int, ...] = ()
    report_only: bool = False
    record: bool = False

    @property
    def whole(self) -> bool:
        """Whether everything that waits is looked at."""
        return self.mode is RunMode.ALL and not self.schedule and not self.only


class EventRunReport(msgspec.Struct, frozen=True):
    """What a run of events did.

    Attributes:
        run_id: its number; 0 for a report, which nobody writes down.
        counts: people, activities, events, finished, posted, reversed, cobra, cobra_void, failed; and behind a run
            the totals of all events as ``process.PR``, ``status.OPEN``, ``indicator.VOID``, ``flag.elig_job``.
        remarks: how many of each kind.
        carriers: whose members' coverage was touched, by code (S0-25).
    """

    run_id: int
    counts: Mapping[str, int]
    remarks: Mapping[str, int]
    carriers: tuple[str, ...]


def run_events(
    place: SiteContext,
    book: Rulebook,
    order: EventRunOptions,
    clock: Callable[[], datetime],
    witness: Witness = lambda _: None,
) -> EventRunReport:
    """One whole run.

    Raises:
        BusyError: another run is at work; nothing was changed.
        BensyncError: the run failed; it is recorded, and an alert is on its way.
    """
    day = RunContext(book, clock().date(), order.record)
    if order.report_only:
        return _reported(place, day, order, witness)
    with leased(place, clock) as held, _recorded(held, order, day.today, clock) as run_id:
        began = clock()
        if order.mode is not RunMode.PROCESS and not order.only:
            search_due(held, book, order.actor, began)
        tally = _Tally()
        _work_off_pages(held, day, order, run_id, tally, witness, clock)
        point("events.worked_off")
        report = _end(held, day, order, run_id, tally, began, clock())
    send_notices(place, clock)
    return report


def follow_up(place: SiteContext, actor: str, clock: Callable[[], datetime]) -> EventRunReport | None:
    """The run of events behind news of HR; None where the site has no rulebook, or its register is elsewhere."""
    elsewhere = isinstance(place, SenderContext) and not place.embedded
    if place.benefits is None or elsewhere:
        return None
    return run_events(place, place.benefits(), EventRunOptions(MANUAL, actor), clock)


def begin_events(place: SiteContext, book: Rulebook, actor: str, clock: Callable[[], datetime]) -> int:
    """Take stock of every participant without events, as a snapshot does; returns how many that were (S3-14, A-83)."""
    with leased(place, clock) as held:
        now = clock()
        with held.write("events.begin") as work:
            total = initialise_cases(work, RunContext(book, now.date()), now)
            work.audit.record(actor, "events.begin", f"{total} participants", now)
    return total


class _Tally:
    """Counts what becomes of participants."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.remarks: Counter[str] = Counter()
        self.carriers: set[str] = set()

    def take(self, before: Case, found: CaseResult) -> None:
        """One participant more."""
        known = {event.number: event for event in before.events}
        finished = [one for one in found.events if one.process in FINISHED and one.status is not EventStatus.VOID]
        done = [one for one in finished if one.number not in known or known[one.number].process not in FINISHED]
        states = {one.id: one.state for one in before.activities}
        moved = [one for one in found.case.activities if states.get(one.id) is not one.state]
        self.counts.update(
            people=1,
            activities=len(moved),
            events=sum(1 for one in found.events if one.number not in known),
            finished=len(done),
            posted=len(found.posted),
            reversed=len(found.reversed),
            cobra=sum(1 for one in found.cobra if one.state is CobraState.OPEN),
            cobra_void=sum(1 for one in found.cobra if one.state is CobraState.VOID),
        )
        self.remarks.update(one.code for one in found.remarks)
        self.carriers.update(found.carriers)

    def fail(self) -> None:
        """Somebody whom the engine could not work off."""
        self.counts.update(people=1, failed=1)
        self.remarks.update({_FAILED: 1})


_FAILED = "not_worked_off"
"""The remark of a participant whom a bug keeps from being worked off; all others go on."""


def _work_off_pages(
    place: SiteContext,
    day: RunContext,
    order: EventRunOptions,
    run_id: int,
    tally: _Tally,
    witness: Witness,
    clock: Callable[[], datetime],
) -> None:
    basis = _basis(day, order)
    with place.read() as work:
        after = work.event_runs.checkpoint(basis)
    if after:
        log.info("events.resume", site=place.site, run=run_id, after=after)
        tally.counts["resumed_after"] = after
    while True:
        now = clock()
        with place.write("events.commit") as work:
            ids = _next(work, order, after)
            if not ids:
                return
            before = work.cases.load(ids)
            outcomes = list(_worked_off(before, work.cases.pending_edits(ids), day, order, tally))
            work.cases.save(before, [found for _, found in outcomes if found is not None], now)
            work.event_runs.remark(run_id, ((who, one) for who, found in outcomes for one in _remarks(found)))
            after = ids[-1]
            if not order.only:
                work.event_runs.reach(run_id, basis, after)
        for _, found in outcomes:
            if found is not None:
                witness(found)


def _worked_off(
    cases: Mapping[int, Case],
    pending: Mapping[int, tuple[RowChange, ...]],
    day: RunContext,
    order: EventRunOptions,
    tally: _Tally,
) -> Iterator[tuple[int, CaseResult | None]]:
    """What becomes of each; None where the engine met a bug, which must not keep all others from their turn."""
    for who, case in cases.items():
        try:
            found = process_case(case, day, pending.get(who, ()), order.mode, order.schedule)
        except Exception:
            log.exception("events.not_worked_off", participant=who)
            tally.fail()
            yield who, None
        else:
            tally.take(case, found)
            yield who, found


def _remarks(found: CaseResult | None) -> tuple[Remark, ...]:
    return found.remarks if found is not None else (Remark(_FAILED),)


def _next(work: SiteState, order: EventRunOptions, after: int) -> list[int]:
    if order.only:
        return sorted(number for number in order.only if number > after)[:PAGE]
    return work.cases.waiting(after, PAGE)


def _basis(day: RunContext, order: EventRunOptions) -> str:
    """Names on what a run rests; one on another basis begins anew."""
    told = f"{day.today}:{order.mode}:{order.schedule}:{order.only}:{day.book.model_dump_json()}"
    return hashlib.sha256(told.encode()).hexdigest()


def _reported(place: SiteContext, day: RunContext, order: EventRunOptions, witness: Witness) -> EventRunReport:
    """The same without writing anything down: one look, page by page."""
    tally = _Tally()
    after = 0
    with place.read() as work:
        while ids := _next(work, order, after):
            cases, pending = work.cases.load(ids), work.cases.pending_edits(ids)
            for _, found in _worked_off(cases, pending, day, order, tally):
                if found is not None:
                    witness(found)
            after = ids[-1]
    return EventRunReport(0, dict(tally.counts), dict(tally.remarks), tuple(sorted(tally.carriers)))


def _end(
    place: SiteContext,
    day: RunContext,
    order: EventRunOptions,
    run_id: int,
    tally: _Tally,
    began: datetime,
    now: datetime,
) -> EventRunReport:
    with place.write("events.end") as work:
        work.cases.catch_up_programs(day.today)
        counts = {**tally.counts, **work.event_runs.totals()}
        if order.whole:
            counts[WHOLE] = 1
            work.event_runs.answer(began)
        if not order.only:
            work.event_runs.forget()
        work.event_runs.forget_old_remarks()
        work.runs.count(run_id, **counts)
        work.runs.succeed(run_id, RunOutcome.WORKED_OFF, now)
        report = EventRunReport(run_id, counts, dict(tally.remarks), tuple(sorted(tally.carriers)))
        work.runs.note_brief(run_id, notices.events_brief(counts))
        names = [day.book.carriers.get(code, code) for code in report.carriers]
        if names or tally.counts["failed"]:
            notify(place, work, notices.worked_off(place.site, run_id, counts, names), now)
        for key in _DISPROVED:
            clear_alert(place, work, key, notices.EVENTS, now)
    log.info("events.end", site=place.site, run=run_id, **tally.counts)
    return report


@contextlib.contextmanager
def _recorded(place: SiteContext, order: EventRunOptions, today: date, clock: Callable[[], datetime]) -> Iterator[int]:
    """Open a run, and write down how it failed if it does."""
    now = clock()
    with place.write("events.start") as work:
        run_id = work.runs.start(RunKind.EVENTS, order.cause, order.actor, today, now)
    log.info("events.start", site=place.site, run=run_id, mode=order.mode)
    try:
        yield run_id
    except BusyError as error:
        log.info("run.overtaken", site=place.site, run=run_id, why=error.why)
        raise
    except Exception as error:
        known = error if isinstance(error, BensyncError) else BensyncError("bensync met a bug", type(error).__name__)
        log.info("run.failed", site=place.site, run=run_id, error=type(known).__name__, what=known.what)
        trouble = notices.events_failed(place.site, error)
        record_failure(place, "events.fail", trouble, clock(), lambda work: work.runs.fail(run_id, known, clock()))
        send_notices(place, clock)
        raise


_PAGE = 500


def initialise_cases(work: SiteState, day: RunContext, now: datetime) -> int:
    """Give every participant without events the closed event of the snapshot (S3-14, S3-15); returns how many."""
    total = after = 0
    while ids := work.cases.eventless(after, _PAGE):
        before = work.cases.load(ids)
        work.cases.save(before, [case_result(case, initial_case(case, day), day.book) for case in before.values()], now)
        total, after = total + len(ids), ids[-1]
    return total
