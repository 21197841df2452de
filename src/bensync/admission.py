"""admit(): nobody does anything without the right to; whoever tries is in the audit trail (sync-rules 3.7.1)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bensync.core.access import RIGHTS, Actor, Right
from bensync.errors import Denied, StepUpNeeded
from bensync.state.store import Store


def admit(
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
            f"{actor.name} may not {RIGHTS[right]}", "none of their roles here allows it", "ask the Data Owner"
        )
    if not actor.signed_in and approvers and actor.name not in approvers:
        refuse(store, site, actor, right, now, "not an approver")
        why = "the site names its approvers, and this is none of them"
        raise Denied(f"{actor.name} may not decide here", why, f"ask one of: {', '.join(sorted(approvers))}")
    if actor.must_step_up(right):
        raise StepUpNeeded(
            f"A fresh code is needed to {RIGHTS[right]}", "the last one is too long ago", "enter one of your phone"
        )


def refuse(store: Store, site: str, actor: Actor, right: Right, now: datetime, reason: str) -> None:
    """Write down that somebody tried what they may not do."""
    verb = "decision.refused" if right is Right.DECIDE else f"{right}.refused"
    with store.work(site, "admission.refuse") as work:
        work.journal.audit(actor.name, verb, f"site {site}", now, reason=reason)
