"""approve(), decline(): decide requests. Nothing is decided by default or by a timeout (sync-rules 3.7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from bensync.actions.authorization import authorize, dependence
from bensync.actions.decisions import Decision, not_pending, refused, too_late, unconfirmed, unknown
from bensync.benefits.engine.approval_activities import Approval, activities_of, effects
from bensync.benefits.engine.event_order import void
from bensync.benefits.engine.row_diff import row_edits
from bensync.benefits.engine.run import case_result
from bensync.benefits.rulebook.rulebook import Rulebook, standard
from bensync.core.access import Actor, Right, is_same_person
from bensync.core.changes import ChangeKind, FieldChange
from bensync.core.intake.declines import Declines, declining, without_declined
from bensync.core.intake.proposals import (
    IntakeRules,
    apply,
    as_correction,
    changes,
    classify,
    drift,
    drifted,
    with_high_risk,
)
from bensync.core.intake.selections import NO_FIELDS, Selection, SelectionError, select
from bensync.core.people import Participant, Standing, Status
from bensync.core.requests import DeclineCode, Origin, Proposal, Request, RequestState, Risk, WarningCode
from bensync.errors import (
    NOTHING,
    SECOND_PERSON,
    DecisionError,
)
from bensync.state.audit.entries import about_event, subject
from bensync.state.site_state import SiteState
from bensync.state.store import Store
from bensync.state.sync.requests import REVERTED, ApprovalOptions, NewRequest

# One transaction decides a page: thousands of requests at once would hold the lock of the database for too long.
_PAGE = 200


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
    only: Collection[str] | None = None,
    code: DeclineCode = DeclineCode.ERROR,
    book: Rulebook | None = None,
    approvers: Collection[str] = (),
) -> list[Decision]:
    """Approve requests one by one: each is compared again with the participant as they are now, then applied.

    Values that were declined before are left out, unless ``only`` names their fields.

    Source: sync-rules 3.7.2, 3.7.8.

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
        only: the fields of the one request to approve; the others are declined. Fields that the actor does not see
            stay as the request proposes them. None for what the request proposes.
        code: why the other fields are declined.
        book: the site's rulebook, which says which changes make activities; the standard one if the site has none.
        approvers: the users who may decide on the command line, if the site names them (A-47).

    Returns:
        one decision per number, in the order of ``ids``.

    Raises:
        Denied: this actor may not decide here; nothing was decided.
        DecisionError: fields were named for more than one request; nothing was decided.
    """
    authorize(store, site, actor, Right.DECIDE, now, approvers)
    if only is not None and len(numbers) != 1:
        why = "Fields can be chosen for one request at a time."
        raise DecisionError("Nothing was approved.", why, "Approve this request alone, then the others.")
    decisions: list[Decision] = []
    for start in range(0, len(numbers), _PAGE):
        page = numbers[start : start + _PAGE]
        with store.write(site, "decision.approve") as state:
            fields = frozenset(only) if only is not None else None
            how = _DecisionOptions(rules, book or standard(), confirmed, as_ssn_correction, voiding, fields, code)
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
    only: frozenset[str] | None
    code: DeclineCode


class _Approved(msgspec.Struct, frozen=True):
    """An approval that `_Approver._write` stores.

    Attributes:
        approval: what it changes.
        declines: what is declined for the person afterwards; None if nothing ever was.
        left_out: the differences that this decision declines.
    """

    approval: Approval
    declines: Declines | None = None
    left_out: tuple[FieldChange, ...] = ()


class _Approver:
    """Decides one page of requests in one transaction: first judges each, then writes all approved ones in sets."""

    def __init__(self, state: SiteState, actor: Actor, now: datetime, how: _DecisionOptions) -> None:
        self._state = state
        self._actor = actor.name
        self._sees = actor.sees
        self._now = now
        self._how = how
        self._owners: Mapping[str, Participant] = {}
        self._declines: Mapping[bytes, Declines] = {}
        self._approved: dict[int, _Approved] = {}

    def approve(self, numbers: Sequence[int]) -> list[Decision]:
        requests = self._state.requests.get(numbers)
        people = self._state.participants.by_keys(request.key for request in requests.values())
        self._owners = self._state.participants.by_employees(request.employee_id for request in requests.values())
        self._declines = self._state.declined.by_keys(request.key for request in requests.values())
        decisions = []
        for number in numbers:
            request = requests.get(number)
            # Refusals come before the comparison, which would supersede a request that this person may not decide yet.
            refusal = not_pending(number, request)
            if refusal is None and self._how.only is None:
                refusal = self._needs_confirmation(request)
            if refusal is not None or request is None:
                decisions.append(refusal or unknown(number))
            else:
                decisions.append(self._decide(request, people.get(request.key)))
        late = self._write()
        return [
            too_late(decision.request_id) if decision.done and decision.request_id in late else decision
            for decision in decisions
        ]

    def _decide(self, request: Request, participant: Participant | None) -> Decision:
        if self._how.as_ssn_correction:
            return self._correct_ssn(request, participant)
        declines = self._declines.get(request.key)
        if request.origin is Origin.DRIFT and participant is not None:
            # It asks about the status only (sync-rules 3.6.5): whatever else was edited here since it was opened stays.
            request = msgspec.structs.replace(request, profile=drifted(request.profile, participant))
        elif declines is not None and participant is not None:
            # Merged again: an approved value that takes the place of a declined one may have been edited since.
            request = msgspec.structs.replace(
                request, profile=without_declined(request.in_hr, participant, declines), hr_profile=request.in_hr
            )
        proposal = self._propose(request, participant)
        if proposal is None:
            self._state.requests.supersede([request.id], REVERTED, self._now)
            return refused(request.id, "No difference is left.", "Nothing needs to be done.", remedy=NOTHING)
        # The person saw other changes than an approval would apply now, so they must look again.
        if (proposal.kind, proposal.changes) != (request.kind, request.changes):
            return self._recalculate(request, proposal, participant)
        selection = self._select(request, participant)
        if isinstance(selection, Decision):
            return selection
        chosen = selection.request
        refusal = self._needs_confirmation(chosen)
        if refusal is not None:
            return refusal
        if (
            chosen.risk is not Risk.HIGH
            and not self._how.confirmed
            and self._touches(_opening(_proposal_of(chosen), chosen, participant))
        ):
            return unconfirmed(chosen, self._how.rules, touches=True)
        return self._first(request, selection) or self._apply(selection, participant)

    def _select(self, request: Request, participant: Participant | None) -> Selection | Decision:
        """Return the request as this person decides it, or why its fields cannot be chosen like this."""
        declines = self._declines.get(request.key)
        if self._how.only is None:
            return Selection(request, declines)
        offered = {change.field for change in (*request.changes, *request.declined_before)}
        # A person cannot choose what they do not see, and must not decline it unseen.
        unseen = frozenset(name for name in offered - NO_FIELDS if not self._sees(name))
        owner = self._owners.get(request.employee_id)
        try:
            return select(
                request,
                participant,
                owner,
                declines,
                self._how.only,
                unseen=unseen,
                as_of=self._now.date(),
                rules=self._how.rules,
            )
        except SelectionError as error:
            return refused(request.id, str(error), "Change the selection, or decline the request.")

    def _first(self, request: Request, selection: Selection) -> Decision | None:
        """Return the decision on the first of two approvals; None if one is enough or this one is the second.

        The first approval holds for exactly the content and options that the first person chose; with others, this is a
        first approval again.
        """
        # A termination cannot be approved alone by leaving out what makes it need two people, nor the other way round.
        if not wants_second(selection.request, self._how.rules):
            return None
        way = ApprovalOptions(self._how.as_ssn_correction, self._how.voiding, selection.fields)
        first = self._state.requests.first_approval(request)
        if first is None or first.way != way:
            self._state.requests.approve_first(request, self._actor, self._now, way)
            self._state.audit.record(self._actor, "request.approve_first", f"request {request.id}", self._now)
            return Decision(request.id, waits=True)
        if is_same_person(first.actor, self._actor):
            why, fix = f"{first.actor} approved it first.", "Another person must complete it."
            return refused(request.id, why, fix, remedy=SECOND_PERSON)
        error = dependence(self._state, first.actor, self._actor, self._now)
        return Decision(request.id, error) if error is not None else None

    def _needs_confirmation(self, request: Request | None) -> Decision | None:
        if request is None or request.risk is not Risk.HIGH or self._how.confirmed:
            return None
        return unconfirmed(request, self._how.rules)

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
        why = "The participant changed since this request was opened."
        return refused(request.id, why, f"Request {number} shows the difference as it is now.", successor=number)

    def _correct_ssn(self, request: Request, participant: Participant | None) -> Decision:
        """Re-key the participant of the same HR employee (model L12)."""
        owners = self._state.participants.by_ids([request.duplicate_of]) if request.duplicate_of else {}
        owner = owners.get(request.duplicate_of or 0)
        if WarningCode.POSSIBLE_DUPLICATE not in request.warnings or owner is None or participant is not None:
            return refused(request.id, "It is not a possible duplicate of one participant.", "Approve or decline it.")
        if self._how.only is not None:
            return refused(
                request.id, "An SSN correction is one decision.", "Approve it without choosing fields.", remedy=NOTHING
            )
        rekeyed = as_correction(request, owner, self._now.date(), self._how.rules)
        return self._first(request, Selection(request)) or self._apply(Selection(rekeyed), owner)

    def _apply(self, selection: Selection, participant: Participant | None) -> Decision:
        """Note the approval; `_write` stores it together with the others of the page."""
        request = selection.request
        # The same number twice in one call: the second one finds the request decided.
        if request.id in self._approved:
            return too_late(request.id)
        on, today = request.effective_date, self._now.date()
        after = apply(request.kind, request.profile, request.key, participant, on)
        declines = selection.declines
        if declines is not None:
            # The decision was made about this version, so drift does not ask about the same status again.
            declines = msgspec.structs.replace(declines, version=after.version)
        approval = Approval(request.kind, participant, after, request.changes, on, today)
        self._approved[request.id] = _Approved(approval, declines, selection.left_out)
        return Decision(request.id)

    def _write(self) -> set[int]:
        """Store the approvals in sets; return the requests that somebody else decided in the meantime (A-45)."""
        state = self._state
        # Claim first: the update counts only requests that are still PENDING, so of two people at once one wins and the
        # other one changes nothing.
        claimed = state.requests.claim(self._approved, RequestState.APPROVED, self._actor, self._now)
        approved = [(number, approved) for number, approved in self._approved.items() if number in claimed]
        if approved:
            for _, entry in approved:
                # Before participants and activities are saved: afterwards the edits have disconnected the events
                #
                if self._how.voiding and entry.approval.before is not None:
                    self._void(entry.approval.kind, entry.approval.before, entry.approval.after)
            participant_ids = state.participants.save_all([entry.approval.after for _, entry in approved], self._now)
            saved = list(zip(participant_ids, approved, strict=True))
            state.cases.add_all(
                [
                    (participant_id, number, activities_of(entry.approval, self._how.book))
                    for participant_id, (number, entry) in saved
                ]
            )
            # In the same transaction, so that a crash cannot leave an approval that no run over benefit events follows.
            state.event_runs.call(self._now)
            verb = "request.approve_as_ssn_correction" if self._how.as_ssn_correction else "request.approve"
            acts = [
                (f"request {number}, participant {participant_id}", entry.approval.changes)
                for participant_id, (number, entry) in saved
            ]
            state.audit.record_all(self._actor, verb, self._now, acts)
            self._write_declines(approved)
        return self._approved.keys() - claimed

    def _write_declines(self, approved: Sequence[tuple[int, _Approved]]) -> None:
        """Store what the approvals left out, each with its own audit entry."""
        state = self._state
        declines = {entry.approval.after.key: entry.declines for _, entry in approved if entry.declines is not None}
        if declines:
            state.declined.save_all(declines, self._now)
        for number, entry in approved:
            before, after = entry.approval.before, entry.approval.after
            if before is not None and before.key != after.key:
                state.declined.move(before.key, after.key, self._now)
            if entry.left_out:
                names = [change.field for change in entry.left_out]
                state.requests.note_left_out(number, names, self._how.code)
                state.audit.record(
                    self._actor,
                    "request.decline_fields",
                    f"request {number}",
                    self._now,
                    reason=self._how.code,
                    changes=entry.left_out,
                )

    def _void(self, kind: ChangeKind, before: Participant, after: Participant) -> None:
        """Void the events that rest on the edited rows, each with its own audit entry."""
        cases = self._state.cases.load([before.id])
        case = cases[before.id]
        for effect in effects(case, row_edits(kind, before, after), self._how.book):
            case = void(case, effect.event.number)
            about = subject(before.id, about_event(effect.event.number))
            self._state.audit.record(self._actor, "event.void", about, self._now)
        self._state.cases.save(cases, [case_result(cases[before.id], case, self._how.book)], self._now)


def _opening(proposal: Proposal, request: Request, participant: Participant | None) -> NewRequest:
    """Return the new request that a proposal opens for the same person."""
    return NewRequest(
        proposal,
        request.profile,
        request.key,
        request.fingerprint,
        participant,
        hr_profile=request.hr_profile,
        declined_before=request.declined_before,
    )


def _proposal_of(request: Request) -> Proposal:
    """Return what a request proposes."""
    return Proposal(request.kind, request.risk, request.warnings, request.changes, request.effective_date)


def _decline(
    state: SiteState, number: int, request: Request | None, actor: str, now: datetime, code: DeclineCode, note: str
) -> Decision:
    refusal = not_pending(number, request)
    if refusal is not None or request is None:
        return refusal or unknown(number)
    # A note may name people or reasons of health, so it is sealed; the audit trail gets the code only.
    sealed = state.requests.seal_note(number, note)
    decided = {"decline_code": code, "sealed_note": sealed}
    if not state.requests.claim([number], RequestState.DECLINED, actor, now, **decided):
        return too_late(number)
    state.audit.record(actor, "request.decline", f"request {number}", now, reason=code)
    _remember_declined(state, request, now)
    return Decision(number)


def _remember_declined(state: SiteState, request: Request, now: datetime) -> None:
    """Store every value of a declined request, so that none returns before HR changes it (sync-rules 3.7.6)."""
    participant = state.participants.by_keys([request.key]).get(request.key)
    if participant is None:
        return
    hr = request.in_hr
    if request.origin is Origin.DRIFT:
        hr = drifted(hr, participant)
    fields = {change.field for change in changes(hr, participant)}
    before = state.declined.by_keys([request.key]).get(request.key, Declines())
    declines = declining(hr, participant, fields, request.id, before)
    state.declined.save_all({request.key: msgspec.structs.replace(declines, version=participant.version)}, now)
