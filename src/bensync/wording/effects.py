"""What follows from a decision, said before it is made: the question, its effects, its caution (S0-21, S0-26)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from bensync.core.changes import ChangeKind
from bensync.core.requests import RequestState, Risk, WarningCode
from bensync.state.read.lists import RequestView
from bensync.wording.sync import day


class Effects(msgspec.Struct, frozen=True):
    """What a page says beside the buttons of a request.

    Attributes:
        question: what is asked, in one sentence.
        approving: what happens on approval, one sentence each.
        declining: what happens on a decline.
        caution: what must be read and accepted first; empty for the harmless.
        regret: how a wrong approval is fixed, honestly.
    """

    question: str
    approving: Sequence[str]
    declining: Sequence[str]
    caution: str
    regret: str


def effects(view: RequestView, name: str, *, foreseen: bool = False, touches: bool = False) -> Effects:
    """The effects of one request on somebody.

    Args:
        view: the request.
        name: what the person is called.
        foreseen: whether the page says by itself what follows for coverage.
        touches: whether it changes what a benefit event rests on that was worked off.
    """
    told = _told(view)[:1] if foreseen and view.kind in _FORESEEN else _told(view)
    approving = [sentence.format(name=name, day=day(view.effective_date)) for sentence in told]
    if WarningCode.GAP in view.warnings:
        approving.append("They left and came back between two updates: look for a gap in their coverage.")
    return Effects(
        question=_question(view, name),
        approving=approving,
        declining=(
            f"Nothing changes for {name} on the benefits side.",
            "Nobody asks again until something about this person changes in HR.",
        ),
        caution=_caution(view, name, touches=touches) if view.state is RequestState.PENDING else "",
        regret=_REGRETS.get(view.kind, _REGRET),
    )


def _told(view: RequestView) -> Sequence[str]:
    if WarningCode.POSSIBLE_DUPLICATE in view.warnings:
        return _ONE_OR_TWO
    return (_ARRIVES_GONE,) if WarningCode.INACTIVE_NEW in view.warnings else _APPROVING[view.kind]


def _question(view: RequestView, name: str) -> str:
    if WarningCode.POSSIBLE_DUPLICATE in view.warnings:
        return f"Is this {name} somebody you know already, with another SSN?"
    if WarningCode.IDENTITY_CHANGED in view.warnings:
        return f"This SSN belonged to another employee. Is it now {name}’s?"
    return _QUESTIONS[view.kind].format(name=name)


def _caution(view: RequestView, name: str, *, touches: bool) -> str:
    if view.risk is not Risk.HIGH and not touches:
        return ""
    if view.kind is ChangeKind.TERMINATE:
        return f"I have read that this ends all of {name}’s benefits, and that every affected carrier is told."
    if view.kind is ChangeKind.REACTIVATE:
        return f"I have read that this makes {name} active again, and that ended coverages stay ended."
    if WarningCode.POSSIBLE_DUPLICATE in view.warnings:
        return "I have compared both people, and know whether they are one."
    if WarningCode.IDENTITY_CHANGED not in view.warnings and (touches or WarningCode.TOUCHES_EVENT in view.warnings):
        return f"I have read what becomes of {name}’s benefit events."
    return "I have compared names and birth dates, and this SSN belongs to this person."


_APPROVING: Mapping[ChangeKind, Sequence[str]] = {
    ChangeKind.NEW: (
        "{name} becomes a participant, hired {day}.",
        "No coverage begins by this alone: it is elected later.",
    ),
    ChangeKind.UPDATE: (
        "{name}’s details become those of the right column.",
        "No coverage begins or ends by this alone.",
    ),
    ChangeKind.TERMINATE: (
        "This ends {name}’s benefits. They count as terminated from {day}.",
        "Every affected carrier is told that coverage ends.",
    ),
    ChangeKind.REACTIVATE: (
        "{name}, who is terminated here, becomes active again.",
        "Coverages that have ended stay ended; they must be elected anew.",
    ),
    ChangeKind.REHIRE: (
        "{name} becomes active again, rehired {day}.",
        "Earlier coverages stay ended; new ones are elected.",
    ),
    ChangeKind.CORRECTION: (
        "The past of {name} is rewritten as HR has it now.",
        "What is true today does not change.",
    ),
}
_FORESEEN = frozenset({ChangeKind.NEW, ChangeKind.UPDATE, ChangeKind.CORRECTION})
"""Kinds whose first sentence is about the person, and the others about coverage."""
_ONE_OR_TWO = (
    "Same person: {name} keeps everything they have here, and gets the new SSN.",
    "Somebody else: a second participant is added, and the first one stays as they are.",
)
_ARRIVES_GONE = "{name} is added, but as somebody who has left already. No coverage begins."
_QUESTIONS: Mapping[ChangeKind, str] = {
    ChangeKind.NEW: "Add {name} as a new participant?",
    ChangeKind.UPDATE: "Take over these new details of {name}?",
    ChangeKind.TERMINATE: "End the benefits of {name}?",
    ChangeKind.REACTIVATE: "Make {name} active again?",
    ChangeKind.REHIRE: "Take {name} back as a rehire?",
    ChangeKind.CORRECTION: "Rewrite the past of {name}?",
}
_REGRET = (
    "There is no undo button. If an approval was wrong, correct HR, and the next update asks you again; or correct the "
    "person by hand on their page, which is kept in the audit trail."
)
_REGRETS: Mapping[ChangeKind, str] = {
    ChangeKind.TERMINATE: (
        "There is no undo button. A wrong termination is fixed with “Reinstate” on the person’s page, but coverages "
        "that ended stay ended, and carriers that were told must be told again."
    ),
    ChangeKind.NEW: (
        "There is no undo button. A person added by mistake is ended with “Terminate” on their page; they stay in the "
        "register with their history."
    ),
}
