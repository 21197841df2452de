"""Work on benefit events by hand: which event is meant, what would be backed out, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console

from bensync.actions import case_edits
from bensync.benefits.engine.run import CaseResult, process_case
from bensync.benefits.engine.stages import RunContext
from bensync.benefits.values.cases import Case
from bensync.cli.arguments import number_of
from bensync.cli.invocation import UsageError, actor_name, now
from bensync.cli.render import event_cards, event_shapes
from bensync.cli.session import CliSession, session
from bensync.core.access import Actor as Person
from bensync.core.access import command_line_actor
from bensync.errors import EXIT_USAGE, BensyncError, DecisionError
from bensync.state.audit.entries import about_event
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

Alteration = Callable[["Case"], "Case"]
EVERYTHING = 1_000_000
"""The size of a page that holds a whole list."""


class CaseEditor:
    """What one command changes, for each of the cases it names; a refused one does not keep the others.

    Args:
        here: the call.
        store: the state.
        named: who does it; else the system's user.
        reason: why.
    """

    def __init__(self, here: CliSession, store: Store, named: str | None, reason: str = "") -> None:

        self._here = here
        self._store = store
        self._actor: Person = command_line_actor(actor_name(named))
        self._reason = reason
        self.site = here.only_site()
        self._approvers = here.deployment().site(self.site).approvers
        self.book = here.deployment().rulebook(self.site)
        self.today = now().date()

    def change(self, participant: int, verb: str, alter: Alteration, about: str = "") -> CaseResult:
        """Change a case, and write it down; ``about`` names what of the participant's.

        Raises:
            DecisionError: it cannot be done.
        """
        return case_edits.change(
            self._store,
            self.site,
            participant,
            verb,
            alter,
            self.book,
            self._actor,
            now=now(),
            about=about,
            reason=self._reason,
            approvers=self._approvers,
        )

    def foresee(self, participant: int, alter: Alteration) -> CaseResult:
        """What the next run would do after this change; nothing is saved.

        Raises:
            DecisionError: it cannot be done.
        """
        day = RunContext(self.book, self.today)
        return case_edits.preview(
            self._store,
            self.site,
            participant,
            lambda case: process_case(alter(case), day).case,
            self.book,
            self._actor,
            now=now(),
            approvers=self._approvers,
        )


def listed(show: Callable[..., None], lists: Mapping[str, tuple[Any, ...]]) -> Callable[[Console], None]:
    """Shows the list of each site."""

    def show_all(console: Console) -> None:
        for site, found in lists.items():
            show(console, site, *found)

    return show_all


def located(store: Store, site: str, name: str) -> tuple[int, int]:
    """The participant and the number that a name such as ``104/2`` means.

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
    verb: str,
    alter: Callable[[int], Alteration],
    actor: str | None,
    reason: str = "",
    *,
    yes: bool = True,
) -> None:
    """Change events one by one, and show them; without ``yes`` only show what the next run would back out.

    Raises:
        DecisionError: the only one that is named was refused.
    """
    here = session(ctx)
    told: list[tuple[str, int, int, BensyncError | None]] = []
    foreseen: list[tuple[str, CaseResult]] = []
    with here.store() as store:
        hand = CaseEditor(here, store, actor, reason)
        for name in names:
            who, number = located(store, hand.site, name)
            try:
                if yes:
                    hand.change(who, verb, alter(number), about_event(number))
                else:
                    foreseen.append((name, hand.foresee(who, alter(number))))
            except DecisionError as error:
                if len(names) == 1:
                    raise
                told.append((name, who, number, error))
            else:
                told.append((name, who, number, None))
        _tell(here, store, hand.site, told, foreseen, yes=yes)


def _tell(
    here: CliSession,
    store: Store,
    site: str,
    told: Sequence[tuple[str, int, int, BensyncError | None]],
    foreseen: Sequence[tuple[str, CaseResult]],
    *,
    yes: bool,
) -> None:

    wanted = {(who, number) for _, who, number, _ in told}
    with store.read(site) as work:
        people = tuple(sorted({who for who, _ in wanted}))
        page = work.events.events(WantedEvents(participants=people), 1, EVERYTHING)
    lines = [line for line in page.items if (line.who.participant_id, line.number) in wanted]
    refused = [(name, error) for name, _, _, error in told if error is not None]
    shape: dict[str, Any] = {
        "done": yes,
        "events": [event_shapes.event_line(line, site) for line in lines],
        "refused": [{"event": name, **error.as_json()} for name, error in refused],
    }
    if not yes:
        shape["next_run"] = [{"event": name, **event_shapes.outcome(found)} for name, found in foreseen]

    def show(console: Console) -> None:
        if yes:
            event_cards.events(console, site, lines, len(lines))
        for name, found in foreseen:
            event_cards.foreseen(console, name, found)
        event_cards.refusals(console, refused)
        if not yes:
            console.print("Nothing was changed. If this is right, repeat the command with --yes.")

    here.answer(shape, show)
    if not yes:
        raise typer.Exit(EXIT_USAGE)
    if refused:
        raise typer.Exit(DecisionError.code)
