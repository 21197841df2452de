"""The queue from the terminal: list, show, approve, decline. Nobody decides by default."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bensync.cli.session import Actor, CliSession, Limit, UsageError, now, session
from bensync.errors import DecisionError

if TYPE_CHECKING:
    from rich.console import Console

    from bensync.actions.approvals import Decision
    from bensync.core.requests import Request
    from bensync.state.site_state import SiteState

requests = typer.Typer(no_args_is_help=True, help="The queue of requests that wait for a decision.")
Numbers = Annotated[list[int], typer.Argument(metavar="ID", help="Numbers of requests.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(requests, name="requests")


@requests.command("list")
def list_requests(
    ctx: typer.Context,
    state: Annotated[
        str | None, typer.Option("--state", metavar="STATE", help="pending, approved, declined or superseded.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", metavar="KIND", help="new, update, terminate, reactivate, rehire or correction."),
    ] = None,
    limit: Limit = None,
) -> None:
    """The requests, newest last."""
    from bensync.cli.render import cards, shapes
    from bensync.core.changes import ChangeKind
    from bensync.core.requests import RequestState

    here = session(ctx)
    wanted_state, wanted_kind = one_of(RequestState, state, "--state"), one_of(ChangeKind, kind, "--kind")
    lists = {}
    with here.store() as store:
        for site in here.sites():
            with store.read(site) as work:
                lists[site] = work.lists.requests(here.limit(limit), wanted_state, wanted_kind)
    here.answer(
        {"requests": [shapes.request(view) for listing in lists.values() for view in listing.items]},
        lambda console: cards.requests(console, lists, wanted_state),
    )


@requests.command("show")
def show_request(ctx: typer.Context, number: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """One request: before and after, warnings, effects, history."""
    from bensync.actions.approvals import caution
    from bensync.cli.render import cards, shapes
    from bensync.state.read.lists import seen

    here = session(ctx)
    site = here.only_site()
    with here.store() as store, store.read(site) as work:
        request = work.requests.get([number]).get(number)
        if request is None:
            why, fix = "this site has none of that number", "`bensync requests list` shows them"
            raise DecisionError(f"There is no request {number}", why, fix)
        follows = _follows(here, site, work, request)
    view = seen(request, site)
    shape = {**shapes.request(view), "caution": caution(request) or None, "follows": follows}

    def show(console: Console) -> None:
        cards.request(console, view, caution(request), here.catalogue(site))
        cards.follows(console, follows)

    here.answer({"request": shape}, show)


def _follows(here: CliSession, site: str, work: SiteState, request: Request) -> list[str]:
    """What approving would do to coverage, in sentences; nothing where nobody can say.

    Whether a possible duplicate is one person is the question itself, so nothing can be foreseen of it.
    """
    from bensync.benefits.engine.outlook import outlook
    from bensync.benefits.engine.stages import RunContext
    from bensync.core.requests import RequestState, WarningCode
    from bensync.wording.outlook import OutlookSentences, approval_of

    asks_who = WarningCode.POSSIBLE_DUPLICATE in request.warnings
    if request.state is not RequestState.PENDING or asks_who or not here.deployment().has_benefits(site):
        return []
    participant = work.participants.by_keys([request.key]).get(request.key)
    case = work.cases.load([participant.id])[participant.id] if participant is not None else None
    day = RunContext(here.deployment().rulebook(site), now().date())
    found = outlook(case, approval_of(request, participant, day.today), day)
    return [told.text for told in OutlookSentences(day.book, figures=True).sentences(found)]


@requests.command()
def approve(
    ctx: typer.Context,
    numbers: Annotated[list[int] | None, typer.Argument(metavar="ID", help="Numbers of requests.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="All that wait, but none of HIGH risk: they want a look each.")
    ] = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="The caution of these HIGH risk requests was read and is accepted.")
    ] = False,
    as_ssn_correction: Annotated[
        bool, typer.Option("--as-ssn-correction", help="A possible duplicate is the same person with a new SSN.")
    ] = False,
    void: Annotated[
        bool, typer.Option("--void", help="Void the benefit events that rest on dated rows which a request changes.")
    ] = False,
    actor: Actor = None,
) -> None:
    """Approve requests; each is compared with the participant once more, then applied."""
    from bensync.actions import approvals

    if bool(numbers) == every:
        raise UsageError(
            "Nothing was approved", "either requests are named, or all are meant", "name them, or say --all"
        )
    if every and (confirm or as_ssn_correction or void):
        why = "--confirm, --as-ssn-correction and --void are about requests that somebody has looked at"
        raise UsageError("Nothing was approved", why, "name these requests instead of --all")
    here = session(ctx)
    site = here.only_site()
    with here.store() as store:
        rules = here.deployment().settings.sites[site].intake_rules()
        wanted, left = (numbers or [], [])
        if every:
            with store.read(site) as work:
                waiting = work.lists.waiting()
            wanted = [number for number, risky in waiting if not risky]
            left = [number for number, risky in waiting if risky]
        made = approvals.approve(
            store,
            site,
            wanted,
            here.admitted(store, site, actor),
            now(),
            rules,
            confirmed=confirm,
            as_ssn_correction=as_ssn_correction,
            voiding=void,
            book=here.deployment().rulebook(site),
        )
    _tell(here, "approved", made, left)


@requests.command()
def decline(
    ctx: typer.Context,
    numbers: Numbers,
    reason: Annotated[str, typer.Option("--reason", metavar="CODE", help="INELIGIBLE, DUPLICATE, ERROR or OTHER.")],
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="More words; they are kept sealed.")] = "",
    actor: Actor = None,
) -> None:
    """Decline requests; nothing changes, and nothing asks again until HR changes."""
    from bensync.actions import approvals
    from bensync.core.requests import DeclineCode

    code = one_of(DeclineCode, reason, "--reason")
    here = session(ctx)
    site = here.only_site()
    with here.store() as store:
        decider = here.admitted(store, site, actor)
        made = approvals.decline(store, site, numbers, decider, now(), code, note)
    _tell(here, "declined", made, ())


def _tell(here: CliSession, verb: str, made: Iterable[Decision], left: Iterable[int]) -> None:
    from bensync.cli.render import cards, shapes

    decisions, remaining = list(made), list(left)
    here.answer(
        shapes.decisions(decisions, remaining), lambda console: cards.decisions(console, verb, decisions, remaining)
    )
    if any(decision.error is not None for decision in decisions):
        raise typer.Exit(DecisionError.code)


def one_of(choices: Any, text: str | None, option: str) -> Any:
    """The member of an enumeration that an option names; None where it is not given.

    Raises:
        BadParameter: there is none of this name.
    """
    if text is None:
        return None
    if text.upper() not in choices.__members__:
        known = ", ".join(choices.__members__)
        raise typer.BadParameter(f"{text!r} is none of {known}", param_hint=option)
    return choices[text.upper()]
