"""The right that each command needs; a command that is missing here is refused (default deny)."""

from __future__ import annotations

from collections.abc import Mapping

from bensync.core.access import Right

# Commands that only read the configuration, set up the machine, or run a service: none acts for a person on a site.
_SERVICES = ("check", "connectors", "daemon", "demo", "init", "migrate", "mapping show", "serve", "sites", "worker")

_RIGHTS: Mapping[str, Right | None] = {
    "plan": Right.RUN,
    "sync": Right.RUN,
    "resync": Right.RUN,
    "snapshot": Right.RUN,
    "intake": Right.RUN,
    "received": Right.SEE_OVERVIEW,
    "status": Right.SEE_OVERVIEW,
    "explain": Right.SEE_PEOPLE,
    "runs": Right.SEE_OVERVIEW,
    "deliveries": Right.SETTLE,
    "deliveries list": Right.SEE_OVERVIEW,
    "deliveries show": Right.SEE_OVERVIEW,
    "issues": Right.SEE_REQUESTS,
    "mapping try": Right.SEE_PEOPLE,
    "requests": Right.DECIDE,
    "requests list": Right.SEE_REQUESTS,
    "requests show": Right.SEE_REQUESTS,
    "people": Right.CORRECT,
    "people list": Right.SEE_PEOPLE,
    "people show": Right.SEE_PEOPLE,
    "events": Right.EVENTS,
    "events list": Right.SEE_PEOPLE,
    "events flagged": Right.SEE_PEOPLE,
    "events terminations": Right.SEE_PEOPLE,
    "events waiting": Right.SEE_PEOPLE,
    "events show": Right.SEE_PEOPLE,
    "events board": Right.SEE_OVERVIEW,
    "events summary": Right.SEE_PEOPLE,
    "passive": Right.EVENTS,
    "passive history": Right.SEE_OVERVIEW,
    "activities": Right.EVENTS,
    "activities list": Right.SEE_PEOPLE,
    "enrollments": Right.EVENTS,
    "enrollments list": Right.SEE_PEOPLE,
    "enrollments show": Right.SEE_PEOPLE,
    "enrollments template": None,
    "enrollments preview": Right.LOAD_COVERAGE,
    "enrollments load": Right.LOAD_COVERAGE,
    "dependents": Right.EVENTS,
    "dependents list": Right.SEE_PEOPLE,
    "cobra": Right.EVENTS,
    "cobra list": Right.SEE_PEOPLE,
    "rules": Right.SEE_PEOPLE,
    "users": Right.MANAGE_USERS,
    "backup": Right.KEYS,
    "restore": Right.KEYS,
    "fsck": Right.VERIFY_AUDIT,
    "drill": Right.KEYS,
    "keys": Right.KEYS,
    "retention": Right.HOLD,
    "retention preview": Right.SEE_AUDIT,
    "retention apply": Right.DELETE_RECORDS,
    "retention holds": Right.SEE_AUDIT,
    "audit": Right.SEE_AUDIT,
    "audit verify": Right.VERIFY_AUDIT,
    "audit head": Right.VERIFY_AUDIT,
    **dict.fromkeys(_SERVICES),
}
"""By the words of a command, or its first word for all others that begin with it; None needs no right."""


def right_of(words: str) -> Right | None:
    """Return the right that a command needs; None for one that needs none.

    Raises:
        KeyError: the command is not listed.
    """
    return _RIGHTS[words] if words in _RIGHTS else _RIGHTS[words.partition(" ")[0]]
