"""Searches for passive events: what became due by time alone leaves activities, and a search is kept with its hits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import msgspec

from bensync.benefits.engine.passive import Search, search
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.rulebook.tables import PassiveEvent
from bensync.core.people import Participant
from bensync.errors import DecisionError
from bensync.pipeline.context import SiteContext
from bensync.state.site_state import SiteState

_PAGE = 500


class SiteSearchResult(msgspec.Struct, frozen=True):
    """What a search found: whom, by number, and earlier searches whose days it repeats; nobody is found twice."""

    search: Search
    overlaps: tuple[Search, ...]


def search_site(
    place: SiteContext, book: Rulebook, code: str, begin: date, end: date, actor: str, now: datetime
) -> SiteSearchResult:
    """Look for one passive event between two days, both included (S3-92 to S3-97).

    Raises:
        DecisionError: the rulebook has no such passive event, or the range ends before it begins.
    """
    passive = next((one for one in book.passive if one.code == code), None)
    if passive is None:
        known = ", ".join(one.code for one in book.passive) or "none"
        raise DecisionError(f"There is no passive event {code}", f"the rulebook has: {known}", "check the spelling")
    with place.write("events.seek") as work:
        found = _sought(work, passive, begin, end, actor, now)
        work.audit.record(actor, "passive.run", f"{code}, {begin} to {end}", now)
    return found


def search_due(place: SiteContext, book: Rulebook, actor: str, now: datetime) -> None:
    """Look for whatever became due since the last search of its kind; the first one looks at today alone."""
    today = now.date()
    with place.write("events.search") as work:
        last: dict[str, date] = {}
        for one in work.cases.searches():
            last[one.passive] = max(one.end, last.get(one.passive, one.end))
        for passive in book.passive:
            begin = last.get(passive.code, today - timedelta(days=1)) + timedelta(days=1)
            if begin <= today:
                _sought(work, passive, begin, today, actor, now)


def _sought(
    work: SiteState, passive: PassiveEvent, begin: date, end: date, actor: str, now: datetime
) -> SiteSearchResult:
    hits = search(passive, _everybody(work), begin, end, work.cases.searches())
    for participant_id, activity in hits.activities:
        work.cases.add(participant_id, None, [activity])
    work.cases.keep_search(hits.search, actor, now)
    if hits.activities:
        work.event_runs.call(now)
    return SiteSearchResult(hits.search, hits.overlaps)


def _everybody(work: SiteState) -> Iterator[Participant]:
    """All participants, page by page."""
    after = 0
    while ids := work.cases.everybody(after, _PAGE):
        yield from work.participants.by_ids(ids).values()
        after = ids[-1]
