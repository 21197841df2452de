"""Effects: what a page says about a decision before it is made: question, effects and caution (S0-21, S0-26)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from bensync.core.changes import ChangeKind
from bensync.core.people import Standing
from bensync.core.requests import RequestState, Risk, WarningCode, caution_of
from bensync.state.read.lists import RequestView
from bensync.wording.cautions import statement
from bensync.wording.sync import day


class Effects(msgspec.Struct, frozen=True):
    """The texts of a page beside the buttons of a request.

    Attributes:
        question: the question to decide, in one sentence.
        approving: the effects of an approval, one sentence each.
        declining: the effects of a decline.
        caution: the statement to confirm first; empty where the risk is low.
        regret: how to fix a wrong approval.
        chosen_caution: the statement to confirm if the status, which was declined before, is chosen after all.
    """

    question: str
    approving: Sequence[str]
    declining: Sequence[str]
    caution: str
    regret: str
    chosen_caution: str = ""


def effects(
    view: RequestView, name: str, *, foreseen: bool = False, touches: bool = False, processes_benefits: bool = True
) -> Effects:
    """Return the effects of one request.

    Args:
        view: the request.
        name: the name of the person.
        foreseen: whether the page shows the effect on coverage separately.
        touches: whether it changes data that a processed benefit event is based on.
        processes_benefits: whether the site has a rulebook; without one, nothing ends by itself and nobody is notified.
    """
    alone = view.kind is ChangeKind.TERMINATE and not processes_benefits
    sentences = (
        _ENDS_NO_COVERAGE
        if alone
        else _sentences(view)[:1]
        if foreseen and view.kind in _FORESEEN
        else _sentences(view)
    )
    approving = [sentence.format(name=name, day=day(view.effective_date)) for sentence in sentences]
    if WarningCode.GAP in view.warnings:
        approving.append("The employee left and came back between two syncs. Check the coverage for a gap.")
    caution = caution_of(view.kind, view.risk, view.warnings, touches=touches, processes_benefits=processes_benefits)
    return Effects(
        question=f"Terminate {name} in the benefits platform?" if alone else _question(view, name),
        approving=approving,
        declining=(
            f"Nothing changes for {name} in the benefits platform.",
            "No new request opens until the employee changes in HR.",
        ),
        caution=statement(caution, name) if view.state is RequestState.PENDING else "",
        regret=_REGRET_ALONE if alone else _REGRETS.get(view.kind, _REGRET),
        chosen_caution=_chosen_caution(view, name, processes_benefits=processes_benefits),
    )


def _chosen_caution(view: RequestView, name: str, *, processes_benefits: bool) -> str:
    status = next((change for change in view.declined_before if change.field == "status"), None)
    if status is None or view.state is not RequestState.PENDING:
        return ""
    kind = ChangeKind.TERMINATE if status.new == Standing.TERMINATED else ChangeKind.REACTIVATE
    caution = caution_of(kind, Risk.HIGH, (), processes_benefits=processes_benefits)
    return f"If you select Status: {statement(caution, name)}"


def _sentences(view: RequestView) -> Sequence[str]:
    if WarningCode.POSSIBLE_DUPLICATE in view.warnings:
        return _ONE_OR_TWO
    return (_ARRIVES_GONE,) if WarningCode.INACTIVE_NEW in view.warnings else _APPROVING[view.kind]


def _question(view: RequestView, name: str) -> str:
    if WarningCode.POSSIBLE_DUPLICATE in view.warnings:
        return f"Is {name} an existing participant with another SSN?"
    if WarningCode.IDENTITY_CHANGED in view.warnings:
        return f"This SSN belonged to another employee. Does it belong to {name} now?"
    return _QUESTIONS[view.kind].format(name=name)


_APPROVING: Mapping[ChangeKind, Sequence[str]] = {
    ChangeKind.NEW: (
        "{name} becomes a participant, hired {day}.",
        "This starts no coverage. Coverage starts when a benefit event is finished.",
    ),
    ChangeKind.UPDATE: (
        "{name} gets the new details from HR.",
        "This starts and ends no coverage.",
    ),
    ChangeKind.TERMINATE: (
        "This ends the benefits of {name}. The termination date is {day}.",
        "bensync lists the affected carriers for the administrators and notifies none of them. Notify each of them.",
    ),
    ChangeKind.REACTIVATE: (
        "{name}, who is terminated in the benefits platform, becomes active again.",
        "Ended coverage stays ended and must be elected again.",
    ),
    ChangeKind.REHIRE: (
        "{name} becomes active again, rehired on {day}.",
        "Earlier coverage stays ended. New coverage must be elected.",
    ),
    ChangeKind.CORRECTION: (
        "The history of {name} is corrected as it is in HR now.",
        "Current details do not change.",
    ),
}
_ENDS_NO_COVERAGE = (
    "{name} becomes terminated in the benefits platform. The termination date is {day}.",
    "This site has no rulebook: bensync ends no coverage, and it notifies no carrier.",
    "Afterwards, end the coverage in your benefits system, notify each carrier, and check whether COBRA applies.",
)
_FORESEEN = frozenset({ChangeKind.NEW, ChangeKind.UPDATE, ChangeKind.CORRECTION})
"""Kinds whose first sentence is about the person, and the others about coverage."""
_ONE_OR_TWO = (
    "Same person: {name} keeps all coverage and gets the new SSN.",
    "Different person: a second participant is added, and the first one does not change.",
)
_ARRIVES_GONE = "{name} is added as a terminated participant. No coverage starts."
_QUESTIONS: Mapping[ChangeKind, str] = {
    ChangeKind.NEW: "Add {name} as a new participant?",
    ChangeKind.UPDATE: "Apply these changes to {name}?",
    ChangeKind.TERMINATE: "End the benefits of {name}?",
    ChangeKind.REACTIVATE: "Reactivate {name}?",
    ChangeKind.REHIRE: "Reactivate {name} as a rehire?",
    ChangeKind.CORRECTION: "Correct the history of {name}?",
}
_REGRET = (
    "You cannot undo an approval. If it was wrong, correct HR, and the next sync opens a new request. Or correct the "
    "participant manually on their page. The correction is recorded in the audit trail."
)
_REGRET_ALONE = (
    "You cannot undo an approval. To fix a wrong termination, use “Reinstate” on the participant’s page, and correct "
    "whatever was ended or sent to carriers outside bensync."
)
_REGRETS: Mapping[ChangeKind, str] = {
    ChangeKind.TERMINATE: (
        "You cannot undo an approval. To fix a wrong termination, use “Reinstate” on the participant’s page. Coverage "
        "that ended stays ended, and a person must notify again each carrier that was notified."
    ),
    ChangeKind.NEW: (
        "You cannot undo an approval. If a participant was added by mistake, use “Terminate” on their page. The "
        "participant and their history are kept."
    ),
}
