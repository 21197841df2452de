"""What a person does to benefit events, activities and COBRA records; the engine refuses what must not be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from starlette.responses import Response

from bensync.actions import case_edits
from bensync.benefits.engine import activity_queue, coordination, elections
from bensync.benefits.engine.coordination import mark_final, set_indicator, set_status
from bensync.benefits.engine.postings import reach_step
from bensync.benefits.engine.run import CaseResult, awaits_loss_confirmation
from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import Milestone
from bensync.benefits.values.events import EventStatus, Flag, Indicator
from bensync.benefits.values.offers import Prepared
from bensync.core.access import Right
from bensync.errors import DecisionError
from bensync.state.audit.entries import about_activity, about_event
from bensync.web.http.context import Entered, NotFound, Number, PageContext, safe_path
from bensync.web.http.routing import SITE_PAGES, Router
from bensync.web.shared import election_form
from bensync.web.shared.case_changes import change, reason_of
from bensync.web.shared.event_subject import subject_of
from bensync.wording import benefits, sync

route = Router(SITE_PAGES)


@route.post("/people/{number}/events/{event}/elections", Right.EVENTS)
def elect(context: Entered, number: Number, event: Number) -> Response:
    """Enter elections; whether they are valid is said at once, and decided by the next run."""

    def act() -> Response:
        with context.read() as work:
            found = subject_of(context, work, number, event).event
        chosen = election_form.choices(found, {name: context.text(name, 100) for name in context.form})
        if not chosen:
            raise DecisionError("No elections were entered", "nothing was chosen", "choose something first")
        today = context.now.date()
        made = _event(context, number, event, "elect", lambda case: elections.enter(case, event, chosen, today))
        entered = made.case.event(event)
        _, wrong = elections.judge(entered, entered.prepared or Prepared())
        for one in wrong:
            context.flash(f"Not valid yet: {benefits.refusal(one, context.book)}", "warn")
        if not wrong:
            context.flash(f"{sync.count(len(chosen), 'election')} entered. The next run judges and posts them.")
        return _back(context, number, event)

    return context.once(act)


@route.post("/people/{number}/events/{event}/final", Right.EVENTS)
def final(context: Entered, number: Number, event: Number) -> Response:
    """Have it finished by the next run."""

    def act() -> Response:
        reason, confirmed = reason_of(context), context.text("confirmed") == "yes"
        _event(context, number, event, "final", lambda case: finished(case, event, confirmed=confirmed), reason)
        context.flash("Marked final. The next run finishes it when its turn comes.")
        return _back(context, number, event)

    return context.once(act)


def finished(case: Case, event: int, *, confirmed: bool) -> Case:
    """The case with an event marked final; the end of every coverage is confirmed in as many words (S3-135).

    Raises:
        DecisionError: it was not, or the event is over.
    """
    if awaits_loss_confirmation(case.event(event)) and not confirmed:
        raise DecisionError("It was not marked", "it ends every coverage", "read the caution, and tick it")
    return mark_final(case, event)


@route.post("/people/{number}/events/{event}/notify", Right.EVENTS)
def notify(context: Entered, number: Number, event: Number) -> Response:
    """Write down that the statement was handed out."""

    def act() -> Response:
        today = context.now.date()
        _event(context, number, event, "notify", lambda case: elections.notify(case, event, today))
        context.flash("Written down: the statement was handed out today.")
        return _back(context, number, event)

    return context.once(act)


@route.post("/people/{number}/events/{event}/status", Right.EVENTS)
def status(context: Entered, number: Number, event: Number) -> Response:
    """Open or close it by hand."""

    def act() -> Response:
        to = sync.one_of(EventStatus, context.text("to"))
        if to is None:
            raise NotFound
        verb = "open" if to is EventStatus.OPEN else "close"
        _event(context, number, event, verb, lambda case: set_status(case, event, to))
        context.flash("It is in process now." if to is EventStatus.OPEN else "It is closed for now.")
        return _back(context, number, event)

    return context.once(act)


@route.post("/people/{number}/events/{event}/clear", Right.EVENTS)
def clear(context: Entered, number: Number, event: Number) -> Response:
    """Take a flag away that somebody has looked at."""

    def act() -> Response:
        flag = sync.one_of(Flag, context.text("flag"))
        if flag is None:
            raise NotFound
        _event(context, number, event, "clear", lambda case: coordination.clear_flag(case, event, flag), flag.value)
        context.flash(f"“{benefits.FLAGS[flag][0]}” was taken away.")
        return _back(context, number, event)

    return context.once(act)


@route.post("/people/{number}/events/{event}/reprocess", Right.EVENTS)
def reprocess(context: Entered, number: Number, event: Number) -> Response:
    """Say what the next run does with it; what that takes back was shown and read before."""

    def act() -> Response:
        how = sync.one_of(Indicator, context.text("how"))
        if how is None:
            raise NotFound
        if how is Indicator.NORMAL:
            _event(context, number, event, "unmark", lambda case: set_indicator(case, event, how))
            context.flash("The mark was withdrawn.")
            return _back(context, number, event)
        if context.text("confirmed") != "yes":
            raise DecisionError("It was not marked", "what is taken back was not read", "read it, and tick the box")
        _event(context, number, event, how.lower(), lambda case: set_indicator(case, event, how), reason_of(context))
        context.flash(f"Marked: {benefits.REPROCESSING[how][0].lower()}. The next run carries it out.")
        return _back(context, number, event)

    return context.once(act)


@route.post("/people/{number}/cobra/{event}", Right.EVENTS)
def cobra_step(context: Entered, number: Number, event: Number) -> Response:
    """Write down that a step of a COBRA record was taken."""

    def act() -> Response:
        step, on = sync.one_of(Milestone, context.text("step")), _day(context)
        if step is None:
            raise NotFound
        today = context.now.date()
        _event(context, number, event, "cobra", lambda case: reach_step(case, event, step, on, today), f"{step} {on}")
        context.flash(f"{benefits.MILESTONES[step][1]}: {sync.day(on)}.")
        return _back(context, number, event)

    return context.once(act)


# Activities


@route.post("/people/{number}/activities", Right.EVENTS)
def add(context: Entered, number: Number) -> Response:
    """Add an activity, such as a birth that HR knows nothing of (S3-122)."""

    def act() -> Response:
        name, on, why = context.text("class", 20), _day(context), reason_of(context)
        alter: case_edits.Alteration = lambda case: activity_queue.insert(case, name, on, context.book, why)  # noqa: E731  # the call would not fit its line
        change(context, number, "activity.add", alter, reason=f"{name}: {why}")
        title = f"{benefits.event_class(context.book, name)} of {sync.day(on)}"
        context.flash(f"{title} was added. The next run makes an event of it.")
        return context.go(context.at(f"/people/{number}"))

    return context.once(act)


MOVES: Mapping[str, tuple[Callable[[Case, int], Case], str]] = {
    "hold": (activity_queue.hold, "It is on hold: nothing comes of it before somebody lets it go."),
    "release": (activity_queue.release, "It waits again; the next run looks at it."),
    "delete": (activity_queue.delete, "It is deleted. What was approved about the person stays as it is."),
}
"""What may become of an activity, and what is said then."""


@route.post("/people/{number}/activities/{activity}", Right.EVENTS)
def move(context: Entered, number: Number, activity: Number) -> Response:
    """Hold, release or delete an activity (S2-04, S2-05)."""

    def act() -> Response:
        how = context.text("how")
        if how not in MOVES:
            raise NotFound
        alter, done = MOVES[how]
        about = about_activity(activity)
        change(context, number, f"activity.{how}", lambda case: alter(case, activity), about)
        context.flash(done)
        return context.go(
            safe_path(context.text("back", 200)) if context.text("back") else context.at(f"/people/{number}")
        )

    return context.once(act)


def _day(context: PageContext) -> date:
    try:
        return date.fromisoformat(context.text("on", 10))
    except ValueError:
        raise DecisionError("Nothing was changed", "the day is none", "write it as YEAR-MONTH-DAY") from None


def _event(
    context: PageContext, number: int, event: int, verb: str, alter: case_edits.Alteration, reason: str = ""
) -> CaseResult:
    """Alter a case for one event; the trail names the event."""
    return change(context, number, f"event.{verb}", alter, about_event(event), reason)


def _back(context: PageContext, number: int, event: int) -> Response:
    return context.go(context.at(f"/people/{number}/events/{event}"))
