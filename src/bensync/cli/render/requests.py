"""Requests and decisions on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from bensync.actions.decisions import Decision
from bensync.cli.render.console import moment, more, pairs, table
from bensync.core.changes import FieldChange
from bensync.core.requests import WARNING_WORDS, Origin, RequestState
from bensync.mappings.catalogue import Catalogue
from bensync.state.read.lists import (
    Listing,
    RequestView,
)
from bensync.wording.sync import HELD_UP, closed, count, label

_SOURCES = {
    Origin.ROW: "asked again after a decline",
    Origin.DRIFT: "the comparison with HR status after a run",
}
"""Where a request comes from that no file brought."""
_NONE = {
    "PENDING": "are pending",
    "APPROVED": "were approved",
    "DECLINED": "were declined",
    "SUPERSEDED": "were superseded",
    "WITHDRAWN": "were withdrawn",
}


def print_requests(console: Console, lists: Mapping[str, Listing[RequestView]], state: RequestState | None) -> None:
    """Print the requests of every site."""
    for site, listing in lists.items():
        if not listing.items:
            console.print(f"{site}: No requests {_NONE.get(state or 'PENDING')}.")
            continue
        rows = [
            (
                view.id,
                view.kind,
                view.risk,
                # With --state, the column would say the same in each line.
                *(() if state else (view.state,)),
                view.person.employee_id,
                view.person.name,
                view.person.ssn,
                view.effective_date,
                _brief(view),
            )
            for view in listing.items
        ]
        columns = ("ID", "Kind", "Risk", *(() if state else ("State",)), "HR id", "Name", "SSN", "Effective", "Changes")
        table(console, f"Requests of {site}", columns, rows, right=("ID",), wrap=("Kind", "Name", "Changes"))
        more(console, len(listing.items), listing.total)


def print_request(console: Console, view: RequestView, caution: str, catalogue: Catalogue) -> None:
    """Print one request: before and after, and warnings."""
    pairs(
        console,
        f"{view.site}: request {view.id}, {view.kind}, {view.state}",
        (
            ("person", f"{view.person.name}, SSN {view.person.ssn}, HR employee {view.person.employee_id}"),
            ("participant", view.participant_id or "new"),
            ("same employee", f"participant {view.duplicate_of}" if view.duplicate_of else ""),
            ("effective", view.effective_date),
            ("risk", view.risk),
            ("source", view.delivery or _SOURCES[view.origin]),
            ("opened", f"{moment(view.opened_at)} UTC"),
            ("decided", f"{moment(view.decided_at)} UTC by {view.decided_by or 'bensync'}" if view.decided_at else ""),
            ("waits", HELD_UP if view.held_up else ""),
            ("left out", ", ".join(label(name, catalogue) for name in view.left_out)),
            ("reason", view.decline_code or closed(view.closed_because)),
            ("note", view.note),
            ("replaced by", f"request {view.superseded_by}" if view.superseded_by else ""),
        ),
    )
    print_changes(console, view.changes, catalogue)
    if view.declined_before:
        console.print("Declined before, and left out unless --only names the field:")
        print_changes(console, view.declined_before, catalogue)
    for code in view.warnings:
        console.print(Text.assemble(("Warning: ", "bold yellow"), f"{WARNING_WORDS[code]} ({code})"))
    if caution:
        console.print(Text.assemble(("Caution: ", "bold red"), f"{caution} To approve it, add --confirm."))
        # Approving it as it is would make a second participant of the same person.
        if view.duplicate_of:
            console.print("If it is the same person with another SSN, add --confirm --as-ssn-correction.")


def print_effects(console: Console, sentences: Sequence[str]) -> None:
    """Print the effect of an approval on coverage."""
    if sentences:
        console.print("If you approve it, the next event run will do this:")
        for sentence in sentences:
            console.print(f"  - {sentence}", soft_wrap=True)


def print_changes(console: Console, changes: Sequence[FieldChange], catalogue: Catalogue) -> None:
    """Print fields in two columns: before and after."""
    rows = [(label(change.field, catalogue), change.old, _after(change)) for change in changes]
    if rows:
        table(console, "", ("Field", "Before", "After"), rows, wrap=("Before", "After"))
    else:
        console.print("No field changes; past dated rows were rewritten.")


def print_decisions(console: Console, verb: str, decided: Sequence[Decision], left: Sequence[int]) -> None:
    """Print the results of decisions."""
    done = [decision for decision in decided if decision.done]
    waiting = [str(decision.request_id) for decision in decided if decision.waits]
    if done or not decided:
        console.print(f"{count(len(done), 'request')} {verb}.")
    if waiting:
        console.print(f"Waiting for a second person to approve: {', '.join(waiting)}.", soft_wrap=True)
    refused = [
        (decision.request_id, decision.error.why, decision.error.fix)
        for decision in decided
        if decision.error is not None
    ]
    if refused:
        title = f"{count(len(refused), 'request')} not {verb}"
        table(console, title, ("ID", "Why", "What to do"), refused, right=("ID",), wrap=("Why", "What to do"))
    if left:
        numbers = ", ".join(map(str, left))
        console.print(f"{count(len(left), 'request')} of HIGH risk left for a review each: {numbers}.", soft_wrap=True)


def _brief(view: RequestView) -> str:
    """Return the first field and the number of others; the request itself shows them all."""
    first, *others = [change.field for change in view.changes] or ["rewritten history"]
    parts = [f"{first} and {count(len(others), 'more field')}" if others else first]
    if view.warnings:
        parts.append(count(len(view.warnings), "warning"))
    if view.held_up:
        parts.append("waits behind an open event (`bensync events waiting`)")
    return "; ".join(parts)


def _after(change: FieldChange) -> str:
    return "(cleared)" if change.new is None else change.new
