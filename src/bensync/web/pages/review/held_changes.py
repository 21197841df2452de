"""What a guard holds: the exact list, and a person who allows it once or rejects it."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from bensync.actions.authorization import RELEASES, waiting
from bensync.core.access import Right
from bensync.core.changes import IssueCode
from bensync.errors import DecisionError
from bensync.state.site_state import Work
from bensync.web.http.context import Entered, Visit
from bensync.web.pages.sync.synchronize import Preview, preview_of

router = APIRouter()

_VERB = "plan.reject"
_SHORTEST_REASON = 5


@router.get("/sites/{site}/held")
def show(visit: Entered) -> Response:
    """What the last run held, and what would be held now."""
    preview = preview_of(visit)
    with visit.look() as work:
        issues = work.screens.issue_page(1, 500, code=IssueCode.HELD)
        runs = work.screens.run_page(1, 20).items
        tripped = next((run for run in runs if run.alarms), None)
        newer = tripped is not None and any(run.id > tripped.id and run.outcome for run in runs)
        ids = [*(issue.employee_id for issue in issues.items), *(str(row["employee_id"]) for row in _stopped(preview))]
        names = names_of(visit, work, ids)
        halves = waiting(work, visit.now, RELEASES)
        rejected = work.screens.audit_page(1, 1, verb=_VERB, subject=f"plan {preview.fingerprint}") if preview else None
    return visit.page(
        "held.html",
        issues=issues,
        tripped=None if newer and not issues.total else tripped,
        preview=preview,
        stopped=_stopped(preview),
        halves=halves,
        names=names,
        rehearsal=visit.hall.turns.last_rehearsal(visit.site),
        turn=visit.hall.turns.at_work(visit.site),
        rejected=next(iter(rejected.items), None) if rejected else None,
        releases=visit.may(Right.RELEASE),
        decides=visit.may(Right.DECIDE),
        runs=visit.may(Right.RUN),
        needs_code=visit.must_step_up(Right.RELEASE),
        two="release" in visit.hall.deployment.settings.sites[visit.site].second_approver,
    )


@router.post("/sites/{site}/held/allow")
def allow(visit: Entered) -> Response:
    """Let exactly this plan through, once, today."""

    def act() -> Response:
        found = _the_plan(visit)
        if visit.number("count") != len(_stopped(found)):
            why = f"the number typed is not {len(_stopped(found)):,}"
            raise DecisionError("Nothing was allowed", why, "go back, and type how many changes are held")
        boxes = [f"--{box}" for box in found.boxes]
        words = ["resync" if boxes else "sync", *boxes, "--allow", found.fingerprint]
        visit.hall.turns.run(visit.site, words, visit.actor.name, visit.now)
        return visit.go(visit.at("/synchronize"))

    return visit.once(act)


@router.post("/sites/{site}/held/reject")
def reject(visit: Entered) -> Response:
    """Write down that a person looked and said no; the changes stay held until HR is mended."""

    def act() -> Response:
        found, reason = _the_plan(visit), visit.text("reason")
        if len(reason) < _SHORTEST_REASON:
            raise DecisionError("Nothing was rejected", "no reason was given", "go back, and say in a few words why")
        with visit.store.work(visit.site, "plan.reject") as work:
            work.journal.audit(visit.actor.name, _VERB, f"plan {found.fingerprint}", visit.now, reason=reason)
        visit.tell("Rejected. The changes stay held, and every update looks again until HR is corrected.", "plain")
        return visit.go(visit.at("/held"))

    return visit.once(act)


def names_of(visit: Visit, work: Work, employee_ids: list[str]) -> Mapping[str, str]:
    """What people are called who are participants already, as far as these eyes may see it."""
    eyes = visit.eyes
    found = work.register.by_employees(dict.fromkeys(employee_ids))
    return {
        employee: eyes.name(
            " ".join(one.profile.values[part] for part in ("first_name", "last_name") if part in one.profile.values),
            employee,
        )
        for employee, one in found.items()
    }


def _stopped(preview: Preview | None) -> list[Mapping[str, object]]:
    """What stands still: the held rows, or all rows where the whole run is refused."""
    if preview is None or not preview.alarms:
        return []
    return [*preview.rows, *preview.held] if preview.refused else list(preview.held)


def _the_plan(visit: Visit) -> Preview:
    """The plan that the visitor looked at.

    Raises:
        DecisionError: it is another one by now.
    """
    found = preview_of(visit)
    if found is None or found.fingerprint != visit.text("plan"):
        raise DecisionError("Nothing was decided", "what you looked at is not the newest look at HR", "look again")
    return found
