"""admit(): nobody does anything without the right to; whoever tries is in the audit trail (sync-rules 3.7.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from bensync.core.access import RIGHTS, Actor, Right
from bensync.errors import ASK_OWNER, FRESH_CODE, SECOND_PERSON, DecisionError, Denied, StepUpNeeded
from bensync.state.audit.entries import PendingApproval, pending_approvals
from bensync.state.site_state import SiteState
from bensync.state.store import Store

_TWO_WITHIN = timedelta(days=1)

ACCOUNTS = ("users.add", "users.grant", "users.reset", "users.enable", "users.token")
RELEASES = ("plan.allow",)
KEYS = ("keys.rotate", "keys.retire")
EVERY_ACT = (*ACCOUNTS, *RELEASES, *KEYS)
"""What may take two people."""


def authorize(
    store: Store,
    site: str,
    actor: Actor,
    right: Right,
    now: datetime,
    approvers: Collection[str] = (),
) -> None:
    """Let pass whoever has a right: by role when they are signed in, at the terminal by name (A-47).

    Args:
        store: the state.
        site: where they want to use it.
        actor: who it is.
        right: what they need.
        now: the moment.
        approvers: who may, of those at the terminal; empty for everybody who can run the command.

    Raises:
        Denied: they may not, and the attempt was written down.
        StepUpNeeded: they may, after a fresh code.
    """
    if not actor.may(right, site):
        refuse(store, site, actor, right, now, "no such right")
        raise Denied(
            f"{actor.name} may not {RIGHTS[right]}",
            "none of their roles here allows it",
            "ask the Data Owner",
            remedy=ASK_OWNER,
        )
    if not actor.signed_in and approvers and actor.name not in approvers:
        refuse(store, site, actor, right, now, "not an approver")
        why = "the site names its approvers, and this is none of them"
        raise Denied(f"The user {actor.name} may not decide here", why, f"ask one of: {', '.join(sorted(approvers))}")
    if actor.must_step_up(right):
        raise StepUpNeeded(
            f"A fresh code is needed to {RIGHTS[right]}",
            "the last one is too long ago",
            "enter one of your phone",
            remedy=FRESH_CODE,
        )


def require_second_person(
    store: Store, site: str, actor: Actor, act: str, subject: str, now: datetime, lasting: timedelta = timedelta(0)
) -> None:
    """Let pass the second of two people who want exactly the same within a day; the first is written down.

    The audit trail is the memory: nobody can put a first step into it, or take one away, unseen.

    Args:
        store: the state.
        site: where.
        actor: who wants it now.
        act: what, as the trail calls it.
        subject: exactly what of.
        now: the moment.
        lasting: how long after the second step the same may be done again, to finish it.

    Raises:
        DecisionError: somebody else must want it, too.
    """
    with store.write(site, "admission.two") as work:
        last = work.audit.steps(act, subject, now - _TWO_WITHIN)
        if last is not None and last.done and now - last.at < lasting:
            return
        if last is not None and not last.done and last.actor.casefold() != actor.name.casefold():
            work.audit.record(actor.name, f"{act}.second", subject, now)
            return
        if last is None or last.done:
            work.audit.record(actor.name, f"{act}.first", subject, now)
    why = f"this takes two people, and {actor.name} is the first"
    raise DecisionError(
        "It waits for a second person", why, "let another one do exactly the same within a day", remedy=SECOND_PERSON
    )


def waiting(work: SiteState, now: datetime, acts: Iterable[str]) -> list[PendingApproval]:
    """Which of these acts wait for a second person at a site, so that this one sees what to look at."""
    return work.audit.pending_approvals(acts, now - _TWO_WITHIN)


def waiting_everywhere(store: Store, sites: Iterable[str], now: datetime, acts: Iterable[str]) -> list[PendingApproval]:
    """The same for many sites at once, told one after the other."""
    with store.whole() as connection:
        return pending_approvals(connection, sites, acts, now - _TWO_WITHIN)


def refuse(store: Store, site: str, actor: Actor, right: Right, now: datetime, reason: str) -> None:
    """Write down that somebody tried what they may not do."""
    verb = "decision.refused" if right is Right.DECIDE else f"{right}.refused"
    with store.write(site, "admission.refuse") as work:
        work.audit.record(actor.name, verb, f"site {site}", now, reason=reason)
