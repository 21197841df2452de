"""Gather and plan: read HR and the baselines, and compare them. Nothing is written, so a rehearsal ends here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

import msgspec
import structlog

from bensync.core.changes import Baseline, BaselineState, Candidate, FirstLoad, Issue, IssueCode, SyncPlan
from bensync.core.comparison.absence import Absence, OpenCodes, judge_absence
from bensync.core.comparison.first_load import examine_first_load
from bensync.core.comparison.scope import LeftScope, current_values, judge_scope
from bensync.core.guards import Population, PullStatistics
from bensync.core.people import Employee, Profile, decode_without_rows, encode_profile
from bensync.core.plan import Baselines, Pulled, make_plan, repeat_last_sent, withheld
from bensync.core.ports import Pull, Record
from bensync.core.schedule import reads_everybody
from bensync.core.status import judge
from bensync.core.values.employee_ids import refuse_bad_id
from bensync.errors import GuardTripped, SourceError, run_command
from bensync.pipeline.context import RunOptions, SenderContext
from bensync.pipeline.unchanged_filter import UnchangedFilter
from bensync.state.db.vault import Vault
from bensync.state.site_state import SiteState
from bensync.state.sync.runs import SourceMemory

log = structlog.get_logger()

_LEAST_READ = 1


class Gathered(msgspec.Struct, frozen=True):
    """A whole pull, compared.

    Attributes:
        plan: what would be sent, held for review, or blocked by a data issue.
        looked_at: the employees that were read or recognised as unchanged.
        deleted: employees whom HR reports as deleted.
        over: employees whom HR does not show any more and who were terminated since: their issues are over.
        memory: what the next run starts from, if this one succeeds.
        fill_rates: field -> share (0..1) of the employees read that had a value.
    """

    plan: SyncPlan
    looked_at: frozenset[str]
    deleted: frozenset[str]
    over: frozenset[str]
    memory: SourceMemory
    fill_rates: Mapping[str, float]


def gather(context: SenderContext, options: RunOptions, now: datetime) -> Gathered:
    """Pull, read and compare the employees of this run.

    Raises:
        SourceError: HR cannot be read.
        GuardTripped: there is nothing to compare with yet, the mapping changed, the source is empty, or its clock and
            ours do not agree on what time it is.
    """
    as_of = now.astimezone(context.timezone).date()
    # One transaction before the pull and one after it: HR may take hours, and the database server ends a transaction
    # that is idle for four minutes.
    with context.read() as state:
        memory = state.runs.memory()
        first = not state.baselines.any()
        open_codes = state.issues.open_codes()
        # Employees to read anyway: a dated row is due, or an issue is open (sync-rules 3.2 b, c).
        also = frozenset((*state.baselines.due(as_of), *open_codes))
    if not options.full:
        _refuse_unprepared(context, memory, first=first)
    unchanged_filter = UnchangedFilter(context, as_of)
    wanted = msgspec.structs.replace(context.wanted, is_unchanged=unchanged_filter.is_unchanged)
    today = now.astimezone(UTC).date()
    # With other rules of scope, people whom nobody touched in HR are in it, or out of it, now.
    rescoped = memory.scope != context.scope.fingerprint()
    due = reads_everybody(today, context.reconcile_on, memory.everybody_on)
    everybody = not options.full and (due or rescoped)
    if everybody:
        log.info("run.reconciles", site=context.site, last=memory.everybody_on)
    pull = context.source.pull(wanted, None if options.full else memory.watermark, also, everybody=everybody)
    _refuse_skewed(pull, now, timedelta(minutes=context.guards.clock_minutes))
    pulled = _read(context, pull, unchanged_filter, as_of, repeat=options.full)
    if pull.everybody and pulled.statistics.people < _LEAST_READ:
        raise GuardTripped(
            "HR shows no employees at all (source_empty).",
            "An empty source looks like a lost permission; nothing overrides this.",
            "Check in HR that the key may see the employees.",
        )
    # An employee with an issue was looked at, too: only those that the answer lacks may count as gone.
    read = (person.employee_id for people in (pulled.candidates, pulled.issues) for person in people)
    looked_at = frozenset((*read, *pulled.recognised, *pulled.out_of_scope))
    with context.read() as state:
        absence = _absence(context, state, pull, also, looked_at, open_codes)
        leaving = _leaving(context, state, pulled, open_codes)
        taken_back = _taken_back(context, state, pulled)
        baseline = _baseline(state, pulled, (*absence.gone, *leaving.baselines))
        memorable = msgspec.structs.replace(memory, fill_rates=_still_mapped(context, memory.fill_rates))
        population = _population(state, pull, absence, leaving, memorable, first=first)
        since = now - timedelta(hours=context.guards.window_hours)
        population = msgspec.structs.replace(population, sent=state.deliveries.sent_by_guard(since))
    pulled = msgspec.structs.replace(
        pulled,
        issues=(*pulled.issues, *absence.issues, *leaving.issues),
        gone=[entry.key for entry in absence.gone],
        left_scope=[entry.key for entry in leaving.baselines],
        taken_back=taken_back,
        statistics=_statistics(pull, pulled, baseline, memorable),
    )
    first_load = _first_load(context, pulled, as_of) if first else None
    plan = make_plan(
        pulled,
        baseline,
        population,
        context.guards,
        as_of,
        options.populations,
        options.allow,
        first_load=first_load,
    )
    if options.populations is not None:
        with context.read() as state:
            last_sent = state.baselines.as_told(withheld(plan, baseline))
            plan = repeat_last_sent(plan, last_sent, options.populations)
    rates = _fill_rates(pull, pulled)
    following = _next_memory(context, options, pull, pulled, memory)
    if pull.everybody:
        following = msgspec.structs.replace(following, everybody_on=today, scope=context.scope.fingerprint())
    return Gathered(plan, looked_at, frozenset(pulled.deleted), absence.over | leaving.over, following, rates)


def _first_load(context: SenderContext, pulled: Pulled, as_of: date) -> FirstLoad:
    """Return the quality of a first load; refuse one in which nobody has a required field."""
    statistics, columns = pulled.statistics, [field for field, _ in context.layout.columns]
    first_load = examine_first_load(
        statistics.filled, columns, context.rules.required, pulled.candidates, statistics.counted, as_of
    )
    empty = first_load.empty()
    if pulled.candidates and empty:  # where everybody is blocked, the reason is another one
        listed = " and no ".join(empty)
        raise GuardTripped(
            f"The first load has no {listed} (first_load_empty).",
            f"The field is required, and nobody among {statistics.counted} people has a value in it.",
            "Check in HR that the key may see the field, and in `[sites.NAME.mapping]` where its values come from.",
        )
    return first_load


def _absence(
    context: SenderContext,
    state: SiteState,
    pull: Pull,
    also: frozenset[str],
    looked_at: frozenset[str],
    open_codes: OpenCodes,
) -> Absence:
    """Judge everybody who did not come: named by HR, asked for, or sent before and absent from a read of everybody."""
    silent = (also | pull.named).difference(looked_at, pull.deleted)
    unseen = state.baselines.unseen(looked_at) if pull.everybody else state.baselines.of_employees(silent)
    sent = {entry.employee_id: entry for entry in unseen}
    silent = silent.union(sent).difference(pull.deleted)
    # Where another machine decides, nobody here knows who was terminated.
    terminated = state.participants.terminated(silent) if context.embedded else frozenset[str]()
    return judge_absence(silent, sent, open_codes, terminated, everybody=pull.everybody)


def _refuse_unprepared(context: SenderContext, memory: SourceMemory, *, first: bool) -> None:
    if first:
        raise GuardTripped(
            "There is no baseline yet (no_baseline).",
            "A delta compares with what was last sent, and nothing was sent so far.",
            "Fill it once: `bensync resync --active --inactive`, or `bensync snapshot --yes` where both sides agree.",
            remedy=run_command("resync --active --inactive"),
        )
    if memory.mapping is not None and memory.mapping != context.mapping:
        raise GuardTripped(
            "The mapping changed since the last full file (mapping_changed).",
            "Every employee could differ now, which would flood the queue.",
            "Review it with `bensync plan --active --inactive`, then run `bensync resync --active --inactive`.",
            remedy=run_command("plan --active --inactive"),
        )


def _refuse_skewed(pull: Pull, now: datetime, bound: timedelta) -> None:
    """Refuse a run when our clock and HR's differ too much: the day decides which dated row is in effect."""
    if pull.clock is not None and abs(now - pull.clock) > bound:
        raise GuardTripped(
            "Our clock and that of HR do not agree (clock_skew).",
            f"Here it is {now:%Y-%m-%d %H:%M} UTC, there {pull.clock:%Y-%m-%d %H:%M} UTC.",
            "Set the clock of this machine, and let it follow a time server; nothing overrides this.",
        )


def _read(
    context: SenderContext, pull: Pull, unchanged_filter: UnchangedFilter, as_of: date, *, repeat: bool
) -> Pulled:
    """Read the pulled records; a full file also repeats the employees recognised as unchanged."""
    vault = context.store.vault(context.site)
    candidates: list[Candidate] = []
    issues: list[Issue] = []
    filled: Counter[tuple[str, ...]] = Counter()
    out_of_scope: dict[str, str] = {}
    people = blocked = 0
    for page in context.progress(pull.pages, pull.total):
        people += len(page)
        for employee in _employees(context, page, issues, out_of_scope, as_of):
            # Before any check of values: a contractor may well have no SSN in HR.
            if context.scope.out and (reason := context.scope.reason(current_values(employee, as_of))):
                out_of_scope[employee.id] = reason
                continue
            projected = _project(context, employee, as_of)
            if isinstance(projected, Issue):
                issues.append(projected)
                blocked += 1
                filled[_filled_fields(employee)] += 1
            else:
                candidates.append(_candidate(vault, *projected, unchanged_filter.take(employee.id)))
                filled[tuple(projected[0].values)] += 1
    recognised = unchanged_filter.recognised
    if repeat:
        for candidate in unchanged_filter.candidates():
            candidates.append(candidate)
            filled[tuple(candidate.present().values)] += 1
    reading = PullStatistics(people + len(recognised), _each(filled), len(out_of_scope), len(issues) - blocked)
    return Pulled(candidates, issues, pull.deleted, reading, () if repeat else recognised, out_of_scope=out_of_scope)


def _filled_fields(employee: Employee) -> tuple[str, ...]:
    """Return the fields that somebody blocked has: HR shows them, so they count as filled."""
    return tuple(dict.fromkeys((*employee.values, *(name for row in employee.rows for name in row.values))))


def _each(filled: Mapping[tuple[str, ...], int]) -> dict[str, int]:
    """Return how many employees have each field."""
    # Counted by combination of fields first: a company of 100,000 has only a few combinations.
    counts: Counter[str] = Counter()
    for fields, people in filled.items():
        for field in fields:
            counts[field] += people
    return dict(counts)


def _employees(
    context: SenderContext, page: list[Record], issues: list[Issue], out_of_scope: dict[str, str], as_of: date
) -> Iterator[Employee]:
    for record in page:
        _refuse_bad_id(record.id)
        read = context.reader.read(record)
        if isinstance(read, Issue):
            # What can be read of the record may already say that nobody needs the rest.
            readable = context.reader.readable(record) if context.scope.out else None
            reason = context.scope.reason(current_values(readable, as_of)) if readable else ""
            if reason:
                out_of_scope[read.employee_id] = reason
            else:
                issues.append(read)
        else:
            yield read


def _refuse_bad_id(employee_id: str) -> None:
    # Each connector refuses them itself, where it can name the line; this is for those of others.
    try:
        refuse_bad_id(employee_id)
    except ValueError as error:
        fix = "Map another field as the id, or report this to the author of the connector."
        raise SourceError("HR's answer has an employee id that cannot be one.", f"It {error}.", fix) from None


def _project(context: SenderContext, employee: Employee, as_of: date) -> tuple[Profile, date | None] | Issue:
    return judge(employee, context.options, as_of)


def _candidate(vault: Vault, profile: Profile, due: date | None, record_digest: bytes) -> Candidate:
    encoded = encode_profile(profile)
    key, fingerprint = vault.index(profile.values["ssn"]), vault.fingerprint(encoded)
    return Candidate(profile.employee_id, key, fingerprint, encoded, profile.status, due, record_digest or None)


def _leaving(context: SenderContext, state: SiteState, pulled: Pulled, open_codes: OpenCodes) -> LeftScope:
    sent = {entry.employee_id: entry for entry in state.baselines.of_employees(pulled.out_of_scope)}
    asked = [person for person in pulled.out_of_scope if person in sent or person in open_codes]
    terminated = state.participants.terminated(asked) if context.embedded else frozenset[str]()
    return judge_scope(pulled.out_of_scope, sent, open_codes, terminated)


def _taken_back(context: SenderContext, state: SiteState, pulled: Pulled) -> dict[bytes, str]:
    """Return the unapproved hires that HR deleted or postponed: employee ids by key (sync-rules 3.6.3)."""
    # Where another machine decides, nobody here knows who was approved.
    if not context.embedded:
        return {}
    later = [issue.employee_id for issue in pulled.issues if issue.code is IssueCode.NOT_STARTED]
    sent = state.baselines.of_employees((*pulled.deleted, *later))
    employee_ids = {entry.key: entry.employee_id for entry in sent}
    approved = state.participants.approved(employee_ids)
    return {key: employee_id for key, employee_id in employee_ids.items() if key not in approved}


def _baseline(state: SiteState, pulled: Pulled, leaving: Iterable[Baseline]) -> Baselines:
    baselines_by_key = state.baselines.known(pulled.candidates)
    # No record and no SSN is left of a deleted employee, so the baseline is found by the employee id.
    later = [issue.employee_id for issue in pulled.issues if issue.code is IssueCode.NOT_STARTED]
    for entry in (*state.baselines.of_employees((*pulled.deleted, *later)), *leaving):
        baselines_by_key.setdefault(entry.key, entry)
    live = (entry for entry in baselines_by_key.values() if entry.state is BaselineState.LIVE)
    return Baselines(baselines_by_key, {entry.employee_id: entry for entry in live})


def _population(
    state: SiteState, pull: Pull, absence: Absence, leaving: LeftScope, memory: SourceMemory, *, first: bool
) -> Population:
    # Judged by what was read, and not by the kind of the run: some connectors read everybody every time.
    return Population(
        active=state.baselines.active(),
        first=first,
        last_headcount=memory.headcount if pull.everybody else None,
        fill_rates=memory.fill_rates if pull.everybody else {},
        absent=absence.newly_active,
        leaving_scope=leaving.newly_active,
        absent_inactive=absence.newly_inactive,
        inactive=state.baselines.inactive() if absence.newly_inactive else 0,
    )


def _statistics(pull: Pull, pulled: Pulled, baseline: Baselines, memory: SourceMemory) -> PullStatistics:
    """Return the counts for the guards; of a read of everybody that skips unchanged people, counts of all of them.

    The last full read counted every value. Since then only the people who were read can have lost one, and their last
    profile is at hand; everybody else counts as before.
    """
    statistics = pulled.statistics
    if not (pull.everybody and pulled.recognised):
        return statistics
    filled = {field: round(rate * statistics.counted) for field, rate in memory.fill_rates.items()}
    for candidate in pulled.candidates:
        before = baseline.by_key.get(candidate.key)
        if before is not None and before.encoded is not None:
            old, new = decode_without_rows(before.encoded).values, candidate.present().values
            for field in filled:
                filled[field] += (field in new) - (field in old)
    return msgspec.structs.replace(statistics, filled=filled)


def _still_mapped(context: SenderContext, rates: Mapping[str, float]) -> dict[str, float]:
    """Return the rates without fields removed from the mapping, whose values were not lost."""
    mapped = {field for field, _ in context.layout.columns}
    return {field: rate for field, rate in rates.items() if field in mapped}


def _next_memory(
    context: SenderContext, options: RunOptions, pull: Pull, pulled: Pulled, before: SourceMemory
) -> SourceMemory:
    """Return what the next run remembers: only a daily run moves the watermark (sync-rules 3.10.6).

    A read of everybody leaves its headcount, a full run also its fill rates and mapping. The very first one sets the
    watermark, so that the first daily run has a place to begin.
    """
    headcount = pulled.statistics.people if pull.everybody else before.headcount
    if not options.full:
        # BambooHR gives no "latest" time when nobody changed; the old watermark still holds then.
        return msgspec.structs.replace(before, watermark=pull.watermark or before.watermark, headcount=headcount)
    watermark = before.watermark or pull.watermark
    return msgspec.structs.replace(
        before,
        watermark=watermark,
        mapping=context.mapping,
        headcount=headcount,
        fill_rates=_fill_rates(pull, pulled),
        restored_at=None,  # everybody was sent anew, whatever left before the restore
    )


def _fill_rates(pull: Pull, pulled: Pulled) -> dict[str, float]:
    read = pulled.statistics.counted - (0 if pull.everybody else len(pulled.recognised))
    # Never a division by zero: while nobody was read, no field is counted.
    return {name: round(count / read, 4) for name, count in pulled.statistics.filled.items()}
