"""What a guard holds: the exact list, and a person who allows it once or rejects it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from bensync.actions.authorization import RELEASES, waiting
from bensync.actions.site import REJECT_PLAN
from bensync.core.access import Right
from bensync.core.changes import IssueCode
from bensync.errors import DecisionError
from bensync.web.http.context import Entered, PageContext
from bensync.web.http.routing import SITE_PAGES, Router
from bensync.web.shared.names import names_by_employee
from bensync.web.shared.preview import Preview, preview_of

route = Router(SITE_PAGES)


@route.get("/held", Right.SEE_REQUESTS)
def show(context: Entered) -> Response:
    """What the last run held, and what would be held now."""
    preview = preview_of(context)
    with context.read() as work:
        issues = work.filtered.issue_page(1, 500, code=IssueCode.HELD)
        runs = work.filtered.run_page(1, 20).items
        tripped = next((run for run in runs if run.alarms), None)
        newer = tripped is not None and any(run.id > tripped.id and run.outcome for run in runs)
        ids = [*(issue.employee_id for issue in issues.items), *(str(row["employee_id"]) for row in _stopped(preview))]
        names = names_by_employee(context, work, ids)
        pending = waiting(work, context.now, RELEASES)
        rejected = (
            work.filtered.audit_page(1, 1, verb=REJECT_PLAN, subject=f"plan {preview.fingerprint}") if preview else None
        )
    return context.page(
        "review/held_changes.html",
        issues=issues,
        tripped=None if newer and not issues.total else tripped,
        preview=preview,
        stopped=_stopped(preview),
        pending_approvals=pending,
        names=names,
        rehearsal=context.app.jobs.last_rehearsal(context.site),
        job=context.app.jobs.at_work(context.site),
        rejected=next(iter(rejected.items), None) if rejected else None,
        releases=context.may(Right.RELEASE),
        decides=context.may(Right.DECIDE),
        runs=context.may(Right.RUN),
        needs_code=context.must_step_up(Right.RELEASE),
        two="release" in context.app.deployment.settings.sites[context.site].second_approver,
    )


@route.post("/held/allow", Right.RELEASE)
def allow(context: Entered) -> Response:
    """Let exactly this plan through, once, today."""

    def act() -> Response:
        found = _the_plan(context)
        if context.number("count") != len(_stopped(found)):
            why = f"The number that you entered is not {len(_stopped(found)):,}."
            raise DecisionError("Nothing was allowed.", why, "Go back and enter the number of held changes.")
        boxes = [f"--{box}" for box in found.boxes]
        words = ["resync" if boxes else "sync", *boxes, "--allow", found.fingerprint]
        context.app.jobs.run(context.site, words, context.actor.name, context.now)
        return context.go(context.at("/synchronize"))

    return context.once(act)


@route.post("/held/reject", Right.DECIDE)
def reject(context: Entered) -> Response:
    """Write down that a person looked and said no; the changes stay held until HR is fixed."""

    def act() -> Response:
        context.actions.reject_plan(_the_plan(context).fingerprint, context.text("reason"))
        context.flash("Rejected. The changes stay held. Each sync checks again until HR is corrected.", "plain")
        return context.go(context.at("/held"))

    return context.once(act)


def _stopped(preview: Preview | None) -> list[Mapping[str, object]]:
    """What stands still: the held rows, or all rows where the whole run is refused."""
    if preview is None or not preview.alarms:
        return []
    return [*preview.rows, *preview.held] if preview.refused else list(preview.held)


def _the_plan(context: PageContext) -> Preview:
    """The plan that the visitor looked at.

    Raises:
        DecisionError: it is another one by now.
    """
    found = preview_of(context)
    if found is None or found.fingerprint != context.text("plan"):
        raise DecisionError("Nothing was decided.", "HR was read again after you opened the page.", "Reload the page.")
    return found
