"""Benefit events on the command line: lists, one event, and manual changes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Annotated, Any

import msgspec
import typer
from msgspec.structs import replace

from bensync import api_shapes
from bensync.actions.benefits import case_edits
from bensync.benefits.engine.passive_events import REVIEWED
from bensync.benefits.engine.scheduling import event_findings
from bensync.benefits.plan_types.entry import read_details
from bensync.benefits.rulebook.figures import PersonFigures
from bensync.benefits.values.events import EventStatus, Flag, Indicator, Process
from bensync.benefits.values.offers import Choice
from bensync.cli.arguments import number_of, one_of
from bensync.cli.commands.benefits.case_commands import (
    EVERYTHING,
    Named,
    Reason,
    Yes,
    for_each_event,
    listed,
    located,
)
from bensync.cli.commands.benefits.dependents import numbers_of, share_of
from bensync.cli.invocation import Actor, Limit
from bensync.cli.render.events import print_board, print_event, print_events
from bensync.cli.session import session
from bensync.errors import DecisionError
from bensync.state.read.event_lists import EventLine, WantedEvents
from bensync.wording.eligibility import EligibilitySentences

One = Annotated[
    str, typer.Argument(metavar="ID/NUMBER", help="The HR employee id (or pN) and the number of the event.")
]


def list_events(
    ctx: typer.Context,
    status: Annotated[str | None, typer.Option("--status", metavar="STATUS", help="open, closed, or void.")] = None,
    process: Annotated[
        str | None, typer.Option("--process", metavar="PROCESS", help="The process state, such as AE, PR, or EE.")
    ] = None,
    event_class: Annotated[
        str, typer.Option("--class", metavar="CLASS", help="A class of the rulebook, such as TER.")
    ] = "",
    employee: Annotated[str | None, typer.Option("--employee", metavar="ID", help="Only this employee.")] = None,
    limit: Limit = None,
) -> None:
    """List the events, newest last."""
    wanted = WantedEvents(
        status=one_of(EventStatus, status, "--status"),
        process=one_of(Process, process, "--process"),
        event_class=event_class.upper(),
    )
    _list(ctx, wanted, limit, employee)


def flagged(ctx: typer.Context, limit: Limit = None) -> None:
    """List the events to review: out of sequence, disconnected, or with changed eligibility."""
    _list(ctx, WantedEvents(flags=REVIEWED), limit)


def terminations(ctx: typer.Context, limit: Limit = None) -> None:
    """List the events that would end all coverage and must be marked final first."""
    _list(ctx, WantedEvents(stops_short=True), limit)


def waiting(ctx: typer.Context, limit: Limit = None) -> None:
    """List the approved terminations that wait behind an open event while the coverage goes on."""
    _list(ctx, WantedEvents(held_up=True), limit)


def show(
    ctx: typer.Context,
    event: One,
    why: Annotated[
        bool, typer.Option("--why", help="Show the eligibility for each program and plan, and the reasons against it.")
    ] = False,
) -> None:
    """Show one event: offers, elections, and posted coverage."""
    call = session(ctx)
    site = call.only_site()
    with call.store() as store:
        who, number = located(store, site, event)
        with store.read(site) as state:
            case = state.cases.load([who])[who]
            line = _line(state, who, number)
    shown = case.event(number)
    rows = [row for row in case.enrollments if row.event == number]
    book = call.deployment().rulebook(site)
    checked = event_findings(case, shown, book) if why else shown.findings
    sentences = EligibilitySentences(book, line.who.employee_id, catalogue=call.catalogue(site))
    derive = PersonFigures(case.participant, shown.event_date, book)
    subject = api_shapes.base.subject(line.who)
    call.answer(
        lambda: {
            "event": api_shapes.events.event_detail(shown, subject, site, rows, checked, sentences, derive=derive)
        },
        lambda console: print_event(console, line, shown, rows, sentences.findings(checked), derive),
    )


def board(ctx: typer.Context) -> None:
    """Check the rules that benefit events must always satisfy."""
    call = session(ctx)
    findings_by_site = {}
    with call.store() as store:
        for site in call.sites():
            with store.read(site) as state:
                findings_by_site[site] = state.events.board()
    call.answer(
        lambda: {
            "invariants": [
                api_shapes.event_runs.invariant(finding, site)
                for site, findings in findings_by_site.items()
                for finding in findings
            ]
        },
        listed(print_board, {site: (findings,) for site, findings in findings_by_site.items()}),
    )
    # A broken invariant is an exit code, so that a monitor can watch the command.
    if not all(finding.ok for findings in findings_by_site.values() for finding in findings):
        raise typer.Exit(DecisionError.code)


def open_event(ctx: typer.Context, names: Named, reason: Reason = "", actor: Actor = None) -> None:
    """Open events for processing.

    Close the open event of the person first.
    """
    for_each_event(ctx, names, partial(case_edits.set_status, status=EventStatus.OPEN), actor, reason)


def close(ctx: typer.Context, names: Named, reason: Reason = "", actor: Actor = None) -> None:
    """Set events aside, so that others can be opened."""
    for_each_event(ctx, names, partial(case_edits.set_status, status=EventStatus.CLOSED), actor, reason)


def final(
    ctx: typer.Context,
    names: Named,
    reason: Reason = "",
    actor: Actor = None,
    yes: Yes = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="The end of all coverage of these people was read and is accepted.")
    ] = False,
) -> None:
    """Have the next run finish events, with defaults where there is no election."""
    for_each_event(ctx, names, case_edits.mark_final, actor, reason, yes=yes, confirmed=confirm)


def void(ctx: typer.Context, names: Named, reason: Reason = "", actor: Actor = None, yes: Yes = False) -> None:
    """Have the next run void events and restore the coverage before them.

    COBRA records of the events become void.
    """
    _mark(ctx, names, "VOID", reason, actor, yes=yes)


def reprocess(
    ctx: typer.Context,
    names: Named,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="STAGE",
            help="assign: find the program again; prepare: keep it and make new offers; elect: check the elections "
            "again; re_enter: wait for new elections; normal: cancel the mark.",
        ),
    ],
    reason: Reason = "",
    actor: Actor = None,
    yes: Yes = False,
) -> None:
    """Have the next run take events back to an earlier stage.

    Later work on them is reversed.
    """
    stages = ("assign", "prepare", "elect", "re_enter", "normal")
    stage = to.lower().replace("-", "_")
    if stage not in stages:
        raise typer.BadParameter(f"{to!r} is not one of {', '.join(stages)}.", param_hint="--to")
    # Cancelling a mark reverses nothing, so there is nothing to accept.
    _mark(ctx, names, stage.upper(), reason, actor, yes=yes or stage == "normal")


def clear(
    ctx: typer.Context,
    names: Named,
    flag: Annotated[
        str, typer.Option("--flag", metavar="FLAG", help="The flag, such as out_of_sequence or elig_addr.")
    ],
    reason: Reason = "",
    actor: Actor = None,
) -> None:
    """Clear a flag after review."""
    edit = partial(case_edits.clear_flag, flag=one_of(Flag, flag, "--flag"))
    for_each_event(ctx, names, edit, actor, reason)


def notify(ctx: typer.Context, names: Named, actor: Actor = None) -> None:
    """Record that the statements of events were sent today."""
    for_each_event(ctx, names, case_edits.record_statement, actor)


def elect(
    ctx: typer.Context,
    event: One,
    chosen: Annotated[
        list[str] | None,
        typer.Option(
            "--choose", metavar="TYPE=PLAN/OPTION", help="The elected plan and option; TYPE= alone waives that type."
        ),
    ] = None,
    contribution: Annotated[
        list[str] | None,
        typer.Option("--contribution", metavar="TYPE=AMOUNT", help="The yearly contribution, if the plan has one."),
    ] = None,
    proof: Annotated[
        list[str] | None, typer.Option("--proof", metavar="TYPE", help="The required proof was received.")
    ] = None,
    *,
    withdraw: Annotated[
        list[str] | None,
        typer.Option("--withdraw", metavar="TYPE", help="Take back the election of this plan type."),
    ] = None,
    cover: Annotated[
        list[str] | None,
        typer.Option("--cover", metavar="TYPE=NUMBERS", help="The dependents that it covers, such as medical=1,2."),
    ] = None,
    share: Annotated[
        list[str] | None,
        typer.Option(
            "--share",
            metavar="TYPE=NUMBER:PERCENT",
            help="A beneficiary and the share; TYPE=NUMBER:PERCENT:contingent for a contingent one.",
        ),
    ] = None,
    detail: Annotated[
        list[str] | None,
        typer.Option(
            "--detail",
            metavar="TYPE.NAME=VALUE",
            help="What the plan type takes besides, such as savings.percent=5 or medical.provider=D-17.",
        ),
    ] = None,
    actor: Actor = None,
) -> None:
    """Enter the elections for one event. The next run checks them."""
    choices = [
        replace(choice, **_family_of(choice.plan_type, cover or (), share or ()))
        for choice in _with_details(_choices(chosen or [], contribution or [], proof or []), detail or [])
    ]
    kinds = {choice.plan_type for choice in choices}
    for texts, option in ((cover, "--cover"), (share, "--share")):
        if any(text.partition("=")[0] not in kinds for text in texts or ()):
            raise typer.BadParameter("There is no --choose for this type.", param_hint=option)
    if not (choices or withdraw):
        raise typer.BadParameter("Name an election, or one to withdraw.", param_hint="--choose")
    edit = partial(case_edits.enter_elections, choices=choices, withdrawn=withdraw or ())
    for_each_event(ctx, [event], edit, actor)


def _family_of(kind: str, covers: Sequence[str], shares: Sequence[str]) -> dict[str, Any]:
    """Return the dependents and beneficiaries that the options name for a plan type; an option that is missing is none.

    Raises:
        BadParameter: an option has another form.
    """
    covered = [text.partition("=")[2] for text in covers if text.partition("=")[0] == kind]
    paid = [share_of(text.partition("=")[2], "--share") for text in shares if text.partition("=")[0] == kind]
    return {
        **({"dependents": numbers_of(",".join(covered), "--cover")} if covered else {}),
        **({"beneficiaries": tuple(paid)} if paid else {}),
    }


def _with_details(choices: Sequence[Choice], details: Sequence[str]) -> list[Choice]:
    """Return the elections with the details that the options name.

    Raises:
        BadParameter: an option has another form, or names a plan type without an election.
    """
    texts_by_type: dict[str, dict[str, str]] = {choice.plan_type: {} for choice in choices}
    for text in details:
        name, equals, value = text.partition("=")
        kind, _, detail = name.rpartition(".")
        if not equals or kind not in texts_by_type:
            raise typer.BadParameter("Enter TYPE.NAME=VALUE for a type of --choose.", param_hint="--detail")
        texts_by_type[kind][detail] = value
    return [replace(choice, details=read_details(texts_by_type[choice.plan_type])) for choice in choices]


def _mark(
    ctx: typer.Context, names: Sequence[str], indicator: str, reason: str, actor: str | None, *, yes: bool
) -> None:
    edit = partial(case_edits.reprocess, indicator=Indicator[indicator])
    for_each_event(ctx, names, edit, actor, reason, yes=yes)


def _choices(chosen: Sequence[str], contributions: Sequence[str], proofs: Sequence[str]) -> list[Choice]:
    """Return the elections that the options name.

    Raises:
        BadParameter: an option has another form.
    """
    amounts = {}
    for text in contributions:
        kind, _, amount = text.partition("=")
        try:
            amounts[kind] = Decimal(amount)
        except InvalidOperation:
            raise typer.BadParameter("Enter TYPE=AMOUNT.", param_hint="--contribution") from None
    choices = []
    for text in chosen:
        kind, equals, plan = text.partition("=")
        code, _, option = plan.partition("/")
        if not equals or bool(code) != bool(option):
            raise typer.BadParameter("Enter TYPE=PLAN/OPTION, or TYPE= to waive.", param_hint="--choose")
        choices.append(Choice(kind, code, option, amounts.pop(kind, None), kind in proofs))
    if amounts:
        # A contribution without an election is a misspelled type, and would be lost.
        raise typer.BadParameter("There is no --choose for this type.", param_hint="--contribution")
    return choices


def _line(state: Any, who: int, number: int) -> EventLine:
    page = state.events.events(WantedEvents(participants=(who,)), 1, EVERYTHING)
    entry: EventLine | None = next((line for line in page.items if line.number == number), None)
    if entry is None:
        why, fix = "This participant has no event of that number.", "Run `bensync events list` to see the events."
        raise DecisionError(f"There is no event {number}.", why, fix)
    return entry


def _list(ctx: typer.Context, wanted: WantedEvents, limit: int | None, employee: str | None = None) -> None:
    call = session(ctx)
    lists = {}
    with call.store() as store:
        for site in call.sites() if employee is None else [call.only_site()]:
            of = None if employee is None else (number_of(store, site, employee),)
            with store.read(site) as state:
                asked = msgspec.structs.replace(wanted, participants=of)
                page = state.events.events(asked, 1, call.limit(limit) or EVERYTHING)
            lists[site] = (page.items[::-1], page.total)
    call.answer(
        lambda: {
            "events": [
                api_shapes.events.event_entry(line, site) for site, (lines, _) in lists.items() for line in lines
            ]
        },
        listed(print_events, lists),
    )
