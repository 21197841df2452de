"""reveal(): an SSN in full, for a reason. Audit entry and notice are committed before anybody sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from bensync.actions.authorization import authorize, refuse
from bensync.core.access import BREAK_GLASS_A_DAY, Actor, Right
from bensync.core.ports import Notice
from bensync.core.values.limits import SHORTEST_REVEAL_REASON
from bensync.errors import DecisionError, Denied
from bensync.state.site_state import SiteState
from bensync.state.store import Store

Notify = Callable[[SiteState, Notice, datetime], None]
"""Queues a notice within a transaction."""

_VERB = "ssn.reveal"
_DAY = timedelta(days=1)


class Holder(StrEnum):
    """The kind of object that holds the SSN."""

    PARTICIPANT = "participant"
    REQUEST = "request"


class Subject(msgspec.Struct, frozen=True):
    """The object that holds an SSN: a participant, or a request about a person who is no participant yet."""

    holder: Holder
    id: int


def reveal(store: Store, site: str, subject: Subject, actor: Actor, reason: str, now: datetime, notify: Notify) -> str:
    """Return the nine digits of an SSN.

    The audit entry and the notice to the Data Owner are committed before the SSN is read: whatever breaks in between,
    nobody sees an SSN without a trace.

    Args:
        store: the state.
        site: the site.
        subject: the participant or request.
        actor: the person who wants to see it.
        reason: why, in words without personal data.
        now: the time.
        notify: queues the notice.

    Raises:
        Denied: they may not, or broke the glass too often in 24 hours.
        StepUpNeeded: a fresh code is wanted first.
        DecisionError: there is no such person, or no reason.
    """
    right = Right.REVEAL if actor.may(Right.REVEAL, site) else Right.BREAK_GLASS
    authorize(store, site, actor, right, now)
    if len(reason.split()) < 2 or len(reason.strip()) < SHORTEST_REVEAL_REASON:
        raise DecisionError(
            "The SSN was not shown.", "No reason was given.", "Enter in a few words what it is needed for."
        )
    with store.read(site) as state:
        employee_id = _employee(state, subject)
    try:
        with store.write(site, "ssn.reveal") as state:
            entry = state.audit.record(actor.name, _VERB, f"{subject.holder} {subject.id}", now, reason=reason.strip())
            _limit(state, actor, right, now)
            notify(state, _notice(site, entry, actor, right, employee_id), now)
    except Denied:
        # The transaction was rolled back, its entry with it, so the refusal is recorded in one of its own.
        refuse(store, site, actor, right, now, "too often in 24 hours")
        raise
    with store.read(site) as state:
        return _ssn(state, subject)


def _limit(state: SiteState, actor: Actor, right: Right, now: datetime) -> None:
    """Refuse an emergency reveal above the limit; the entry just written counts, so two at once cannot both pass."""
    if right is Right.BREAK_GLASS and state.audit.count(actor.name, _VERB, now - _DAY) > BREAK_GLASS_A_DAY:
        why = f"At most {BREAK_GLASS_A_DAY} SSNs can be shown within 24 hours in an emergency."
        raise Denied("The SSN was not shown.", why, "Ask the Data Owner.")


def _notice(site: str, entry: int, actor: Actor, right: Right, employee_id: str) -> Notice:
    how = "broke the glass and saw" if right is Right.BREAK_GLASS else "saw"
    body = (
        f"{actor.name} {how} the SSN of HR employee {employee_id} of {site} in full.\n"
        f"The reason stands in the audit trail, entry {entry}: bensync audit show {entry}\n"
        "If this should not be, shut the account: bensync users disable NAME\n"
    )
    return Notice(f"reveal:{site}:{entry}", f"An SSN of {site} was shown in full", body)


def _employee(state: SiteState, subject: Subject) -> str:
    if subject.holder is Holder.PARTICIPANT:
        participant = state.participants.by_ids([subject.id]).get(subject.id)
        employee_id = participant.profile.employee_id if participant is not None else None
    else:
        request = state.requests.get([subject.id]).get(subject.id)
        employee_id = request.employee_id if request is not None else None
    if employee_id is None:
        why = "This site has none with that number."
        raise DecisionError(f"There is no {subject.holder} {subject.id}.", why, "Check the number in the list.")
    return employee_id


def _ssn(state: SiteState, subject: Subject) -> str:
    if subject.holder is Holder.PARTICIPANT:
        return state.participants.by_ids([subject.id])[subject.id].profile.values["ssn"]
    return state.requests.get([subject.id])[subject.id].profile.values["ssn"]
