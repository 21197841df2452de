"""make_plan(): checks, comparison and guards in one pure call, with a reason for every person who is not sent."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

import msgspec

from bensync.core.changes import (
    Alarm,
    Baseline,
    BaselineState,
    Candidate,
    Change,
    ChangeKind,
    FirstLoad,
    HeldChange,
    Issue,
    IssueCode,
    Ledger,
    SyncPlan,
)
from bensync.core.comparison.diff import compare, unchanged
from bensync.core.comparison.first_load import judge_first_load
from bensync.core.guards import Guards, Population, PullStatistics, count_by_guard, hold, refusals
from bensync.core.people import Status
from bensync.core.values.ssn import split_duplicates


class Pulled(msgspec.Struct, frozen=True):
    """The result of a pull: people to compare, people blocked, ids deleted in HR, and the counts for the guards.

    ``recognised`` are ids of people whose record is unchanged since it was last sent; it was not read. ``gone`` are
    keys of baselines whose employee HR does not show any more, and whom somebody or HR had terminated before.
    ``out_of_scope`` holds the reasons by employee id, and ``left_scope`` the keys of those who were sent before.
    ``taken_back`` has hires that nobody approved, and that HR deleted or postponed since: employee ids by key.
    """

    candidates: Sequence[Candidate]
    issues: Sequence[Issue]
    deleted: Sequence[str]
    statistics: PullStatistics
    recognised: Sequence[str] = ()
    gone: Sequence[bytes] = ()
    out_of_scope: Mapping[str, str] = {}
    left_scope: Sequence[bytes] = ()
    taken_back: Mapping[bytes, str] = {}


class Baselines(msgspec.Struct, frozen=True):
    """The baselines of the people at hand: by key, and (live ones only) by HR employee."""

    by_key: Mapping[bytes, Baseline]
    by_employee: Mapping[str, Baseline]


def make_plan(
    pulled: Pulled,
    baseline: Baselines,
    population: Population,
    guards: Guards,
    as_of: date,
    boxes: frozenset[Status] | None = None,
    allowed: str | None = None,
    *,
    first_load: FirstLoad | None = None,
) -> SyncPlan:
    """Compare a whole pull with the baseline and return what the next file must hold.

    Args:
        pulled: everybody who was read.
        baseline: the baselines of all of them, by key and by employee.
        population: what the guards compare with.
        guards: the limits of the site.
        as_of: the day of the run.
        boxes: for a full file, the populations ticked; None for a delta.
        allowed: the fingerprint that a person released; if it names exactly what the guards stop, nothing is stopped.
        first_load: the quality of the people who were read, where nobody was ever sent.
    """
    # Before the comparison: a row with the SSN of somebody else would update, or terminate, that person.
    gone = frozenset((*pulled.gone, *pulled.left_scope, *pulled.taken_back))
    # Nobody has the SSN of a person who is gone or left the scope: it may belong to their new record in HR.
    shared = split_duplicates(
        pulled.candidates, lambda key: None if key in gone else baseline.by_key.get(key), baseline.by_employee.get
    )
    issues = [
        *(_postponed(issue, baseline, pulled.taken_back) for issue in pulled.issues),
        *shared.issues,
        *_deleted(pulled.deleted, baseline, pulled.taken_back),
    ]
    sends: list[Change] = []
    same: list[Candidate] = []
    outside: list[Candidate] = []
    for candidate in shared.clear:
        if boxes is not None and candidate.status not in boxes:
            # Not compared and not remembered, so that a change of theirs is still a change for the next run.
            outside.append(candidate)
            continue
        change = compare(
            candidate, baseline.by_key.get(candidate.key), baseline.by_employee.get(candidate.employee_id), as_of
        )
        if change is not None:
            sends.append(change)
        elif boxes is None:
            same.append(candidate)
        else:
            sends.append(unchanged(candidate))
    # By the keyed index: the order of the file says nothing about people (sync-rules 3.5.4).
    sends.sort(key=_key)
    alarms = refusals(guards, population, pulled.statistics, Counter(issue.code for issue in issues))
    if first_load is not None:
        alarms += judge_first_load(first_load, guards.first_load)
    flowing, held, holding = hold(guards, population, sends)
    # Named before anything is released: a release holds for exactly these rows on this day, and no others.
    fingerprint = _fingerprint(as_of, sends, held, alarms)
    # What nobody guarded does not use up the limits of later runs: the first load, and what a person released.
    unreleased = {} if population.first or (alarms and allowed == fingerprint) else count_by_guard(guards, flowing)
    if allowed == fingerprint:
        flowing, held, holding, alarms = sends, [], [], []
    # A key that is sent stays live: the SSN of a person who is gone is that of another employee from this file on.
    sent = {change.candidate.key for change in flowing}
    taken_back = {key: employee_id for key, employee_id in pulled.taken_back.items() if key not in sent}
    deleted = (key for key in _missing(pulled.deleted, baseline) if key not in pulled.taken_back)
    missing = tuple(key for key in (*deleted, *pulled.gone) if key not in sent)
    left_scope = tuple(key for key in pulled.left_scope if key not in sent)
    returned = _returned(same, baseline)
    leaving = (*missing, *left_scope, *taken_back)
    return SyncPlan(
        as_of=as_of,
        sends=tuple(flowing),
        held=tuple(held),
        issues=tuple(issues),
        unchanged=(*(candidate.employee_id for candidate in same), *shared.spoken_for, *pulled.recognised),
        outside=tuple(candidate.employee_id for candidate in outside),
        due=_due(same, baseline),
        record_digests=_changed_digests(same, baseline),
        missing=missing,
        returned=returned,
        alarms=(*alarms, *holding),
        fingerprint=fingerprint,
        ledger=headcount_ledger(population.active, flowing, baseline.by_key, baseline.by_employee, leaving, returned),
        out_of_scope=pulled.out_of_scope,
        left_scope=left_scope,
        taken_back=taken_back,
        sent=unreleased,
        first_load=first_load,
    )


def withheld(plan: SyncPlan, baseline: Baselines) -> frozenset[str]:
    """Return the employees of whom a full file would say nothing although they were sent before: blocked, or held."""
    held = [entry.change.candidate for entry in plan.held]
    # Under a new number, somebody held was sent as another employee.
    owners = (baseline.by_key[person.key].employee_id for person in held if person.key in baseline.by_key)
    return frozenset((*(issue.employee_id for issue in plan.issues), *(person.employee_id for person in held), *owners))


def repeat_last_sent(plan: SyncPlan, last_sent: Iterable[Candidate], boxes: frozenset[Status]) -> SyncPlan:
    """Return the plan of a full file with rows as last sent for people whom it would leave out (sync-rules 3.10.3).

    A receiver that takes a full file literally would end everybody who is not in it.

    Args:
        plan: the plan.
        last_sent: the people of `withheld`, with what was last sent of them.
        boxes: the populations ticked.
    """
    left = {change.candidate.key for change in plan.sends} | {*plan.missing, *plan.taken_back}
    rows = [
        Change(person, ChangeKind.LAST_SENT, (), "blocked or held for review: the row repeats what was last sent")
        for person in last_sent
        if person.key not in left and person.status in boxes
    ]
    return msgspec.structs.replace(plan, sends=tuple(sorted((*plan.sends, *rows), key=_key)))


def refused(plan: SyncPlan) -> tuple[Alarm, ...]:
    """Return the alarms of a plan that refuse the whole run."""
    return tuple(alarm for alarm in plan.alarms if alarm.refuses)


def needs_person(plan: SyncPlan) -> bool:
    """Return whether somebody must look at a plan: rows are held, or people are blocked who should have started."""
    return bool(plan.held) or any(issue.code is not IssueCode.NOT_STARTED for issue in plan.issues)


def _fingerprint(as_of: date, sends: Sequence[Change], held: Sequence[HeldChange], refusals: Sequence[Alarm]) -> str:
    """Return a name for exactly what is stopped on this day, made of kinds and keyed hashes, so nothing personal.

    That is the held rows alone where the others may flow: when these were sent, the held ones keep their name (A-53).
    """
    digest = hashlib.sha256(as_of.isoformat().encode())
    for alarm in refusals:
        digest.update(alarm.code.encode())
    for change in sends if refusals or not held else sorted((entry.change for entry in held), key=_key):
        # Rows that a full file only repeats are not what a person looked at and released.
        if change.kind is not ChangeKind.UNCHANGED:
            digest.update(change.kind.encode() + change.candidate.key + change.candidate.fingerprint)
    return digest.hexdigest()[:16]


_AWAY = frozenset({BaselineState.MISSING, BaselineState.OUT_OF_SCOPE})


def _key(change: Change) -> bytes:
    return change.candidate.key


def _deleted(ids: Sequence[str], baseline: Baselines, taken_back: Collection[bytes]) -> list[Issue]:
    """Return an issue for each deleted employee: absence is never a termination (sync-rules 3.5.5, A-25)."""
    detail = "the employee was deleted in HR; if that was meant, end the coverage on the benefits platform manually"
    sent = (gone for gone in ids if gone in baseline.by_employee)
    return [
        Issue(gone, IssueCode.HR_EMPLOYEE_DELETED, detail)
        for gone in sent
        if baseline.by_employee[gone].key not in taken_back
    ]


def _postponed(issue: Issue, baseline: Baselines, taken_back: Collection[bytes]) -> Issue:
    """Return the issue of somebody who starts later as one that alarms if they were sent before (decision 12)."""
    sent = baseline.by_employee.get(issue.employee_id)
    # A hire that nobody approved is one of the future again, of which nothing is wrong.
    if issue.code is not IssueCode.NOT_STARTED or sent is None or sent.key in taken_back:
        return issue
    detail = "the employee was sent before, and now the first status row takes effect later"
    return Issue(issue.employee_id, IssueCode.START_POSTPONED, detail)


def _missing(ids: Sequence[str], baseline: Baselines) -> tuple[bytes, ...]:
    return tuple(baseline.by_employee[gone].key for gone in ids if gone in baseline.by_employee)


def _due(same: Sequence[Candidate], baseline: Baselines) -> dict[bytes, date | None]:
    """Return the next effective dates that moved although nothing is sent (sync-rules 3.3.3, A-26, A-27).

    People outside the ticked boxes keep theirs: a change that came due was not sent yet, and must be found again.
    """
    moved: dict[bytes, date | None] = {}
    for candidate in same:
        before = baseline.by_key.get(candidate.key)
        if before is not None and before.due != candidate.due:
            moved[candidate.key] = candidate.due
    return moved


def _changed_digests(same: Sequence[Candidate], baseline: Baselines) -> dict[bytes, bytes]:
    """Return the digests to remember of records that read differently than before but give the same profile."""
    digests: dict[bytes, bytes] = {}
    for candidate in same:
        before = baseline.by_key.get(candidate.key)
        if before is not None and candidate.record_digest and before.record_digest != candidate.record_digest:
            digests[candidate.key] = candidate.record_digest
    return digests


def _returned(same: Sequence[Candidate], baseline: Baselines) -> tuple[bytes, ...]:
    # Everybody in `same` has a baseline; a person without one would have been sent.
    return tuple(candidate.key for candidate in same if baseline.by_key[candidate.key].state in _AWAY)


def headcount_ledger(
    before: int,
    sends: Sequence[Change],
    by_key: Mapping[bytes, Baseline],
    by_employee: Mapping[str, Baseline],
    missing: Sequence[bytes],
    returned: Sequence[bytes],
) -> Ledger:
    """Return how a plan moves the number of active people, entry by entry.

    Args:
        before: live active baselines.
        sends: the rows of the file.
        by_key: baselines by key.
        by_employee: live baselines by HR employee.
        missing: keys of employees gone from HR.
        returned: keys of employees who are back unchanged.
    """
    entries: Counter[str] = Counter()
    sent = {change.candidate.key for change in sends}
    for change in sends:
        before_change = by_key.get(change.candidate.key)
        was, becomes = _active(before_change), change.candidate.status is Status.ACTIVE
        if was != becomes:
            entries[_entry(change, before_change)] += 1 if becomes else -1
        # The employee has another SSN now: the old baseline retires with this row, and one person would count twice.
        own = by_employee.get(change.candidate.employee_id)
        if own is not None and own.key not in sent and own.active:
            entries["moved"] -= 1
    # A deleted employee whose SSN another one took over in this pull is counted by that row already.
    entries["moved"] -= sum(by_key[key].active for key in missing if key in by_key and key not in sent)
    entries["moved"] += sum(by_key[key].active for key in returned if key in by_key)
    # Terminations were counted downwards; only `moved` has a sign of its own.
    return Ledger(before, **{name: abs(count) if name != "moved" else count for name, count in entries.items()})


def _active(baseline: Baseline | None) -> bool:
    return baseline is not None and baseline.active and baseline.state is BaselineState.LIVE


def _entry(change: Change, baseline: Baseline | None) -> str:
    if change.kind is ChangeKind.NEW:
        return "moved" if change.ssn_changed else "hires"
    if baseline is not None and baseline.state is not BaselineState.LIVE:
        return "moved"
    return {
        ChangeKind.TERMINATE: "terminations",
        ChangeKind.REHIRE: "rehires",
        ChangeKind.REACTIVATE: "reactivations",
    }.get(change.kind, "moved")
