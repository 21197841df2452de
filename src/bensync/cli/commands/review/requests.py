"""Requests on the command line: list, show, approve, decline. Nothing is decided by default."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console

from bensync import api_shapes
from bensync.actions.decisions import Decision
from bensync.cli.arguments import one_of
from bensync.cli.invocation import Actor, Answer, Limit, UsageError
from bensync.cli.render.requests import print_decisions, print_effects, print_request, print_requests
from bensync.cli.session import CliSession, session
from bensync.core.changes import ChangeKind
from bensync.core.requests import DeclineCode, RequestState
from bensync.errors import DecisionError
from bensync.state.read.lists import seen
from bensync.wording.decision_effects import effects
from bensync.wording.outlook import OutlookSentences

Numbers = Annotated[list[int], typer.Argument(metavar="ID", help="The numbers of the requests.")]


def list_requests(
    ctx: typer.Context,
    state: Annotated[
        str | None,
        typer.Option("--state", metavar="STATE", help="pending, approved, declined, superseded, or withdrawn."),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", metavar="KIND", help="new, update, terminate, reactivate, rehire, or correction."),
    ] = None,
    limit: Limit = None,
) -> None:
    """List the requests, newest last."""
    call = session(ctx)
    wanted_state, wanted_kind = one_of(RequestState, state, "--state"), one_of(ChangeKind, kind, "--kind")
    lists = {}
    with call.store() as store:
        for site in call.sites():
            with store.read(site) as work:
                lists[site] = work.lists.requests(call.limit(limit), wanted_state, wanted_kind)
    call.answer(
        lambda: {
            "requests": [
                api_shapes.requests.request(view, processes_benefits=_processes_benefits(call, site))
                for site, listing in lists.items()
                for view in listing.items
            ]
        },
        lambda console: print_requests(console, lists, wanted_state),
    )


def show_request(ctx: typer.Context, number: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """Show one request: changes, warnings, and effects."""
    call = session(ctx)
    site = call.only_site()
    with call.store() as store, store.read(site) as state:
        request = state.requests.get([number]).get(number)
        if request is None:
            why, fix = "This site has no request of that number.", "Run `bensync requests list` to see them."
            raise DecisionError(f"There is no request {number}.", why, fix)
        foreseen = call.actions(store, None).foresee(state, request)
    sentences: list[str] = []
    if foreseen is not None:
        # With figures: a person with this configuration has every right at this machine.
        writer = OutlookSentences(call.deployment().rulebook(site), figures=True)
        sentences = [sentence.text for sentence in writer.sentences(foreseen.outlook)]
    view = seen(request, site)
    touches = foreseen is not None and foreseen.touches
    benefits = _processes_benefits(call, site)

    def show(console: Console) -> None:
        caution = effects(view, view.person.name, touches=touches, processes_benefits=benefits).caution
        print_request(console, view, caution, call.catalogue(site))
        print_effects(console, sentences)

    def shape() -> Answer:
        outlook = api_shapes.outlook.outlook(foreseen.outlook, sentences) if foreseen is not None else None
        return {
            "request": api_shapes.outlook.request_detail(view, outlook, touches=touches, processes_benefits=benefits)
        }

    call.answer(shape, show)


def approve(
    ctx: typer.Context,
    numbers: Annotated[list[int] | None, typer.Argument(metavar="ID", help="The numbers of the requests.")] = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="All pending requests of low risk. Requests of HIGH risk need a review each.")
    ] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="Accept the caution of these HIGH risk requests.")] = False,
    as_ssn_correction: Annotated[
        bool, typer.Option("--as-ssn-correction", help="Treat a possible duplicate as the same person with a new SSN.")
    ] = False,
    void: Annotated[
        bool,
        typer.Option("--void", help="Void the benefit events that are based on dated rows that a request changes."),
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="FIELD", help="Approve this field and decline the others; may be repeated."),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", metavar="CODE", help="Why --only declines the others; ERROR if it is not given."),
    ] = None,
    actor: Actor = None,
) -> None:
    """Approve requests and apply them to the participants.

    Each request is first compared with the participant again. --all approves the requests of low risk. Values that were
    declined before are left out unless --only names their field.
    """
    # Nothing is decided by default: a command without numbers must not mean "all".
    if bool(numbers) == every:
        raise UsageError(
            "Nothing was approved.",
            "Either name requests, or approve all with --all.",
            "Name the requests, or add --all.",
        )
    if every and (confirm or as_ssn_correction or void or only):
        why = (
            "--all skips the review of each request, so it takes no --confirm, --as-ssn-correction, --void, or --only."
        )
        raise UsageError("Nothing was approved.", why, "Name these requests instead of --all.")
    if reason is not None and only is None:
        raise UsageError(
            "Nothing was approved.",
            "The option --reason gives the reason for the fields that --only declines.",
            "Add --only.",
        )
    code = one_of(DeclineCode, reason, "--reason") or DeclineCode.ERROR
    call = session(ctx)
    site = call.only_site()
    with call.store() as store:
        wanted, left = (numbers or [], [])
        if every:
            with store.read(site) as state:
                waiting = state.lists.waiting()
            # The action would refuse those of HIGH risk one by one; here they are listed for the reviewer instead.
            wanted = [number for number, risky in waiting if not risky]
            left = [number for number, risky in waiting if risky]
        decided = call.actions(store, actor).approve(
            wanted, confirmed=confirm, as_ssn_correction=as_ssn_correction, voiding=void, only=only, code=code
        )
    _answer(call, "approved", decided, left)


def decline(
    ctx: typer.Context,
    numbers: Numbers,
    reason: Annotated[str, typer.Option("--reason", metavar="CODE", help="INELIGIBLE, DUPLICATE, ERROR, or OTHER.")],
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="A note; it is stored encrypted.")] = "",
    actor: Actor = None,
) -> None:
    """Decline requests. Nothing changes, and no new request opens until HR changes."""
    code = one_of(DeclineCode, reason, "--reason")
    call = session(ctx)
    with call.store() as store:
        decided = call.actions(store, actor).decline(numbers, code, note)
    _answer(call, "declined", decided, ())


def ask_again(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The request that declined them.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the audit trail.")],
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="FIELD", help="Ask about this field only; may be repeated."),
    ] = None,
    actor: Actor = None,
) -> None:
    """Open a request again for values that were declined by mistake.

    The new request holds what HR says now. Values that other requests declined stay declined.
    """
    call = session(ctx)
    call.only_site()
    with call.store() as store:
        decided = call.actions(store, actor).ask_again(number, reason, field)
    call.answer(
        lambda: {"decisions": [api_shapes.requests.decision(decided)]},
        lambda console: console.print(f"Request {decided.successor} is open and asks again."),
    )


def _processes_benefits(call: CliSession, site: str) -> bool:
    """Return whether the site has a rulebook."""
    return call.deployment().settings.sites[site].intake_rules().processes_benefits


def _answer(call: CliSession, verb: str, decided: Iterable[Decision], left: Iterable[int]) -> None:
    decisions, remaining = list(decided), list(left)
    call.answer(
        lambda: dict(api_shapes.requests.decisions(decisions, remaining)),
        lambda console: print_decisions(console, verb, decisions, remaining),
    )
    if any(decision.error is not None for decision in decisions):
        raise typer.Exit(DecisionError.code)
