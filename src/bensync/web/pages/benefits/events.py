"""Benefit events: counts of what needs a person, lists of events, activities and COBRA records, and the last run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from starlette.responses import Response

from bensync.benefits.engine.passive_events import REVIEWED
from bensync.benefits.values.activities import ActivityState
from bensync.benefits.values.events import EventStatus
from bensync.core.access import Right
from bensync.core.people import Participant
from bensync.core.values.limits import PAGE_SIZE
from bensync.errors import DecisionError
from bensync.state.read.event_lists import EventTally, WantedEvents, Who
from bensync.state.read.filtered_lists import Page
from bensync.state.site_state import SiteState
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.paging import paging
from bensync.web.http.routing import SITE_PAGES, MenuEntry, Router
from bensync.wording import coverage, sync
from bensync.wording.visibility import name_of

route = Router(SITE_PAGES)

_HITS = 5
# A run of a small site ends within this time, and its result can be shown at once; a proxy waits longer.
_PATIENCE_SECONDS = 8
_LISTS: Mapping[str, tuple[str, str, WantedEvents]] = {
    "open": (
        "In process",
        "One event of a participant is in process at a time.",
        WantedEvents(status=EventStatus.OPEN),
    ),
    "losses": (
        "Would end all coverage",
        "Nothing ends until somebody reviews the event and marks it final. The cause can be a move or a wrong job row.",
        WantedEvents(stops_short=True),
    ),
    "waiting": (
        "Terminations that wait",
        "They wait behind an earlier open event, and the coverage goes on. Finish, close or void the earlier event.",
        WantedEvents(held_up=True),
    ),
    "flagged": (
        "To review",
        "Data changed after these events were processed. Check whether they are still right.",
        WantedEvents(flags=REVIEWED),
    ),
    "stuck": (
        "Stuck",
        "These events cannot continue until data, rulebook or elections are fixed.",
        WantedEvents(stuck=True),
    ),
    "all": ("All", "All events, newest first.", WantedEvents()),
}
"""The lists of events: label, description, filter."""


class CobraListItem(msgspec.Struct, frozen=True):
    """One COBRA record of the list."""

    participant: int
    view: coverage.CobraView


class ReportLine(msgspec.Struct, frozen=True):
    """One participant of a report, and how many coverage rows would be posted and reversed."""

    name: str
    participant: int
    posted: int
    reversed: int


class EventReport(msgspec.Struct, frozen=True):
    """The result of a run that only reports."""

    at: datetime
    counts: Mapping[str, int]
    lines: Sequence[ReportLine]
    total: int


@route.get("/events", Right.SEE_OVERVIEW, menu=MenuEntry("Benefit events", 70, "losses", "bad"))
def overview(context: Entered) -> Response:
    """Show the counts, the last run and the consistency checks."""
    with context.read() as state:
        values: dict[str, Any] = {
            "tally": state.events.tally(),
            "due": coverage.deadline_counts(state.events.cobra_records(), context.lexicon, context.now.date()),
            "summary": state.events.summary(),
            "board": state.events.board(),
            "searches": state.events.searches(),
            "begun": state.event_runs.begun(),
        }
        report = _report(context, state)
    values["hits"] = [search for search in values["searches"] if search.found][:_HITS]
    job = context.app.jobs.at_work(context.site)
    return context.page(
        "benefits/events.html", book=context.lexicon, job=job, works=_works(context), report=report, **values
    )


@route.get("/events/list", Right.SEE_PEOPLE)
def event_list(context: Entered) -> Response:
    """Show one page of events."""
    query = context.request.query_params
    show, event_class = query.get("show", "open"), query.get("class", "")
    if show not in _LISTS:
        raise NotFound
    title, hint, wanted = _LISTS[show]
    if event_class in context.lexicon.events:
        wanted = msgspec.structs.replace(wanted, event_class=event_class)
    with context.read() as state:
        page = state.events.events(wanted, paging(context.request.query_params).number)
        tally = state.events.tally()
    return context.page(
        "benefits/event_list.html",
        page=page,
        names=_names(context, [line.who for line in page.items]),
        show=show,
        lists={name: label for name, (label, _, _) in _LISTS.items()},
        numbers=_numbers(tally),
        title=title,
        hint=hint,
        event_class=wanted.event_class,
        book=context.lexicon,
        works=_works(context),
    )


@route.get("/events/activities", Right.SEE_PEOPLE)
def activities(context: Entered) -> Response:
    """Show one page of activities."""
    query = context.request.query_params
    wanted = sync.one_of(ActivityState, query.get("state", ActivityState.WAITING))
    with context.read() as state:
        page = state.events.activities(wanted, paging(query).number)
    names = _names(context, [line.who for line in page.items])
    return context.page(
        "benefits/activities.html", page=page, names=names, state=wanted, book=context.lexicon, works=_works(context)
    )


@route.get("/events/cobra", Right.SEE_PEOPLE)
def cobra(context: Entered) -> Response:
    """Show one page of COBRA records, the next deadline first."""
    open_only, wanted = context.request.query_params.get("show") != "all", paging(context.request.query_params)
    today, book = context.now.date(), context.lexicon
    with context.read() as state:
        # The next deadline follows from the rulebook, so the database cannot sort by it: all records are read, and
        # names only for one page.
        records = state.events.cobra_records(open_only=open_only)
        due = coverage.deadline_counts(state.events.cobra_records(), book, today)
        rows = sorted(
            (CobraListItem(number, coverage.cobra_view(record, book, today)) for number, record in records),
            key=_urgency,
        )
        page = Page(rows[wanted.rows], len(rows), wanted.number, wanted.size)
        people = state.participants.by_ids({row.participant for row in page.items})
    names = _names_of(context, people)
    return context.page("benefits/cobra.html", page=page, names=names, open_only=open_only, due=due, book=book)


@route.get("/events/reports/{number}", Right.SEE_PEOPLE)
def report(context: Entered, number: Number) -> Response:
    """Show the remarks of a run, by category."""
    code = context.request.query_params.get("code", "")
    with context.read() as state:
        summary = state.events.summary(number)
        page = state.events.remarks(number, code, paging(context.request.query_params).number)
    if summary is None:
        raise NotFound
    names = _names(context, [line.who for line in page.items])
    return context.page(
        "benefits/event_report.html", summary=summary, page=page, names=names, code=code, book=context.lexicon
    )


@route.post("/events/run", Right.EVENTS)
def run(context: Entered) -> Response:
    """Process all events now, or only report what that would do."""
    return _start(context, [], context.at("/events"))


@route.post("/people/{number}/events/run", Right.EVENTS)
def run_one(context: Entered, number: Number) -> Response:
    """Process the events of one participant now."""
    return _start(context, ["--employee", f"p{number}"], context.at(f"/people/{number}"))


def _start(context: PageContext, selection: Sequence[str], next_page: str) -> Response:
    def act() -> Response:
        if not context.has_benefits:
            fix = 'Add benefits = "rulebook.toml" to the table of the site in the configuration.'
            raise DecisionError("No run was started.", "This site has no rulebook.", fix)
        with context.read() as state:
            begun = state.event_runs.begun()
        if not begun:
            why = "Benefit events have not begun: bensync does not know yet which coverage people have."
            raise DecisionError("No run was started.", why, "Load present coverage under Benefit events first.")
        report_only = ["--report-only"] if context.form.text("report") == "yes" else []
        job = context.app.jobs.start(
            context.site, ["events", "run", *selection, *report_only], context.actor.name, context.now
        )
        if not job.wait(_PATIENCE_SECONDS):
            # The job goes on without this request; the page must not wait longer than a proxy does.
            context.flash("The run is in progress. Reload the page in a moment.", "plain")
        elif job.error:
            context.flash(
                f"The run failed. {job.error.get('what', '')} {job.error.get('fix', '')}",
                "bad",
            )
        else:
            context.flash("Completed. The page shows the current events.")
        return context.go(next_page)

    return context.once(act)


def _report(context: PageContext, state: SiteState) -> EventReport | None:
    """Return the last report; None where there is none, or something was done after it."""
    job = context.app.jobs.last_run(context.site)
    # A report is stored nowhere: it lives in the memory of the job until something else is done.
    if job is None or job.at_work or "--report-only" not in job.words or "run" not in job.answer:
        return None
    run_result = job.answer["run"]
    entries = [
        entry for entry in run_result.get("people", ()) if entry["posted"] or entry["reversed"] or entry["cobra"]
    ]
    names = _names_of(context, state.participants.by_ids([entry["participant"] for entry in entries[:PAGE_SIZE]]))
    lines = [
        ReportLine(names[entry["participant"]], entry["participant"], len(entry["posted"]), len(entry["reversed"]))
        for entry in entries[:PAGE_SIZE]
        if entry["participant"] in names
    ]
    return EventReport(job.started_at, run_result["counts"], lines, len(entries))


def _urgency(row: CobraListItem) -> tuple[date, int]:
    return (row.view.next.due if row.view.next is not None else date.max, row.participant)


def _numbers(tally: EventTally) -> dict[str, int]:
    return {
        "open": tally.in_process,
        "losses": tally.losses,
        "waiting": tally.held_up,
        "flagged": tally.flagged,
        "stuck": tally.errors,
    }


def _names(context: PageContext, people: Sequence[Who]) -> dict[int, str]:
    """Return the names by participant, for a role that can see them."""
    return {who.participant_id: context.visibility.name(who.name, who.employee_id) for who in people}


def _names_of(context: PageContext, participants: Mapping[int, Participant]) -> dict[int, str]:
    return {
        number: context.visibility.name(name_of(participant), participant.employee_id)
        for number, participant in participants.items()
    }


def _works(context: PageContext) -> bool:
    return context.may(Right.EVENTS) and context.has_benefits and context.rulebook_error is None
