"""What a person does by hand to benefit events, activities, coverage and COBRA records: admitted, altered, audited.

The engine decides what may be done; here nothing is decided.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from bensync.actions.authorization import authorize
from bensync.benefits.engine.run import CaseResult, case_result
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.cases import Case
from bensync.core.access import Actor, Right
from bensync.errors import DecisionError
from bensync.state.audit.entries import subject
from bensync.state.site_state import SiteState
from bensync.state.store import Store

Alteration = Callable[[Case], Case]
"""What a hand does to a case: a function of the engine with everything but the case filled in."""


def change(
    store: Store,
    site: str,
    participant_id: int,
    verb: str,
    alter: Alteration,
    book: Rulebook,
    actor: Actor,
    *,
    now: datetime,
    about: str = "",
    reason: str = "",
    approvers: Collection[str] = (),
) -> CaseResult:
    """Alter a participant's case by hand, in one transaction with its audit entry.

    Args:
        store: the state.
        site: whose participant.
        participant_id: who.
        verb: what is done, as the audit trail shall say it, such as ``event.close``.
        alter: what is done; the engine refuses what must not be.
        book: the site's rulebook.
        actor: who does it.
        now: the moment.
        about: what of the participant's, as `journal.about_event` says it; it is part of the object in the audit trail.
        reason: why, in their words; without personal data.
        approvers: who may at the terminal, where the site names them (A-47).

    Raises:
        Denied: this actor may not work on benefit events.
        DecisionError: there is no such participant, event or activity, or it cannot be done; nothing has changed.
    """
    authorize(store, site, actor, Right.EVENTS, now, approvers)
    with store.write(site, "events.change") as work:
        before = _case(work, participant_id)
        found = _altered(before, alter, book)
        work.cases.save({participant_id: before}, [found], now)
        work.event_runs.call(now)
        work.audit.record(actor.name, verb, subject(participant_id, about), now, reason=reason)
    return found


def preview(
    store: Store,
    site: str,
    participant_id: int,
    alter: Alteration,
    book: Rulebook,
    actor: Actor,
    *,
    now: datetime,
    approvers: Collection[str] = (),
) -> CaseResult:
    """What `change` would do; nothing is saved.

    Raises:
        Denied: this actor may not work on benefit events.
        DecisionError: it cannot be done.
    """
    authorize(store, site, actor, Right.EVENTS, now, approvers)
    with store.read(site) as work:
        return _altered(_case(work, participant_id), alter, book)


def _case(work: SiteState, participant_id: int) -> Case:
    found = work.cases.load([participant_id]).get(participant_id)
    if found is None:
        why = "this site has none of that number"
        raise DecisionError(f"There is no participant {participant_id}", why, "see `bensync people list`")
    return found


def _altered(before: Case, alter: Alteration, book: Rulebook) -> CaseResult:
    try:
        return case_result(before, alter(before), book)
    except KeyError as error:
        why = "this participant has none of that number"
        raise DecisionError(f"There is no event {error.args[0]}", why, "see the list of events") from None
