"""Why an employee was sent, skipped or blocked: what was sent, by which rule, and what happened since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bensync import api_shapes
from bensync.cli.session import CliSession, session
from bensync.errors import StateError
from bensync.mappings.catalogue import Catalogue
from bensync.state.read.timeline import Episode, LastSent
from bensync.state.site_state import SiteState
from bensync.wording.timeline import episode, status_rule


def explain(
    ctx: typer.Context, employee: Annotated[str, typer.Argument(metavar="EMPLOYEE", help="The HR employee id.")]
) -> None:
    """Show why an employee was sent, skipped, or blocked, run by run."""
    call = session(ctx)
    site = call.only_site()
    benefits = call.deployment().settings.sites[site].intake_rules().processes_benefits
    with call.store() as store, store.read(site) as state:
        last_sent, episodes = state.timeline.last_sent(employee), state.timeline.episodes(employee)
        remarks = _cobra_remarks(call, site, state, employee) if benefits else []
    if last_sent is None and not episodes:
        raise StateError(
            f"There is no history for employee {employee}.",
            f"No run of site {site} has read an employee with that id.",
            "`bensync people list` and `bensync issues list` show ids. `bensync plan` reads HR now.",
        )
    catalogue = call.catalogue(site)
    call.answer(
        lambda: {"explain": api_shapes.people.explanation(site, employee, last_sent, episodes, catalogue, remarks)},
        lambda console: _print(console, employee, last_sent, episodes, catalogue, remarks),
    )


def _cobra_remarks(call: CliSession, site: str, state: SiteState, employee: str) -> list[tuple[int, str]]:
    """Return the benefit events whose lost coverage falls under an earlier COBRA record, each with a sentence."""
    # Imported here: a site without a rulebook need not load the engine of benefits.
    from bensync.wording.coverage import cobra_remarks

    cases = state.cases.load(state.lists.participants_of(employee)).values()
    book = call.deployment().rulebook(site)
    return [line for case in cases for line in cobra_remarks(case, book)]


def _print(
    console: Console,
    employee: str,
    last_sent: LastSent | None,
    episodes: Sequence[Episode],
    catalogue: Catalogue,
    remarks: Sequence[tuple[int, str]],
) -> None:
    if last_sent is None:
        console.print(f"Employee {employee} was never sent to the benefits platform.")
    else:
        profile = last_sent.profile
        console.print(
            f"Employee {employee}, as last sent to the benefits platform (baseline {last_sent.state.lower()}):"
        )
        console.print(f"  {status_rule(profile)}")
        if last_sent.due is not None:
            console.print(f"  the next dated row takes effect on {last_sent.due}")
        facts = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2))
        for name, value in api_shapes.people.masked_values(profile).items():
            facts.add_row("", name, value)
        console.print(facts)
        dated = Table("", "table", "from", "says", box=None, pad_edge=False, padding=(0, 2))
        for row in profile.rows:
            dated.add_row(
                "", row.table, str(row.date), ", ".join(f"{name}: {text}" for name, text in row.values.items())
            )
        console.print(dated)
    console.print("\nHistory, oldest first:")
    table = Table("", "when (UTC)", "what", "why", "where", box=None, pad_edge=False, padding=(0, 2))
    for past in episodes:
        table.add_row("", f"{past.at:%Y-%m-%d %H:%M}", *episode(past, catalogue), _where(past))
    console.print(table)
    for number, sentence in remarks:
        console.print(f"\nBenefit event {number}: {sentence}", soft_wrap=True)


def _where(past: Episode) -> str:
    if past.file is not None:
        return f"run {past.run}, {past.file}, E record {past.row}"
    return f"request {past.request}" if past.request is not None else f"run {past.run}"
