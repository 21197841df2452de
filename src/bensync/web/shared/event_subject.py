"""EventSubject: the participant, the case and the event that a page of an event is about."""

from __future__ import annotations

import msgspec

from bensync.benefits.engine.approval_activities import rests_on
from bensync.benefits.values.cases import Case
from bensync.benefits.values.events import Event
from bensync.state.read.lists import PersonView
from bensync.state.site_state import SiteState
from bensync.web.http.context import NotFound, PageContext


class EventSubject(msgspec.Struct, frozen=True):
    """The subject of a page about an event; ``blocked`` are the numbers of requests that must be decided first."""

    who: PersonView
    case: Case
    event: Event
    blocked: tuple[int, ...] = ()


def subject_of(context: PageContext, state: SiteState, number: int, event: int) -> EventSubject:
    """Return what a page of this event is about.

    Raises:
        NotFound: there is no such participant or event.
    """
    detail = state.filtered.person(number)
    case = state.cases.load([number]).get(number)
    entry = next((entry for entry in case.events if entry.number == event), None) if case is not None else None
    if detail is None or case is None or entry is None:
        raise NotFound
    edits = state.cases.pending_edits([number]).get(number, ())
    # A pending request may take back a row that the event rests on; it must be decided before the event.
    blocked = state.filtered.pending_of(number) if any(rests_on(entry, edit) for edit in edits) else ()
    return EventSubject(context.visibility.person(detail.person), case, entry, tuple(blocked))
