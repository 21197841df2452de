"""Changes of benefit events, activities and COBRA records by a person; the engine refuses changes that break a rule."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from bensync.actions.benefits import case_edits
from bensync.benefits.engine import elections
from bensync.benefits.values.cobra import Milestone
from bensync.benefits.values.events import EventStatus, Flag, Indicator
from bensync.core.access import Right
from bensync.errors import DecisionError
from bensync.web.http.context import Entered, NotFound, Number, PageContext
from bensync.web.http.request_checks import safe_path
from bensync.web.http.routing import SITE_PAGES, Router
from bensync.web.shared import election_form
from bensync.web.shared.event_subject import subject_of
from bensync.wording import benefits, sync

route = Router(SITE_PAGES)


@route.post("/people/{number}/events/{event}/elections", Right.EVENTS)
def elect(context: Entered, number: Number, event: Number) -> Response:
    """Enter elections, and show at once whether they are valid; the next run posts them."""

    def act() -> Response:
        with context.read() as state:
            offered = subject_of(context, state, number, event).event
        form = {name: context.form.text(name, 100) for name in context.form}
        chosen, withdrawn = election_form.choices(offered, form), election_form.withdrawn(offered, form)
        if not (chosen or withdrawn):
            raise DecisionError("No elections were entered.", "No option is selected.", "Select an option first.")
        result = context.actions.change_case(number, case_edits.enter_elections(event, chosen, withdrawn))
        entered = result.case.event(event)
        # The run decides about elections. They are judged here as well, so that their author sees a mistake at once.
        _, wrong = elections.judge(result.case, entered, context.book)
        for message in wrong:
            context.flash(f"Not valid yet: {benefits.refusal(message, context.book)}", "warn")
        if withdrawn:
            context.flash(f"{sync.count(len(withdrawn), 'election')} withdrawn.")
        if chosen and not wrong:
            context.flash(f"{sync.count(len(chosen), 'election')} entered. The next run checks and posts them.")
        return _back(context, number, event)

    return context.once(act)


@route.post("/people/{number}/events/{event}/final", Right.EVENTS)
def final(context: Entered, number: Number, event: Number) -> Response:
    """Mark the event final, so that the next run finishes it."""

    def act() -> Response:
        confirmed = context.form.text("confirmed") == "yes"
        context.actions.change_case(
            number, case_edits.mark_final(event), reason=context.form.reason(), confirmed=confirmed
        )
        context.flash("Marked final. The next run finishes the event when the events ahead of it are finished.")
        return _back(context, number, event)

    return context.once(act)


@route.post("/people/{number}/events/{event}/notify", Right.EVENTS)
def notify(context: Entered, number: Number, event: Number) -> Response:
    """Record that the statement was sent today."""

    def act() -> Response:
        context.actions.change_case(number, case_edits.record_statement(event))
        context.flash("Statement recorded as sent today.")
        return _back(context, number, event)

    return context.once(act)


@route.post("/people/{number}/events/{event}/status", Right.EVENTS)
def status(context: Entered, number: Number, event: Number) -> Response:
    """Open or close the event manually."""

    def act() -> Response:
        to = sync.one_of(EventStatus, context.form.text("to"))
        if to is None:
            raise NotFound
        context.actions.change_case(number, case_edits.set_status(event, to))
        context.flash("The event is open." if to is EventStatus.OPEN else "The event is closed for now.")
        return _back(context, number, event)

    return context.once(act)


@route.post("/people/{number}/events/{event}/clear", Right.EVENTS)
def clear(context: Entered, number: Number, event: Number) -> Response:
    """Clear a flag after a review."""

    def act() -> Response:
        flag = sync.one_of(Flag, context.form.text("flag"))
        if flag is None:
            raise NotFound
        context.actions.change_case(number, case_edits.clear_flag(event, flag))
        context.flash(f"“{benefits.FLAGS[flag][0]}” was cleared.")
        return _back(context, number, event)

    return context.once(act)


@route.post("/people/{number}/events/{event}/reprocess", Right.EVENTS)
def reprocess(context: Entered, number: Number, event: Number) -> Response:
    """Mark the event for the next run; the page has shown before what that reverses."""

    def act() -> Response:
        how = sync.one_of(Indicator, context.form.text("how"))
        if how is None:
            raise NotFound
        # Removing a mark reverses nothing, so there is nothing to confirm.
        if how is Indicator.NORMAL:
            context.actions.change_case(number, case_edits.reprocess(event, how))
            context.flash("The mark was removed.")
            return _back(context, number, event)
        if context.form.text("confirmed") != "yes":
            raise DecisionError(
                "The event was not marked.",
                "You have not confirmed what is reversed.",
                "Read the list and select the checkbox.",
            )
        context.actions.change_case(number, case_edits.reprocess(event, how), reason=context.form.reason())
        context.flash(f"Marked: {benefits.REPROCESSING[how][0].lower()}. The next run carries it out.")
        return _back(context, number, event)

    return context.once(act)


@route.post("/people/{number}/cobra/{event}", Right.EVENTS)
def cobra_step(context: Entered, number: Number, event: Number) -> Response:
    """Record a step of a COBRA record."""

    def act() -> Response:
        step, on = sync.one_of(Milestone, context.form.text("step")), context.form.date("on")
        if step is None:
            raise NotFound
        context.actions.change_case(number, case_edits.reach_step(event, step, on))
        context.flash(f"{benefits.MILESTONES[step][1]}: {sync.day(on)}.")
        return _back(context, number, event)

    return context.once(act)


@route.post("/people/{number}/cobra/{event}/close", Right.EVENTS)
def close_cobra(context: Entered, number: Number, event: Number) -> Response:
    """Close a COBRA record that needs nothing more."""

    def act() -> Response:
        context.actions.change_case(number, case_edits.close_cobra(event), reason=context.form.reason())
        context.flash(f"COBRA record of event {event} closed.")
        return _back(context, number, event)

    return context.once(act)


@route.post("/people/{number}/activities", Right.EVENTS)
def add(context: Entered, number: Number) -> Response:
    """Add an activity for a change that HR does not have, such as a birth (S3-122)."""

    def act() -> Response:
        name, on, why = context.form.text("class", 20), context.form.date("on"), context.form.reason()
        context.actions.change_case(number, case_edits.add_activity(name, on, why), reason=why)
        title = f"{benefits.event_class(context.book, name)} of {sync.day(on)}"
        context.flash(f"{title} was added. The next run creates an event from it.")
        return context.go(context.at(f"/people/{number}"))

    return context.once(act)


_MOVED: Mapping[str, str] = {
    "hold": "The activity is on hold. No event is created until somebody releases it.",
    "release": "The activity is released. The next run processes it.",
    "delete": "The activity is deleted. The participant’s approved details do not change.",
}
"""The message after an activity is held, released or deleted."""


@route.post("/people/{number}/activities/{activity}", Right.EVENTS)
def move(context: Entered, number: Number, activity: Number) -> Response:
    """Hold, release or delete an activity (S2-04, S2-05)."""

    def act() -> Response:
        how = context.form.text("how")
        if how not in _MOVED:
            raise NotFound
        context.actions.change_case(number, case_edits.move_activity(activity, how))
        context.flash(_MOVED[how])
        return context.go(
            # The field comes from the browser, like `next` at the sign-in: only an address of ours is followed.
            safe_path(context.form.text("back", 200)) if context.form.text("back") else context.at(f"/people/{number}")
        )

    return context.once(act)


def _back(context: PageContext, number: int, event: int) -> Response:
    return context.go(context.at(f"/people/{number}/events/{event}"))
