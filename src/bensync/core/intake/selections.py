"""select(): what of a request a person approves, where they choose its fields one by one (sync-rules 3.7.8)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import msgspec

from bensync.core.changes import ChangeKind, FieldChange
from bensync.core.intake.declines import HISTORY, STATUS, Declines, declining, released, without_declined
from bensync.core.intake.proposals import IntakeRules, classify
from bensync.core.people import Participant
from bensync.core.requests import Request, WarningCode
from bensync.core.status import STATUS_FIELD

WITH_STATUS = frozenset({STATUS_FIELD, "hire_date", "rehire_date", "termination_date"})
"""The fields that are decided with the status where it changes: they say when it changed."""
NO_FIELDS = frozenset({STATUS, HISTORY, "employee_id"})
"""Names in the changes of a request that are no fields of the catalogue; every role sees them."""
_IDENTITY = frozenset({WarningCode.POSSIBLE_DUPLICATE, WarningCode.IDENTITY_CHANGED})


class SelectionError(ValueError):
    """The fields of a request cannot be chosen like this; the text says why, without values."""


class Selection(msgspec.Struct, frozen=True):
    """A request as a person decides it: what is approved, and what is left out.

    Attributes:
        request: the request with what is approved of it.
        declines: what is declined for the person afterwards; None if nothing ever was.
        left_out: the differences that this decision declines.
        fields: the names of all that is not approved; None for what the request itself leaves out.
    """

    request: Request
    declines: Declines | None = None
    left_out: tuple[FieldChange, ...] = ()
    fields: tuple[str, ...] | None = None


def decided_apart(request: Request) -> frozenset[str]:
    """Return the fields of a request that a person may choose or leave out one by one; empty if it is one decision.

    A new participant is one decision, and so is a person whose identity is in doubt.
    """
    if request.kind is ChangeKind.NEW or not _IDENTITY.isdisjoint(request.warnings):
        return frozenset()
    fields = {change.field for change in (*request.changes, *request.declined_before)}
    apart = fields - WITH_STATUS if STATUS in fields else fields
    return frozenset(apart) if len(apart) > 1 else frozenset()


def select(
    request: Request,
    participant: Participant | None,
    owner: Participant | None,
    declines: Declines | None,
    only: frozenset[str],
    *,
    unseen: frozenset[str],
    as_of: date,
    rules: IntakeRules,
) -> Selection:
    """Return what of a request is approved if a person chooses these fields.

    Args:
        request: the request, compared with the participant as they are now.
        participant: that participant; None for a new one.
        owner: the participant of the same HR employee; None if there is none.
        declines: what was declined for the person before.
        only: the chosen fields.
        unseen: fields that the person does not see; they stay as the request proposes them.
        as_of: the day of the decision.
        rules: settings of the site.

    Raises:
        SelectionError: the fields cannot be chosen like this.
    """
    proposed = frozenset(change.field for change in request.changes)
    differences = (*request.changes, *request.declined_before)
    offered = frozenset(change.field for change in differences)
    unknown = sorted((only - offered) | (only & unseen))
    if unknown:
        raise SelectionError(f"The request has no field {', '.join(unknown)} to choose.")
    chosen = _with_bound(only | (unseen & proposed), offered)
    if chosen == proposed:
        return Selection(request, declines)
    apart = decided_apart(request)
    if participant is None or not apart:
        raise SelectionError("The fields of this request are one decision.")
    left = offered - chosen
    kept = released(declines or Declines(), request.in_hr, chosen)
    after = declining(request.in_hr, participant, left, request.id, kept)
    profile = without_declined(request.in_hr, participant, after)
    proposal = classify(profile, participant, owner, as_of, rules)
    if proposal is None:
        raise SelectionError("No change of the request is selected.")
    day = request.effective_date if proposal.kind is request.kind else proposal.effective_date
    decided = msgspec.structs.replace(
        request,
        kind=proposal.kind,
        risk=proposal.risk,
        warnings=proposal.warnings,
        changes=proposal.changes,
        profile=profile,
        effective_date=day,
    )
    declined = tuple(change for change in differences if change.field in left and change.field != HISTORY)
    return Selection(decided, after, declined, tuple(sorted(left)))


def _with_bound(chosen: frozenset[str], offered: Collection[str]) -> frozenset[str]:
    """Return chosen fields with those that are decided with the status, or without them if it was left out."""
    if STATUS not in offered:
        return chosen
    bound = WITH_STATUS.intersection(offered)
    return chosen | bound if STATUS in chosen else chosen - bound
