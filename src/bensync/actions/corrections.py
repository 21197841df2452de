"""Corrections in the benefits platform by an authorized person, audited with a reason. HR is not changed.

Employees may correct their own address and contacts, if their role was granted that (S1-10).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

import msgspec

from bensync.actions.authorization import authorize, refuse
from bensync.actions.reasons import require_reason
from bensync.benefits.engine.approval_activities import Approval, activities_of
from bensync.benefits.rulebook.rulebook import Rulebook, standard
from bensync.core.access import OWN_FIELDS, Actor, Right
from bensync.core.changes import ChangeKind
from bensync.core.intake import changes
from bensync.core.people import Participant, Profile, Standing, Status, last_hire
from bensync.errors import DecisionError, Denied, run_command
from bensync.mappings.catalogue import FIELDS, Catalogue, FieldType, normaliser
from bensync.state.site_state import SiteState
from bensync.state.store import Store


def edit(
    store: Store,
    site: str,
    participant_id: int,
    fields: Mapping[str, str],
    reason: str,
    actor: Actor,
    now: datetime,
    *,
    catalogue: Catalogue = FIELDS,
    book: Rulebook | None = None,
    approvers: Collection[str] = (),
) -> None:
    """Set fields of a participant; an empty text clears one, another SSN re-keys the participant.

    Pending requests stay: an approval compares them again with the participant as they are then (A-44). Only fields of
    ``catalogue`` can be set. The triggers of ``book`` decide which activities the correction makes.

    Raises:
        Denied: they may not correct this person, or one of these fields.
        DecisionError: there is no such participant or field, a value is not of its type, the SSN is taken, or the
            reason is missing.
    """
    _authorize_edit(store, site, participant_id, fields, actor, now, approvers)
    reason = require_reason(reason)
    with store.write(site, "participant.edit") as state:
        before = _get(state, participant_id)
        values = _edited(before.profile, fields, catalogue)
        key = state.vault.index(values["ssn"])
        # Two participants with one SSN would be one person for every later file.
        if key != before.key and state.participants.by_keys([key]):
            raise DecisionError("The SSN was not changed", "another participant has it", "correct that one first")
        profile = msgspec.structs.replace(before.profile, values=values)
        after = msgspec.structs.replace(
            before, key=key, profile=profile, hire_date=last_hire(values), version=before.version + 1
        )
        _save(
            state, "participant.edit", _Change(ChangeKind.UPDATE, before, after, now.date()), book, reason, actor, now
        )


def terminate(
    store: Store,
    site: str,
    participant_id: int,
    on: date,
    reason: str,
    actor: Actor,
    now: datetime,
    *,
    book: Rulebook | None = None,
    approvers: Collection[str] = (),
) -> None:
    """Terminate a participant. If HR shows them as active, the next run opens a request (S0-19, A-18).

    Raises:
        Denied: this actor may not correct people.
        DecisionError: there is no such participant, they are terminated already, or the reason is missing.
    """
    authorize(store, site, actor, Right.CORRECT, now, approvers)
    reason = require_reason(reason)
    with store.write(site, "participant.terminate") as state:
        before = _get(state, participant_id)
        if before.standing is Standing.TERMINATED:
            raise _nothing(participant_id, f"they are terminated since {before.termination_date}")
        profile = msgspec.structs.replace(before.profile, status=Status.INACTIVE)
        after = msgspec.structs.replace(
            before, standing=Standing.TERMINATED, profile=profile, termination_date=on, version=before.version + 1
        )
        _save(
            state, "participant.terminate", _Change(ChangeKind.TERMINATE, before, after, on), book, reason, actor, now
        )


def reinstate(
    store: Store,
    site: str,
    participant_id: int,
    reason: str,
    actor: Actor,
    now: datetime,
    *,
    book: Rulebook | None = None,
    approvers: Collection[str] = (),
) -> None:
    """Make a terminated participant active again; ended coverages stay ended.

    Raises:
        Denied: this actor may not correct people.
        DecisionError: there is no such participant, they are active, or the reason is missing.
    """
    authorize(store, site, actor, Right.CORRECT, now, approvers)
    reason = require_reason(reason)
    with store.write(site, "participant.reinstate") as state:
        before = _get(state, participant_id)
        if before.standing is Standing.ACTIVE:
            raise _nothing(participant_id, "they are active")
        profile = msgspec.structs.replace(before.profile, status=Status.ACTIVE)
        after = msgspec.structs.replace(
            before, standing=Standing.ACTIVE, profile=profile, termination_date=None, version=before.version + 1
        )
        change = _Change(ChangeKind.REACTIVATE, before, after, now.date())
        _save(state, "participant.reinstate", change, book, reason, actor, now)


def _authorize_edit(
    store: Store,
    site: str,
    participant_id: int,
    fields: Mapping[str, str],
    actor: Actor,
    now: datetime,
    approvers: Collection[str],
) -> None:
    # Only a person with the right to their own record alone takes the second branch; everybody else is refused by
    # `authorize`, which records it.
    if actor.may(Right.CORRECT, site) or not actor.may(Right.CORRECT_OWN, site):
        authorize(store, site, actor, Right.CORRECT, now, approvers)
        unseen = [name for name in fields if not actor.sees(name)]
    else:
        with store.read(site) as state:
            participant = state.participants.by_ids([participant_id]).get(participant_id)
        own = participant is not None and participant.profile.employee_id in actor.own
        unseen = [name for name in fields if not own or name not in OWN_FIELDS]
    if unseen:
        refuse(store, site, actor, Right.CORRECT, now, "not these fields, or not of this person")
        why = "their role does not reach that far"
        raise Denied(f"The user {actor.name} may not set {', '.join(unseen)} here", why, "ask the Data Owner")


def _get(state: SiteState, participant_id: int) -> Participant:
    participant = state.participants.by_ids([participant_id]).get(participant_id)
    if participant is None:
        raise DecisionError(
            f"There is no participant {participant_id}",
            "this site has none of that number",
            "see `bensync people list`",
            remedy=run_command("people list"),
        )
    return participant


def _edited(profile: Profile, fields: Mapping[str, str], catalogue: Catalogue) -> dict[str, str]:
    values = dict(profile.values)
    for name, text in fields.items():
        if name not in catalogue:
            raise DecisionError(f"There is no field {name!r}", "the catalogue does not know it", "check its spelling")
        try:
            value = normaliser(catalogue[name].type)(text)
        except ValueError as error:
            raise DecisionError(f"{name} was not changed", f"the value {error}", "write it in its usual form") from None
        if value is None and catalogue[name].type is FieldType.SSN:
            raise DecisionError("The SSN was not changed", "nobody can be without one", "give nine digits")
        values.pop(name, None)
        if value is not None:
            values[name] = value
    ordered = {name: values[name] for name in catalogue if name in values}
    # Catalogue order, which fingerprints depend on; a field that the catalogue no longer has goes last.
    return ordered | values


class _Change(msgspec.Struct, frozen=True):
    """A manual change: its kind, the participant before and after it, and its effective date."""

    kind: ChangeKind
    before: Participant
    after: Participant
    on: date


def _save(
    state: SiteState, verb: str, change: _Change, book: Rulebook | None, reason: str, actor: Actor, now: datetime
) -> None:
    before, after = change.before, change.after
    # Manual changes make activities exactly like approved requests: benefits do not depend on the way a change came.
    changed_fields = changes(after.profile, before)
    approval = Approval(change.kind, before, after, changed_fields, change.on, now.date())
    state.participants.save(after, now)
    state.cases.add(before.id, None, activities_of(approval, book or standard()))
    state.event_runs.call(now)
    state.audit.record(actor.name, verb, f"participant {before.id}", now, reason=reason, changes=changed_fields)


def _nothing(participant_id: int, why: str) -> DecisionError:
    return DecisionError(f"Participant {participant_id} was not changed", why, "nothing needs to be done")
