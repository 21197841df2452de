"""authorize(): lets nobody act without the right to, and records each refusal in the audit trail (sync-rules 3.7.1)."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from bensync.core.access import RIGHTS, Actor, Right, is_same_person
from bensync.core.values.limits import SHORTEST_REASON
from bensync.errors import (
    ASK_OPERATOR,
    ASK_OWNER,
    FRESH_CODE,
    GIVE_REASON,
    SECOND_PERSON,
    DecisionError,
    Denied,
    StepUpNeeded,
)
from bensync.state.audit.entries import PendingApproval, pending_approvals
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.site_state import SiteState
from bensync.state.store import Store

_TWO_WITHIN = timedelta(days=1)
INDEPENDENT_AFTER = timedelta(days=7)
"""For so long, a person cannot be the second beside somebody who added, reset or enabled their account."""

_ORDER = b"order"
_ORDER_LASTS = timedelta(days=1)
"""A run can wait for a worker for so long."""

ACCOUNTS = ("users.add", "users.grant", "users.reset", "users.enable", "users.token")
RELEASES = ("plan.allow",)
KEYS = ("keys.rotate", "keys.retire")
RETENTION = ("retention.apply",)
SSN_CORRECTION = "ssn.correct"
"""The verb of a manual correction of an SSN, which always takes two people."""
TERMINATION, REINSTATEMENT = "participant.terminate", "participant.reinstate"
"""The verbs of manual changes that take two people where the approval of such a request does."""
PEOPLE = (SSN_CORRECTION, TERMINATION, REINSTATEMENT)
EVERY_ACT = (*ACCOUNTS, *RELEASES, *KEYS, *RETENTION, *PEOPLE)
"""The acts that need two people, always or by `second_approver` of the site."""


def authorize(
    store: Store,
    site: str,
    actor: Actor,
    right: Right,
    now: datetime,
    approvers: Collection[str] = (),
) -> None:
    """Check a right: by role for a person who is signed in, by the configuration on the command line (A-47).

    Args:
        store: the state.
        site: the site on which the right is needed.
        actor: the person.
        right: the right that they need.
        now: the time of the attempt.
        approvers: the names that may pass on the command line; empty for everybody who can run the command.

    Raises:
        Denied: they do not have the right; the attempt is in the audit trail.
        StepUpNeeded: they have the right, after a fresh code.
    """
    if not actor.may(right, site):
        refuse(store, site, actor, right, now, "no such right")
        raise _without(actor, right)
    if not actor.signed_in and approvers and (actor.acts_as or actor.name) not in approvers:
        refuse(store, site, actor, right, now, "not an approver")
        why = "Only the approvers that the site names decide here."
        raise Denied(f"The user {actor.name} may not decide here.", why, f"Ask one of: {', '.join(sorted(approvers))}.")
    # After the refusals: a person without the right is not asked for a code that would not help them.
    if actor.must_step_up(right):
        raise StepUpNeeded(
            f"A fresh code is needed to {RIGHTS[right]}.",
            "Their last code is too old.",
            "Enter the current code of your authenticator app.",
            remedy=FRESH_CODE,
        )


def _without(actor: Actor, right: Right) -> Denied:
    what = f"{actor.name} may not {RIGHTS[right]}."
    if actor.signed_in:
        return Denied(what, "None of their roles here allows it.", "Ask the Data Owner.", remedy=ASK_OWNER)
    why = "The configuration does not give this right to the system's user on the command line."
    fix = f'Ask the owner of the configuration to add "{right}" to their entry in [command_line.users].'
    return Denied(what, why, fix, remedy=ASK_OPERATOR)


def require_second_person(
    store: Store, site: str, actor: Actor, act: str, subject: str, now: datetime, lasting: timedelta = timedelta(0)
) -> None:
    """Pass if another person asked for exactly the same within a day; otherwise record this request as the first.

    The first step is an entry of the chained audit trail, so that nobody can forge or remove one unseen (decision 40).

    Args:
        store: the state.
        site: the site whose trail holds the steps.
        actor: the person who asks now.
        act: the verb of the act in the trail.
        subject: the exact object of the act; another object is another act.
        now: the time of the request.
        lasting: how long after the second step the act may be repeated, to finish it.

    Raises:
        DecisionError: a second person must ask for the same.
    """
    with store.write(site, "admission.two") as state:
        last = state.audit.steps(act, subject, now - _TWO_WITHIN)
        # A rotation of keys may need more than one try; the two people need not ask again for each.
        if last is not None and last.done and now - last.at < lasting:
            return
        if last is not None and not last.done and not is_same_person(last.actor, actor.name):
            if (error := dependence(state, last.actor, actor.name, now)) is not None:
                raise error
            state.audit.record(actor.name, f"{act}.second", subject, now)
            return
        # A second request of the same person adds no entry, and does not extend the day.
        if last is None or last.done:
            state.audit.record(actor.name, f"{act}.first", subject, now)
    # Raised after the transaction: inside, it would roll back the first step with it.
    why = f"This takes two people, and {actor.name} is the first."
    raise DecisionError(
        "The change waits for a second person.",
        why,
        "Ask another person to do exactly the same within a day.",
        remedy=SECOND_PERSON,
    )


def dependence(state: SiteState, first: str, second: str, now: datetime) -> DecisionError | None:
    """Return the refusal of a second person who may be the first under another name; None if they are independent."""
    if not state.audit.made_account(first, second, now - INDEPENDENT_AFTER):
        return None
    what = f"{second} cannot be the second person beside {first}."
    why = f"One of them added, reset or enabled the account of the other within {INDEPENDENT_AFTER.days} days."
    return DecisionError(what, why, "Ask another person to do exactly the same.", remedy=SECOND_PERSON)


def waiting(state: SiteState, now: datetime, acts: Iterable[str]) -> list[PendingApproval]:
    """Return the acts of a site that wait for a second person."""
    return state.audit.pending_approvals(acts, now - _TWO_WITHIN)


def waiting_everywhere(store: Store, sites: Iterable[str], now: datetime, acts: Iterable[str]) -> list[PendingApproval]:
    """Return the acts that wait for a second person, of many sites in one read, site after site."""
    with store.whole() as connection:
        return pending_approvals(connection, sites, acts, now - _TWO_WITHIN)


def refuse(store: Store, site: str, actor: Actor, right: Right, now: datetime, reason: str) -> None:
    """Record an attempt without the right in the audit trail of the site."""
    verb = "decision.refused" if right is Right.DECIDE else f"{right}.refused"
    with store.write(site, "admission.refuse") as state:
        state.audit.record(actor.name, verb, f"site {site}", now, reason=reason)


def require_reason(reason: str, what: str = "Nothing was changed.") -> str:
    """Return a reason without the space around it.

    Raises:
        DecisionError: it has fewer than `SHORTEST_REASON` letters; ``what`` says what was not done.
    """
    trimmed = reason.strip()
    if len(trimmed) < SHORTEST_REASON:
        raise DecisionError(
            what, "No reason was given.", "Give the reason in a few words with --reason.", remedy=GIVE_REASON
        )
    return trimmed


def sign_order(store: Store, site: str, command: str, actor: str) -> str:
    """Return the order of an authorized person to run a command, such as ``sync``, at a site.

    The process that does the run reads the order from `ORDER_VARIABLE`; without one, the run is that of its service.
    """
    at = int(datetime.now(UTC).timestamp())
    return f"{at}:{_order_mac(store, site, command, actor, at)}:{actor}"


def actor_of_order(store: Store, order: str, site: str, command: str) -> str:
    """Return who gave an order; empty if it is not for this command and site, is old, or has no valid MAC."""
    at, _, rest = order.partition(":")
    mac, _, actor = rest.partition(":")
    if not at.isdecimal() or len(at) > 12 or not mac.isascii():
        return ""
    age = datetime.now(UTC).timestamp() - int(at)
    valid = hmac.compare_digest(mac, _order_mac(store, site, command, actor, int(at)))
    return actor if valid and abs(age) < _ORDER_LASTS.total_seconds() else ""


def _order_mac(store: Store, site: str, command: str, actor: str, at: int) -> str:
    return store.vault(DEPLOYMENT).mac(msgspec.json.encode([site, command, actor, at]), _ORDER).hex()
