"""How benefit events speak on pages: where an event stands, flags, remarks, deadlines, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bensync.benefits.engine.run import awaits_loss_confirmation
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.activities import INFO, Activity, ActivitySource, ActivityState, RowEdit
from bensync.benefits.values.cobra import Milestone
from bensync.benefits.values.enrollments import NO_PROGRAM, Coverage, PostingStep, Terms
from bensync.benefits.values.events import FINISHED, Event, EventStatus, Flag, Indicator, Process
from bensync.benefits.values.offers import Choice, Offer, Remark
from bensync.state.read.event_lists import EventLine, RemarkLine
from bensync.wording import sync

PROCESSES: Mapping[Process, tuple[str, str, str]] = {
    Process.AE: ("Several programs fit", "The rulebook must tell them apart; every run looks again.", "bad"),
    Process.AN: ("Found, no program fits", "It is prepared when its turn comes.", "calm"),
    Process.AS: ("Found, with its program", "It is prepared when its turn comes.", "calm"),
    Process.PE: ("Cannot be prepared", "Fix what stands in the way; every run tries again.", "bad"),
    Process.PR: ("Waits for elections", "Enter what was chosen, or mark it final.", "warn"),
    Process.NT: ("Statement made", "Enter what was chosen, or mark it final.", "warn"),
    Process.ET: ("Elections entered", "The next run judges and posts them.", "calm"),
    Process.EE: ("Elections not valid", "Correct them below, or mark it final; nothing was posted.", "bad"),
    Process.FA: ("Over, not eligible", "Nobody had anything to choose or to lose.", ""),
    Process.FP: ("Over, nothing to choose", "Nothing could come of it.", ""),
    Process.FE: ("Finished", "What it means for coverage is posted.", "good"),
    Process.RE: ("Taken back", "Enter other elections, or mark it final with those that were kept.", "warn"),
}
"""Where an event stands: name, what is next, tone."""

FLAGS: Mapping[Flag, tuple[str, str]] = {
    Flag.OUT_OF_SEQUENCE: ("Out of sequence", "An earlier event came when this one was prepared already."),
    Flag.DISCONNECTED: ("Disconnected", "HR took back the row that it stands on. It can only be voided."),
    Flag.ELIG_ADDR: ("Address changed since", "An address that it rests on was changed, or came in before it."),
    Flag.ELIG_JOB: ("Job changed since", "A job or status row that it rests on was changed, or came in before it."),
    Flag.ELIG_MULTI: ("Other jobs changed since", "A row of another job that it rests on was changed."),
    Flag.MULTI_ACTIVITY: ("Several changes", "More than one change of this day came together in it."),
}
LASTING = frozenset({Flag.DISCONNECTED, Flag.MULTI_ACTIVITY})
"""Flags that are facts; nobody takes them away."""

REPROCESSING: Mapping[Indicator, tuple[str, str]] = {
    Indicator.ASSIGN: ("Start over", "Looks for the program again and prepares again. Elections are dropped."),
    Indicator.PREPARE: ("Prepare again", "Keeps the program, and makes the offers anew. Elections are dropped."),
    Indicator.ELECT: ("Judge again", "Keeps the elections, and judges and posts them again."),
    Indicator.RE_ENTER: ("Enter other elections", "Takes back what was posted, and waits for other elections."),
    Indicator.VOID: ("Void", "Takes back what was posted. Earlier coverage stands again; COBRA of it is void."),
}
"""What a person may ask the next run to do with an event."""

SOURCES: Mapping[ActivitySource, str] = {
    ActivitySource.ADDRESS: "a change of address",
    ActivitySource.JOB: "a change of job or status",
    ActivitySource.MULTIJOB: "a change of another job",
    ActivitySource.PASSIVE: "time passing",
    ActivitySource.MANUAL: "somebody’s hand",
}

EDITS: Mapping[RowEdit, str] = {
    RowEdit.INSERT: "A row came in",
    RowEdit.CORRECT: "A row was corrected",
    RowEdit.REDATE: "A row was moved to another day",
    RowEdit.DELETE: "A row was deleted",
}

ACTIVITIES: Mapping[ActivityState, tuple[str, str, str]] = {
    ActivityState.WAITING: ("Waiting", "The next run makes an event of it.", "warn"),
    ActivityState.HELD: ("On hold", "Nothing comes of it before somebody lets it go.", "bad"),
    ActivityState.INFO: ("For information", "Listed only; it makes no event.", ""),
    ActivityState.PROCESSED: ("Done", "It became an event, or flagged one.", "good"),
    ActivityState.DELETED: ("Deleted", "Nothing came of it; the person’s details stayed changed.", ""),
}

MILESTONES: Mapping[Milestone, tuple[str, str]] = {
    Milestone.ADMINISTRATOR_TOLD: ("Tell the plan administrator", "The administrator was told"),
    Milestone.NOTICE_SENT: ("Send the election notice", "The election notice was sent"),
    Milestone.ELECTED: ("Election by the person", "The person elected"),
    Milestone.PAID: ("First payment", "The first payment came"),
}
"""A step of a COBRA record: what must be done, and what is said once it was."""

COBRA_ACTIONS: Mapping[str, str] = {
    "TERMINATION": "termination",
    "REDUCTION_OF_HOURS": "reduction of hours",
    "LEAVE_OF_ABSENCE": "leave of absence",
    "LAYOFF": "layoff",
    "DIVORCE": "divorce",
    "LOSS_OF_ELIGIBILITY": "loss of eligibility",
}

STEPS: Mapping[tuple[PostingStep, Coverage], str] = {
    (PostingStep.STOP, Coverage.TERM): "ends",
    (PostingStep.STOP, Coverage.WAIVE): "waived",
    (PostingStep.CHANGE, Coverage.TERM): "ends, to go on changed",
    (PostingStep.CHANGE, Coverage.ELECT): "goes on changed",
    (PostingStep.ADD, Coverage.ELECT): "begins",
}
"""What a coverage row does."""

REMARKS: Mapping[str, tuple[str, str, str]] = {
    "several_programs": ("Several programs fit", "Make their rules of eligibility exclude each other.", "bad"),
    "program_unknown": ("The program is gone from the rulebook", "Start the event over, or put it back.", "bad"),
    "option_unknown": ("Somebody has an option that the plan lost", "Put it back, or end that coverage first.", "bad"),
    "salary_missing": ("A price needs a salary", "Add pay rate and period in HR.", "bad"),
    "several_groups": ("Rules of several groups fit", "Make the groups exclude each other.", "bad"),
    "no_termination_rule": ("No rule says when a lost coverage ends", "It was left; add a termination rule.", "warn"),
    "no_change_rule": ("No rule lets new figures in", "It was left; add a change rule if it should follow.", "warn"),
    "not_worked_off": ("A bug kept somebody from their turn", "All others went on; report it.", "bad"),
    "loss_of_all": ("Every coverage would end", "Mark it final, or fix the data.", "bad"),
    "waits_behind": ("Waits behind an open event", "Finish the open one first.", "warn"),
    "pending_correction": ("A request about its rows waits", "Decide the request; until then it is skipped.", "warn"),
    "event_class_unknown": ("The class is gone from the rulebook", "Put it back, or delete the activity.", "bad"),
    "not_offered": ("Elected what is not offered", "Enter another election, or mark it final.", "bad"),
    "not_waivable": ("Waived what cannot be waived", "Enter another election, or mark it final.", "bad"),
    "proof_missing": ("Proof of insurability is missing", "Enter it once it came, or mark it final.", "bad"),
    "contribution_out_of_range": ("The contribution is out of range", "Enter another one.", "bad"),
}
"""What a line of a report says: title, what to do, tone."""


COUNTS: Mapping[str, str] = {
    "people": "People looked at",
    "activities": "Activities worked off",
    "events": "Events made",
    "finished": "Events finished",
    "posted": "Coverage rows posted",
    "reversed": "Coverage rows taken back",
    "cobra": "COBRA records opened",
    "cobra_void": "COBRA records void",
    "failed": "People not worked off, by a bug",
}
"""What a run counts."""
STATUSES: Mapping[EventStatus, str] = {
    EventStatus.OPEN: "In process",
    EventStatus.CLOSED: "Waiting or over",
    EventStatus.VOID: "Void",
}


def remark(code: str) -> tuple[str, str, str]:
    """A line of a report; one that is not known by its code."""
    return REMARKS.get(code) or (sync.plain(code), "Look at the event.", "warn")


def event_class(book: Rulebook, name: str) -> str:
    """What people call an event class."""
    return book.events[name].label if name in book.events else name


def event_title(book: Rulebook, event: Event) -> str:
    """`Termination of 20 May 2026`."""
    return f"{event_class(book, event.event_class)} of {sync.day(event.event_date)}"


def plan_type(name: str) -> str:
    """`Medical`, `Long term disability`."""
    return name.upper() if len(name) <= 3 else sync.plain(name)


def plan(book: Rulebook, code: str) -> str:
    """What people call a plan."""
    found = book.plan.get(code)
    return (found.label if found is not None else "") or code


def option(book: Rulebook, plan_code: str, code: str) -> str:
    """What people call an option of a plan."""
    found = book.plan.get(plan_code)
    known = found.option(code) if found is not None else None
    return (known.label if known is not None else "") or code


def coverage(book: Rulebook, kind: str, terms: Terms) -> str:
    """`Medical (PPO, Employee)`."""
    named = [plan(book, terms.plan), option(book, terms.plan, terms.option)] if terms.plan else []
    told = ", ".join(part for part in named if part)
    return f"{plan_type(kind)} ({told})" if told else plan_type(kind)


def choice(book: Rulebook, chosen: Choice) -> str:
    """`PPO, Family`, or that nothing is wanted."""
    if not chosen.plan:
        return "No coverage wanted"
    return f"{plan(book, chosen.plan)}, {option(book, chosen.plan, chosen.option)}"


def offer_plans(book: Rulebook, offer: Offer) -> str:
    """The plans that may be chosen, by name."""
    codes = dict.fromkeys(one.terms.plan for one in offer.options if not one.history_only)
    return sync.listed(plan(book, code) for code in codes)


def carrier(book: Rulebook, code: str) -> str:
    """What people call a carrier."""
    return book.carriers.get(code) or code


def program(book: Rulebook, code: str) -> str:
    """What people call a program."""
    if code in ("", NO_PROGRAM):
        return "none"
    found = book.program.get(code)
    return (found.label if found is not None else "") or code


def standing(event: Event) -> tuple[str, str, str]:
    """Where an event stands as one looks at it: name, what is next, tone."""
    if awaits_loss_confirmation(event):
        return "Would end every coverage", "It waits for a person: mark it final, or fix the data.", "bad"
    return stands(event)


def stands(found: Event | EventLine) -> tuple[str, str, str]:
    """The same without what it would do."""
    if found.status is EventStatus.VOID:
        return "Void", "What it posted counts no more.", ""
    if Flag.DISCONNECTED in found.flags:
        return "Disconnected", FLAGS[Flag.DISCONNECTED][1], "bad"
    if found.final and found.process not in FINISHED:
        return "Marked final", "The next run finishes it when its turn comes.", "calm"
    return PROCESSES[found.process]


def activity(book: Rulebook, found: Activity) -> str:
    """What an activity is: its class, or the edit of a row that makes no event of its own."""
    if found.event_class == INFO:
        return "A change that triggers nothing"
    if found.event_class:
        return event_class(book, found.event_class)
    return EDITS[found.change.edit] if found.change is not None else "A corrected row"


def passive(book: Rulebook, code: str) -> str:
    """What people call a passive event."""
    found = next((one for one in book.passive if one.code == code), None)
    return (found.label if found is not None else "") or code


def totals(counts: Mapping[str, int]) -> list[tuple[str, list[tuple[str, int]]]]:
    """All totals of a run: what it did, and where all events stand after it; zeroes are left out."""
    groups: Sequence[tuple[str, str, Mapping[str, str]]] = (
        ("What it did", "", COUNTS),
        ("Where all events stand", "process.", {code: told[0] for code, told in PROCESSES.items()}),
        ("Their turn", "status.", {str(code): name for code, name in STATUSES.items()}),
        ("Marked for the next run", "indicator.", {code: told[0] for code, told in REPROCESSING.items()}),
        ("Flags", "flag.", {code: told[0] for code, told in FLAGS.items()}),
    )
    found = [
        (title, [(name, counts[prefix + code]) for code, name in names.items() if counts.get(prefix + code)])
        for title, prefix, names in groups
    ]
    return [(title, told) for title, told in found if told]


def refusal(found: Remark | RemarkLine, book: Rulebook) -> str:
    """A remark about an event, as a sentence."""
    title, fix, _ = remark(found.code)
    if found.code == "waits_behind":
        return f"It waits until event {found.detail} is finished."
    about = plan(book, found.plan) if found.plan else plan_type(found.plan_type) if found.plan_type else ""
    return f"{about}: {title[:1].lower()}{title[1:]}. {fix}" if about else f"{title}. {fix}"
