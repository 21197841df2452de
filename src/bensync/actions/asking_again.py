"""Asks again about what was declined by mistake: forgets the decline, and opens a new request at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from bensync.actions.authorization import authorize, require_reason
from bensync.actions.decisions import Decision
from bensync.core.access import Actor, Right
from bensync.core.changes import BaselineState, FieldChange
from bensync.core.intake.declines import HISTORY, STATUS, Declines, declined_changes, released, without_declined
from bensync.core.intake.proposals import IntakeRules, classify
from bensync.core.intake.selections import WITH_STATUS
from bensync.core.people import Participant, Profile, encode_profile
from bensync.core.requests import Request, RequestState
from bensync.errors import DecisionError, run_command
from bensync.state.site_state import SiteState
from bensync.state.store import Store
from bensync.state.sync.requests import NewRequest

_WHAT = "Nothing was asked again."


def ask_again(
    store: Store,
    site: str,
    number: int,
    reason: str,
    actor: Actor,
    now: datetime,
    rules: IntakeRules,
    *,
    fields: Collection[str] | None = None,
    approvers: Collection[str] = (),
) -> Decision:
    """Open a request for what a decision declined, with what HR says now; return it as the successor.

    The other declined values of the person stay declined (sync-rules 3.7.9).

    Args:
        store: the state.
        site: the site.
        number: the request that was declined, or approved without some fields.
        reason: why, for the audit trail.
        actor: who asks again.
        now: the time.
        rules: the settings of the site.
        fields: the declined fields to ask about; None for all that this request declined.
        approvers: who may decide on the command line.

    Raises:
        Denied: this actor may not decide here.
        DecisionError: there is no such request, it declined nothing, a field was not declined by it, HR does not say so
            any more, or the reason is missing.
    """
    authorize(store, site, actor, Right.DECIDE, now, approvers)
    reason = require_reason(reason, _WHAT)
    with store.write(site, "decision.ask_again") as state:
        request = _declined_request(state, number)
        hr = _newest(state, request)
        participant = state.participants.by_keys([request.key]).get(request.key)
        declines = state.declined.by_keys([request.key]).get(request.key, Declines())
        chosen = _chosen(declines, request, participant, fields)
        after = released(declines, hr, chosen)
        if participant is not None:
            state.declined.save_all({request.key: after}, now)
        successor = _open(state, request, hr, participant, after, rules, now)
        asked = tuple(FieldChange(name, None, hr.values.get(name)) for name in sorted(chosen))
        state.audit.record(actor.name, "request.ask_again", f"request {number}", now, reason=reason, changes=asked)
    return Decision(number, successor=successor)


def _declined_request(state: SiteState, number: int) -> Request:
    request = state.requests.get([number]).get(number)
    why = "This site has no request of that number."
    if request is not None:
        if request.state is RequestState.DECLINED or request.left_out:
            return request
        why = f"Request {number} is {request.state.lower()}, and nothing of it was declined."
    fix = "See the declined requests: `bensync requests list --state declined`."
    raise DecisionError(_WHAT, why, fix, remedy=run_command("requests list --state declined"))


def _newest(state: SiteState, request: Request) -> Profile:
    """Return the newest that HR is known to say of the person: as last sent, or as the last request has it."""
    last_sent = state.timeline.last_sent(request.employee_id)
    if last_sent is not None and last_sent.state is BaselineState.LIVE:
        return last_sent.profile
    # A site that receives its files from another machine has no baseline.
    newest = state.requests.newest_of(request.key)
    return newest.in_hr if newest is not None else request.in_hr


def _chosen(
    declines: Declines, request: Request, participant: Participant | None, fields: Collection[str] | None
) -> frozenset[str]:
    """Return the fields that are asked about again; the status and its dates go together (sync-rules 3.7.8)."""
    if participant is None:
        # A new person was declined as a whole, so there is no field to choose.
        return frozenset()
    declined = {entry.field for entry in declines.values if entry.request == request.id}
    if unknown := sorted({*(fields or ())} - declined):
        why = f"Request {request.id} declined no value of {', '.join(unknown)} that is still declined."
        raise DecisionError(_WHAT, why, f"Choose one of: {', '.join(sorted(declined)) or 'none is left'}.")
    chosen = declined if fields is None else declined.intersection(fields)
    if not declined and (declines.added or declines.removed):
        return frozenset({HISTORY})  # only dated rows of the past were declined, which no field names
    return frozenset(chosen | (declined & {STATUS, *WITH_STATUS}) if STATUS in declined & {*chosen} else chosen)


def _open(
    state: SiteState,
    request: Request,
    hr: Profile,
    participant: Participant | None,
    declines: Declines,
    rules: IntakeRules,
    now: datetime,
) -> int:
    profile = without_declined(hr, participant, declines) if participant is not None and declines else hr
    owner = state.participants.by_employees([hr.employee_id]).get(hr.employee_id)
    proposal = classify(profile, participant, owner, now.date(), rules, declined_before=True, in_operation=True)
    if proposal is None:
        why = "HR does not say any more what was declined, or the participant has it already."
        raise DecisionError(_WHAT, why, "Nothing needs to be done.")
    left: Sequence[FieldChange] = ()
    if participant is not None and profile is not hr:
        left = declined_changes(hr, participant, declines)
    opening = NewRequest(
        proposal,
        profile,
        request.key,
        state.vault.fingerprint(encode_profile(hr)),
        participant,
        hr_profile=hr if profile is not hr else None,
        declined_before=tuple(left),
    )
    # At most one request per person may be pending, and the new one has everything that is not decided.
    older = [pending.id for pending in state.requests.pending([request.key], [hr.employee_id])]
    state.requests.supersede(older, "replaced", now)
    number = state.requests.open(opening, now)
    state.requests.link_successors([(before, request.key) for before in older])
    return number
