"""take_stock(): participants without events begin as a snapshot leaves them: with their program, and no coverage."""

from __future__ import annotations

from datetime import datetime

from bensync.benefits.process import Day
from bensync.benefits.run import begin, outcome
from bensync.state.work import Work

_PAGE = 500


def take_stock(work: Work, day: Day, now: datetime) -> int:
    """Give every participant without events the closed event of the snapshot (S3-14, S3-15); returns how many."""
    total = after = 0
    while ids := work.cases.eventless(after, _PAGE):
        before = work.cases.load(ids)
        work.cases.save(before, [outcome(case, begin(case, day), day.book) for case in before.values()], now)
        total, after = total + len(ids), ids[-1]
    return total
