"""The shape of an outlook: what approving a request would do to coverage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from bensync.api_shapes.base import Shape, copied
from bensync.api_shapes.benefits.coverage import Terms, terms
from bensync.api_shapes.benefits.events import Remark, remark
from bensync.api_shapes.requests import Request, request
from bensync.benefits.values.events import Flag

if TYPE_CHECKING:
    from bensync.benefits.engine import outlook as engine
    from bensync.state.read.lists import RequestView


class Shift(Shape):
    """Days on which the coverage of a plan type would change; null is no coverage."""

    plan_type: str
    begin: date
    until: date | None
    before: Terms | None
    after: Terms | None


class DisturbedEvent(Shape):
    """An event that must be reviewed afterwards, and how many coverage rows voiding it would reverse."""

    event: int
    flags: list[Flag]
    rows: int


class Outlook(Shape):
    """What approving a request would do to coverage."""

    shifts: list[Shift]
    cobra: list[date] = Field(description="days from which COBRA opens")
    offers: list[str] = Field(description="plan types that may be chosen")
    stops: bool = Field(description="it would end every coverage, and waits for a person")
    disturbed: list[DisturbedEvent]
    remarks: list[Remark]
    carriers: list[str]
    sentences: list[str] = Field(description="the same in words, as the pages show it")


class RequestDetail(Request):
    """One request with what approving it would do to coverage."""

    outlook: Outlook | None = Field(description="null where nothing can be foreseen")


def outlook(result: engine.Outlook, sentences: Sequence[str], *, figures: bool = True) -> Outlook:
    """Return what an approval would do to coverage.

    Args:
        result: what the engine found.
        sentences: the same in words.
        figures: whether the role sees sums and contributions.
    """
    return Outlook(
        shifts=[
            copied(
                Shift,
                shift,
                before=terms(shift.before, figures=figures) if shift.before is not None else None,
                after=terms(shift.after, figures=figures) if shift.after is not None else None,
            )
            for shift in result.shifts
        ],
        cobra=[record.occurrence_date for record in result.cobra],
        # Several events may offer the same plan type; sorted, so that the same outlook is the same JSON.
        offers=sorted({offer.plan_type for _, offer in result.offers}),
        stops=bool(result.stops),
        disturbed=[
            DisturbedEvent(event=entry.event.number, flags=sorted(entry.flags), rows=len(entry.rows))
            for entry in result.disturbed
        ],
        remarks=[remark(line) for line in result.remarks],
        carriers=list(result.carriers),
        sentences=list(sentences),
    )


def request_detail(
    view: RequestView, foreseen: Outlook | None, *, touches: bool = False, processes_benefits: bool = True
) -> RequestDetail:
    """Return one request with what approving it would do to coverage.

    Args:
        view: the request.
        foreseen: what approving it would do; None where nobody can say.
        touches: whether it changes data that a processed benefit event is based on.
        processes_benefits: whether the site has a rulebook.
    """
    shape = request(view, touches=touches, processes_benefits=processes_benefits)
    return RequestDetail(**dict(shape), outlook=foreseen)
