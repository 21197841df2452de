"""Carry out: write down first, then send, then commit. State moves if and only if the file was delivered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import count

import msgspec
import structlog

from bensync.benefits.engine.stages import RunContext
from bensync.core.changes import BaselineState, ChangeKind, Issue, IssueCode, SyncPlan
from bensync.core.intake import apply, effective_date
from bensync.core.ports import OutgoingFile
from bensync.core.runs import IN_DOUBT, Delivery, DeliveryKind, Outcome, RunKind
from bensync.errors import DeliveryError, GuardTripped, StateError
from bensync.faults import point
from bensync.mappings.feed import Header, render
from bensync.pipeline.alerting import alert, file_arrived, notify, run_went_well
from bensync.pipeline.context import RunOptions, SenderContext
from bensync.pipeline.events import initialise_cases
from bensync.pipeline.gather import Gathered
from bensync.pipeline.intake import open_drift, open_requests
from bensync.state.site_state import SiteState
from bensync.state.sync.requests import FileRef
from bensync.state.sync.runs import SourceMemory
from bensync.wording import notices

log = structlog.get_logger()

_PAGE_BYTES = 4 << 20  # sealed bytes per transaction


def carry_out(
    tools: SenderContext, order: RunOptions, run_id: int, gathered: Gathered, clock: Callable[[], datetime]
) -> Outcome:
    """Do what the plan says.

    Raises:
        DeliveryError: sealing or sending failed; nothing moved, and the next run begins where this one stood.
    """
    plan = gathered.plan
    if order.kind is RunKind.SNAPSHOT:
        outcome = _fill(tools, run_id, gathered, clock())
    elif plan.sends:
        deliver(tools, _seal(tools, *_prepare(tools, order, run_id, gathered, clock())), clock)
        outcome = Outcome.DELIVERED
    else:
        outcome = _end_quietly(tools, run_id, gathered, clock())
    log.info("run.end", site=tools.site, run=run_id, outcome=outcome, sent=len(plan.sends), held=len(plan.held))
    return outcome


def settle(tools: SenderContext, clock: Callable[[], datetime]) -> None:
    """Finish the deliveries that were begun: look, then the same bytes under the same name (sync-rules 3.11.2)."""
    with tools.read() as work:
        begun = work.deliveries.unsettled()
    for delivery in begun:
        log.info("delivery.settle", site=tools.site, file_name=delivery.name, state=delivery.state)
        deliver(tools, delivery, clock)


def _prepare(
    tools: SenderContext, order: RunOptions, run_id: int, gathered: Gathered, now: datetime
) -> tuple[Delivery, Iterator[bytes]]:
    """Write down first: number, rows and consequences, in one transaction; returns them with the lines to seal."""
    plan = gathered.plan
    kind = DeliveryKind.FULL if order.kind is RunKind.RESYNC else DeliveryKind.DELTA
    with tools.write("delivery.prepare") as work:
        slot = work.deliveries.open_slot(tools.feed)
        name = f"{tools.site_id}_{kind}_{slot.sequence:06}.csv.gpg"
        number = work.deliveries.prepare(
            run_id, tools.feed, kind, slot, name, plan.sends, consequences=_consequences(gathered), now=now
        )
        point("delivery.rows")
        _balance(work, plan, number)
        _record_issues(tools, work, gathered, now)
        prepared = _found(work, number)
    header = Header(tools.layout.version, tools.site_id, kind, slot.sequence, now, plan.as_of, slot.previous)
    people = (change.candidate for change in plan.sends)
    told = (one.profile() if tools.layout.dated_rows else one.present() for one in people)
    return prepared, render(tools.layout, header, told)


def _seal(tools: SenderContext, delivery: Delivery, lines: Iterable[bytes]) -> Delivery:
    """Store the sealed bytes, a few megabytes a transaction, and freeze them when all are there.

    Nothing else is kept from writing while the cipher works; bytes without the freeze are worth nothing.
    """
    digest = hashlib.sha256()
    size = 0
    try:
        for page in _pages(tools.cipher.seal(lines)):
            with tools.write("delivery.store") as work:
                for number, content in page:
                    work.deliveries.store_chunk(delivery.id, number, content)
                    digest.update(content)
                    size += len(content)
    except DeliveryError as error:
        _note_failure(tools, delivery, error)
        raise
    with tools.write("delivery.seal") as work:
        work.deliveries.seal(delivery.id, size, digest.hexdigest())
        return _found(work, delivery.id)


def _pages(chunks: Iterable[bytes]) -> Iterator[list[tuple[int, bytes]]]:
    """Numbered chunks in pages of a few megabytes."""
    page: list[tuple[int, bytes]] = []
    held = 0
    for number, content in enumerate(chunks):
        page.append((number, content))
        held += len(content)
        if held >= _PAGE_BYTES:
            yield page
            page, held = [], 0
    if page:
        yield page


def _found(work: SiteState, number: int) -> Delivery:
    delivery = work.deliveries.get(number)
    if delivery is None:
        raise StateError(f"Delivery {number} was not written down", "the database lost it", "run `bensync fsck`")
    return delivery


def deliver(tools: SenderContext, delivery: Delivery, clock: Callable[[], datetime]) -> None:
    """Then send: the stored bytes, then one commit for everything that follows from them.

    The log of what was sent outlives a database that somebody puts back: it is asked first, and told before the file
    can be under its final name.
    """
    publishing = delivery.state in IN_DOUBT
    parcel = OutgoingFile(delivery.name, delivery.size, lambda: _chunks(tools, delivery), delivery.part, publishing)
    if tools.sent_log is not None:
        tools.sent_log.refuse_older(tools.site, delivery)
        if publishing:  # a crash may have come between the intent and the log
            tools.sent_log.note(tools.site, delivery, clock())
    try:
        tools.courier.deliver(parcel, _Progress(tools, delivery, clock))
    except DeliveryError as error:
        _note_failure(tools, delivery, error)
        raise
    commit(tools, delivery, clock())


def _chunks(tools: SenderContext, delivery: Delivery) -> Iterator[bytes]:
    """The stored bytes; a file whose bytes are not those that were frozen is never published."""
    digest = hashlib.sha256()
    for number in count():
        with tools.read() as work:
            content = work.deliveries.chunk(delivery.id, number)
        if content is None:
            break
        digest.update(content)
        yield content
    if digest.hexdigest() != delivery.sha256:
        raise StateError(
            f"The stored bytes of {delivery.name} are damaged",
            "their hash is another one than when they were sealed",
            "run `bensync fsck`, and restore a backup",
        )


class _Progress:
    """Writes down how far a delivery got; see `Witness`."""

    def __init__(self, tools: SenderContext, delivery: Delivery, clock: Callable[[], datetime]) -> None:
        self._tools = tools
        self._delivery = delivery
        self._clock = clock

    def begin(self, part: str) -> None:
        with self._tools.write("delivery.begin") as work:
            work.deliveries.begin(self._delivery.id, part)

    def uploaded(self) -> None:
        with self._tools.write("delivery.uploaded") as work:
            work.deliveries.uploaded(self._delivery.id)

    def intend(self) -> None:
        with self._tools.write("delivery.intend") as work:
            work.deliveries.intend(self._delivery.id)
        if self._tools.sent_log is not None:
            self._tools.sent_log.note(self._tools.site, self._delivery, self._clock())


def _note_failure(tools: SenderContext, delivery: Delivery, error: DeliveryError) -> None:
    with tools.write("delivery.fail") as work:
        work.deliveries.fail(delivery.id, error)


def commit(tools: SenderContext, delivery: Delivery, now: datetime) -> None:
    """One transaction: delivery, requests, baseline, watermark and notice move together, or none does."""
    with tools.write("delivery.commit") as work:
        active = work.participants.active()
        consequences = msgspec.convert(work.deliveries.commit(delivery.id, now), _Consequences)
        opened = _open_requests(tools, work, delivery.id, consequences.as_of, now)
        point("delivery.requests")
        work.baselines.take_over(delivery.id)
        point("delivery.baseline")
        work.issues.resolve_told(delivery.id, now)
        opened += _apply_consequences(tools, work, consequences, now)
        work.runs.count(delivery.run_id, requests=opened)
        work.runs.succeed(delivery.run_id, Outcome.DELIVERED, now)
        work.runs.finish_day(delivery.run_id, tools.daily_after)
        work.audit.record("bensync", "delivery.commit", delivery.name, now)
        _close_books(work, delivery.run_id, active)
        brief = _write_brief(work, delivery.run_id, delivery)
        told = opened if tools.embedded else None
        head = work.audit.trail.head().line()
        notify(tools, work, notices.uploaded(tools.site, delivery, told, brief, head, tools.queue), now)
        file_arrived(tools, work, now)
        run_went_well(tools, work, now)
    log.info("delivery.commit", site=tools.site, file_name=delivery.name, rows=delivery.rows, requests=opened)


def _open_requests(tools: SenderContext, work: SiteState, delivery_id: int, as_of: date, now: datetime) -> int:
    """The embedded receiver; where another one reads the files, the queue is there (sync-rules 3.15)."""
    if not tools.embedded:
        return 0
    rows = work.deliveries.asking(delivery_id)
    return open_requests(work, FileRef(delivery_id=delivery_id), rows, as_of, tools.rules, now)


def _end_quietly(tools: SenderContext, run_id: int, gathered: Gathered, now: datetime) -> Outcome:
    """Nothing to send: no file and no mail, but due dates, watermark and status drift all the same (A-02, A-85)."""
    with tools.write("run.end") as work:
        active = work.participants.active()
        work.deliveries.abandon_failed()
        _balance(work, gathered.plan, None)
        _record_issues(tools, work, gathered, now)
        consequences = msgspec.convert(_consequences(gathered), _Consequences)
        opened = _apply_consequences(tools, work, consequences, now)
        work.runs.count(run_id, requests=opened)
        work.runs.succeed(run_id, Outcome.NO_CHANGES, now)
        work.runs.finish_day(run_id, tools.daily_after)
        _close_books(work, run_id, active)
        _write_brief(work, run_id, None)
        run_went_well(tools, work, now)
    return Outcome.NO_CHANGES


def _balance(work: SiteState, plan: SyncPlan, delivery_id: int | None) -> None:
    """Reckon the active people twice, by what the rows are and by what the sets say; no file leaves if they differ."""
    counted = work.baselines.active_after(delivery_id, plan.missing, plan.returned)
    if counted != plan.ledger.after:
        raise GuardTripped(
            "The headcount does not balance (ledger)",
            f"{plan.ledger.before} active people and the planned moves make {plan.ledger.after}, the rows {counted}",
            "nothing was sent; report this with the output of `bensync plan --json`",
        )


def _close_books(work: SiteState, run_id: int, before: int) -> None:
    """The register's side of the ledger: a run may ask for changes; only decisions move the register (S0-13)."""
    active = work.participants.active()
    if active != before:
        raise GuardTripped(
            "The register moved without a decision (ledger)",
            f"{before} participants were active before this run, {active} would be after",
            "nothing was committed; report this with the output of `bensync runs show`",
        )
    work.runs.note_register(run_id, active, active + work.requests.would_move())


def _write_brief(work: SiteState, run_id: int, delivery: Delivery | None) -> str:
    """Say in one sentence what the run did and what now waits for whom; kept with the run."""
    kind, counts = work.runs.figures(run_id)
    kinds = work.deliveries.kinds(delivery.id) if delivery else {}
    told = notices.brief(kind, kinds, delivery.name if delivery else None, counts, work.requests.waiting())
    work.runs.note_brief(run_id, told)
    return told


def _fill(tools: SenderContext, run_id: int, gathered: Gathered, now: datetime) -> Outcome:
    """The snapshot: baseline and register from HR, once, while both are empty; no file and no request (A-83)."""
    candidates = [change.candidate for change in gathered.plan.sends]
    people = ((candidate.profile(), candidate.key) for candidate in candidates)
    as_of = gathered.plan.as_of
    if not tools.embedded:
        why = "a snapshot writes participants, and those of this site are on another machine (embedded = false)"
        raise GuardTripped("There is no register here to fill", why, "use `bensync resync --active --inactive`")
    with tools.write("run.fill") as work:
        if work.baselines.any() or work.participants.any():
            why = "a snapshot is only for the very first day: it writes participants without a decision"
            raise GuardTripped("Baseline or register are filled already", why, "use `bensync resync` instead")
        _record_issues(tools, work, gathered, now)
        work.baselines.fill(candidates)
        work.participants.fill(
            (
                apply(ChangeKind.NEW, profile, key, None, effective_date(ChangeKind.NEW, profile, as_of))
                for profile, key in people
            ),
            now,
        )
        if tools.benefits is not None:
            initialise_cases(work, RunContext(tools.benefits(), as_of), now)
        work.runs.remember(gathered.memory)
        work.audit.record("bensync", "snapshot", f"{len(candidates)} people", now)
        work.runs.succeed(run_id, Outcome.FILLED, now)
        _write_brief(work, run_id, None)
        run_went_well(tools, work, now)
    return Outcome.FILLED


class _Consequences(msgspec.Struct, frozen=True):
    """What the commit does beside its rows; written down with the delivery, so that a restart can still do it."""

    as_of: date
    due: dict[str, date | None]
    missing: list[str]
    returned: list[str]
    memory: SourceMemory


def _consequences(gathered: Gathered) -> dict[str, object]:
    plan = gathered.plan
    found = _Consequences(
        as_of=plan.as_of,
        due={key.hex(): day for key, day in plan.due.items()},
        missing=[key.hex() for key in plan.missing],
        returned=[key.hex() for key in plan.returned],
        memory=gathered.memory,
    )
    built: dict[str, object] = msgspec.to_builtins(found)
    return built


def _apply_consequences(tools: SenderContext, work: SiteState, consequences: _Consequences, now: datetime) -> int:
    work.baselines.remember_due({bytes.fromhex(key): day for key, day in consequences.due.items()})
    work.baselines.set_state([bytes.fromhex(key) for key in consequences.missing], BaselineState.MISSING)
    work.baselines.set_state([bytes.fromhex(key) for key in consequences.returned], BaselineState.LIVE)
    work.runs.remember(consequences.memory)
    return open_drift(work, consequences.as_of, tools.rules, now) if tools.embedded else 0


def _record_issues(tools: SenderContext, work: SiteState, gathered: Gathered, now: datetime) -> None:
    """Open the issues of this run, and resolve those of people who have nothing left to be told.

    Who stands outside the ticked boxes may have; who is among the rows has until the commit. A change that was kept
    back would never be looked at again if their issue were closed before (sync-rules 3.2 c).
    """
    plan = gathered.plan
    settled = gathered.looked_at.difference(plan.outside, (change.candidate.employee_id for change in plan.sends))
    waiting = [
        Issue(entry.change.candidate.employee_id, IssueCode.HELD, f"a guard holds the row: {entry.alarm}")
        for entry in plan.held
    ]
    new = work.issues.record([*plan.issues, *waiting], settled, gathered.gone, now)
    silent = {IssueCode.HELD, IssueCode.NOT_STARTED}
    loud = [issue for issue in new if issue.code not in silent]
    if loud:
        alert(tools, work, notices.kept_back(tools.site, loud), now)
    if plan.held:
        alert(tools, work, notices.held(tools.site, plan.alarms, plan.fingerprint), now)
