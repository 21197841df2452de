"""Labels and sentences about benefit events, activities, coverage and COBRA records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bensync.benefits.engine.run import awaits_loss_confirmation
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.activities import INFO, Activity, ActivitySource, ActivityState, RowEdit
from bensync.benefits.values.cobra import Milestone
from bensync.benefits.values.enrollments import NO_PROGRAM, Coverage, PostingStep, Terms
from bensync.benefits.values.events import FINISHED, Event, EventStatus, Flag, Indicator, Process
from bensync.benefits.values.offers import Choice, Remark
from bensync.state.read.event_lists import EventLine, RemarkLine
from bensync.wording import sync

PROCESSES: Mapping[Process, tuple[str, str, str]] = {
    Process.AE: (
        "Several programs match",
        "Make the eligibility rules of the programs exclude each other. Each run checks again.",
        "bad",
    ),
    Process.AN: ("No program matches", "The event is prepared when the events ahead of it are finished.", "info"),
    Process.AS: ("Waiting to be prepared", "The event is prepared when the events ahead of it are finished.", "info"),
    Process.PE: ("Cannot be prepared", "Fix the problems listed here. Each run tries again.", "bad"),
    Process.PR: ("Waiting for elections", "Enter the elections, or mark the event final.", "warn"),
    Process.NT: ("Statement sent", "Enter the elections, or mark the event final.", "warn"),
    Process.ET: ("Elections entered", "The next run checks and posts them.", "info"),
    Process.EE: ("Elections not valid", "Correct the elections, or mark the event final. Nothing was posted.", "bad"),
    Process.FA: ("Finished, not eligible", "There was no coverage to choose or to end.", ""),
    Process.FP: ("Finished, no options", "No coverage could change.", ""),
    Process.FE: ("Finished", "The coverage changes are posted.", "good"),
    Process.RE: ("Reversed", "Enter other elections, or mark the event final with the current ones.", "warn"),
}
"""The stages of an event: label, next step, tone."""

FLAGS: Mapping[Flag, tuple[str, str]] = {
    Flag.OUT_OF_SEQUENCE: ("Out of sequence", "An earlier event arrived after this event was prepared."),
    Flag.DISCONNECTED: (
        "Disconnected",
        "HR removed the row that this event is based on. The event can only be voided.",
    ),
    Flag.ELIG_ADDR: (
        "Address changed since",
        "An address that this event is based on was changed, or an earlier one was added.",
    ),
    Flag.ELIG_JOB: (
        "Job changed since",
        "A job or status row that this event is based on was changed, or an earlier one was added.",
    ),
    Flag.ELIG_MULTI: ("Other jobs changed since", "A row of another job that this event is based on was changed."),
    Flag.MULTI_ACTIVITY: ("Several changes", "This event combines more than one change of the same day."),
}
LASTING = frozenset({Flag.DISCONNECTED, Flag.MULTI_ACTIVITY})
"""Flags that state a fact; nobody can clear them."""

REPROCESSING: Mapping[Indicator, tuple[str, str]] = {
    Indicator.ASSIGN: ("Start over", "Assigns the program again and prepares the event again. Drops the elections."),
    Indicator.PREPARE: ("Prepare again", "Keeps the program and prepares the offers again. Drops the elections."),
    Indicator.ELECT: ("Check elections again", "Keeps the elections, and checks and posts them again."),
    Indicator.RE_ENTER: ("Enter other elections", "Reverses the posted coverage and waits for other elections."),
    Indicator.VOID: (
        "Void",
        "Reverses the posted coverage. Earlier coverage is in force again, and COBRA records of the event become void.",
    ),
}
"""How a person can have the next run process an event again: label, description."""

SOURCES: Mapping[ActivitySource, str] = {
    ActivitySource.ADDRESS: "address change",
    ActivitySource.JOB: "job or status change",
    ActivitySource.MULTIJOB: "change of another job",
    ActivitySource.PASSIVE: "date reached",
    ActivitySource.MANUAL: "manual entry",
}

EDITS: Mapping[RowEdit, str] = {
    RowEdit.INSERT: "A row was added",
    RowEdit.CORRECT: "A row was corrected",
    RowEdit.REDATE: "The date of a row was changed",
    RowEdit.DELETE: "A row was deleted",
}

ACTIVITIES: Mapping[ActivityState, tuple[str, str, str]] = {
    ActivityState.WAITING: ("Waiting", "The next run creates an event from it.", "warn"),
    ActivityState.HELD: ("On hold", "No event is created until somebody releases it.", "bad"),
    ActivityState.INFO: ("For information", "Listed only. It creates no event.", ""),
    ActivityState.PROCESSED: ("Done", "It created an event, or flagged one.", "good"),
    ActivityState.DELETED: ("Deleted", "No event was created. The participant’s details did not change.", ""),
}

MILESTONES: Mapping[Milestone, tuple[str, str]] = {
    Milestone.ADMINISTRATOR_TOLD: ("Notify the plan administrator", "Plan administrator notified"),
    Milestone.NOTICE_SENT: ("Send the election notice", "Election notice sent"),
    Milestone.ELECTED: ("Election by the participant", "Participant elected"),
    Milestone.PAID: ("First payment", "First payment received"),
}
"""The steps of a COBRA record: label while the step is open, and label once it is done."""

COBRA_ACTIONS: Mapping[str, str] = {
    "TERMINATION": "termination",
    "REDUCTION_OF_HOURS": "reduction of hours",
    "LEAVE_OF_ABSENCE": "leave of absence",
    "LAYOFF": "layoff",
    "DIVORCE": "divorce",
    "LOSS_OF_ELIGIBILITY": "loss of eligibility",
    "OVERAGE_DEPENDENT": "overage dependent",
}

STEPS: Mapping[tuple[PostingStep, Coverage], str] = {
    (PostingStep.LOAD, Coverage.ELECT): "loaded from a census",
    (PostingStep.STOP, Coverage.TERM): "ends",
    (PostingStep.STOP, Coverage.WAIVE): "waived",
    (PostingStep.CHANGE, Coverage.TERM): "ends, continues changed",
    (PostingStep.CHANGE, Coverage.ELECT): "continues changed",
    (PostingStep.ADD, Coverage.ELECT): "starts",
}
"""The effect of a coverage row."""

REMARKS: Mapping[str, tuple[str, str, str]] = {
    "several_programs": (
        "Several programs match",
        "Make the eligibility rules of the programs exclude each other.",
        "bad",
    ),
    "program_unknown": ("The program is not in the rulebook", "Start the event over, or add the program again.", "bad"),
    "option_unknown": (
        "A participant has an option that the plan no longer has",
        "Add the option again, or end that coverage first.",
        "bad",
    ),
    "salary_missing": ("A price needs a salary", "Enter the pay rate and the pay period in HR.", "bad"),
    "rate_not_found": (
        "A rate table has no price",
        "Add the price to the rate table, or correct the person's data in HR.",
        "bad",
    ),
    "rate_fact_missing": ("A price needs a fact that is blank", "Enter the value in HR.", "bad"),
    "several_groups": ("Rules of several groups match", "Make the groups exclude each other.", "bad"),
    "no_termination_rule": (
        "No rule says when lost coverage ends",
        "The coverage was not changed. Add a termination rule.",
        "warn",
    ),
    "no_change_rule": (
        "No rule allows new amounts",
        "The coverage was not changed. Add a change rule if it should change.",
        "warn",
    ),
    "not_worked_off": (
        "An event was not processed because of a bug",
        "All other events were processed. Report the bug.",
        "bad",
    ),
    "loss_of_all": ("All coverage would end", "Mark the event final, or fix the data.", "bad"),
    "waits_behind": ("Waiting for an open event", "Finish the open event first.", "warn"),
    "cobra_in_effect": (
        "The lost coverage falls under an earlier COBRA record",
        "No second record opens. If that record is over, close it, void this event and process it again.",
        "warn",
    ),
    "no_longer_offered": (
        "An option of the statement is not offered any more",
        "Ask the person for another election if they had chosen it.",
        "warn",
    ),
    "newly_offered": ("An option is offered that the statement did not name", "Check that the person knows.", "warn"),
    "figures_changed": (
        "An option has other amounts than in the statement",
        "Check that the person knows the new amounts.",
        "warn",
    ),
    "default_changed": (
        "Without an election, another option starts than the statement says",
        "Check that the person knows.",
        "warn",
    ),
    "ending_changed": (
        "A coverage ends otherwise than the statement says",
        "Check that the person knows.",
        "warn",
    ),
    "pending_correction": (
        "A pending request changes its rows",
        "Decide the request. Runs skip the event until then.",
        "warn",
    ),
    "event_class_unknown": (
        "The event type is not in the rulebook",
        "Add the type again, or delete the activity.",
        "bad",
    ),
    "not_offered": ("The elected option is not offered", "Enter another election, or mark the event final.", "bad"),
    "not_waivable": ("This coverage cannot be waived", "Enter another election, or mark the event final.", "bad"),
    "proof_missing": (
        "Proof of insurability is missing",
        "Record the proof when it is received, or mark the event final.",
        "bad",
    ),
    "contribution_out_of_range": ("The contribution is out of range", "Enter another contribution.", "bad"),
    "credits_not_assigned": (
        "No coverage receives the excess credits",
        "Elect the target plan, if wanted.",
        "warn",
    ),
    "election_missing": ("An election is required", "Enter an election, or waive the coverage.", "bad"),
    "detail_not_taken": ("The plan does not take this entry", "Leave the entry blank.", "bad"),
    "provider_missing": ("The ID of the provider is missing", "Enter the ID of the provider.", "bad"),
    "percent_over_100": (
        "The contributions are not between 0 and 100 percent of the pay",
        "Enter percentages that are at most 100 together.",
        "bad",
    ),
    "percent_out_of_range": ("The percentage is out of range", "Enter another percentage.", "bad"),
    "percent_and_amount": ("A percentage and an amount were entered", "Enter one of them.", "bad"),
    "after_tax_not_offered": ("The plan takes no after-tax contributions", "Leave the entry blank.", "bad"),
    "rollover_not_offered": ("The plan has no rollover", "Leave the rollover blank.", "bad"),
    "contribution_over_limit": (
        "The contribution is over the legal limit of the year",
        "Enter a lower contribution, or elect the rollover.",
        "bad",
    ),
    "fund_not_offered": ("A fund is not offered", "Choose among the funds of the plan.", "bad"),
    "allocation_shares": (
        "A fund is named twice or has no share",
        "Name each fund once, with a share above 0 percent.",
        "bad",
    ),
    "allocation_not_100": (
        "The shares of the funds do not sum to 100 percent",
        "Enter shares that sum to 100 percent.",
        "bad",
    ),
    "pledge_missing": ("The pledge of the year is missing", "Enter the contribution of the year.", "bad"),
    "pledge_over_limit": ("The pledge is over the legal limit of the year", "Enter a lower pledge.", "bad"),
    "deduction_missing": (
        "The amount of each deduction is missing",
        "Enter the amount. No payroll divides the pledge.",
        "bad",
    ),
    "deduction_over_pledge": (
        "The deductions add up to more than the pledge",
        "Enter a lower deduction, or a higher pledge.",
        "bad",
    ),
    "voluntary_not_offered": ("The plan takes no voluntary contributions", "Leave the entry blank.", "bad"),
    "hours_missing": ("The hours are missing", "Enter the hours to buy or to sell.", "bad"),
    "hours_bought_and_sold": ("Hours were both bought and sold", "Enter one of them.", "bad"),
    "hours_out_of_range": ("The hours are out of range", "Enter fewer hours.", "bad"),
    "controlling_coverage_missing": (
        "The plan needs another coverage",
        "Elect the controlling coverage too, or waive this plan.",
        "bad",
    ),
    "over_percent_of_controlling": (
        "The coverage is too high beside the coverage that controls it",
        "Elect a lower option, or a higher controlling coverage.",
        "bad",
    ),
    "dependent_not_in_controlling": (
        "The controlling coverage does not cover one of these dependents",
        "Name dependents whom the controlling coverage covers.",
        "bad",
    ),
    "dependent_unknown": (
        "A dependent is not on the list when the coverage starts",
        "Add the dependent, or leave them out.",
        "bad",
    ),
    "dependent_not_covered": (
        "The option does not cover a dependent of this relationship",
        "Elect another option, or leave the dependent out.",
        "bad",
    ),
    "dependent_too_old": ("A dependent is too old for the option", "Leave the dependent out.", "bad"),
    "dependent_age_unknown": (
        "The birth date of a dependent is missing",
        "Enter the birth date. The option has an age limit.",
        "bad",
    ),
    "too_few_dependents": (
        "The option covers fewer dependents than it is made for",
        "Name the dependents, or elect another option.",
        "warn",
    ),
    "too_many_dependents": ("The option covers fewer dependents", "Leave some out, or elect another option.", "bad"),
    "no_beneficiaries": ("The plan has no beneficiaries", "Leave the beneficiaries out.", "bad"),
    "beneficiary_unknown": ("A beneficiary is not on the list", "Add them to the list, or leave them out.", "bad"),
    "beneficiary_twice": ("A beneficiary is named twice", "Name each beneficiary once.", "bad"),
    "share_over_100": ("A share is over 100 percent", "Enter a share of at most 100 percent.", "bad"),
    "share_not_valid": ("A share is not a percentage", "Enter a share such as 50 or 33.33.", "bad"),
    "shares_not_100": (
        "The shares of the beneficiaries do not sum to 100 percent",
        "Make the primary shares sum to 100 percent, and the contingent shares too if there are any.",
        "bad",
    ),
}
"""The remarks of a run: label, fix, tone."""

COUNTS: Mapping[str, str] = {
    "people": "Participants checked",
    "activities": "Activities processed",
    "events": "Events created",
    "finished": "Events finished",
    "posted": "Coverage rows posted",
    "reversed": "Coverage rows reversed",
    "cobra": "COBRA records opened",
    "cobra_void": "COBRA records voided",
    "failed": "Participants not processed because of a bug",
}
"""The counts of a run."""
STATUSES: Mapping[EventStatus, str] = {
    EventStatus.OPEN: "In process",
    EventStatus.CLOSED: "Waiting or finished",
    EventStatus.VOID: "Void",
}


def remark(code: str) -> tuple[str, str, str]:
    """Return label, fix and tone of a remark; a remark that is not known gets a label from its code."""
    # A report in the database may be older than this version.
    return REMARKS.get(code) or (sync.plain(code), "See the event.", "warn")


def event_class(book: Rulebook, name: str) -> str:
    """Return the label of an event class."""
    return book.events[name].label if name in book.events else name


def event_title(book: Rulebook, event: Event) -> str:
    """Return the title of an event: `Termination of May 20, 2026`."""
    return f"{event_class(book, event.event_class)} of {sync.day(event.event_date)}"


def plan_type(name: str) -> str:
    """Return the label of a plan type: `Medical`, `Long term disability`."""
    # Short names are abbreviations, such as LTD and FSA.
    return name.upper() if len(name) <= 3 else sync.plain(name)


def plan(book: Rulebook, code: str) -> str:
    """Return the label of a plan."""
    entry = book.plan.get(code)
    return (entry.label if entry is not None else "") or code


def option(book: Rulebook, plan_code: str, code: str) -> str:
    """Return the label of an option of a plan."""
    entry = book.plan.get(plan_code)
    plan_option = entry.option(code) if entry is not None else None
    return (plan_option.label if plan_option is not None else "") or code


def coverage(book: Rulebook, kind: str, terms: Terms) -> str:
    """Return the label of a coverage: `Medical (PPO, Employee)`."""
    named = [plan(book, terms.plan), option(book, terms.plan, terms.option)] if terms.plan else []
    detail = ", ".join(part for part in named if part)
    return f"{plan_type(kind)} ({detail})" if detail else plan_type(kind)


def choice(book: Rulebook, chosen: Choice) -> str:
    """Return the label of an election: `PPO, Family`, or that coverage is waived."""
    if not chosen.plan:
        return "Waived"
    return f"{plan(book, chosen.plan)}, {option(book, chosen.plan, chosen.option)}"


def carrier(book: Rulebook, code: str) -> str:
    """Return the label of a carrier."""
    return book.carriers.get(code) or code


def program(book: Rulebook, code: str) -> str:
    """Return the label of a program."""
    if code in ("", NO_PROGRAM):
        return "none"
    entry = book.program.get(code)
    return (entry.label if entry is not None else "") or code


def standing(event: Event) -> tuple[str, str, str]:
    """Return the stage of an event, and whether it would end all coverage: label, next step, tone."""
    if awaits_loss_confirmation(event):
        return "Would end all coverage", "Mark the event final, or fix the data. Nothing ends before.", "bad"
    return stands(event)


def stands(event: Event | EventLine) -> tuple[str, str, str]:
    """Return the stage of an event: label, next step, tone."""
    if event.status is EventStatus.VOID:
        return "Void", "Its coverage changes do not count.", ""
    if Flag.DISCONNECTED in event.flags:
        return "Disconnected", FLAGS[Flag.DISCONNECTED][1], "bad"
    # "Waiting for elections" would ask for something that the final mark has settled.
    if event.final and event.process not in FINISHED:
        return "Marked final", "The next run finishes it when the events ahead of it are finished.", "info"
    return PROCESSES[event.process]


def activity(book: Rulebook, trace: Activity) -> str:
    """Return the label of an activity: its event class, or the edit of a row that creates no event."""
    if trace.event_class == INFO:
        return "A change that triggers no event"
    if trace.event_class:
        return event_class(book, trace.event_class)
    return EDITS[trace.change.edit] if trace.change is not None else "A corrected row"


def passive(book: Rulebook, code: str) -> str:
    """Return the label of a passive event."""
    entry = next((entry for entry in book.passive if entry.code == code), None)
    return (entry.label if entry is not None else "") or code


def totals(counts: Mapping[str, int]) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return the totals of a run by group, without zeros: what it did, and the stages of all events after it."""
    groups: Sequence[tuple[str, str, Mapping[str, str]]] = (
        ("Processed", "", COUNTS),
        ("All events by stage", "process.", {code: label for code, (label, _, _) in PROCESSES.items()}),
        ("All events by status", "status.", {str(code): name for code, name in STATUSES.items()}),
        ("Marked for the next run", "indicator.", {code: label for code, (label, _) in REPROCESSING.items()}),
        ("Flags", "flag.", {code: label for code, (label, _) in FLAGS.items()}),
    )
    totals_by_group = [
        # The counts of a run are one flat mapping; a prefix such as `process.` names the group.
        (title, [(name, counts[prefix + code]) for code, name in names.items() if counts.get(prefix + code)])
        for title, prefix, names in groups
    ]
    return [(title, totals) for title, totals in totals_by_group if totals]


def refusal(remarked: Remark | RemarkLine, book: Rulebook) -> str:
    """Return a remark about an event, as sentences."""
    title, fix, _ = remark(remarked.code)
    if remarked.code == "waits_behind":
        return f"The event waits until event {remarked.detail} is finished."
    if remarked.code == "cobra_in_effect":
        return f"{title}, that of event {remarked.detail}. {fix}"
    if remarked.code.startswith("rate_") and remarked.detail:
        # The name of the table or of the fact; never a value.
        title = f"{title} ({sync.plain(remarked.detail).lower()})"
    # The detail of a remark on one dependent is their number: the list shows it beside the name.
    if remarked.code.startswith(("dependent_", "beneficiary_", "share_")) and remarked.detail.isdecimal():
        title = f"{title} (no. {remarked.detail})"
    about = plan(book, remarked.plan) if remarked.plan else plan_type(remarked.plan_type) if remarked.plan_type else ""
    return f"{about}: {title[:1].lower()}{title[1:]}. {fix}" if about else f"{title}. {fix}"
