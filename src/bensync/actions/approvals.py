"""approve(), decline(): decide requests. Nothing is decided by default or by a timeout (sync-rules 3.7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from bensync.actions.authorization import authorize
from bensync.benefits.engine.approval_activities import Approval, activities_of, effects
from bensync.benefits.engine.event_order import void
from bensync.benefits.engine.row_diff import row_edits
from bensync.benefits.engine.run import case_result
from bensync.benefits.rulebook.rulebook import Rulebook, standard
from bensync.core.access import Actor, Right
from bensync.core.changes import ChangeKind
from bensync.core.intake import IntakeRules, apply, as_correction, classify, drift, drifted, with_high_risk
from bensync.core.people import Participant, Standing, Status
from bensync.core.requests import DeclineCode, Origin, Proposal, Request, RequestState, Risk, WarningCode, caution_of
from bensync.errors import (
    CONFIRM,
    NOTHING,
    RELOAD,
    SECOND_PERSON,
    DecisionError,
    Remedy,
    RemedyKind,
    run_command,
)
from bensync.state.audit.entries import about_event, subject
from bensync.state.site_state import SiteState
from bensync.state.store import Store
from bensync.state.sync.requests import ApprovalOptions, NewRequest
from bensync.wording.cautions import unconfirmed

# One transaction decides a page: thousands of requests at once would hold the lock of the database for too long.
_PAGE = 200

_CONFIRM_FIX = "Read the request, then approve it alone with --confirm."


class Decision(msgspec.Struct, frozen=True):
    """The result of one decision: done, waiting for a second person, or refused with the reason.

    ``successor`` is the request that replaced this one.
    """

    request_id: int
    error: DecisionError | None = None
    successor: int | None = None
    waits: bool = False

    @property
    def done(self) -> bool:
        """Return whether it took effect."""
        return self.error is None and not self.waits


def wants_second(request: Request, rules: IntakeRules) -> bool:
    """Return whether two people must approve a request (`second_approver` of the site)."""
    chosen = rules.second_approver
    far_back = WarningCode.SECOND_APPROVER in request.warnings
    return (
        request.kind.lower() in chosen
        or ("high_risk" in chosen and request.risk is Risk.HIGH)
        or ("far_back" in chosen and far_back)
    )


def approve(
    store: Store,
    site: str,
    numbers: Sequence[int],
    actor: Actor,
    now: datetime,
    rules: IntakeRules,
    *,
    confirmed: bool = False,
    as_ssn_correction: bool = False,
    voiding: bool = False,
    book: Rulebook | None = None,
    approvers: Collection[str] = (),
) -> list[Decision]:
    """Approve requests one by one: each is compared again with the participant as they are now, then applied.

    Source: sync-rules 3.7.2.

    Args:
        store: the state.
        site: the site of the requests.
        numbers: the numbers of the requests.
        actor: the person who decides.
        now: the time of the decision.
        rules: settings of the site.
        confirmed: whether the caution of HIGH risk requests was read and accepted.
        as_ssn_correction: decide a possible duplicate as a re-key of the old participant (model L12).
        voiding: void the benefit events that rest on dated rows which a request changes (sync-rules 3.9.4, A-74).
        book: the site's rulebook, which says which changes make activities; the standard one if the site has none.
        approvers: the users who may decide on the command line, if the site names them (A-47).

    Returns:
        one decision per number, in the order of ``numbers``.

    Raises:
        Denied: this actor may not decide here; nothing was decided.
    """
    authorize(store, site, actor, Right.DECIDE, now, approvers)
    decisions: list[Decision] = []
    for start in range(0, len(numbers), _PAGE):
        page = numbers[start : start + _PAGE]
        with store.write(site, "decision.approve") as state:
            how = _DecisionOptions(rules, book or standard(), confirmed, as_ssn_correction, voiding)
            approver = _Approver(state, actor, now, how)
            decisions += approver.approve(page)
    return decisions


def decline(
    store: Store,
    site: str,
    numbers: Sequence[int],
    actor: Actor,
    now: datetime,
    code: DeclineCode,
    note: str = "",
    *,
    approvers: Collection[str] = (),
) -> list[Decision]:
    """Decline requests; participant and baseline stay, and the request returns only after a change in HR.

    Source: sync-rules 3.7.5, 3.7.6.

    Raises:
        Denied: this actor may not decide here; nothing was decided.
    """
    authorize(store, site, actor, Right.DECIDE, now, approvers)
    with store.write(site, "decision.decline") as state:
        requests = state.requests.get(numbers)
        return [_decline(state, number, requests.get(number), actor.name, now, code, note) for number in numbers]


class _DecisionOptions(msgspec.Struct, frozen=True):
    """The options of `approve` that hold for all of its requests."""

    rules: IntakeRules
    book: Rulebook
    confirmed: bool
    as_ssn_correction: bool
    voiding: bool


class _Approver:
    """Decides one page of requests in one transaction: first judges each, then writes all approved ones in sets."""

    def __init__(self, state: SiteState, actor: Actor, now: datetime, how: _DecisionOptions) -> None:
        self._state = state
        self._actor = actor.name
        self._now = now
        self._how = how
        self._owners: Mapping[str, Participant] = {}
        self._approved: dict[int, Approval] = {}

    def approve(self, numbers: Sequence[int]) -> list[Decision]:
        requests = self._state.requests.get(numbers)
        people = self._state.participants.by_keys(request.key for request in requests.values())
        self._owners = self._state.participants.by_employees(request.employee_id for request in requests.values())
        decisions = []
        for number in numbers:
            request = requests.get(number)
            # Refusals come before the comparison, which would supersede a request that this person may not decide yet.
            refusal = _not_pending(number, request) or self._needs_confirmation(request)
            if refusal is not None or request is None:
                decisions.append(refusal or _unknown(number))
            else:
                decisions.append(self._decide(request, people.get(request.key)))
        late = self._write()
        return [
            _too_late(decision.request_id) if decision.done and decision.request_id in late else decision
            for decision in decisions
        ]

    def _decide(self, request: Request, participant: Participant | None) -> Decision:
        if self._how.as_ssn_correction:
            return self._correct_ssn(request, participant)
        if request.origin is Origin.DRIFT and participant is not None:
            # It asks about the status only (sync-rules 3.6.5): whatever else was edited here since it was opened stays.
            request = msgspec.structs.replace(request, profile=drifted(request.profile, participant))
        proposal = self._propose(request, participant)
        if proposal is None:
            self._state.requests.supersede([request.id], "reverted", self._now)
            return _refused(request.id, "there is no difference left", "nothing needs to be done", remedy=NOTHING)
        # The person saw other changes than an approval would apply now, so they must look again.
        if (proposal.kind, proposal.changes) != (request.kind, request.changes):
            return self._recalculate(request, proposal, participant)
        if (
            request.risk is not Risk.HIGH
            and not self._how.confirmed
            and self._touches(_opening(proposal, request, participant))
        ):
            return _unconfirmed(request, touches=True)
        return self._first(request) or self._apply(request, participant)

    def _first(self, request: Request) -> Decision | None:
        """Return the decision on the first of two approvals; None if one is enough or this one is the second.

        The first approval holds for exactly the content and options that the first person chose; with others, this is a
        first approval again.
        """
        if not wants_second(request, self._how.rules):
            return None
        way = ApprovalOptions(self._how.as_ssn_correction, self._how.voiding)
        first = self._state.requests.first_approval(request)
        if first is None or first.way != way:
            self._state.requests.approve_first(request, self._actor, self._now, way)
            self._state.audit.record(self._actor, "request.approve_first", f"request {request.id}", self._now)
            return Decision(request.id, waits=True)
        # On the command line people type their own names: "Ann" must not be the second person of "ann".
        if first.actor.casefold() == self._actor.casefold():
            return _refused(
                request.id, f"{first.actor} approved it first", "another person must complete it", remedy=SECOND_PERSON
            )
        return None

    def _needs_confirmation(self, request: Request | None) -> Decision | None:
        if request is None or request.risk is not Risk.HIGH or self._how.confirmed:
            return None
        return _unconfirmed(request)

    def _propose(self, request: Request, participant: Participant | None) -> Proposal | None:
        """Return the request as it would be opened now; None if no difference is left."""
        if request.origin is Origin.DRIFT and participant is not None:
            if (request.profile.status is Status.ACTIVE) == (participant.standing is Standing.ACTIVE):
                return None
            return drift(request.profile, participant, self._now.date(), self._how.rules)
        owner = self._owners.get(request.employee_id)
        return classify(request.profile, participant, owner, self._now.date(), self._how.rules)

    def _touches(self, opening: NewRequest) -> bool:
        """Return whether it edits a row that an event past PR rests on by now: events go on while requests wait."""
        return bool(self._state.cases.touched([opening]))

    def _recalculate(self, request: Request, proposal: Proposal, participant: Participant | None) -> Decision:
        """Replace a request whose participant has changed since by one that shows the present difference (A-44)."""
        self._state.requests.supersede([request.id], "the participant changed", self._now)
        opening = _opening(proposal, request, participant)
        if self._touches(opening):
            opening = msgspec.structs.replace(opening, proposal=with_high_risk(proposal))
        number = self._state.requests.open(opening, self._now)
        self._state.requests.link_successors([(request.id, request.key)])
        why = "the participant changed since this request was opened"
        return _refused(request.id, why, f"request {number} shows the difference as it is now", successor=number)

    def _correct_ssn(self, request: Request, participant: Participant | None) -> Decision:
        """Re-key the participant of the same HR employee (model L12)."""
        owners = self._state.participants.by_ids([request.duplicate_of]) if request.duplicate_of else {}
        owner = owners.get(request.duplicate_of or 0)
        if WarningCode.POSSIBLE_DUPLICATE not in request.warnings or owner is None or participant is not None:
            return _refused(request.id, "it is no possible duplicate of one participant", "approve or decline it")
        rekeyed = as_correction(request, owner, self._now.date(), self._how.rules)
        return self._first(request) or self._apply(rekeyed, owner)

    def _apply(self, request: Request, participant: Participant | None) -> Decision:
        """Note the approval; `_write` stores it together with the others of the page."""
        # The same number twice in one call: the second one finds the request decided.
        if request.id in self._approved:
            return _too_late(request.id)
        on, today = request.effective_date, self._now.date()
        after = apply(request.kind, request.profile, request.key, participant, on)
        self._approved[request.id] = Approval(request.kind, participant, after, request.changes, on, today)
        return Decision(request.id)

    def _write(self) -> set[int]:
        """Store the approvals in sets; return the requests that somebody else decided in the meantime (A-45)."""
        state = self._state
        # Claim first: the update counts only requests that are still PENDING, so of two people at once one wins and the
        # other one changes nothing.
        claimed = state.requests.claim(self._approved, RequestState.APPROVED, self._actor, self._now)
        approved = [(number, approval) for number, approval in self._approved.items() if number in claimed]
        if approved:
            for _, approval in approved:
                # Before participants and activities are saved: afterwards the edits have disconnected the events
                #
                if self._how.voiding and approval.before is not None:
                    self._void(approval.kind, approval.before, approval.after)
            participant_ids = state.participants.save_all([approval.after for _, approval in approved], self._now)
            saved = list(zip(participant_ids, approved, strict=True))
            state.cases.add_all(
                [
                    (participant_id, number, activities_of(approval, self._how.book))
                    for participant_id, (number, approval) in saved
                ]
            )
            # In the same transaction, so that a crash cannot leave an approval that no run over benefit events follows.
            state.event_runs.call(self._now)
            verb = "request.approve_as_ssn_correction" if self._how.as_ssn_correction else "request.approve"
            acts = [
                (f"request {number}, participant {participant_id}", approval.changes)
                for participant_id, (number, approval) in saved
            ]
            state.audit.record_all(self._actor, verb, self._now, acts)
        return self._approved.keys() - claimed

    def _void(self, kind: ChangeKind, before: Participant, after: Participant) -> None:
        """Void the events that rest on the edited rows, each with its own audit entry."""
        cases = self._state.cases.load([before.id])
        case = cases[before.id]
        for effect in effects(case, row_edits(kind, before, after)):
            case = void(case, effect.event.number)
            about = subject(before.id, about_event(effect.event.number))
            self._state.audit.record(self._actor, "event.void", about, self._now)
        self._state.cases.save(cases, [case_result(cases[before.id], case, self._how.book)], self._now)


def _opening(proposal: Proposal, request: Request, participant: Participant | None) -> NewRequest:
    """Return the new request that a proposal opens for the same person."""
    return NewRequest(proposal, request.profile, request.key, request.fingerprint, participant)


def _decline(
    state: SiteState, number: int, request: Request | None, actor: str, now: datetime, code: DeclineCode, note: str
) -> Decision:
    refusal = _not_pending(number, request)
    if refusal is not None or request is None:
        return refusal or _unknown(number)
    # A note may name people or reasons of health, so it is sealed; the audit trail gets the code only.
    sealed = state.requests.seal_note(request.key, note)
    decided = {"decline_code": code, "sealed_note": sealed}
    if not state.requests.claim([number], RequestState.DECLINED, actor, now, **decided):
        return _too_late(number)
    state.audit.record(actor, "request.decline", f"request {number}", now, reason=code)
    return Decision(number)


def _not_pending(number: int, request: Request | None) -> Decision | None:
    """Return a refusal that names the successor if a request is not pending; None if it is (sync-rules 3.7.3, A-42)."""
    if request is None:
        return _unknown(number)
    if request.state is RequestState.PENDING:
        return None
    by = f" by {request.decided_by}" if request.decided_by else ""
    because = f", {request.closed_because}" if request.closed_because else ""
    why = f"it is {request.state.lower()}{by}{because}"
    if request.superseded_by is None:
        return _refused(number, why, "nothing needs to be done", remedy=NOTHING)
    return _refused(number, why, f"decide request {request.superseded_by} instead", successor=request.superseded_by)


def _unconfirmed(request: Request, *, touches: bool = False) -> Decision:
    caution = caution_of(request.kind, request.risk, request.warnings, touches=touches)
    return _refused(request.id, unconfirmed(caution), _CONFIRM_FIX, remedy=CONFIRM)


def _unknown(number: int) -> Decision:
    return _refused(
        number,
        "this site has no request of that number",
        "run `bensync requests list`",
        remedy=run_command("requests list"),
    )


def _too_late(number: int) -> Decision:
    return _refused(number, "somebody else was faster", "look at the request again", remedy=RELOAD)


def _refused(
    number: int, why: str, fix: str, *, successor: int | None = None, remedy: Remedy | None = None
) -> Decision:
    if successor is not None:
        remedy = Remedy(RemedyKind.SEE_REQUEST, request=successor)
    error = DecisionError(f"Request {number} was not decided", why, fix, remedy=remedy)
    return Decision(number, error, successor)


def bulk_approvable(requests: Iterable[Request]) -> list[int]:
    """Return the numbers of requests that may be approved in bulk: none of HIGH risk (sync-rules 3.7.4, A-46)."""
    return [request.id for request in requests if request.risk is not Risk.HIGH]
