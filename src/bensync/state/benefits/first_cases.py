"""The first cases of the participants of a site, with which its benefit events begin (S3-13)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from bensync.benefits.census.first_cases import initial_case, keeps_hire
from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.run import case_result
from bensync.state.benefits.event_runs import BeganWith

if TYPE_CHECKING:
    from bensync.state.site_state import SiteState

_PAGE = 500


def begin_cases(state: SiteState, day: RunContext, began_with: BeganWith, now: datetime) -> int:
    """Give every participant without events the closed event of a snapshot (S3-14, S3-15); return how many.

    A recent hire keeps its event.
    """
    total = after = 0
    while ids := state.cases.eventless(after, _PAGE):
        before = {number: case for number, case in state.cases.load(ids).items() if not keeps_hire(case, day.today)}
        results = [case_result(case, initial_case(case, day), day.book) for case in before.values()]
        state.cases.save(before, results, now)
        total, after = total + len(before), ids[-1]
    state.event_runs.begin(began_with, now)
    return total
