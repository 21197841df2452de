"""Small builders: a whole value of the trade from the few facts that a test is about."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from bensync.core.changes import Baseline, BaselineState, Candidate, Change, ChangeKind, FirstLoad, Issue, SyncPlan
from bensync.core.guards import Guards, Population, PullStatistics
from bensync.core.intake.proposals import IntakeRules, apply
from bensync.core.people import DatedRow, Employee, Participant, Profile, Standing, Status, encode_profile
from bensync.core.plan import Baselines, Pulled, make_plan
from bensync.core.status import StatusOptions

TODAY = date(2026, 6, 10)
OPTIONS = StatusOptions(frozenset({"Active", "Leave"}), frozenset({"Inactive"}))
RULES = IntakeRules()
VALUES = {
    "ssn": "123450001",
    "first_name": "Robin",
    "last_name": "Example",
    "birth_date": "1990-01-31",
    "gender": "X",
    "address1": "1 Main Street",
    "city": "Springfield",
    "state": "CA",
    "postal_code": "90001",
    "hire_date": "2024-02-01",
    "job_title": "Clerk",
}


def day(text: str) -> date:
    """``2026-06-10``, or ``06-10`` of the year of these tests."""
    return date.fromisoformat(text if len(text) == 10 else f"2026-{text}")


def ssn(number: int) -> str:
    """A synthetic SSN that passes every check."""
    return f"1234{number + 10000:05}"


def key(text: str) -> bytes:
    """Stands for the keyed index of the vault."""
    return hashlib.sha256(text.encode()).digest()


def values(changes: Mapping[str, str | None]) -> dict[str, str]:
    """The usual values with some changed; None clears one."""
    merged = {**VALUES, **changes}
    return {name: text for name, text in merged.items() if text is not None}


def status_row(when: str, option: str | None = "Active") -> DatedRow:
    """A row of the status table; None leaves its option empty."""
    return DatedRow("status", day(when), {} if option is None else {"benetrac_status": option})


def employee(number: int = 1, rows: Iterable[DatedRow] = (), **changes: str | None) -> Employee:
    """A person as HR sees them, with an SSN of their own."""
    return Employee(str(number), values({"ssn": ssn(number), **changes}), tuple(rows))


def profile(
    number: int = 1,
    *,
    active: bool = True,
    since: str = "2024-02-01",
    rows: Iterable[DatedRow] = (),
    left: str | None = None,
    **changes: str | None,
) -> Profile:
    """What a file says of one person."""
    status = Status.ACTIVE if active else Status.INACTIVE
    own = values({"ssn": ssn(number), **changes})
    return Profile(str(number), status, day(since), own, tuple(rows), day(left) if left else None)


def candidate(person: Profile | int = 1, due: date | None = None) -> Candidate:
    """A person who stands ready to be compared."""
    person = profile(person) if isinstance(person, int) else person
    encoded = encode_profile(person)
    fingerprint = hashlib.sha256(encoded).digest()
    return Candidate(person.employee_id, key(person.values["ssn"]), fingerprint, encoded, person.status, due)


def baseline_of(
    person: Profile | int = 1, state: BaselineState = BaselineState.LIVE, due: date | None = None
) -> Baseline:
    """The baseline of a person who was sent just so."""
    sent = candidate(person, due)
    return baseline_after(sent, state)


def baseline_after(sent: Candidate, state: BaselineState = BaselineState.LIVE) -> Baseline:
    """The baseline that a delivered candidate leaves."""
    active = sent.status is Status.ACTIVE
    return Baseline(sent.key, sent.employee_id, sent.fingerprint, active, state, sent.due, sent.encoded)


def participant(
    person: Profile | int = 1, standing: Standing | None = None, ended: str | None = None, number: int = 7
) -> Participant:
    """A person as the benefits platform last approved them."""
    person = profile(person) if isinstance(person, int) else person
    if standing is None:
        standing = Standing.ACTIVE if person.status is Status.ACTIVE else Standing.TERMINATED
    hired = person.values.get("hire_date")
    return Participant(
        id=number,
        key=key(person.values["ssn"]),
        standing=standing,
        profile=person,
        hire_date=date.fromisoformat(hired) if hired else None,
        termination_date=day(ended) if ended else None,
        version=3,
    )


def approved(person: Profile) -> Participant:
    """The participant that approving a NEW row makes."""
    return apply(ChangeKind.NEW, person, key(person.values["ssn"]), None, person.status_date)


def baselines(*entries: Baseline) -> Baselines:
    """The baselines at hand."""
    live = {entry.employee_id: entry for entry in entries if entry.state is BaselineState.LIVE}
    return Baselines({entry.key: entry for entry in entries}, live)


def plan(
    candidates: Sequence[Candidate],
    last_sent: Sequence[Baseline] = (),
    *,
    active: int | None = None,
    first: bool = False,
    people: int | None = None,
    issues: Sequence[Issue] = (),
    deleted: Sequence[str] = (),
    gone: Sequence[bytes] = (),
    left_scope: Sequence[bytes] = (),
    out_of_scope: Mapping[str, str] | None = None,
    taken_back: Mapping[bytes, str] | None = None,
    boxes: frozenset[Status] | None = None,
    allowed: str | None = None,
    population: Population | None = None,
    guards: Guards | None = None,
    as_of: date = TODAY,
    first_load: FirstLoad | None = None,
) -> SyncPlan:
    """The plan of a pull without surprises, unless a test says otherwise."""
    if population is None:
        count = sum(entry.active for entry in last_sent) if active is None else active
        population = Population(count, first)
    reading = PullStatistics(len(candidates) + len(issues) if people is None else people, {})
    pulled = Pulled(candidates, issues, deleted, reading, (), gone, out_of_scope or {}, left_scope, taken_back or {})
    return make_plan(
        pulled, baselines(*last_sent), population, guards or Guards(), as_of, boxes, allowed, first_load=first_load
    )


def deliver(last_sent: Iterable[Baseline], sent: Iterable[Change]) -> list[Baseline]:
    """The baselines after a delivery: its rows, and the others; who has another SSN now leaves a retired one."""
    rows = {change.candidate.key: baseline_after(change.candidate) for change in sent}
    moved = {entry.employee_id for entry in rows.values()}
    kept = []
    for entry in last_sent:
        if entry.key in rows:
            continue
        gone = entry.state is BaselineState.LIVE and entry.employee_id in moved
        state = BaselineState.RETIRED if gone else entry.state
        kept.append(
            Baseline(entry.key, entry.employee_id, entry.fingerprint, entry.active, state, entry.due, entry.encoded)
        )
    return [*rows.values(), *kept]
