"""Preview: what the next sync would do, as the last rehearsal on this machine found it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bensync.web.http.context import PageContext

POPULATIONS = ("active", "inactive")
"""The options of a sync of everybody."""
MOST_ROWS = 200
"""How many rows a preview shows."""


class Preview(msgspec.Struct, frozen=True):
    """A plan as a page shows it.

    Attributes:
        fingerprint: names exactly this plan.
        kinds: how many rows of each kind would be sent.
        rows: the first `MOST_ROWS` rows that would be sent.
        held: the rows that a guard holds.
        alarms: why the plan looks like an accident; some of them stop the whole run.
        kept_back: how many employees have a data issue.
        out_of_scope: how many employees are out of scope.
        boxes: the populations that were chosen, from `POPULATIONS`.
    """

    fingerprint: str
    kinds: Mapping[str, int]
    rows: Sequence[Mapping[str, Any]]
    held: Sequence[Mapping[str, Any]]
    alarms: Sequence[Mapping[str, Any]]
    kept_back: int
    out_of_scope: int
    boxes: Sequence[str]

    @property
    def total(self) -> int:
        """How many rows would be sent."""
        return sum(self.kinds.values())

    @property
    def refused(self) -> bool:
        """Whether nothing at all would be sent."""
        return any(alarm["refuses"] for alarm in self.alarms)


def preview_of(context: PageContext) -> Preview | None:
    """Return what the last rehearsal found; None where there is none, or something was done after it."""
    job = context.app.jobs.last_rehearsal(context.site)
    # A rehearsal that failed has an error and no plan.
    plan = job.answer.get("plan") if job is not None and not job.at_work else None
    if job is None or plan is None:
        return None
    # A resync repeats everybody; the rows that change something would be lost among them.
    rows = [row for row in plan["rows"] if row["kind"] != "UNCHANGED"]
    return Preview(
        fingerprint=plan["fingerprint"],
        kinds=dict(Counter(row["kind"] for row in plan["rows"])),
        rows=rows[:MOST_ROWS],
        held=plan["held"],
        alarms=plan["alarms"],
        kept_back=len(plan["issues"]),
        out_of_scope=plan["out_of_scope"],
        boxes=[population for population in POPULATIONS if f"--{population}" in job.words],
    )
