"""One run over the benefit events of a site, page by page. The engine decides each case.

A page is one transaction and also the checkpoint: an interrupted run continues after its last page, and a page that is
processed again changes nothing more.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime

import msgspec
import structlog

from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.run import CaseResult, RunMode, process_case
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.activities import RowChange
from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import CobraState
from bensync.benefits.values.events import FINISHED, EventStatus
from bensync.benefits.values.offers import Remark
from bensync.core.alerts import AlertKey
from bensync.core.runs import Outcome as RunOutcome
from bensync.core.runs import RunKind
from bensync.errors import BensyncError, BusyError, GuardTripped, reported, run_command
from bensync.fault_points import point
from bensync.pipeline.alerting import clear_alert, notify, record_failure, send_notices
from bensync.pipeline.benefits.passive_events import search_due
from bensync.pipeline.context import MANUAL, SenderContext, SiteContext
from bensync.pipeline.leases import leased
from bensync.state.benefits.event_runs import WHOLE, BeganWith
from bensync.state.benefits.first_cases import begin_cases
from bensync.state.site_state import SiteState
from bensync.wording import notices

PAGE = 200
"""Participants in one transaction."""

_DISPROVED = (AlertKey.STATE_FAILED, AlertKey.CONFIG_FAILED, AlertKey.BUG, AlertKey.DISK)
"""Alerts of earlier runs of events that a successful run clears."""

OnResult = Callable[[CaseResult], object]
"""Called with the result of each participant."""

log = structlog.get_logger()


class EventRunOptions(msgspec.Struct, frozen=True):
    """What one run of events processes.

    Attributes:
        cause: `SCHEDULE` or `MANUAL`.
        actor: who asked.
        mode: whether to make events of waiting activities, to process them, or both (S3-75 to S3-77).
        schedule: process only the events of this schedule; empty for all.
        only: process only these participants (S3-82, S3-83); empty for all that wait.
        report_only: report what the run would do, and save nothing (S2-26).
        record: store with each event the reasons for and against programs and plans.
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
        """Whether the run processes everything that waits."""
        return self.mode is RunMode.ALL and not self.schedule and not self.only


class EventRunReport(msgspec.Struct, frozen=True):
    """What a run of events did.

    Attributes:
        run_id: its number; 0 for a report, which is not stored.
        counts: people, activities, events, finished, posted, reversed, cobra, cobra_void, failed; and behind a run
            the totals of all events as ``process.PR``, ``status.OPEN``, ``indicator.VOID``, ``flag.elig_job``.
        remarks: how many of each kind.
        carriers: codes of carriers whose members' coverage changed (S0-25).
    """

    run_id: int
    counts: Mapping[str, int]
    remarks: Mapping[str, int]
    carriers: tuple[str, ...]


def run_events(
    context: SiteContext,
    book: Rulebook,
    options: EventRunOptions,
    clock: Callable[[], datetime],
    on_result: OnResult = lambda _: None,
) -> EventRunReport:
    """Run the benefit events of a site once, and return what happened.

    Raises:
        GuardTripped: benefit events have not begun (S3-13); nothing was changed.
        BusyError: another run is in progress; nothing was changed.
        BensyncError: the run failed; it is recorded, and an alert is on its way.
    """
    _require_begun(context)
    run_context = RunContext(book, clock().date(), options.record)
    if options.report_only:
        return _reported(context, run_context, options, on_result)
    with (
        leased(context, clock) as leased_context,
        _recorded(leased_context, options, run_context.today, clock) as run_id,
    ):
        # Calls that come later stay for the next run: this one may have passed their participants already.
        began = clock()
        if options.mode is not RunMode.PROCESS and not options.only:
            search_due(leased_context, book, options.actor, began)
        tally = _Tally()
        _process_pages(leased_context, run_context, options, run_id, tally, on_result, clock)
        point("events.worked_off")
        report = _end(leased_context, run_context, options, run_id, tally, began, clock())
    send_notices(context, clock)
    return report


def follow_up(context: SiteContext, actor: str, clock: Callable[[], datetime]) -> EventRunReport | None:
    """Run events after changes from HR; None where the site processes none, or has not begun to."""
    if context.benefits is None or not processes_events(context) or not have_begun(context):
        return None
    return run_events(context, context.benefits(), EventRunOptions(MANUAL, actor), clock)


def processes_events(context: SiteContext) -> bool:
    """Return whether a site has a rulebook, and its participants here."""
    elsewhere = isinstance(context, SenderContext) and not context.embedded
    return context.benefits is not None and not elsewhere


def have_begun(context: SiteContext) -> bool:
    """Return whether benefit events have begun; the alert `events_not_begun` says where not."""
    with context.read() as state:
        return state.event_runs.begun()


def _require_begun(context: SiteContext) -> None:
    if not have_begun(context):
        raise GuardTripped(
            f"The benefit events of {context.site} have not begun (not_begun).",
            "Nobody said which coverage people have: a run would offer plans to people who have coverage already, "
            "and a termination would end none.",
            "Load the present coverage with `bensync enrollments preview FILE`, or run `bensync events begin` where "
            "nobody has coverage yet.",
            remedy=run_command("enrollments preview"),
        )


def begin_events(context: SiteContext, book: Rulebook, actor: str, clock: Callable[[], datetime]) -> int:
    """Begin with benefit events: open the initial case of every participant without events (S3-14, A-83).

    A hire of the last days keeps its event instead. Returns how many cases were opened.
    """
    with leased(context, clock) as leased_context:
        now = clock()
        with leased_context.write("events.begin") as state:
            total = begin_cases(state, RunContext(book, now.date()), BeganWith.BEGIN, now)
            state.audit.record(actor, "events.begin", f"{total} participants", now)
    return total


class _Tally:
    """Count the results of a run."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.remarks: Counter[str] = Counter()
        self.carriers: set[str] = set()

    def take(self, before: Case, result: CaseResult) -> None:
        """Count the result of one participant."""
        # The result holds every event of the participant; only those that this run finished count as done.
        earlier = {event.number: event for event in before.events}
        finished = [
            event for event in result.events if event.process in FINISHED and event.status is not EventStatus.VOID
        ]
        done = [
            event for event in finished if event.number not in earlier or earlier[event.number].process not in FINISHED
        ]
        states = {activity.id: activity.state for activity in before.activities}
        moved = [activity for activity in result.case.activities if states.get(activity.id) is not activity.state]
        self.counts.update(
            people=1,
            activities=len(moved),
            events=sum(event.number not in earlier for event in result.events),
            finished=len(done),
            posted=len(result.posted),
            reversed=len(result.reversed),
            cobra=sum(record.state is CobraState.OPEN for record in result.cobra),
            cobra_void=sum(record.state is CobraState.VOID for record in result.cobra),
        )
        self.remarks.update(remark.code for remark in result.remarks)
        self.carriers.update(result.carriers)

    def fail(self) -> None:
        """Count a participant that the engine could not process."""
        self.counts.update(people=1, failed=1)
        self.remarks.update({_FAILED: 1})


_FAILED = "not_worked_off"
"""The remark of a participant that a bug prevents from being processed."""


def _process_pages(
    context: SiteContext,
    run_context: RunContext,
    options: EventRunOptions,
    run_id: int,
    tally: _Tally,
    on_result: OnResult,
    clock: Callable[[], datetime],
) -> None:
    basis = _basis(run_context, options)
    with context.read() as state:
        after = state.event_runs.checkpoint(basis)
    if after:
        log.info("events.resume", site=context.site, run=run_id, after=after)
        tally.counts["resumed_after"] = after
    while True:
        now = clock()
        # Results and checkpoint commit together, so a killed run continues after a whole page (decision 48).
        with context.write("events.commit") as state:
            ids = _next(state, options, after)
            if not ids:
                return
            before = state.cases.load(ids)
            results = list(_process_cases(before, state.cases.pending_edits(ids), run_context, options, tally))
            state.cases.save(before, [result for _, result in results if result is not None], now)
            state.event_runs.remark(run_id, ((who, remark) for who, result in results for remark in _remarks(result)))
            after = ids[-1]
            if not options.only:  # a run of chosen participants skips others, so nobody may continue from its place
                state.event_runs.reach(run_id, basis, after)
        # After the commit: what a caller prints has happened.
        for _, result in results:
            if result is not None:
                on_result(result)


def _process_cases(
    cases: Mapping[int, Case],
    pending: Mapping[int, tuple[RowChange, ...]],
    run_context: RunContext,
    options: EventRunOptions,
    tally: _Tally,
) -> Iterator[tuple[int, CaseResult | None]]:
    """Yield the result of each participant; None where the engine met a bug, which must not stop the others."""
    for who, case in cases.items():
        try:
            result = process_case(case, run_context, pending.get(who, ()), options.mode, options.schedule)
        except Exception:
            log.exception("events.not_worked_off", participant=who)
            tally.fail()
            yield who, None
        else:
            tally.take(case, result)
            yield who, result


def _remarks(result: CaseResult | None) -> tuple[Remark, ...]:
    return result.remarks if result is not None else (Remark(_FAILED),)


def _next(state: SiteState, options: EventRunOptions, after: int) -> list[int]:
    if options.only:
        return sorted(number for number in options.only if number > after)[:PAGE]
    return state.cases.waiting(after, PAGE)


def _basis(run_context: RunContext, options: EventRunOptions) -> str:
    """Return a digest of what a run depends on; a checkpoint of another basis is not continued."""
    # The whole rulebook is part of it: participants before the checkpoint were decided by the rules of that time.
    basis = f"{run_context.today}:{options.mode}:{options.schedule}:{options.only}:{run_context.book.model_dump_json()}"
    return hashlib.sha256(basis.encode()).hexdigest()


def _reported(
    context: SiteContext, run_context: RunContext, options: EventRunOptions, on_result: OnResult
) -> EventRunReport:
    """Process the same pages in one reading transaction, and save nothing."""
    tally = _Tally()
    after = 0
    with context.read() as state:
        while ids := _next(state, options, after):
            cases, pending = state.cases.load(ids), state.cases.pending_edits(ids)
            for _, result in _process_cases(cases, pending, run_context, options, tally):
                if result is not None:
                    on_result(result)
            after = ids[-1]
    return EventRunReport(0, dict(tally.counts), dict(tally.remarks), tuple(sorted(tally.carriers)))


def _end(
    context: SiteContext,
    run_context: RunContext,
    options: EventRunOptions,
    run_id: int,
    tally: _Tally,
    began: datetime,
    now: datetime,
) -> EventRunReport:
    with context.write("events.end") as state:
        state.cases.catch_up_programs(run_context.today)
        counts = {**tally.counts, **state.event_runs.totals()}
        if options.whole:  # only a run that looked at everybody answers the calls and counts as the run of the day
            counts[WHOLE] = 1
            state.event_runs.answer(began)
        if not options.only:
            state.event_runs.forget()
        state.event_runs.forget_old_remarks()
        state.runs.count(run_id, **counts)
        state.runs.succeed(run_id, RunOutcome.WORKED_OFF, now)
        report = EventRunReport(run_id, counts, dict(tally.remarks), tuple(sorted(tally.carriers)))
        state.runs.note_brief(run_id, notices.events_brief(counts))
        names = [run_context.book.carriers.get(code, code) for code in report.carriers]
        if names or tally.counts["failed"]:
            notify(context, state, notices.events_processed(context.site, run_id, counts, names), now)
        for key in _DISPROVED:
            clear_alert(context, state, key, notices.EVENTS, now)
    log.info("events.end", site=context.site, run=run_id, **tally.counts)
    return report


@contextlib.contextmanager
def _recorded(
    context: SiteContext, options: EventRunOptions, today: date, clock: Callable[[], datetime]
) -> Iterator[int]:
    """Record the start of a run, and how it failed if it does; yield its number."""
    now = clock()
    with context.write("events.start") as state:
        run_id = state.runs.start(RunKind.EVENTS, options.cause, options.actor, today, now)
    log.info("events.start", site=context.site, run=run_id, mode=options.mode)
    try:
        yield run_id
    except BusyError as error:
        # The lease is lost, so nothing can be written; its new holder has recorded this run as interrupted.
        log.info("run.overtaken", site=context.site, run=run_id, why=error.why)
        raise
    except Exception as error:
        known_error = error if isinstance(error, BensyncError) else BensyncError("bensync has a bug.", reported(error))
        log.info("run.failed", site=context.site, run=run_id, error=type(known_error).__name__, what=known_error.what)
        trouble = notices.events_failed(context.site, error)
        record_failure(
            context, "events.fail", trouble, clock(), lambda state: state.runs.fail(run_id, known_error, clock())
        )
        send_notices(context, clock)
        raise
