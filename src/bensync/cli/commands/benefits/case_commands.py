"""Manual changes of benefit events: find the event, show what would be reversed, change it, and show the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console

from bensync import api_shapes
from bensync.actions.benefits.case_edits import CaseEdit
from bensync.benefits.engine.run import CaseResult
from bensync.cli.arguments import number_of
from bensync.cli.invocation import Answer, UsageError, now
from bensync.cli.render.events import print_events, print_foreseen, print_refusals
from bensync.cli.session import CliSession, session
from bensync.errors import EXIT_USAGE, BensyncError, DecisionError
from bensync.state.read.event_lists import WantedEvents
from bensync.state.store import Store

Named = Annotated[
    list[str],
    typer.Argument(metavar="ID/NUMBER", help="Events: the HR employee id (or pN) and the number of the event."),
]
Employee = Annotated[str, typer.Argument(metavar="ID", help="The HR employee id, or pN for participant number N.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="The reason, for the audit trail.")]
Yes = Annotated[
    bool, typer.Option("--yes", help="Accept what would be reversed. Without it, the command only shows it.")
]

EVERYTHING = 1_000_000
"""The size of a page that holds a whole list."""


class CaseEditor:
    """Changes the cases that one command names.

    Args:
        call: the session of the command.
        store: the database.
        named: the name of the actor; otherwise that of the system's user.
        reason: for the audit trail.
    """

    def __init__(self, call: CliSession, store: Store, named: str | None, reason: str = "") -> None:
        # Made once for all names of a command, which would each read the rulebook again.
        self._actions = call.actions(store, named)
        self._reason = reason
        self.site = call.only_site()
        self.book = call.deployment().rulebook(self.site)
        self.today = now().date()

    def change(self, participant: int, edit: CaseEdit, *, confirmed: bool = False) -> CaseResult:
        """Change a case, and save it.

        Raises:
            DecisionError: it cannot be done.
        """
        return self._actions.change_case(participant, edit, reason=self._reason, confirmed=confirmed)

    def foresee(self, participant: int, edit: CaseEdit) -> CaseResult:
        """Return what the next run would do after this change; nothing is saved.

        Raises:
            DecisionError: it cannot be done.
        """
        return self._actions.preview_case(participant, edit)


def listed(show: Callable[..., None], lists: Mapping[str, tuple[Any, ...]]) -> Callable[[Console], None]:
    """Return a function that prints the list of each site."""

    def show_all(console: Console) -> None:
        for site, arguments in lists.items():
            show(console, site, *arguments)

    return show_all


def located(store: Store, site: str, name: str) -> tuple[int, int]:
    """Return the participant and the number that a name such as ``104/2`` means.

    Raises:
        UsageError: it is no such name.
        DecisionError: there is no such participant.
    """
    who, slash, number = name.rpartition("/")
    if not (slash and who and number.isdecimal()):
        raise UsageError(
            f"{name} is not an ID and a number.", "An event or an activity has both.", "Enter it as 104/2."
        )
    return number_of(store, site, who), int(number)


def for_each_event(
    ctx: typer.Context,
    names: Sequence[str],
    edit: Callable[[int], CaseEdit],
    actor: str | None,
    reason: str = "",
    *,
    yes: bool = True,
    confirmed: bool = False,
) -> None:
    """Change events one by one, and show them; without ``yes``, only show what the next run would reverse.

    Raises:
        DecisionError: the only one that is named was refused.
    """
    call = session(ctx)
    outcomes: list[tuple[str, int, int, BensyncError | None]] = []
    foreseen: list[tuple[str, CaseResult]] = []
    with call.store() as store:
        editor = CaseEditor(call, store, actor, reason)
        for name in names:
            who, number = located(store, editor.site, name)
            try:
                if yes:
                    editor.change(who, edit(number), confirmed=confirmed)
                else:
                    foreseen.append((name, editor.foresee(who, edit(number))))
            except DecisionError as error:
                # A single refusal is the error of the command; of several, the others are still changed.
                if len(names) == 1:
                    raise
                outcomes.append((name, who, number, error))
            else:
                outcomes.append((name, who, number, None))
        _answer(call, store, editor.site, outcomes, foreseen, yes=yes)


def _answer(
    call: CliSession,
    store: Store,
    site: str,
    outcomes: Sequence[tuple[str, int, int, BensyncError | None]],
    foreseen: Sequence[tuple[str, CaseResult]],
    *,
    yes: bool,
) -> None:
    wanted = {(who, number) for _, who, number, _ in outcomes}
    with store.read(site) as state:
        # One query for all of them: the query knows participants, so their other events are dropped afterwards.
        people = tuple(sorted({who for who, _ in wanted}))
        page = state.events.events(WantedEvents(participants=people), 1, EVERYTHING)
    lines = [line for line in page.items if (line.who.participant_id, line.number) in wanted]
    refused = [(name, error) for name, _, _, error in outcomes if error is not None]

    def shape() -> Answer:
        answer: dict[str, Any] = {
            "done": yes,
            "events": [api_shapes.events.event_entry(line, site) for line in lines],
            "refused": [api_shapes.events.refused_event(name, error) for name, error in refused],
        }
        if not yes:
            answer["next_run"] = [api_shapes.event_runs.event_outcome(name, result) for name, result in foreseen]
        return answer

    def show(console: Console) -> None:
        if yes:
            print_events(console, site, lines, len(lines))
        for name, result in foreseen:
            print_foreseen(console, name, result)
        print_refusals(console, refused)
        if not yes:
            console.print("Nothing was changed. If this is right, repeat the command with --yes.")

    call.answer(shape, show)
    if not yes:
        # Not 0: a script that forgot --yes must not take the preview for the change.
        raise typer.Exit(EXIT_USAGE)
    if refused:
        raise typer.Exit(DecisionError.code)
