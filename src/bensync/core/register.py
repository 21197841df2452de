"""apply(): what an approval makes of a participant (sync-rules 3.8). Creates no enrollment, dependent or login."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from bensync.core.model import (
    Activity,
    FieldChange,
    Kind,
    Participant,
    Profile,
    Standing,
    Status,
    gap_begin,
    last_hire,
    termination_date,
)

TRIGGERS = {
    **dict.fromkeys(("postal_code", "state", "country"), "ADR"),
    **dict.fromkeys(
        (
            "job_code",
            "job_title",
            "employment_status",
            "employee_class",
            "full_part_time",
            "regular_temporary",
            "fte",
            "standard_hours",
            "pay_rate",
            "pay_type",
            "pay_frequency",
            "pay_group",
            "grade",
            "step",
            "salary_plan",
            "union_code",
            "company",
            "location",
        ),
        "MSC",
    ),
    "birth_date": "INFO",
}
"""Field -> event class of the activity that its approved change leaves; a field that is not here triggers nothing."""


class Applied(msgspec.Struct, frozen=True):
    """The participant after an approval (``id`` 0 where they are new), and the traces it leaves."""

    participant: Participant
    activities: tuple[Activity, ...]


def apply(
    kind: Kind,
    profile: Profile,
    key: bytes,
    participant: Participant | None,
    changes: Sequence[FieldChange],
    effective_date: date,
    as_of: date,
) -> Applied:
    """Carry out one approved request.

    Args:
        kind: the kind of the request.
        profile: what it proposes.
        key: the SSN key of the proposal; another one than the participant's re-keys them (model L12).
        participant: the participant as they are now; None for NEW.
        changes: what differs between the two.
        effective_date: the day from which it counts.
        as_of: the day of the decision.
    """
    standing = Standing.ACTIVE if profile.status is Status.ACTIVE else Standing.TERMINATED
    if kind is Kind.TERMINATE or (kind is Kind.NEW and standing is Standing.TERMINATED):
        ended: date | None = effective_date
    elif standing is Standing.ACTIVE:
        ended = None
    else:
        ended = termination_date(profile.values) or (participant.termination_date if participant else None)
    after = Participant(
        id=participant.id if participant else 0,
        key=key,
        standing=standing,
        profile=profile,
        hire_date=last_hire(profile.values),
        termination_date=ended,
        version=participant.version + 1 if participant else 1,
        program=participant.program if participant else "NOB",
        benefit_record=participant.benefit_record if participant else 0,
    )
    return Applied(after, _activities(kind, after, participant, changes, effective_date, as_of))


def _activities(
    kind: Kind,
    after: Participant,
    before: Participant | None,
    changes: Sequence[FieldChange],
    effective_date: date,
    as_of: date,
) -> tuple[Activity, ...]:
    if kind is Kind.NEW:
        return (Activity("HIR", effective_date, "hire"),) if after.standing is Standing.ACTIVE else ()
    if kind is Kind.TERMINATE:
        return (Activity("TER", effective_date, "termination", final=True),)
    if kind is Kind.REHIRE:
        hired = Activity("HIR", effective_date, "rehire")
        left = gap_begin(after.profile)
        came_back = before is not None and before.standing is Standing.ACTIVE and left is not None
        return (Activity("TER", left or effective_date, "termination", final=True), hired) if came_back else (hired,)
    if kind is Kind.REACTIVATE:
        return (Activity("MSC", as_of, "reactivation"),)
    classes = {TRIGGERS[change.field] for change in changes if change.field in TRIGGERS}
    return tuple(Activity(event_class, as_of, "change") for event_class in sorted(classes))
