"""The reason that an action needs for the audit trail."""

from __future__ import annotations

from bensync.core.values.limits import SHORTEST_REASON
from bensync.errors import GIVE_REASON, DecisionError


def require_reason(reason: str, what: str = "Nothing was changed") -> str:
    """Return a reason without the space around it.

    Raises:
        DecisionError: it has fewer than `SHORTEST_REASON` letters; ``what`` says what was not done.
    """
    trimmed = reason.strip()
    if len(trimmed) < SHORTEST_REASON:
        raise DecisionError(what, "no reason was given", "say why in a few words with --reason", remedy=GIVE_REASON)
    return trimmed
