"""Synchronize now: what to send, a preview of the plan, and the progress of a sync, which is a process of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from bensync.core.access import Right
from bensync.core.runs import RunState
from bensync.errors import DecisionError
from bensync.state.read.site_status import RunView
from bensync.web.http.context import Entered, PageContext
from bensync.web.http.jobs import Job, QueuedRun
from bensync.web.http.routing import SITE_PAGES, MenuEntry, Router
from bensync.web.shared.preview import MOST_ROWS, POPULATIONS, preview_of
from bensync.wording.sync import count

route = Router(SITE_PAGES)

_CLOCKS = timedelta(minutes=1)
"""How far the clocks of two machines may differ."""


@route.get("/synchronize", Right.RUN, menu=MenuEntry("Synchronize now", 50))
def show(context: Entered) -> Response:
    """Show the form, the progress and the last result; only the progress where the script of the page asks."""
    _refuse_receivers(context)
    jobs = context.app.jobs
    with context.read() as state:
        newest = next(iter(state.filtered.run_page(1, 1).items), None)
        last = state.filtered.status().last_update
    job = jobs.at_work(context.site)
    values: dict[str, Any] = {
        "job": job,
        "steps": _steps(job, newest),
        "running": newest if newest is not None and newest.state is RunState.RUNNING else None,
        "rehearsal": jobs.last_rehearsal(context.site),
        "preview": preview_of(context),
        "result": _result(jobs.last_run(context.site)) or _elsewhere(jobs.handed(context.site), newest),
        "last": last,
        "sees": context.may(Right.SEE_REQUESTS),
        "shown": MOST_ROWS,
    }
    return context.page("sync/progress.html" if context.partial else "sync/synchronize.html", **values)


@route.post("/synchronize/preview", Right.RUN)
def preview(context: Entered) -> Response:
    """Start a preview."""
    _refuse_receivers(context)
    back = context.at("/held") if context.form.text("back") == "held" else context.at("/synchronize")

    def act() -> Response:
        context.app.jobs.start(context.site, ["plan", *_options(context)], context.actor.name, context.now)
        return context.go(back)

    return context.once(act)


@route.post("/synchronize", Right.RUN)
def start(context: Entered) -> Response:
    """Start a sync."""
    _refuse_receivers(context)

    def act() -> Response:
        options = _options(context)
        context.app.jobs.run(context.site, ["resync" if options else "sync", *options], context.actor.name, context.now)
        return context.go(context.at("/synchronize"))

    return context.once(act)


def _options(context: PageContext) -> list[str]:
    if context.form.text("what") != "everybody":
        return []
    options = [f"--{population}" for population in POPULATIONS if context.form.text(population) == "yes"]
    if not options:
        raise DecisionError(
            "No sync was started.", "No employees are selected.", "Select active or inactive employees, or both."
        )
    return options


def _refuse_receivers(context: PageContext) -> None:
    if context.app.deployment.receives(context.site):
        why = "This site only receives files. The sender synchronizes."
        raise DecisionError("This site cannot synchronize.", why, "Ask the sender of the files.")


def _steps(job: Job | QueuedRun | None, newest: RunView | None) -> Sequence[tuple[str, str]]:
    """Return the steps, each with ``done``, ``now`` or ``later``."""
    if job is not None and job.rehearses:
        return (("Reading HR and comparing", "now"), ("Showing the preview", "later"))
    names = ("Reading HR", "Comparing with the last sync", "Sending the file", "Opening requests")
    if job is not None and job.waits:
        return tuple((name, "later") for name in names)
    done = 0
    if newest is not None and newest.state is RunState.RUNNING:
        # From what the run has written down: it is another process, perhaps on another machine.
        done = 1 if newest.counts and newest.delivery is None else 2 if newest.delivery is not None else 0
    return tuple(
        (name, "done" if place < done else "now" if place == done else "later") for place, name in enumerate(names)
    )


def _result(job: Job | None) -> Mapping[str, Any] | None:
    """Return the result of the last sync that was started here."""
    if job is None or job.at_work:
        return None
    run = job.answer.get("run", {})
    counts = run.get("counts", {})
    lines = [
        count(counts.get("changed", 0), "change") + " sent" if run.get("outcome") == "DELIVERED" else "nothing to send",
        count(counts.get("requests", 0), "new request"),
    ]
    return {"job": job, "run": run, "error": job.error, "lines": lines, "counts": counts}


def _elsewhere(handed: datetime | None, newest: RunView | None) -> Mapping[str, Any] | None:
    """Return the result of the last sync that workers did: the newest one in the database."""
    if handed is None:
        return None
    # The newest run is older than the request for one, so the worker failed before it could record anything.
    if newest is None or newest.started_at < handed - _CLOCKS:
        fix = "Ask your bensync operator to check the log of the workers."
        return {"error": {"what": "The sync did not run.", "why": "It ended before HR was read.", "fix": fix}}
    return {"run": {"id": newest.id, "outcome": newest.outcome}, "error": newest.error, "counts": newest.counts}
