"""The result of a decision on one request, and the refusals of decisions."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bensync.core.intake.proposals import IntakeRules
from bensync.core.requests import Request, RequestState, Risk, caution_of
from bensync.errors import CONFIRM, NOTHING, RELOAD, DecisionError, Remedy, RemedyKind, run_command
from bensync.wording.cautions import unconfirmed as why_unconfirmed

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


def not_pending(number: int, request: Request | None) -> Decision | None:
    """Return a refusal that names the successor if a request is not pending; None if it is (sync-rules 3.7.3, A-42)."""
    if request is None:
        return unknown(number)
    if request.state is RequestState.PENDING:
        return None
    by = f" by {request.decided_by}" if request.decided_by else ""
    because = f", {request.closed_because}" if request.closed_because else ""
    why = f"It is {request.state.lower()}{by}{because}."
    if request.superseded_by is None:
        return refused(number, why, "Nothing needs to be done.", remedy=NOTHING)
    return refused(number, why, f"Decide request {request.superseded_by} instead.", successor=request.superseded_by)


def unconfirmed(request: Request, rules: IntakeRules, *, touches: bool = False) -> Decision:
    """Refuse a request whose caution nobody confirmed."""
    caution = caution_of(
        request.kind,
        request.risk,
        request.warnings,
        touches=touches,
        processes_benefits=rules.processes_benefits,
    )
    return refused(request.id, why_unconfirmed(caution), _CONFIRM_FIX, remedy=CONFIRM)


def unknown(number: int) -> Decision:
    """Refuse a number that no request of the site has."""
    return refused(
        number,
        "This site has no request with that number.",
        "Run `bensync requests list`.",
        remedy=run_command("requests list"),
    )


def too_late(number: int) -> Decision:
    """Refuse a request that somebody else decided in the meantime (A-45)."""
    return refused(number, "Somebody else decided it first.", "Look at the request again.", remedy=RELOAD)


def refused(number: int, why: str, fix: str, *, successor: int | None = None, remedy: Remedy | None = None) -> Decision:
    """Return the decision that was not made, with the reason and its remedy."""
    if successor is not None:
        remedy = Remedy(RemedyKind.SEE_REQUEST, request=successor)
    error = DecisionError(f"Request {number} was not decided.", why, fix, remedy=remedy)
    return Decision(number, error, successor)


def bulk_approvable(requests: Iterable[Request]) -> list[int]:
    """Return the numbers of requests that may be approved in bulk: none of HIGH risk (sync-rules 3.7.4, A-46)."""
    return [request.id for request in requests if request.risk is not Risk.HIGH]
