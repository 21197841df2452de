"""Releases an employee whom HR does not show any more, on the decision of a person (A-88). HR is not changed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bensync.actions.authorization import authorize, require_reason
from bensync.core.access import Actor, Right
from bensync.core.changes import UNSEEN
from bensync.core.people import Standing
from bensync.errors import CONFIRM, DecisionError, run_command
from bensync.state.read.timeline import RELEASE
from bensync.state.store import Store


def release(
    store: Store,
    site: str,
    employee_id: str,
    reason: str,
    actor: Actor,
    now: datetime,
    *,
    confirmed: bool = False,
    approvers: Collection[str] = (),
) -> None:
    """Close the issues of an employee who is gone from HR; no run asks for the employee any more.

    Nothing is terminated and no coverage ends. If HR shows the employee again, the next run reads them as usual.

    Args:
        store: the state.
        site: the site.
        employee_id: the HR employee id.
        reason: why, for the audit trail.
        actor: who releases.
        now: the moment.
        confirmed: whether the person read that a participant stays active.
        approvers: who may correct people on the command line.

    Raises:
        Denied: this actor may not correct people.
        DecisionError: HR shows the employee, the reason is missing, or a participant is active and nobody confirmed.
    """
    authorize(store, site, actor, Right.CORRECT, now, approvers)
    reason = require_reason(reason)
    with store.write(site, "employee.release") as state:
        if UNSEEN.isdisjoint(state.issues.codes_of(employee_id)):
            raise DecisionError(
                f"Employee {employee_id} was not released.",
                "No open issue says that HR does not show this employee.",
                "See `bensync issues list` for the employees who can be released.",
                remedy=run_command("issues list"),
            )
        participants = state.participants.by_ids(state.lists.participants_of(employee_id)).values()
        active = [participant.id for participant in participants if participant.standing is Standing.ACTIVE]
        if active and not confirmed:
            raise DecisionError(
                f"Employee {employee_id} was not released.",
                f"Participant {active[0]} is active, and a release ends no coverage.",
                "Terminate the participant instead, or confirm with --confirm that coverage continues.",
                remedy=CONFIRM,
            )
        state.issues.resolve_all([employee_id], now)
        state.baselines.mark_gone([employee_id])
        state.audit.record(actor.name, RELEASE, f"employee {employee_id}", now, reason=reason)
