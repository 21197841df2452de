"""One retention run of a site in one transaction: a preview is the same run, rolled back."""

from __future__ import annotations

from datetime import date

from bensync.retention.kinds import Periods
from bensync.retention.plan import RetentionPlan
from bensync.state.retention.former_people import delete_former
from bensync.state.retention.history import History
from bensync.state.retention.tally import Tally
from bensync.state.site_state import SiteState


def sweep(state: SiteState, periods: Periods, today: date, *, benefits: bool) -> RetentionPlan:
    """Delete everything of a site whose period is over and that nothing needs; return what was deleted.

    Args:
        state: a transaction of the site that may write.
        periods: how long each kind is kept.
        today: the UTC date that the periods are counted from.
        benefits: whether the site processes benefit events.

    Raises:
        StateError: the legal holds are not those of the audit trail.
    """
    state.holds.refuse_unproven()
    tally = Tally(state.transaction.connection)
    holds = state.holds.count()
    # The people come first: what they leave behind is then judged like everything else.
    kept, employees = delete_former(state, periods, today, tally, benefits=benefits)
    History(state, tally).delete(periods, today)
    return RetentionPlan(
        site=state.site,
        today=today,
        deleted=tally.parts,
        kept=dict(kept),
        employees=tuple(employees),
        holds=holds,
        shared_kept=holds > 0,
    )
