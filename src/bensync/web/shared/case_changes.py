"""Changes of a participant's case as the person on the page, and the reasons that go with them."""

from __future__ import annotations

from bensync.actions import case_edits
from bensync.benefits.engine.run import CaseResult
from bensync.errors import DecisionError
from bensync.web.http.context import PageContext

_SHORTEST_REASON = 5


def change(
    context: PageContext, number: int, verb: str, alter: case_edits.Alteration, about: str = "", reason: str = ""
) -> CaseResult:
    """Alter the case of a participant as the person on the page."""
    book, actor, now = context.book, context.actor, context.now
    return case_edits.change(
        context.store, context.site, number, verb, alter, book, actor, now=now, about=about, reason=reason
    )


def reason_of(context: PageContext) -> str:
    """Return the reason from the form, for the audit trail.

    Raises:
        DecisionError: there is none.
    """
    reason = context.text("reason", 300)
    if len(reason) < _SHORTEST_REASON:
        raise DecisionError("Nothing was changed", "no reason was given", "go back, and say in a few words why")
    return reason
