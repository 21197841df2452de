"""Gather and plan: read HR and the baselines, and compare them. Nothing is written, so a rehearsal ends here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

import msgspec

from bensync.core.changes import BaselineState, Candidate, Issue, SyncPlan
from bensync.core.guards import Population, PullStatistics
from bensync.core.people import Employee, Profile, encode_profile
from bensync.core.plan import Baselines, Pulled, make_plan
from bensync.core.ports import Pull, Record
from bensync.core.status import project
from bensync.core.values.ssn import check_ssn
from bensync.errors import GuardTripped, run_command
from bensync.pipeline.context import RunOptions, SenderContext
from bensync.pipeline.unchanged import UnchangedFilter
from bensync.state.db.vault import Vault
from bensync.state.site_state import SiteState
from bensync.state.sync.runs import SourceMemory

_LEAST_READ = 1


class Gathered(msgspec.Struct, frozen=True):
    """A whole pull, compared.

    Attributes:
        plan: what would be sent, held for review, or blocked by a data issue.
        looked_at: the employees that were read or recognised as unchanged.
        gone: employees no longer in HR: reported as deleted, or requested by id and not returned.
        memory: what the next run starts from, if this one succeeds.
        fill_rates: field -> share (0..1) of the employees read that had a value.
    """

    plan: SyncPlan
    looked_at: frozenset[str]
    gone: frozenset[str]
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
        also: frozenset[str] = frozenset() if options.full else _also(state, as_of)
    if not options.full:
        _refuse_unprepared(context, memory, first=first)
    unchanged_filter = UnchangedFilter(context, as_of)
    wanted = msgspec.structs.replace(context.wanted, is_unchanged=unchanged_filter.is_unchanged)
    pull = context.source.pull(wanted, None if options.full else memory.watermark, also)
    _refuse_skewed(pull, now, timedelta(minutes=context.guards.clock_minutes))
    pulled = _read(context, pull, unchanged_filter, as_of, whole=options.full)
    if options.full and pulled.statistics.people < _LEAST_READ:
        raise GuardTripped(
            "HR shows no employees at all (source_empty)",
            "an empty source looks like a lost permission; nothing overrides this",
            "check in HR that the key may see the employees",
        )
    # An employee with an issue was looked at, too: only those that the answer lacks may count as gone.
    read = (person.employee_id for people in (pulled.candidates, pulled.issues) for person in people)
    looked_at = frozenset((*read, *pulled.recognised))
    with context.read() as state:
        baseline = _baseline(state, pulled)
        memorable = msgspec.structs.replace(memory, fill_rates=_still_mapped(context, memory.fill_rates))
        population = _population(state, looked_at, memorable, options, first=first)
    plan = make_plan(pulled, baseline, population, context.guards, as_of, options.populations, options.allow)
    rates = _fill_rates(pulled)
    following = _next_memory(context, options, pull, pulled, memory)
    return Gathered(plan, looked_at, also.union(pulled.deleted) - looked_at, following, rates)


def _also(state: SiteState, as_of: date) -> frozenset[str]:
    """Return employees to read anyway: a dated row is due, or an issue is open (sync-rules 3.2 b, c)."""
    return frozenset((*state.baselines.due(as_of), *state.issues.open_employees()))


def _refuse_unprepared(context: SenderContext, memory: SourceMemory, *, first: bool) -> None:
    if first:
        raise GuardTripped(
            "There is no baseline yet (no_baseline)",
            "a delta compares with what was last sent, and nothing was sent so far",
            "fill it once: `bensync resync --active --inactive`, or `bensync snapshot --yes` where both sides agree",
            remedy=run_command("resync --active --inactive"),
        )
    if memory.mapping is not None and memory.mapping != context.mapping:
        raise GuardTripped(
            "The mapping changed since the last full file (mapping_changed)",
            "every employee could differ now, which would flood the queue",
            "review it with `bensync plan --active --inactive`, then run `bensync resync --active --inactive`",
            remedy=run_command("plan --active --inactive"),
        )


def _refuse_skewed(pull: Pull, now: datetime, bound: timedelta) -> None:
    """Refuse a run when our clock and HR's differ too much: the day decides which dated row is in effect."""
    if pull.clock is not None and abs(now - pull.clock) > bound:
        raise GuardTripped(
            "Our clock and that of HR do not agree (clock_skew)",
            f"here it is {now:%Y-%m-%d %H:%M} UTC, there {pull.clock:%Y-%m-%d %H:%M} UTC",
            "set the clock of this machine, and let it follow a time server; nothing overrides this",
        )


def _read(context: SenderContext, pull: Pull, unchanged_filter: UnchangedFilter, as_of: date, *, whole: bool) -> Pulled:
    """Read the pulled records; a full file also repeats the employees recognised as unchanged."""
    vault = context.store.vault(context.site)
    candidates: list[Candidate] = []
    issues: list[Issue] = []
    filled: Counter[tuple[str, ...]] = Counter()
    people = 0
    for page in context.progress(pull.pages, pull.total):
        people += len(page)
        for employee in _employees(context, page, issues):
            projected = _project(context, employee, as_of)
            if isinstance(projected, Issue):
                issues.append(projected)
                filled[tuple(employee.values)] += 1
            else:
                candidates.append(_candidate(vault, *projected, unchanged_filter.take(employee.id)))
                filled[tuple(projected[0].values)] += 1
    recognised = unchanged_filter.recognised
    if whole:
        for candidate in unchanged_filter.candidates():
            candidates.append(candidate)
            filled[tuple(candidate.present().values)] += 1
    reading = PullStatistics(people + len(recognised), _each(filled))
    return Pulled(candidates, issues, pull.deleted, reading, () if whole else recognised)


def _each(filled: Mapping[tuple[str, ...], int]) -> dict[str, int]:
    """Return how many employees have each field."""
    # Counted by combination of fields first: a company of 100,000 has only a few combinations.
    counts: Counter[str] = Counter()
    for fields, people in filled.items():
        for field in fields:
            counts[field] += people
    return dict(counts)


def _employees(context: SenderContext, page: list[Record], issues: list[Issue]) -> Iterator[Employee]:
    for record in page:
        read = context.reader.read(record)
        if isinstance(read, Issue):
            issues.append(read)
        else:
            yield read


def _project(context: SenderContext, employee: Employee, as_of: date) -> tuple[Profile, date | None] | Issue:
    return check_ssn(employee) or project(employee, context.options, as_of)


def _candidate(vault: Vault, profile: Profile, due: date | None, record_digest: bytes) -> Candidate:
    encoded = encode_profile(profile)
    key, fingerprint = vault.index(profile.values["ssn"]), vault.fingerprint(encoded)
    return Candidate(profile.employee_id, key, fingerprint, encoded, profile.status, due, record_digest or None)


def _baseline(state: SiteState, pulled: Pulled) -> Baselines:
    baselines_by_key = state.baselines.known(pulled.candidates)
    # No record and no SSN is left of a deleted employee, so the baseline is found by the employee id.
    baselines_by_key.update((entry.key, entry) for entry in state.baselines.of_employees(pulled.deleted))
    live = (entry for entry in baselines_by_key.values() if entry.state is BaselineState.LIVE)
    return Baselines(baselines_by_key, {entry.employee_id: entry for entry in live})


def _population(
    state: SiteState, looked_at: frozenset[str], memory: SourceMemory, options: RunOptions, *, first: bool
) -> Population:
    absent = 0
    if options.full:  # a delta lists only changed employees, and shows of nobody that they are missing
        absent = sum(employee not in looked_at for employee in state.baselines.active_employees())
    return Population(
        active=state.baselines.active(),
        first=first,
        last_headcount=memory.headcount if options.full else None,
        fill_rates=memory.fill_rates if options.full else {},
        absent=absent,
    )


def _still_mapped(context: SenderContext, rates: Mapping[str, float]) -> dict[str, float]:
    """Return the rates without fields removed from the mapping, whose values were not lost."""
    mapped = {field for field, _ in context.layout.columns}
    return {field: rate for field, rate in rates.items() if field in mapped}


def _next_memory(
    context: SenderContext, options: RunOptions, pull: Pull, pulled: Pulled, before: SourceMemory
) -> SourceMemory:
    """Return what the next run remembers: only a daily run moves the watermark (sync-rules 3.10.6).

    A full read leaves its headcount, fill rates and mapping. The very first one sets the watermark, so that the first
    daily run has a place to begin.
    """
    if not options.full:
        # BambooHR gives no "latest" time when nobody changed; the old watermark still holds then.
        return msgspec.structs.replace(before, watermark=pull.watermark or before.watermark)
    return SourceMemory(
        before.watermark or pull.watermark, context.mapping, pulled.statistics.people, _fill_rates(pulled)
    )


def _fill_rates(pulled: Pulled) -> dict[str, float]:
    read = pulled.statistics.people - len(pulled.recognised)
    # Never a division by zero: while nobody was read, no field is counted.
    return {name: round(count / read, 4) for name, count in pulled.statistics.filled.items()}
