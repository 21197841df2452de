"""Opens the requests of a file in one transaction with its commit or receipt; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from msgspec.structs import replace

from bensync.core.changes import BaselineState, FieldChange
from bensync.core.intake.declines import (
    Declines,
    declined_changes,
    declining,
    is_status_declined,
    still_declined,
    without_declined,
)
from bensync.core.intake.proposals import IntakeRules, changes, classify, drift, drifted, with_high_risk
from bensync.core.people import Participant, Profile
from bensync.core.requests import Origin
from bensync.state.site_state import SiteState
from bensync.state.sync.deliveries import FileRow
from bensync.state.sync.requests import FileRef, NewRequest, PendingRequest


def open_requests(
    state: SiteState,
    file: FileRef,
    pages: Iterable[Sequence[FileRow]],
    as_of: date,
    rules: IntakeRules,
    now: datetime,
) -> int:
    """Compare each row of a file with the participant of the same SSN; return how many requests were opened.

    The rows come from a delivery of this deployment or from a received file; intake is the same (sync-rules 3.15).
    A newer row for the same SSN or the same HR employee closes the older pending request; a row that equals the
    participant withdraws it (sync-rules 3.6.3, 3.6.4). A row that equals the pending request leaves it open. A value
    that was declined opens no request until HR changes it (sync-rules 3.7.6).
    """
    in_operation = state.participants.any()
    return sum(_open_page(state, file, page, as_of, rules, now, in_operation=in_operation) for page in pages)


def take_back(state: SiteState, hires: Mapping[bytes, str], now: datetime) -> None:
    """Withdraw the requests of hires that HR deleted or postponed before anybody approved them (sync-rules 3.6.3).

    Args:
        state: the site.
        hires: employee ids by key.
        now: the time.
    """
    # Somebody may have approved one since this run looked; it is missed by the next read of everybody instead.
    approved = state.participants.approved(hires)
    hires = {key: employee_id for key, employee_id in hires.items() if key not in approved}
    # Retired, and not missing: if HR shows the same person again, the row must be sent although no value differs.
    state.baselines.set_state([*hires], BaselineState.RETIRED)
    _withdraw(state, [pending.id for pending in state.requests.pending([*hires], [*hires.values()])], now)


def open_drift(state: SiteState, as_of: date, rules: IntakeRules, now: datetime) -> int:
    """Open a request for each participant whose status differs from HR, unless one was decided (sync-rules 3.6.5)."""
    adrift = state.participants.adrift()
    keys = [person.key for person, _, _ in adrift]
    waiting = state.requests.pending(keys, [person.employee_id for person, _, _ in adrift])
    # One set for both: SSN keys are bytes and employee ids are text, so neither is taken for the other.
    asked: set[bytes | str] = {name for pending in waiting for name in (pending.key, pending.employee_id)}
    declined = state.requests.last_declined(keys)
    declines = state.declined.by_keys(keys)
    openings = []
    for person, sent_profile, fingerprint in adrift:
        profile = drifted(sent_profile, person)
        if is_status_declined(declines.get(person.key, Declines()), profile, person.version):
            continue
        opening = NewRequest(drift(profile, person, as_of, rules), profile, person.key, fingerprint, person)
        if asked.isdisjoint((person.key, person.employee_id)) and not _same(declined.get(person.key), opening):
            openings.append(opening)
            asked.add(person.employee_id)
    return state.requests.open_all(openings, now)


def _open_page(
    state: SiteState,
    file: FileRef,
    page: Sequence[FileRow],
    as_of: date,
    rules: IntakeRules,
    now: datetime,
    *,
    in_operation: bool,
) -> int:
    keys = [row.key for row in page]
    employees = [row.profile.employee_id for row in page]
    participants, owners = state.participants.alike(page)
    declined = state.requests.last_declined(keys)
    declines = _declines_of(state, page, participants, declined, now)
    waiting = _by_person(state.requests.pending(keys, employees))
    openings: list[NewRequest] = []
    reverted: list[int] = []
    replaced: list[tuple[int, bytes]] = []
    for row in page:
        participant = participants.get(row.key)
        owner = owners.get(row.profile.employee_id)
        profile, left = _without_declined(row, participant, declines.get(row.key))
        proposal = classify(
            profile,
            participant,
            owner,
            as_of,
            rules,
            declined_before=bool(left) or row.key in declined,
            in_operation=in_operation,
        )
        # A pending request belongs to the row by its SSN or by its HR employee; one found by both counts once.
        older = {
            pending.id: pending for name in (row.key, row.profile.employee_id) for pending in waiting.get(name, ())
        }
        if proposal is None:
            reverted += older
            continue
        opening = NewRequest(
            proposal, profile, row.key, row.fingerprint, participant, (file, row.number), declined_before=left
        )
        if profile is not row.profile:
            opening = replace(opening, hr_profile=row.profile)
        # An equal request stays open with its age; any other pending one is replaced by this row.
        same = {number for number, pending in older.items() if pending.origin is Origin.ROW and _same(pending, opening)}
        # A new person who was declined has no participant whose values could be compared: HR says the same as then.
        # If somebody asked again since, the equal request is open, and stays.
        if participant is None and not same and _same(declined.get(row.key), opening):
            reverted += older
            continue
        replaced += [(number, row.key) for number in older if number not in same]
        if not same:
            openings.append(opening)
    # Older requests close before newer ones open: at most one request per person may be pending.
    _withdraw(state, reverted, now)
    state.requests.supersede([number for number, _ in replaced], "replaced", now)
    opened = state.requests.open_all(_with_risk(state, openings), now)
    state.requests.link_successors(replaced)
    return opened


def _without_declined(
    row: FileRow, participant: Participant | None, declines: Declines | None
) -> tuple[Profile, tuple[FieldChange, ...]]:
    """Return what a row asks for without the values that were declined, and these."""
    if participant is None or not declines:
        return row.profile, ()
    profile = without_declined(row.profile, participant, declines)
    return profile, declined_changes(row.profile, participant, declines) if profile is not row.profile else ()


def _declines_of(
    state: SiteState,
    page: Sequence[FileRow],
    participants: Mapping[bytes, Participant],
    declined: Mapping[bytes, PendingRequest],
    now: datetime,
) -> Mapping[bytes, Declines]:
    """Return what is still declined for the people of a page; what HR changed since is forgotten."""
    before = state.declined.by_keys(row.key for row in page)
    # A decline of an older version stored no values: they are those of its request.
    older = [pending for key, pending in declined.items() if key not in before and key in participants]
    requests = state.requests.get([pending.id for pending in older])
    derived = {
        pending.key: _all_declined(requests[pending.id].in_hr, participants[pending.key], pending) for pending in older
    }
    after = {
        row.key: still_declined(kept, row.profile)
        for row in page
        if (kept := before.get(row.key) or derived.get(row.key)) is not None
    }
    changed = {key: kept for key, kept in after.items() if kept != before.get(key)}
    if changed:
        state.declined.save_all(changed, now)
    return after


def _all_declined(profile: Profile, participant: Participant, decided: PendingRequest) -> Declines:
    fields = {change.field for change in changes(profile, participant)}
    return declining(profile, participant, fields, decided.id, Declines(version=decided.basis_version))


def _withdraw(state: SiteState, numbers: Sequence[int], now: datetime) -> None:
    """Close the requests whose change HR took back, each with its audit entry (sync-rules 3.6.3)."""
    withdrawn = sorted(state.requests.withdraw(numbers, now))
    if withdrawn:
        state.audit.record_all("bensync", "request.withdraw", now, [(f"request {number}", ()) for number in withdrawn])


def _with_risk(state: SiteState, openings: Sequence[NewRequest]) -> list[NewRequest]:
    """Return the requests, of high risk where approval would change the basis of a benefit event past PR."""
    touched = state.cases.touched(openings)
    return [
        replace(opening, proposal=with_high_risk(opening.proposal))
        if opening.participant and opening.participant.id in touched
        else opening
        for opening in openings
    ]


def _same(pending: PendingRequest | None, opening: NewRequest) -> bool:
    """Return whether a pending request equals a new one in kind, values and version of the participant."""
    if pending is None or pending.key != opening.key:
        return False
    version = opening.participant.version if opening.participant else 0
    asks = (pending.kind, pending.fingerprint, pending.basis_version)
    return asks == (opening.proposal.kind, opening.fingerprint, version)


def _by_person(pendings: Sequence[PendingRequest]) -> dict[bytes | str, list[PendingRequest]]:
    by_person: dict[bytes | str, list[PendingRequest]] = {}
    for pending in pendings:
        by_person.setdefault(pending.key, []).append(pending)
        by_person.setdefault(pending.employee_id, []).append(pending)
    return by_person
