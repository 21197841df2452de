"""Gather and plan: reads HR and the baseline, and compares them. Writes nothing, so a rehearsal ends here."""

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
from bensync.core.ssn import check_ssn
from bensync.core.status import project
from bensync.errors import GuardTripped
from bensync.pipeline.context import RunOptions, SenderContext
from bensync.pipeline.unchanged import UnchangedFilter
from bensync.state.db.vault import Vault
from bensync.state.site_state import SiteState
from bensync.state.sync.runs import SourceMemory

_LEAST_READ = 1


class Gathered(msgspec.Struct, frozen=True):
    """A whole pull, compared.

    Attributes:
        plan: what would be sent, held and kept back.
        looked_at: the employees who were read.
        gone: employees who are not in HR any more: reported as deleted, or asked for by name and not returned.
        memory: what the run leaves for the next, if it ends well.
        fill_rates: field -> share (0..1) of the people read who had it.
    """

    plan: SyncPlan
    looked_at: frozenset[str]
    gone: frozenset[str]
    memory: SourceMemory
    fill_rates: Mapping[str, float]


def gather(tools: SenderContext, order: RunOptions, now: datetime) -> Gathered:
    """Pull, read and compare everybody whom this order concerns.

    Raises:
        SourceError: HR cannot be read.
        GuardTripped: there is nothing to compare with yet, the mapping changed, the source is empty, or its clock and
            ours do not agree on what time it is.
    """
    as_of = now.astimezone(tools.timezone).date()
    with tools.read() as work:
        memory = work.runs.memory()
        first = not work.baselines.any()
        also: frozenset[str] = frozenset() if order.full else _also(work, as_of)
    if not order.full:
        _refuse_unprepared(tools, memory, first=first)
    recall = UnchangedFilter(tools, as_of)
    wanted = msgspec.structs.replace(tools.wanted, is_unchanged=recall.is_unchanged)
    pull = tools.source.pull(wanted, None if order.full else memory.watermark, also)
    _refuse_skewed(pull, now, timedelta(minutes=tools.guards.clock_minutes))
    pulled = _read(tools, pull, recall, as_of, whole=order.full)
    if order.full and pulled.statistics.people < _LEAST_READ:
        raise GuardTripped(
            "HR shows no employees at all (source_empty)",
            "an empty source looks like a lost permission; nothing overrides this",
            "check in HR that the key may see the employees",
        )
    read = (person.employee_id for people in (pulled.candidates, pulled.issues) for person in people)
    looked_at = frozenset((*read, *pulled.recognised))
    with tools.read() as work:
        baseline = _baseline(work, pulled)
        memorable = msgspec.structs.replace(memory, fill_rates=_still_mapped(tools, memory.fill_rates))
        population = _population(work, looked_at, memorable, order, first=first)
    plan = make_plan(pulled, baseline, population, tools.guards, as_of, order.populations, order.allow)
    rates = _fill_rates(pulled)
    following = _next_memory(tools, order, pull, pulled, memory)
    return Gathered(plan, looked_at, also.union(pulled.deleted) - looked_at, following, rates)


def _also(work: SiteState, as_of: date) -> frozenset[str]:
    """Return employees to read anyway: a dated row is due, or an issue is open (sync-rules 3.2 b, c)."""
    return frozenset((*work.baselines.due(as_of), *work.issues.open_employees()))


def _refuse_unprepared(tools: SenderContext, memory: SourceMemory, *, first: bool) -> None:
    if first:
        raise GuardTripped(
            "There is no baseline yet (no_baseline)",
            "a delta compares with what was last told, and nothing was told so far",
            "fill it once: `bensync resync --active --inactive`, or `bensync snapshot --yes` where both sides agree",
        )
    if memory.mapping is not None and memory.mapping != tools.mapping:
        raise GuardTripped(
            "The mapping changed since the last full file (mapping_changed)",
            "every employee could differ now, which would flood the queue",
            "review it with `bensync plan --active --inactive`, then run `bensync resync --active --inactive`",
        )


def _refuse_skewed(pull: Pull, now: datetime, bound: timedelta) -> None:
    """Today decides which dated row holds: by a wrong clock people are ended too early, or covered too long."""
    if pull.clock is not None and abs(now - pull.clock) > bound:
        raise GuardTripped(
            "Our clock and that of HR do not agree (clock_skew)",
            f"here it is {now:%Y-%m-%d %H:%M} UTC, there {pull.clock:%Y-%m-%d %H:%M} UTC",
            "set the clock of this machine, and let it follow a time server; nothing overrides this",
        )


def _read(tools: SenderContext, pull: Pull, recall: UnchangedFilter, as_of: date, *, whole: bool) -> Pulled:
    """Everybody who was pulled; where the file will repeat everybody, those who were recognised come along, too."""
    vault = tools.store.vault(tools.site)
    candidates: list[Candidate] = []
    issues: list[Issue] = []
    filled: Counter[tuple[str, ...]] = Counter()
    people = 0
    for page in tools.progress(pull.pages, pull.total):
        people += len(page)
        for employee in _employees(tools, page, issues):
            found = _project(tools, employee, as_of)
            if isinstance(found, Issue):
                issues.append(found)
                filled[tuple(employee.values)] += 1
            else:
                candidates.append(_candidate(vault, *found, recall.take(employee.id)))
                filled[tuple(found[0].values)] += 1
    recognised = recall.recognised
    if whole:
        for candidate in recall.candidates():
            candidates.append(candidate)
            filled[tuple(candidate.present().values)] += 1
    reading = PullStatistics(people + len(recognised), _each(filled))
    return Pulled(candidates, issues, pull.deleted, reading, () if whole else recognised)


def _each(filled: Mapping[tuple[str, ...], int]) -> dict[str, int]:
    """How many people have each field: few people differ in which fields they have."""
    counts: Counter[str] = Counter()
    for fields, people in filled.items():
        for field in fields:
            counts[field] += people
    return dict(counts)


def _employees(tools: SenderContext, page: list[Record], issues: list[Issue]) -> Iterator[Employee]:
    for record in page:
        read = tools.reader.read(record)
        if isinstance(read, Issue):
            issues.append(read)
        else:
            yield read


def _project(tools: SenderContext, employee: Employee, as_of: date) -> tuple[Profile, date | None] | Issue:
    return check_ssn(employee) or project(employee, tools.options, as_of)


def _candidate(vault: Vault, profile: Profile, due: date | None, mark: bytes) -> Candidate:
    encoded = encode_profile(profile)
    key, fingerprint = vault.index(profile.values["ssn"]), vault.fingerprint(encoded)
    return Candidate(profile.employee_id, key, fingerprint, encoded, profile.status, due, mark or None)


def _baseline(work: SiteState, pulled: Pulled) -> Baselines:
    known = work.baselines.known(pulled.candidates)
    known.update((entry.key, entry) for entry in work.baselines.of_employees(pulled.deleted))
    live = (entry for entry in known.values() if entry.state is BaselineState.LIVE)
    return Baselines(known, {entry.employee_id: entry for entry in live})


def _population(
    work: SiteState, looked_at: frozenset[str], memory: SourceMemory, order: RunOptions, *, first: bool
) -> Population:
    absent = 0
    if order.full:
        absent = sum(employee not in looked_at for employee in work.baselines.active_employees())
    return Population(
        active=work.baselines.active(),
        first=first,
        last_headcount=memory.headcount if order.full else None,
        fill_rates=memory.fill_rates if order.full else {},
        absent=absent,
    )


def _still_mapped(tools: SenderContext, rates: Mapping[str, float]) -> dict[str, float]:
    """Without the fields that were taken out of the mapping: these were not lost."""
    mapped = {field for field, _ in tools.layout.columns}
    return {field: rate for field, rate in rates.items() if field in mapped}


def _next_memory(
    tools: SenderContext, order: RunOptions, pull: Pull, pulled: Pulled, before: SourceMemory
) -> SourceMemory:
    """Return what the next run remembers: only a daily run moves the watermark (sync-rules 3.10.6).

    A full read leaves its headcount, fill rates and mapping. The very first one sets the watermark, so that the first
    daily run has a place to begin.
    """
    if not order.full:
        return msgspec.structs.replace(before, watermark=pull.watermark or before.watermark)
    return SourceMemory(
        before.watermark or pull.watermark, tools.mapping, pulled.statistics.people, _fill_rates(pulled)
    )


def _fill_rates(pulled: Pulled) -> dict[str, float]:
    read = pulled.statistics.people - len(pulled.recognised)
    return {name: round(count / read, 4) for name, count in pulled.statistics.filled.items()}
