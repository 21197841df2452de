"""Carry out a plan: write it down, then send, then commit. The state changes only if the file was delivered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import count

import msgspec
import structlog

from bensync.benefits.engine.event_stages import RunContext
from bensync.core.changes import BaselineState, ChangeKind, Issue, IssueCode, SyncPlan
from bensync.core.intake.proposals import apply, effective_date
from bensync.core.ports import OutgoingFile
from bensync.core.runs import IN_DOUBT, Delivery, DeliveryKind, Outcome, RunKind
from bensync.core.values.file_names import file_name
from bensync.errors import ASK_OPERATOR, DeliveryError, GuardTripped, StateError, run_command
from bensync.fault_points import point
from bensync.mappings.feed import Header, render
from bensync.pipeline.alerting import alert, file_arrived, notify, run_went_well
from bensync.pipeline.context import RunOptions, SenderContext
from bensync.pipeline.gather import Gathered
from bensync.pipeline.intake import open_drift, open_requests, take_back
from bensync.state.benefits.event_runs import BeganWith
from bensync.state.benefits.first_cases import begin_cases
from bensync.state.site_state import SiteState
from bensync.state.sync.requests import FileRef
from bensync.state.sync.runs import SourceMemory
from bensync.wording import notices

log = structlog.get_logger()

_PAGE_BYTES = 4 << 20  # sealed bytes per transaction


def carry_out(
    context: SenderContext, options: RunOptions, run_id: int, gathered: Gathered, clock: Callable[[], datetime]
) -> Outcome:
    """Send what the plan says, and change the state with it; return how the run ended.

    Raises:
        DeliveryError: sealing or sending failed; the state is unchanged, and the next run starts as this one did.
    """
    plan = gathered.plan
    if options.kind is RunKind.SNAPSHOT:
        outcome = _fill(context, run_id, gathered, clock())
    elif plan.sends:
        deliver(context, _seal(context, *_prepare(context, options, run_id, gathered, clock())), clock)
        outcome = Outcome.DELIVERED
    else:
        outcome = _end_quietly(context, run_id, gathered, clock())
    log.info("run.end", site=context.site, run=run_id, outcome=outcome, sent=len(plan.sends), held=len(plan.held))
    return outcome


def settle(context: SenderContext, clock: Callable[[], datetime]) -> None:
    """Finish interrupted deliveries with the same bytes under the same names (sync-rules 3.11.2)."""
    with context.read() as state:
        begun = state.deliveries.unsettled()
    for delivery in begun:
        log.info("delivery.settle", site=context.site, file_name=delivery.name, state=delivery.state)
        deliver(context, delivery, clock)


def _prepare(
    context: SenderContext, options: RunOptions, run_id: int, gathered: Gathered, now: datetime
) -> tuple[Delivery, Iterator[bytes]]:
    """Write the number, rows and consequences down in one transaction; return the delivery and the lines to seal."""
    plan = gathered.plan
    kind = DeliveryKind.FULL if options.kind is RunKind.RESYNC else DeliveryKind.DELTA
    # Rows and consequences are stored before a byte is sealed: a restart commits what this run planned, whatever HR
    # says by then (decision 3). The headcount is checked in the same transaction, so a wrong plan stores no delivery.
    with context.write("delivery.prepare") as state:
        slot = state.deliveries.open_slot(context.feed)
        name = file_name(context.site_id, kind, slot.sequence)
        number = state.deliveries.prepare(
            run_id, context.feed, kind, slot, name, plan.sends, consequences=_consequences(gathered), now=now
        )
        point("delivery.rows")
        _balance(state, plan, number)
        _record_issues(context, state, gathered, now)
        prepared = _get_delivery(state, number)
    header = Header(context.layout.version, context.site_id, kind, slot.sequence, now, plan.as_of, slot.previous)
    # Generators: profiles are decoded one at a time while gpg reads, so a full file is never in memory whole.
    people = (change.candidate for change in plan.sends)
    profiles = (person.profile() if context.layout.dated_rows else person.present() for person in people)
    return prepared, render(context.layout, header, profiles)


def _seal(context: SenderContext, delivery: Delivery, lines: Iterable[bytes]) -> Delivery:
    """Store the sealed bytes in transactions of a few megabytes, and freeze them when all are stored."""
    # Small transactions, so that other writers are not locked out while the cipher works. Only the last one makes the
    # bytes count: a crash before it leaves chunks that the next run replaces.
    digest = hashlib.sha256()
    size = 0
    try:
        for page in _pages(context.cipher.seal(lines)):
            with context.write("delivery.store") as state:
                for number, content in page:
                    state.deliveries.store_chunk(delivery.id, number, content)
                    digest.update(content)
                    size += len(content)
    except DeliveryError as error:
        _note_failure(context, delivery, error)
        raise
    with context.write("delivery.seal") as state:
        state.deliveries.seal(delivery.id, size, digest.hexdigest())
        return _get_delivery(state, delivery.id)


def _pages(chunks: Iterable[bytes]) -> Iterator[list[tuple[int, bytes]]]:
    """Yield numbered chunks in pages of a few megabytes."""
    page: list[tuple[int, bytes]] = []
    size = 0
    for number, content in enumerate(chunks):
        page.append((number, content))
        size += len(content)
        if size >= _PAGE_BYTES:
            yield page
            page, size = [], 0
    if page:
        yield page


def _get_delivery(state: SiteState, number: int) -> Delivery:
    delivery = state.deliveries.get(number)
    if delivery is None:
        raise StateError(
            f"Delivery {number} is not in the database.",
            "The row of this delivery is missing.",
            "Run `bensync fsck`.",
            remedy=run_command("fsck"),
        )
    return delivery


def deliver(context: SenderContext, delivery: Delivery, clock: Callable[[], datetime]) -> None:
    """Send the stored bytes, then commit everything that follows from them in one transaction.

    Raises:
        DeliveryError: the courier failed; the delivery is recorded as failed.
    """
    # The sent log outlives a database restored from a backup. It is read before anything is sent, and written before
    # the file can have its final name: otherwise a restored database could send another file under a used number.
    publishing = delivery.state in IN_DOUBT
    outgoing_file = OutgoingFile(
        delivery.name, delivery.size, lambda: _chunks(context, delivery), delivery.part, publishing
    )
    if context.sent_log is not None:
        context.sent_log.refuse_older(context.site, delivery)
        if publishing:  # a crash may have come between the intent and the log
            context.sent_log.note(context.site, delivery, clock())
    try:
        context.courier.deliver(outgoing_file, _DeliveryJournal(context, delivery, clock))
    except DeliveryError as error:
        _note_failure(context, delivery, error)
        raise
    commit(context, delivery, clock())


def _chunks(context: SenderContext, delivery: Delivery) -> Iterator[bytes]:
    """Yield the stored bytes; raise before the last one counts if they are not those that were frozen."""
    digest = hashlib.sha256()
    for number in count():
        # A transaction per chunk: an upload may take longer than the four minutes after which the database server ends
        # a transaction in which nothing happens (decision 56).
        with context.read() as state:
            content = state.deliveries.chunk(delivery.id, number)
        if content is None:
            break
        digest.update(content)
        yield content
    if digest.hexdigest() != delivery.sha256:
        raise StateError(
            f"The stored bytes of {delivery.name} are damaged.",
            "Their hash differs from the hash at sealing.",
            "Run `bensync fsck`, and restore a backup.",
            remedy=run_command("fsck"),
        )


class _DeliveryJournal:
    """Write down how far a delivery got, while the courier works; see `bensync.core.ports.TransferJournal`."""

    def __init__(self, context: SenderContext, delivery: Delivery, clock: Callable[[], datetime]) -> None:
        self._tools = context
        self._delivery = delivery
        self._clock = clock

    def begin(self, part: str) -> None:
        with self._tools.write("delivery.begin") as state:
            state.deliveries.begin(self._delivery.id, part)

    def uploaded(self) -> None:
        with self._tools.write("delivery.uploaded") as state:
            state.deliveries.uploaded(self._delivery.id)

    def intend(self) -> None:
        with self._tools.write("delivery.intend") as state:
            state.deliveries.intend(self._delivery.id)
        # The log comes second. An entry without a stored intent would look like a database that was put back: the next
        # run seals other bytes under this number, and `refuse_older` would stop it.
        if self._tools.sent_log is not None:
            self._tools.sent_log.note(self._tools.site, self._delivery, self._clock())


def _note_failure(context: SenderContext, delivery: Delivery, error: DeliveryError) -> None:
    with context.write("delivery.fail") as state:
        state.deliveries.fail(delivery.id, error)


def commit(context: SenderContext, delivery: Delivery, now: datetime) -> None:
    """Commit delivery, requests, baselines, watermark and notice in one transaction: all of them change, or none."""
    with context.write("delivery.commit") as state:
        active = state.participants.active()  # for `_close_books`: a run opens requests, and changes no participant
        consequences = msgspec.convert(state.deliveries.commit(delivery.id, now), _Consequences)
        opened = _open_requests(context, state, delivery.id, consequences.as_of, now)
        point("delivery.requests")
        # Requests come before baselines: a row is compared with what the benefits platform had before this file.
        state.baselines.take_over(delivery.id)
        point("delivery.baseline")
        state.issues.resolve_told(delivery.id, now)
        opened += _apply_consequences(context, state, consequences, now)
        state.runs.count(delivery.run_id, requests=opened)
        state.runs.succeed(delivery.run_id, Outcome.DELIVERED, now)
        # The row for the day commits with the delivery: when a restart settles the delivery of a killed run, the day of
        # that run is done.
        state.runs.finish_day(delivery.run_id, context.daily_after)
        state.audit.record("bensync", "delivery.commit", delivery.name, now)
        _close_books(state, delivery.run_id, active)
        brief = _write_brief(state, delivery.run_id, delivery)
        requests = opened if context.embedded else None
        # The mail quotes the newest audit entry: a copy outside the database, by which a cut trail is noticed later.
        head = state.audit.trail.head().line()
        notify(context, state, notices.uploaded(context.site, delivery, requests, brief, head, context.queue), now)
        file_arrived(context, state, now)
        run_went_well(context, state, now)
    log.info("delivery.commit", site=context.site, file_name=delivery.name, rows=delivery.rows, requests=opened)


def _open_requests(context: SenderContext, state: SiteState, delivery_id: int, as_of: date, now: datetime) -> int:
    """Open the requests of a delivery, unless a receiver on another machine reads the files (sync-rules 3.15)."""
    if not context.embedded:
        return 0
    rows = state.deliveries.asking(delivery_id)
    return open_requests(state, FileRef(delivery_id=delivery_id), rows, as_of, context.rules, now)


def _end_quietly(context: SenderContext, run_id: int, gathered: Gathered, now: datetime) -> Outcome:
    """End a run with nothing to send: no file and no mail, but due dates, watermark and drift move (A-02, A-85)."""
    with context.write("run.end") as state:
        active = state.participants.active()
        # A failed delivery would be part of this plan if HR still said the same; its changes were taken back there.
        state.deliveries.abandon_failed()
        _balance(state, gathered.plan, None)
        _record_issues(context, state, gathered, now)
        consequences = msgspec.convert(_consequences(gathered), _Consequences)
        opened = _apply_consequences(context, state, consequences, now)
        state.runs.count(run_id, requests=opened)
        state.runs.succeed(run_id, Outcome.NO_CHANGES, now)
        state.runs.finish_day(run_id, context.daily_after)
        _close_books(state, run_id, active)
        _write_brief(state, run_id, None)
        run_went_well(context, state, now)
    return Outcome.NO_CHANGES


def _balance(state: SiteState, plan: SyncPlan, delivery_id: int | None) -> None:
    """Count the active people from the rows and from the planned moves; refuse to send a file if the two differ."""
    counted = state.baselines.active_after(
        delivery_id, (*plan.missing, *plan.left_scope, *plan.taken_back), plan.returned
    )
    if counted != plan.ledger.after:
        raise GuardTripped(
            "The headcount does not balance (ledger).",
            f"{plan.ledger.before} active people and the planned moves make {plan.ledger.after}, the rows {counted}.",
            "Nothing was sent; report this with the output of `bensync plan --json`.",
            remedy=ASK_OPERATOR,
        )


def _close_books(state: SiteState, run_id: int, before: int) -> None:
    """Check that no participant changed: a run requests changes, and only decisions make them (S0-13)."""
    active = state.participants.active()
    if active != before:
        raise GuardTripped(
            "The register moved without a decision (ledger).",
            f"{before} participants were active before this run, {active} would be after.",
            "Nothing was committed; report this with the output of `bensync runs show`.",
            remedy=ASK_OPERATOR,
        )
    state.runs.note_register(run_id, active, active + state.requests.would_move())


def _write_brief(state: SiteState, run_id: int, delivery: Delivery | None) -> str:
    """Store one sentence about what the run did and what waits for a decision; return it."""
    kind, counts = state.runs.figures(run_id)
    kinds = state.deliveries.kinds(delivery.id) if delivery else {}
    brief = notices.brief(kind, kinds, delivery.name if delivery else None, counts, state.requests.waiting())
    state.runs.note_brief(run_id, brief)
    return brief


def _fill(context: SenderContext, run_id: int, gathered: Gathered, now: datetime) -> Outcome:
    """Fill baselines and participants from HR, once, while both are empty; no file and no request (A-83)."""
    candidates = [change.candidate for change in gathered.plan.sends]
    people = ((candidate.profile(), candidate.key) for candidate in candidates)
    as_of = gathered.plan.as_of
    if not context.embedded:
        why = "A snapshot writes participants, and those of this site are on another machine (embedded = false)."
        raise GuardTripped(
            "There is no register here to fill.",
            why,
            "Use `bensync resync --active --inactive`.",
            remedy=run_command("resync --active --inactive"),
        )
    with context.write("run.fill") as state:
        if state.baselines.any() or state.participants.any():
            why = "A snapshot is only for the very first day: it writes participants without a decision."
            raise GuardTripped(
                "Baseline or register are filled already.",
                why,
                "Use `bensync resync` instead.",
                remedy=run_command("resync"),
            )
        _record_issues(context, state, gathered, now)
        state.baselines.fill(candidates)
        state.participants.fill(
            (
                apply(ChangeKind.NEW, profile, key, None, effective_date(ChangeKind.NEW, profile, as_of))
                for profile, key in people
            ),
            now,
        )
        if context.benefits is not None:
            begin_cases(state, RunContext(context.benefits(), as_of), BeganWith.SNAPSHOT, now)
        state.runs.remember(gathered.memory)
        state.audit.record("bensync", "snapshot", f"{len(candidates)} people", now)
        state.runs.succeed(run_id, Outcome.FILLED, now)
        _write_brief(state, run_id, None)
        run_went_well(context, state, now)
    return Outcome.FILLED


class _Consequences(msgspec.Struct, frozen=True):
    """What a commit changes beside its rows; stored with the delivery, so that a restart can still do it."""

    as_of: date
    due: dict[str, date | None]
    missing: list[str]
    returned: list[str]
    memory: SourceMemory
    left_scope: list[str] = []
    taken_back: dict[str, str] = {}
    sent: Mapping[str, int] = {}


def _consequences(gathered: Gathered) -> dict[str, object]:
    plan = gathered.plan
    # Stored as JSON, which has no bytes: the keys become hexadecimal digits.
    consequences = _Consequences(
        as_of=plan.as_of,
        due={key.hex(): day for key, day in plan.due.items()},
        missing=[key.hex() for key in plan.missing],
        returned=[key.hex() for key in plan.returned],
        left_scope=[key.hex() for key in plan.left_scope],
        taken_back={key.hex(): employee_id for key, employee_id in plan.taken_back.items()},
        memory=gathered.memory,
        sent=plan.sent,
    )
    built: dict[str, object] = msgspec.to_builtins(consequences)
    return built


def _apply_consequences(context: SenderContext, state: SiteState, consequences: _Consequences, now: datetime) -> int:
    state.baselines.remember_due({bytes.fromhex(key): day for key, day in consequences.due.items()})
    state.baselines.set_state([bytes.fromhex(key) for key in consequences.missing], BaselineState.MISSING)
    state.baselines.set_state([bytes.fromhex(key) for key in consequences.left_scope], BaselineState.OUT_OF_SCOPE)
    state.baselines.set_state([bytes.fromhex(key) for key in consequences.returned], BaselineState.LIVE)
    take_back(state, {bytes.fromhex(key): employee_id for key, employee_id in consequences.taken_back.items()}, now)
    state.runs.remember(consequences.memory)
    return open_drift(state, consequences.as_of, context.rules, now) if context.embedded else 0


def _record_issues(context: SenderContext, state: SiteState, gathered: Gathered, now: datetime) -> None:
    """Open the issues of this run, and resolve the issues of employees whose values have all been sent."""
    plan = gathered.plan
    # The issues of employees outside the chosen populations stay open, and those of employees in this file until its
    # commit: an employee is read again only while an issue is open, so a change could be lost (sync-rules 3.2 c).
    sent = (change.candidate.employee_id for change in plan.sends if change.kind is not ChangeKind.LAST_SENT)
    settled = gathered.looked_at.difference(plan.outside, sent)
    waiting = [Issue(entry.change.candidate.employee_id, IssueCode.HELD, entry.alarm) for entry in plan.held]
    new = state.issues.record([*plan.issues, *waiting], settled, gathered.deleted, now)
    state.issues.resolve_all(gathered.over, now)
    # Held rows have their own alert below, and an employee who is not shown has one after some days; one who starts
    # later needs nobody's attention (decision 12).
    silent = {IssueCode.HELD, IssueCode.NOT_STARTED, IssueCode.NOT_SHOWN}
    loud = [issue for issue in new if issue.code not in silent]
    if loud:
        alert(context, state, notices.blocked(context.site, loud), now)
    if plan.held:
        alert(context, state, notices.held(context.site, plan.alarms, plan.fingerprint, sent=bool(plan.sends)), now)
