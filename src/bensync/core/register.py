"""apply(): what an approval makes of a participant (sync-rules 3.8). Creates no enrollment, dependent or login."""

from __future__ import annotations

from datetime import date

from bensync.core.model import Kind, Participant, Profile, Standing, Status, last_hire, termination_date


def apply(
    kind: Kind, profile: Profile, key: bytes, participant: Participant | None, effective_date: date
) -> Participant:
    """Carry out one approved request; ``id`` is 0 where the participant is new.

    Args:
        kind: the kind of the request.
        profile: what it proposes.
        key: the SSN key of the proposal; another one than the participant's re-keys them (model L12).
        participant: the participant as they are now; None for NEW.
        effective_date: the day from which it counts.
    """
    standing = Standing.ACTIVE if profile.status is Status.ACTIVE else Standing.TERMINATED
    if kind is Kind.TERMINATE or (kind is Kind.NEW and standing is Standing.TERMINATED):
        ended: date | None = effective_date
    elif standing is Standing.ACTIVE:
        ended = None
    else:
        ended = termination_date(profile.values) or (participant.termination_date if participant else None)
    return Participant(
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
