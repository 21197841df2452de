"""Searches for passive events, which time alone makes due: each hit leaves an activity, and each search is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import msgspec

from bensync.benefits.engine.passive_events import Search, search, search_dependents
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.rulebook.tables import PassiveEvent
from bensync.benefits.values.cases import Case
from bensync.core.people import Participant
from bensync.errors import DecisionError
from bensync.pipeline.context import SiteContext
from bensync.state.site_state import SiteState

_PAGE = 500


class SiteSearchResult(msgspec.Struct, frozen=True):
    """A search with its hits, and the earlier searches whose days it repeats; no participant is found twice."""

    search: Search
    overlaps: tuple[Search, ...]


def search_site(
    context: SiteContext, book: Rulebook, code: str, begin: date, end: date, actor: str, now: datetime
) -> SiteSearchResult:
    """Search one passive event between two days, both included (S3-92 to S3-97).

    Raises:
        DecisionError: the rulebook has no such passive event, or the range ends before it begins.
    """
    passive = next((event for event in book.passive if event.code == code), None)
    if passive is None:
        codes = ", ".join(event.code for event in book.passive) or "none"
        raise DecisionError(f"There is no passive event {code}.", f"The rulebook has: {codes}.", "Check the spelling.")
    with context.write("events.seek") as state:
        result = _search(state, book, passive, begin, end, actor, now)
        state.audit.record(actor, "passive.run", f"{code}, {begin} to {end}", now)
    return result


def search_due(context: SiteContext, book: Rulebook, actor: str, now: datetime) -> None:
    """Search each passive event from the day after its last search; the first search covers today alone."""
    today = now.date()
    with context.write("events.search") as state:
        last: dict[str, date] = {}
        for earlier in state.cases.searches():
            last[earlier.passive] = max(earlier.end, last.get(earlier.passive, earlier.end))
        for passive in book.passive:
            begin = last.get(passive.code, today - timedelta(days=1)) + timedelta(days=1)
            if begin <= today:
                _search(state, book, passive, begin, today, actor, now)


def _search(
    state: SiteState, book: Rulebook, passive: PassiveEvent, begin: date, end: date, actor: str, now: datetime
) -> SiteSearchResult:
    history = state.cases.searches()
    if passive.group:
        group = book.dependent_groups[passive.group]
        hits = search_dependents(passive, group, _families(state), begin, end, history)
    else:
        hits = search(passive, _everybody(state), begin, end, history)
    for participant_id, activity in hits.activities:
        state.cases.add(participant_id, None, [activity])
    state.cases.keep_search(hits.search, actor, now)
    if hits.activities:
        # In the same transaction: the next run processes the activities even if this process dies now (decision 49).
        state.event_runs.call(now)
    return SiteSearchResult(hits.search, hits.overlaps)


def _families(state: SiteState) -> Iterator[Case]:
    """Yield the cases of all participants with dependents, page by page."""
    after = 0
    while ids := state.cases.with_dependents(after, _PAGE):
        yield from state.cases.load(ids).values()
        after = ids[-1]


def _everybody(state: SiteState) -> Iterator[Participant]:
    """Yield all participants, page by page."""
    after = 0
    while ids := state.cases.everybody(after, _PAGE):
        yield from state.participants.by_ids(ids).values()
        after = ids[-1]
