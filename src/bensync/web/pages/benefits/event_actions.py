"""What a person does to benefit events, activities and COBRA records; the engine refuses what must not be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from fastapi import APIRouter
from starlette.responses import Response

from bensync.actions import case_edits
from bensync.benefits.engine import activities, coordination, elections
from bensync.benefits.engine.coordination import mark, mark_final, set_status
from bensync.benefits.engine.postings import reach_step
from bensync.benefits.engine.run import Outcome, stops_short
from bensync.benefits.values.cobra import Milestone
from bensync.benefits.values.model import Case, EventStatus, Flag, Indicator, Prepared
from bensync.errors import DecisionError
from bensync.state.audit.entries import about_activity, about_event
from bensync.web.http.context import Entered, NotFound, Number, Visit, safe_way
from bensync.web.pages.benefits import election_form
from bensync.web.pages.benefits.event import PATH, subject_of
from bensync.wording import benefits, sync

router = APIRouter()

_PERSON = "/sites/{site}/people/{number}"
_SHORTEST_REASON = 5


@router.post(f"{PATH}/elections")
def elect(visit: Entered, number: Number, event: Number) -> Response:
    """Enter elections; whether they are valid is said at once, and decided by the next run."""

    def act() -> Response:
        with visit.look() as work:
            found = subject_of(visit, work, number, event).event
        chosen = election_form.choices(found, {name: visit.text(name, 100) for name in visit.form})
        if not chosen:
            raise DecisionError("No elections were entered", "nothing was chosen", "choose something first")
        today = visit.now.date()
        made = _event(visit, number, event, "elect", lambda case: elections.enter(case, event, chosen, today))
        entered = made.case.event(event)
        _, wrong = elections.judge(entered, entered.prepared or Prepared())
        for one in wrong:
            visit.tell(f"Not valid yet: {benefits.refusal(one, visit.book)}", "warn")
        if not wrong:
            visit.tell(f"{sync.count(len(chosen), 'election')} entered. The next run judges and posts them.")
        return _back(visit, number, event)

    return visit.once(act)


@router.post(f"{PATH}/final")
def final(visit: Entered, number: Number, event: Number) -> Response:
    """Have it finished by the next run."""

    def act() -> Response:
        reason, confirmed = reason_of(visit), visit.text("confirmed") == "yes"
        _event(visit, number, event, "final", lambda case: finished(case, event, confirmed=confirmed), reason)
        visit.tell("Marked final. The next run finishes it when its turn comes.")
        return _back(visit, number, event)

    return visit.once(act)


def finished(case: Case, event: int, *, confirmed: bool) -> Case:
    """The case with an event marked final; the end of every coverage is confirmed in as many words (S3-135).

    Raises:
        DecisionError: it was not, or the event is over.
    """
    if stops_short(case.event(event)) and not confirmed:
        raise DecisionError("It was not marked", "it ends every coverage", "read the caution, and tick it")
    return mark_final(case, event)


@router.post(f"{PATH}/notify")
def notify(visit: Entered, number: Number, event: Number) -> Response:
    """Write down that the statement was handed out."""

    def act() -> Response:
        today = visit.now.date()
        _event(visit, number, event, "notify", lambda case: elections.notify(case, event, today))
        visit.tell("Written down: the statement was handed out today.")
        return _back(visit, number, event)

    return visit.once(act)


@router.post(f"{PATH}/status")
def status(visit: Entered, number: Number, event: Number) -> Response:
    """Open or close it by hand."""

    def act() -> Response:
        to = sync.one_of(EventStatus, visit.text("to"))
        if to is None:
            raise NotFound
        verb = "open" if to is EventStatus.OPEN else "close"
        _event(visit, number, event, verb, lambda case: set_status(case, event, to))
        visit.tell("It is in process now." if to is EventStatus.OPEN else "It is closed for now.")
        return _back(visit, number, event)

    return visit.once(act)


@router.post(f"{PATH}/clear")
def clear(visit: Entered, number: Number, event: Number) -> Response:
    """Take a flag away that somebody has looked at."""

    def act() -> Response:
        flag = sync.one_of(Flag, visit.text("flag"))
        if flag is None:
            raise NotFound
        _event(visit, number, event, "clear", lambda case: coordination.clear(case, event, flag), flag.value)
        visit.tell(f"“{benefits.FLAGS[flag][0]}” was taken away.")
        return _back(visit, number, event)

    return visit.once(act)


@router.post(f"{PATH}/reprocess")
def reprocess(visit: Entered, number: Number, event: Number) -> Response:
    """Say what the next run does with it; what that takes back was shown and read before."""

    def act() -> Response:
        how = sync.one_of(Indicator, visit.text("how"))
        if how is None:
            raise NotFound
        if how is Indicator.NORMAL:
            _event(visit, number, event, "unmark", lambda case: mark(case, event, how))
            visit.tell("The mark was withdrawn.")
            return _back(visit, number, event)
        if visit.text("confirmed") != "yes":
            raise DecisionError("It was not marked", "what is taken back was not read", "read it, and tick the box")
        _event(visit, number, event, how.lower(), lambda case: mark(case, event, how), reason_of(visit))
        visit.tell(f"Marked: {benefits.REPROCESSING[how][0].lower()}. The next run carries it out.")
        return _back(visit, number, event)

    return visit.once(act)


@router.post(f"{_PERSON}/cobra/{{event}}")
def cobra_step(visit: Entered, number: Number, event: Number) -> Response:
    """Write down that a step of a COBRA record was taken."""

    def act() -> Response:
        step, on = sync.one_of(Milestone, visit.text("step")), _day(visit)
        if step is None:
            raise NotFound
        today = visit.now.date()
        _event(visit, number, event, "cobra", lambda case: reach_step(case, event, step, on, today), f"{step} {on}")
        visit.tell(f"{benefits.MILESTONES[step][1]}: {sync.day(on)}.")
        return _back(visit, number, event)

    return visit.once(act)


# Activities


@router.post(f"{_PERSON}/activities")
def add(visit: Entered, number: Number) -> Response:
    """Add an activity, such as a birth that HR knows nothing of (S3-122)."""

    def act() -> Response:
        name, on, why = visit.text("class", 20), _day(visit), reason_of(visit)
        alter: case_edits.Alteration = lambda case: activities.insert(case, name, on, visit.book, why)  # noqa: E731  # the call would not fit its line
        change(visit, number, "activity.add", alter, reason=f"{name}: {why}")
        title = f"{benefits.event_class(visit.book, name)} of {sync.day(on)}"
        visit.tell(f"{title} was added. The next run makes an event of it.")
        return visit.go(visit.at(f"/people/{number}"))

    return visit.once(act)


MOVES: Mapping[str, tuple[Callable[[Case, int], Case], str]] = {
    "hold": (activities.hold, "It is on hold: nothing comes of it before somebody lets it go."),
    "release": (activities.release, "It waits again; the next run looks at it."),
    "delete": (activities.delete, "It is deleted. What was approved about the person stays as it is."),
}
"""What may become of an activity, and what is said then."""


@router.post(f"{_PERSON}/activities/{{activity}}")
def move(visit: Entered, number: Number, activity: Number) -> Response:
    """Hold, release or delete an activity (S2-04, S2-05)."""

    def act() -> Response:
        how = visit.text("how")
        if how not in MOVES:
            raise NotFound
        alter, done = MOVES[how]
        about = about_activity(activity)
        change(visit, number, f"activity.{how}", lambda case: alter(case, activity), about)
        visit.tell(done)
        return visit.go(safe_way(visit.text("back", 200)) if visit.text("back") else visit.at(f"/people/{number}"))

    return visit.once(act)


def reason_of(visit: Visit) -> str:
    """Why somebody does it, as the audit trail shall know.

    Raises:
        DecisionError: they did not say.
    """
    reason = visit.text("reason", 300)
    if len(reason) < _SHORTEST_REASON:
        raise DecisionError("Nothing was changed", "no reason was given", "go back, and say in a few words why")
    return reason


def _day(visit: Visit) -> date:
    try:
        return date.fromisoformat(visit.text("on", 10))
    except ValueError:
        raise DecisionError("Nothing was changed", "the day is none", "write it as YEAR-MONTH-DAY") from None


def _event(visit: Visit, number: int, event: int, verb: str, alter: case_edits.Alteration, reason: str = "") -> Outcome:
    """Alter a case for one event; the trail names the event."""
    return change(visit, number, f"event.{verb}", alter, about_event(event), reason)


def change(
    visit: Visit, number: int, verb: str, alter: case_edits.Alteration, about: str = "", reason: str = ""
) -> Outcome:
    """Alter a case as whoever is on the page."""
    book, actor, now = visit.book, visit.actor, visit.now
    return case_edits.change(
        visit.store, visit.site, number, verb, alter, book, actor, now=now, about=about, reason=reason
    )


def _back(visit: Visit, number: int, event: int) -> Response:
    return visit.go(visit.at(f"/people/{number}/events/{event}"))
