"""Why an employee was sent, skipped or blocked: what was sent, by which rule, and what happened since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from bensync.cli.session import session
from bensync.core.people import Profile, masked_ssn
from bensync.core.status import STATUS_FIELD, STATUS_TABLE
from bensync.errors import StateError
from bensync.mappings.catalogue import Catalogue
from bensync.state.read.timeline import Episode, LastSent
from bensync.wording.timeline import episode


def explain(
    ctx: typer.Context, employee: Annotated[str, typer.Argument(metavar="EMPLOYEE", help="The HR employee id.")]
) -> None:
    """Show why an employee was sent, skipped, or blocked, run by run."""
    call = session(ctx)
    site = call.only_site()
    with call.store() as store, store.read(site) as state:
        last_sent, episodes = state.timeline.last_sent(employee), state.timeline.episodes(employee)
    if last_sent is None and not episodes:
        raise StateError(
            f"There is no history for employee {employee}.",
            f"No run of site {site} has read an employee with that id.",
            "`bensync people list` and `bensync issues list` show ids. `bensync plan` reads HR now.",
        )
    catalogue = call.catalogue(site)
    call.answer(
        {
            "explain": {
                "site": site,
                "employee_id": employee,
                "told": _last_sent_shape(last_sent),
                "history": [_episode_shape(past, catalogue) for past in episodes],
            }
        },
        lambda console: _print(console, employee, last_sent, episodes, catalogue),
    )


def _last_sent_shape(last_sent: LastSent | None) -> dict[str, Any] | None:
    if last_sent is None:
        return None
    profile = last_sent.profile
    return {
        "state": last_sent.state,
        "status": profile.status,
        "status_date": profile.status_date,
        "rule": _rule(profile),
        "due": last_sent.due,
        "values": _masked(profile),
        "rows": [{"table": row.table, "date": row.date, **row.values} for row in profile.rows],
    }


def _episode_shape(past: Episode, catalogue: Catalogue) -> dict[str, Any]:
    """Return the values of an episode, with its words as ``event`` and ``reason``."""
    event, reason = episode(past, catalogue)
    return {**msgspec.structs.asdict(past), "event": event, "reason": reason}


def _masked(profile: Profile) -> dict[str, str | None]:
    # Masked in JSON as well: scripts keep their output in logs.
    return {name: masked_ssn(value) if name == "ssn" else value for name, value in profile.values.items()}


def _rule(profile: Profile) -> str:
    rows = [row for row in profile.rows if row.table == STATUS_TABLE]
    option = profile.values.get(STATUS_FIELD, "")
    # The rule is repeated with the row that decided: the usual question is why HR counts somebody as inactive.
    which = "the only row" if len(rows) == 1 else f"the last of {len(rows)} rows"
    return f"{profile.status} because {which} of the status table, dated {profile.status_date}, says {option!r}"


def _print(
    console: Console, employee: str, last_sent: LastSent | None, episodes: Sequence[Episode], catalogue: Catalogue
) -> None:
    if last_sent is None:
        console.print(f"Employee {employee} was never sent to the benefits platform.")
    else:
        profile = last_sent.profile
        console.print(
            f"Employee {employee}, as last sent to the benefits platform (baseline {last_sent.state.lower()}):"
        )
        console.print(f"  {_rule(profile)}")
        if last_sent.due is not None:
            console.print(f"  the next dated row takes effect on {last_sent.due}")
        facts = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2))
        for name, value in _masked(profile).items():
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


def _where(past: Episode) -> str:
    if past.file is not None:
        return f"run {past.run}, {past.file}, E record {past.row}"
    return f"request {past.request}" if past.request is not None else f"run {past.run}"
