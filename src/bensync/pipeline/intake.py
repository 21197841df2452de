"""Opens the requests that a file asks for, in one transaction with its commit or receipt; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from msgspec.structs import replace

from bensync.core.intake import IntakeRules, classify, drift, drifted, with_high_risk
from bensync.core.requests import Origin
from bensync.state.site_state import SiteState
from bensync.state.sync.deliveries import FileRow
from bensync.state.sync.requests import FileRef, NewRequest, PendingRequest


def open_requests(
    work: SiteState,
    file: FileRef,
    pages: Iterable[Sequence[FileRow]],
    as_of: date,
    rules: IntakeRules,
    now: datetime,
) -> int:
    """Compare each row of a file with the participant of the same SSN; returns how many requests were opened.

    The rows come from a delivery of this deployment or from a received file; intake is the same (sync-rules 3.15).
    A newer row for the same SSN or the same HR employee closes the older pending request; a row that equals the
    participant closes it as `reverted` (sync-rules 3.6.3, 3.6.4). One that says the same as before leaves it alone.
    """
    return sum(_open_page(work, file, page, as_of, rules, now) for page in pages)


def open_drift(work: SiteState, as_of: date, rules: IntakeRules, now: datetime) -> int:
    """Open a request for each participant whose status differs from HR, unless one was decided (sync-rules 3.6.5)."""
    adrift = work.participants.adrift()
    keys = [person.key for person, _, _ in adrift]
    waiting = work.requests.pending(keys, [person.employee_id for person, _, _ in adrift])
    asked: set[bytes | str] = {name for pending in waiting for name in (pending.key, pending.employee_id)}
    declined = work.requests.last_declined(keys)
    openings = []
    for person, told, fingerprint in adrift:
        profile = drifted(told, person)
        opening = NewRequest(drift(profile, person, as_of, rules), profile, person.key, fingerprint, person)
        if asked.isdisjoint((person.key, person.employee_id)) and not _same(declined.get(person.key), opening):
            openings.append(opening)
            asked.add(person.employee_id)
    return work.requests.open_all(openings, now)


def _open_page(
    work: SiteState, file: FileRef, page: Sequence[FileRow], as_of: date, rules: IntakeRules, now: datetime
) -> int:
    keys = [row.key for row in page]
    employees = [row.profile.employee_id for row in page]
    participants, owners = work.participants.alike(page)
    declined = work.requests.last_declined(keys)
    waiting = _by_person(work.requests.pending(keys, employees))
    openings: list[NewRequest] = []
    reverted: list[int] = []
    replaced: list[tuple[int, bytes]] = []
    equal: dict[int, bytes] = {}
    for row in page:
        participant = participants.get(row.key)
        owner = owners.get(row.profile.employee_id)
        proposal = classify(row.profile, participant, owner, as_of, rules, declined_before=row.key in declined)
        older = {
            pending.id: pending for name in (row.key, row.profile.employee_id) for pending in waiting.get(name, ())
        }
        if proposal is None:
            reverted += older
            if participant is not None and participant.profile is row.profile:
                equal[participant.id] = row.fingerprint
            continue
        opening = NewRequest(
            proposal, row.profile, row.key, row.fingerprint, participant, (file, row.number), row.sealed
        )
        same = {number for number, pending in older.items() if pending.origin is Origin.ROW and _same(pending, opening)}
        replaced += [(number, row.key) for number in older if number not in same]
        if not same:
            openings.append(opening)
    work.participants.recognise(equal)
    work.requests.supersede(reverted, "reverted", now)
    work.requests.supersede([number for number, _ in replaced], "replaced", now)
    opened = work.requests.open_all(_weighed(work, openings), now)
    work.requests.link_successors(replaced)
    return opened


def _weighed(work: SiteState, openings: Sequence[NewRequest]) -> list[NewRequest]:
    """The same, of high risk where approval would change what a benefit event rests on that is past PR."""
    touched = work.cases.touched(openings)
    return [
        replace(one, proposal=with_high_risk(one.proposal))
        if one.participant and one.participant.id in touched
        else one
        for one in openings
    ]


def _same(pending: PendingRequest | None, opening: NewRequest) -> bool:
    """Whether a request asks for the very same: kind, values and the participant they were compared with."""
    if pending is None or pending.key != opening.key:
        return False
    version = opening.participant.version if opening.participant else 0
    asks = (pending.kind, pending.fingerprint, pending.basis_version)
    return asks == (opening.proposal.kind, opening.fingerprint, version)


def _by_person(pendings: Sequence[PendingRequest]) -> dict[bytes | str, list[PendingRequest]]:
    found: dict[bytes | str, list[PendingRequest]] = {}
    for pending in pendings:
        found.setdefault(pending.key, []).append(pending)
        found.setdefault(pending.employee_id, []).append(pending)
    return found
