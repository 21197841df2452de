"""Edits of benefit events, activities, dependents, coverage and COBRA records by a person, authorized and audited.

The engine refuses what is impossible. The rules that protect people stand here, below every interface: the reason that
the audit trail needs, and the confirmed end of all coverage.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec

from bensync.actions.authorization import authorize, require_reason
from bensync.benefits.engine import activity_queue, elections, event_order, postings
from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.run import CaseResult, awaits_loss_confirmation, case_result, process_case
from bensync.benefits.family import entries
from bensync.benefits.family.reading import FIELDS, SSN_NOT_ACCEPTED
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import Milestone
from bensync.benefits.values.dependents import DropReason
from bensync.benefits.values.enrollments import Allocation, covering
from bensync.benefits.values.events import EventStatus, Flag, Indicator
from bensync.benefits.values.offers import Choice
from bensync.core.access import Actor, Right
from bensync.core.values.plausibility import wrong_event_day
from bensync.errors import CONFIRM, DecisionError, Denied, run_command
from bensync.state.audit.entries import about_activity, about_dependent, about_event, subject
from bensync.state.site_state import SiteState
from bensync.state.store import Store

_DAY = timedelta(days=1)
_SSN_REFUSED = "dependent.ssn_refused"
"""The verb of a refused SSN in the audit trail."""

SSN_REFUSALS_A_DAY = 5
"""How many SSNs of dependents that are not accepted one person can enter in 24 hours."""

_TAKES_BACK = frozenset(Indicator) - {Indicator.NORMAL}


def _no_caution(_case: Case, _day: RunContext) -> str:
    return ""


class CaseEdit(msgspec.Struct, frozen=True):
    """One edit of a case by a person.

    Attributes:
        verb: its verb in the audit trail, such as ``event.close``.
        alter: returns the case after the edit; the engine refuses impossible edits.
        about: the event or activity, as the object of the audit entry names it.
        detail: the text before the reason in the audit entry.
        needs_reason: whether a reason must be given.
        caution: why a case needs an explicit confirmation; empty where it needs none.
        enters_ssn: whether somebody enters an SSN, so that refused ones are counted and audited.
    """

    verb: str
    alter: Callable[[Case, RunContext], Case]
    about: str = ""
    detail: str = ""
    needs_reason: bool = False
    caution: Callable[[Case, RunContext], str] = _no_caution
    enters_ssn: bool = False


def enter_elections(event: int, choices: Iterable[Choice], withdrawn: Iterable[str] = ()) -> CaseEdit:
    """Enter elections, and withdraw those of some plan types; the next run judges what is left."""
    chosen, kinds = tuple(choices), tuple(withdrawn)
    return CaseEdit(
        "event.elect",
        lambda case, day: elections.enter(case, event, chosen, day.today, kinds),
        about_event(event),
        detail=f"withdrew {', '.join(kinds)}" if kinds else "",
    )


def mark_final(event: int) -> CaseEdit:
    """Have an event finished by the next run; the end of all coverage needs a confirmation (S3-135)."""
    return CaseEdit(
        "event.final",
        lambda case, _: event_order.mark_final(case, event),
        about_event(event),
        needs_reason=True,
        caution=lambda case, _: "it ends every coverage" if awaits_loss_confirmation(case.event(event)) else "",
    )


def record_statement(event: int) -> CaseEdit:
    """Write down that the statement of an event was sent today."""
    return CaseEdit("event.notify", lambda case, day: elections.notify(case, event, day.today), about_event(event))


def set_status(event: int, status: EventStatus) -> CaseEdit:
    """Take an event into process, or set it aside."""
    verb = "event.open" if status is EventStatus.OPEN else "event.close"
    return CaseEdit(verb, lambda case, _: event_order.set_status(case, event, status), about_event(event))


def clear_flag(event: int, flag: Flag) -> CaseEdit:
    """Remove a flag that somebody has checked."""
    return CaseEdit(
        "event.clear", lambda case, _: event_order.clear_flag(case, event, flag), about_event(event), detail=flag.value
    )


def reprocess(event: int, indicator: Indicator) -> CaseEdit:
    """Say what the next run does with an event besides the usual; `Indicator.NORMAL` withdraws that."""
    takes_back = indicator in _TAKES_BACK
    return CaseEdit(
        f"event.{indicator.lower()}" if takes_back else "event.unmark",
        lambda case, _: event_order.set_indicator(case, event, indicator),
        about_event(event),
        # Withdrawing a mark before a run has carried it out changes no coverage, so it needs no reason.
        needs_reason=takes_back,
    )


def reach_step(event: int, step: Milestone, on: date) -> CaseEdit:
    """Write down that a step of a COBRA record was taken."""
    return CaseEdit(
        "event.cobra",
        lambda case, day: postings.reach_step(case, event, step, on, day.today),
        about_event(event),
        detail=f"{step} {on}",
    )


def close_cobra(event: int) -> CaseEdit:
    """Close a COBRA record that needs nothing more, such as one that nobody elected."""
    return CaseEdit(
        "event.cobra_close", lambda case, _: postings.close_record(case, event), about_event(event), needs_reason=True
    )


def override_salary(plan_type: str, amount: Decimal, on: date) -> CaseEdit:
    """Set the coverage salary manually; later salary changes leave that coverage alone (S2-11)."""
    return CaseEdit(
        "enrollment.salary",
        lambda case, day: postings.override_salary(case, plan_type, amount, on, day.book),
        needs_reason=True,
    )


def receive_proof(plan_type: str, on: date) -> CaseEdit:
    """Record that the proof for a coverage was received: the elected sum is in force from a day on (S3-164)."""
    return CaseEdit(
        "enrollment.proof",
        lambda case, day: postings.receive_proof(case, plan_type, on, day.book),
        needs_reason=True,
    )


def add_activity(event_class: str, on: date, reason: str) -> CaseEdit:
    """Add an activity that HR does not record, such as a birth (S3-122)."""
    return CaseEdit(
        "activity.add",
        lambda case, day: activity_queue.insert(_on_true_day(case, on, day.today), event_class, on, day.book, reason),
        detail=event_class,
        needs_reason=True,
    )


def _on_true_day(case: Case, on: date, today: date) -> Case:
    """Return the case; refuse a date on which nothing can have happened to this person (sync-rules 3.16)."""
    if wrong := wrong_event_day(case.participant.profile.values, on, today):
        raise DecisionError("No activity was added.", f"The date {wrong}.", "Check the year, and the hire date.")
    return case


def add_dependent(fields: Mapping[str, str], on: date) -> CaseEdit:
    """Add a dependent or beneficiary from a day on; ``fields`` are texts by the names of `family.reading.FIELDS`."""
    return CaseEdit(
        "dependent.add",
        lambda case, day: entries.add(case, fields, on, day.today),
        detail=_entered(fields, on),
        needs_reason=True,
        enters_ssn="ssn" in fields,
    )


def change_dependent(number: int, fields: Mapping[str, str], on: date) -> CaseEdit:
    """Change a dependent from a day on; a dependent who was dropped is on the list again."""
    return CaseEdit(
        "dependent.change",
        lambda case, day: entries.change(case, number, fields, on, day.today, day.book),
        about_dependent(number),
        detail=_entered(fields, on),
        needs_reason=True,
        enters_ssn="ssn" in fields,
    )


def drop_dependent(number: int, reason: DropReason, on: date) -> CaseEdit:
    """Drop a dependent from a day on; the next run ends their coverage by the rule of the reason."""

    def caution(case: Case, _: RunContext) -> str:
        kinds = covering(case.enrollments, number, on)
        return f"it ends the coverage of dependent {number} in {', '.join(kinds)}" if kinds else ""

    return CaseEdit(
        "dependent.drop",
        lambda case, day: entries.drop(case, number, reason, on, day.book),
        about_dependent(number),
        detail=f"{reason} {on}",
        needs_reason=True,
        caution=caution,
    )


def enroll_all(event: int) -> CaseEdit:
    """Assign everybody to the elections of an event; assignments that are replaced need a confirmation."""

    def caution(case: Case, day: RunContext) -> str:
        replaced = [
            assignment.plan_type
            for assignment in entries.enrollments_of_everybody(case, case.event(event), day.book)
            if assignment.replaces
        ]
        return f"it replaces the assignments of {', '.join(replaced)}" if replaced else ""

    return CaseEdit(
        "event.enroll_all",
        lambda case, day: entries.enroll_all(case, event, day.book, day.today),
        about_event(event),
        caution=caution,
    )


def assign_beneficiaries(plan_type: str, shares: Iterable[Allocation], on: date) -> CaseEdit:
    """Set the beneficiaries of a coverage from a day on, in place of those of before."""
    assigned = tuple(shares)
    return CaseEdit(
        "enrollment.beneficiaries",
        lambda case, day: entries.assign_beneficiaries(case, plan_type, assigned, on, day.book),
        detail=f"{plan_type} {on}",
        needs_reason=True,
    )


def _entered(fields: Mapping[str, str], on: date) -> str:
    """Return the names of the fields that somebody entered, and the day; names that do not exist are left out."""
    names = [name for name in FIELDS if name in fields]
    return f"{', '.join(names)} from {on}"


class ActivityMove(msgspec.Struct, frozen=True):
    """A change of the state of an activity: its verb in the audit trail, and the engine's function."""

    verb: str
    alter: Callable[[Case, int], Case]


ACTIVITY_MOVES: Mapping[str, ActivityMove] = {
    "hold": ActivityMove("activity.hold", activity_queue.hold),
    "release": ActivityMove("activity.release", activity_queue.release),
    "delete": ActivityMove("activity.delete", activity_queue.delete),
}
"""Hold an activity, release it, or delete it (S2-04, S2-05)."""


def move_activity(activity: int, how: str) -> CaseEdit:
    """Hold, release, or delete an activity; ``how`` is a key of `ACTIVITY_MOVES`."""
    move = ACTIVITY_MOVES[how]
    return CaseEdit(move.verb, lambda case, _: move.alter(case, activity), about_activity(activity))


def change(
    store: Store,
    site: str,
    participant_id: int,
    edit: CaseEdit,
    book: Rulebook,
    actor: Actor,
    *,
    now: datetime,
    reason: str = "",
    confirmed: bool = False,
    approvers: Collection[str] = (),
) -> CaseResult:
    """Alter the case of a participant, in one transaction with its audit entry.

    Args:
        store: the state.
        site: the site of the participant.
        participant_id: the number of the participant.
        edit: the edit.
        book: the site's rulebook.
        actor: the person who edits.
        now: the time of the edit.
        reason: why, in their words; without personal data.
        confirmed: whether the caution of the edit was read and accepted.
        approvers: the users who may edit on the command line, if the site names them (A-47).

    Raises:
        Denied: this actor may not work on benefit events.
        DecisionError: there is no such participant, event or activity, it cannot be done, the reason is missing, or the
            caution was not accepted; nothing has changed.
    """
    authorize(store, site, actor, Right.EVENTS, now, approvers)
    if edit.needs_reason:
        require_reason(reason)
    try:
        return _changed(store, site, participant_id, edit, book, actor, now=now, reason=reason, confirmed=confirmed)
    except entries.EntryRefused as error:
        # The transaction of the edit was rolled back, so the refusal is recorded in one of its own.
        if edit.enters_ssn and SSN_NOT_ACCEPTED in error.faults:
            with store.write(site, "events.change") as state:
                state.audit.record(actor.name, _SSN_REFUSED, subject(participant_id), now, reason=reason.strip())
        raise


def _changed(
    store: Store,
    site: str,
    participant_id: int,
    edit: CaseEdit,
    book: Rulebook,
    actor: Actor,
    *,
    now: datetime,
    reason: str,
    confirmed: bool,
) -> CaseResult:
    with store.write(site, "events.change") as state:
        # Before anything is compared: more guesses than a person makes by mistake would find out an SSN of the family.
        if edit.enters_ssn and state.audit.count(actor.name, _SSN_REFUSED, now - _DAY) >= SSN_REFUSALS_A_DAY:
            why = f"{SSN_REFUSALS_A_DAY} SSNs that you entered in 24 hours were not accepted."
            raise Denied("Nothing was changed.", why, "Check the Social Security card, and enter the SSN tomorrow.")
        before = _case(state, participant_id)
        result = _altered(before, edit, RunContext(book, now.date()), confirmed=confirmed)
        state.cases.save({participant_id: before}, [result], now)
        # Case, request for a run and audit entry commit together: no crash leaves an edit without its trace.
        state.event_runs.call(now)
        recorded = ": ".join(part for part in (edit.detail, reason.strip()) if part)
        state.audit.record(actor.name, edit.verb, subject(participant_id, edit.about), now, reason=recorded)
    return result


def preview(
    store: Store,
    site: str,
    participant_id: int,
    edit: CaseEdit,
    book: Rulebook,
    actor: Actor,
    *,
    now: datetime,
    approvers: Collection[str] = (),
) -> CaseResult:
    """Return what the next run would do after an edit; nothing is saved.

    Raises:
        Denied: this actor may not work on benefit events.
        DecisionError: it cannot be done.
    """
    authorize(store, site, actor, Right.EVENTS, now, approvers)
    context = RunContext(book, now.date())
    with store.read(site) as state:
        before = _case(state, participant_id)
    # A preview saves nothing; the caution is for the person who carries the edit out.
    altered = _altered(before, edit, context, confirmed=True).case
    return case_result(before, process_case(altered, context).case, book)


def _case(state: SiteState, participant_id: int) -> Case:
    case = state.cases.load([participant_id]).get(participant_id)
    if case is None:
        why, fix = "This site has no participant with that number.", "Run `bensync people list`."
        raise DecisionError(f"There is no participant {participant_id}.", why, fix, remedy=run_command("people list"))
    return case


def _altered(before: Case, edit: CaseEdit, context: RunContext, *, confirmed: bool) -> CaseResult:
    try:
        caution = edit.caution(before, context)
        if caution and not confirmed:
            fix = "Read what it ends, then accept it with --confirm."
            raise DecisionError("Nothing was changed.", caution, fix, remedy=CONFIRM)
        return case_result(before, edit.alter(before, context), context.book)
    except KeyError as error:
        why, fix = "This participant has no event with that number.", "Run `bensync events list`."
        raise DecisionError(
            f"There is no event {error.args[0]}.", why, fix, remedy=run_command("events list")
        ) from None
