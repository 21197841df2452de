"""Changes that a guard holds: the exact list, which a person allows once or rejects."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from bensync.actions.authorization import RELEASES, waiting
from bensync.actions.site import REJECT_PLAN
from bensync.core.access import Right
from bensync.core.changes import IssueCode
from bensync.errors import DecisionError
from bensync.web.http.context import Entered, PageContext
from bensync.web.http.routing import SITE_PAGES, MenuEntry, Router
from bensync.web.shared.names import names_by_employee
from bensync.web.shared.preview import Preview, preview_of

route = Router(SITE_PAGES)


@route.get("/held", Right.SEE_REQUESTS, menu=MenuEntry("Held changes", 30, "held", "bad"))
def show(context: Entered) -> Response:
    """Show what the last sync held, and what would be held now."""
    preview = preview_of(context)
    with context.read() as state:
        issues = state.filtered.issue_page(1, 500, code=IssueCode.HELD)
        runs = state.filtered.run_page(1, 20).items
        tripped = next((run for run in runs if run.alarms), None)
        # After a later run that went through, the alarm of an earlier one must not ask for a decision any more.
        newer = tripped is not None and any(run.id > tripped.id and run.outcome for run in runs)
        ids = [*(issue.employee_id for issue in issues.items), *(str(row["employee_id"]) for row in _stopped(preview))]
        names = names_by_employee(context, state, ids)
        pending = waiting(state, context.now, RELEASES)
        rejected = (
            state.filtered.audit_page(1, 1, verb=REJECT_PLAN, subject=f"plan {preview.fingerprint}")
            if preview
            else None
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
    """Allow exactly this plan once, today."""

    def act() -> Response:
        plan = _plan_shown(context)
        # Typing the number shows that the size of the change was read; a button alone is pressed by habit.
        if context.form.number("count") != len(_stopped(plan)):
            why = f"The number that you entered is not {len(_stopped(plan)):,}."
            raise DecisionError("Nothing was allowed.", why, "Go back and enter the number of held changes.")
        options = [f"--{population}" for population in plan.boxes]
        # The fingerprint goes with the run, which compares its own plan with it: HR may change between page and run.
        words = ["resync" if options else "sync", *options, "--allow", plan.fingerprint]
        context.app.jobs.run(context.site, words, context.actor.name, context.now)
        return context.go(context.at("/synchronize"))

    return context.once(act)


@route.post("/held/reject", Right.DECIDE)
def reject(context: Entered) -> Response:
    """Record that a person rejected the changes; they stay held until HR is corrected."""

    def act() -> Response:
        context.actions.reject_plan(_plan_shown(context).fingerprint, context.form.reason())
        context.flash("Rejected. The changes stay held. Each sync checks again until HR is corrected.", "plain")
        return context.go(context.at("/held"))

    return context.once(act)


def _stopped(preview: Preview | None) -> list[Mapping[str, object]]:
    """Return the rows that are held, or all rows where a guard refuses the whole run."""
    if preview is None or not preview.alarms:
        return []
    return [*preview.rows, *preview.held] if preview.refused else list(preview.held)


def _plan_shown(context: PageContext) -> Preview:
    """Return the plan that the page showed.

    Raises:
        DecisionError: there is another plan by now.
    """
    preview = preview_of(context)
    if preview is None or preview.fingerprint != context.form.text("plan"):
        raise DecisionError("Nothing was decided.", "HR was read again after you opened the page.", "Reload the page.")
    return preview
