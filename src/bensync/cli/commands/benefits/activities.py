"""Activities on the command line: traces of approved changes that become events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from bensync import api_shapes
from bensync.actions.benefits import case_edits
from bensync.benefits.values.activities import ActivityState
from bensync.cli.arguments import number_of, one_of
from bensync.cli.commands.benefits.case_commands import EVERYTHING, CaseEditor, Employee, Reason, listed, located
from bensync.cli.invocation import Actor, Limit
from bensync.cli.render.activities import print_activities
from bensync.cli.render.events import print_refusals
from bensync.cli.session import CliSession, session
from bensync.errors import BensyncError, DecisionError
from bensync.state.store import Store

Named = Annotated[
    list[str], typer.Argument(metavar="ID/NUMBER", help="Activities: the HR employee id (or pN) and the number.")
]


def list_activities(
    ctx: typer.Context,
    state: Annotated[
        str | None, typer.Option("--state", metavar="STATE", help="waiting, held, info, processed, or deleted.")
    ] = None,
    employee: Annotated[str | None, typer.Option("--employee", metavar="ID", help="Only this employee.")] = None,
    limit: Limit = None,
) -> None:
    """List the activities, newest last."""
    call = session(ctx)
    wanted = one_of(ActivityState, state, "--state")
    lists = {}
    with call.store() as store:
        for site in call.sites() if employee is None else [call.only_site()]:
            of = None if employee is None else number_of(store, site, employee)
            with store.read(site) as work:
                page = work.events.activities(wanted, 1, call.limit(limit) or EVERYTHING, participant_id=of)
            # The database gives the newest first; on a terminal the newest stands last, next to the prompt.
            lists[site] = (page.items[::-1], page.total)
    call.answer(
        lambda: {
            "activities": [
                api_shapes.activities.activity_entry(line, site) for site, (lines, _) in lists.items() for line in lines
            ]
        },
        listed(print_activities, lists),
    )


def add(
    ctx: typer.Context,
    who: Employee,
    event_class: Annotated[str, typer.Option("--class", metavar="CLASS", help="A class of the rulebook, such as BIR.")],
    on: Annotated[
        datetime, typer.Option("--date", formats=["%Y-%m-%d"], metavar="DATE", help="The date of the event.")
    ],
    reason: Reason = "",
    actor: Actor = None,
) -> None:
    """Add an activity manually, such as a birth or a marriage.

    The next run creates an event from it.
    """
    call = session(ctx)
    with call.store() as store:
        editor = CaseEditor(call, store, actor, reason)
        number = number_of(store, editor.site, who)
        result = editor.change(number, case_edits.add_activity(event_class.upper(), on.date(), reason))
        _answer(call, store, editor.site, [(number, result.case.activities[-1].id)], [])


def hold(ctx: typer.Context, names: Named, reason: Reason = "", actor: Actor = None) -> None:
    """Hold activities: they become events after a release."""
    _each(ctx, names, "hold", actor, reason)


def release(ctx: typer.Context, names: Named, reason: Reason = "", actor: Actor = None) -> None:
    """Release held activities."""
    _each(ctx, names, "release", actor, reason)


def delete(ctx: typer.Context, names: Named, reason: Reason = "", actor: Actor = None) -> None:
    """Delete activities for good. Participants do not change."""
    _each(ctx, names, "delete", actor, reason)


def _each(
    ctx: typer.Context,
    names: Sequence[str],
    how: str,
    actor: str | None,
    reason: str,
) -> None:
    call = session(ctx)
    done: list[tuple[int, int]] = []
    refused: list[tuple[str, BensyncError]] = []
    with call.store() as store:
        editor = CaseEditor(call, store, actor, reason)
        for name in names:
            who, number = located(store, editor.site, name)
            try:
                editor.change(who, case_edits.move_activity(number, how))
                done.append((who, number))
            except DecisionError as error:
                # A single refusal is the error of the command, with its own exit code; several are listed behind what
                # was done.
                if len(names) == 1:
                    raise
                refused.append((name, error))
        _answer(call, store, editor.site, done, refused)
    if refused:
        raise typer.Exit(DecisionError.code)


def _answer(
    call: CliSession,
    store: Store,
    site: str,
    done: Sequence[tuple[int, int]],
    refused: Sequence[tuple[str, BensyncError]],
) -> None:
    lines = []
    with store.read(site) as state:
        for who in sorted({who for who, _ in done}):
            page = state.events.activities(None, 1, EVERYTHING, participant_id=who)
            lines += [line for line in page.items if (who, line.activity.id) in done]

    def show(console: Console) -> None:
        if lines:
            print_activities(console, site, lines, len(lines))
        print_refusals(console, refused)

    call.answer(
        lambda: {
            "activities": [api_shapes.activities.activity_entry(line, site) for line in lines],
            "refused": [api_shapes.activities.refused_activity(name, error) for name, error in refused],
        },
        show,
    )
