"""Looks for what would fail in a run of events over everybody. Reads only, page by page."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from bensync.benefits.readiness import Gap, person_gaps
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.core.people import Participant
from bensync.state.store import Store

_PAGE = 500


def people_with_gaps(
    store: Store, site: str, book: Rulebook, today: date, mapped: Collection[str] | None
) -> Iterator[tuple[Participant, tuple[Gap, ...]]]:
    """Yield each participant for whom a run of today would fail, by number, with what would fail.

    Args:
        store: the state.
        site: the employer.
        book: their rulebook.
        today: the day.
        mapped: the fields that HR brings; None where that is not known.
    """
    after = 0
    while True:
        with store.read(site) as state:
            numbers = state.cases.everybody(after, _PAGE)
            cases = state.cases.load(numbers)
        for number in numbers:
            gaps = person_gaps(cases[number], book, today, mapped)
            if gaps:
                yield cases[number].participant, gaps
        if len(numbers) < _PAGE:
            return
        after = numbers[-1]
