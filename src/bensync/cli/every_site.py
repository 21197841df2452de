"""Run one command at several sites, and give one answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from bensync import api_shapes
from bensync.cli.invocation import Answer
from bensync.cli.render.console import failure_printer
from bensync.cli.session import CliSession
from bensync.errors import BensyncError
from bensync.state.store import Store

if TYPE_CHECKING:
    from pydantic import BaseModel

SiteAnswer = Callable[[], "BaseModel"]
"""Makes what one site answers under --json."""


def for_every_site(
    call: CliSession,
    key: str,
    act: Callable[[Store, str], tuple[SiteAnswer, Callable[[Any], object]]],
    codes: list[int],
    sites: Sequence[str] | None = None,
) -> None:
    """Run an action at every site that sends, or at these; go on after a failure, unless there is only one site."""
    # A site with a broken file is part of "all sites": without a failure of its own, a script would take it for done.
    broken = call.deployment().broken if sites is None and call.site is None else {}
    sites = call.senders() if sites is None else sites
    # Functions, because most calls print text and never pay for building the JSON shapes.
    answers: list[SiteAnswer] = []
    shows: list[Callable[[Any], object]] = []
    with call.store() as store:
        for site in sites:
            try:
                answer, shown = act(store, site)
            except BensyncError as error:
                # With one site, its error is the error of the command, in the form that every other command has.
                if len(sites) == 1 and not broken:
                    raise
                codes.append(error.code)
                answer, shown = _failed(site, error), failure_printer(site, error)
            answers.append(answer)
            shows.append(shown)

    for site, why in broken.items():
        codes.append(why.code)
        answers.append(_failed(site, why))
        shows.append(failure_printer(site, why))

    def show_all(console: Console) -> None:
        for shown in shows:
            shown(console)

    def shape() -> Answer:
        shapes = [answer() for answer in answers]
        return {key: shapes[0]} if len(shapes) == 1 else {f"{key}s": shapes}

    call.answer(shape, show_all)
    raise typer.Exit(max(codes, key=_badness))


def _failed(site: str, error: BensyncError) -> SiteAnswer:
    return lambda: api_shapes.base.SiteFailure(site=site, error=api_shapes.base.error(error))


def _badness(code: int) -> tuple[bool, int]:
    # 1 is the smallest code and the worst: a bug.
    return code == BensyncError.code, code
