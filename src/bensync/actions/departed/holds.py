"""Places and releases legal holds: nothing about the person is deleted while one is in force."""

from __future__ import annotations

from datetime import datetime

from bensync.actions.authorization import authorize, require_reason
from bensync.core.access import Actor, Right
from bensync.errors import DecisionError, run_command
from bensync.state.retention.holds import PLACE, RELEASE
from bensync.state.store import Store


def hold(store: Store, site: str, employee_id: str, reason: str, actor: Actor, now: datetime) -> None:
    """Place a legal hold on an HR employee, under every SSN and employee id that they have or had.

    Args:
        store: the state.
        site: the site.
        employee_id: the HR employee id.
        reason: such as the number of the case; it names nobody.
        actor: the person who places it.
        now: the moment.

    Raises:
        Denied: this actor may not place legal holds.
        DecisionError: nothing is stored about this employee, a hold is in force, or the reason is missing.
    """
    authorize(store, site, actor, Right.HOLD, now)
    reason = require_reason(reason)
    with store.write(site, "hold.place") as state:
        if not state.holds.knows(employee_id):
            raise DecisionError(
                f"No legal hold was placed on employee {employee_id}.",
                "Nothing is stored about an HR employee with this id.",
                "Check the id with `bensync people list` or `bensync explain`.",
                remedy=run_command("people list"),
            )
        state.holds.place(employee_id, reason, actor.name, now)
        state.audit.record(actor.name, PLACE, f"employee {employee_id}", now, reason=reason)


def release_hold(store: Store, site: str, employee_id: str, reason: str, actor: Actor, now: datetime) -> None:
    """Release the legal hold of an HR employee; from now on the retention periods apply to them again.

    Args:
        store: the state.
        site: the site.
        employee_id: the HR employee id.
        reason: why; it names nobody.
        actor: the person who releases it.
        now: the moment.

    Raises:
        Denied: this actor may not release legal holds.
        DecisionError: no hold is in force, or the reason is missing.
    """
    authorize(store, site, actor, Right.HOLD, now)
    reason = require_reason(reason)
    with store.write(site, "hold.release") as state:
        state.holds.release(employee_id, actor.name, now)
        state.audit.record(actor.name, RELEASE, f"employee {employee_id}", now, reason=reason)
