"""Requests, people, deliveries, issues and audit entries, as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from bensync.actions.approvals import Decision
from bensync.cli.render.console import moment, more, pairs, table, whose
from bensync.core.changes import FieldChange
from bensync.core.requests import WARNING_WORDS, RequestState
from bensync.core.runs import Delivery
from bensync.mappings.catalogue import Catalogue
from bensync.state.read.lists import (
    AuditView,
    DeliveryRowView,
    IssueView,
    Listing,
    PersonDetail,
    PersonView,
    RequestView,
)
from bensync.wording.sync import count, label, size

_NONE = {
    "PENDING": "are pending",
    "APPROVED": "were approved",
    "DECLINED": "were declined",
    "SUPERSEDED": "were superseded",
}


def requests(console: Console, lists: Mapping[str, Listing[RequestView]], state: RequestState | None) -> None:
    """The queue of every site."""
    for site, listing in lists.items():
        if not listing.items:
            console.print(f"{site}: No requests {_NONE.get(state or 'PENDING')}.")
            continue
        rows = [
            (
                view.id,
                view.kind,
                view.risk,
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


def request(console: Console, view: RequestView, caution: str, catalogue: Catalogue) -> None:
    """One request: before and after, warnings, effects, history."""
    pairs(
        console,
        f"{view.site}: request {view.id}, {view.kind}, {view.state}",
        (
            ("person", f"{view.person.name}, SSN {view.person.ssn}, HR employee {view.person.employee_id}"),
            ("participant", view.participant_id or "new"),
            ("same employee", f"participant {view.duplicate_of}" if view.duplicate_of else ""),
            ("effective", view.effective_date),
            ("risk", view.risk),
            ("source", view.delivery or "the comparison with HR status after a run"),
            ("opened", f"{moment(view.opened_at)} UTC"),
            ("decided", f"{moment(view.decided_at)} UTC by {view.decided_by or 'bensync'}" if view.decided_at else ""),
            ("reason", view.decline_code or view.closed_because),
            ("note", view.note),
            ("replaced by", f"request {view.superseded_by}" if view.superseded_by else ""),
        ),
    )
    before_after(console, view.changes, catalogue)
    for code in view.warnings:
        console.print(Text.assemble(("Warning: ", "bold yellow"), f"{WARNING_WORDS[code]} ({code})."))
    if caution and view.state == "PENDING":
        console.print(Text.assemble(("Caution: ", "bold red"), f"{caution}. To approve it, add --confirm."))
        if view.duplicate_of:
            console.print("If it is the same person with another SSN, add --confirm --as-ssn-correction.")


def follows(console: Console, sentences: Sequence[str]) -> None:
    """What approving would do to coverage."""
    if sentences:
        console.print("If you approve it, the next event run will do this:")
        for sentence in sentences:
            console.print(f"  - {sentence}", soft_wrap=True)


def before_after(console: Console, changes: Sequence[FieldChange], catalogue: Catalogue) -> None:
    """Fields in two columns: as they are, and as they would be."""
    rows = [(label(change.field, catalogue), change.old, _after(change)) for change in changes]
    if rows:
        table(console, "", ("Field", "Before", "After"), rows, wrap=("Before", "After"))
    else:
        console.print("No field changes; past dated rows were rewritten.")


def decisions(console: Console, verb: str, made: Sequence[Decision], left: Sequence[int]) -> None:
    """What became of decisions."""
    done = [decision for decision in made if decision.done]
    waiting = [str(decision.request_id) for decision in made if decision.waits]
    if done or not made:
        console.print(f"{count(len(done), 'request')} {verb}.")
    if waiting:
        console.print(f"Waiting for a second person to approve: {', '.join(waiting)}.", soft_wrap=True)
    refused = [
        (decision.request_id, decision.error.why, decision.error.fix) for decision in made if decision.error is not None
    ]
    if refused:
        title = f"{count(len(refused), 'request')} not {verb}"
        table(console, title, ("ID", "Why", "What to do"), refused, right=("ID",), wrap=("Why", "What to do"))
    if left:
        numbers = ", ".join(map(str, left))
        console.print(f"{count(len(left), 'request')} of HIGH risk left for a review each: {numbers}.", soft_wrap=True)


def people(console: Console, lists: Mapping[str, Listing[PersonView]]) -> None:
    """The participants of every site."""
    for site, listing in lists.items():
        if not listing.items:
            console.print(f"{site}: there are no participants yet.")
            continue
        rows = [
            (
                view.employee_id,
                view.name,
                view.ssn,
                view.status,
                view.hire_date,
                view.termination_date,
                view.hr_status,
                f"p{view.id}",
            )
            for view in listing.items
        ]
        columns = ("HR id", "Name", "SSN", "Status", "Hired", "Terminated", "HR said", "No.")
        table(console, f"Participants of {site}", columns, rows, wrap=("Name",))
        more(console, len(listing.items), listing.total)


def person(console: Console, detail: PersonDetail, pending: Sequence[int], catalogue: Catalogue) -> None:
    """One participant with all that was approved."""
    who = detail.person
    pairs(
        console,
        f"{who.site}: {who.name}, participant {who.id}",
        (
            ("HR employee", who.employee_id),
            ("status", who.status),
            ("HR said", who.hr_status),
            ("hired", who.hire_date),
            ("terminated", who.termination_date),
            ("program", who.program),
            ("last change", f"{moment(who.updated_at)} UTC"),
            ("requests", ", ".join(map(str, pending)) if pending else "none pending"),
        ),
    )
    table(
        console,
        "",
        ("Field", "Approved value"),
        [(label(name, catalogue), value) for name, value in detail.values.items()],
        wrap=("Approved value",),
    )
    if detail.activities:
        rows = [(trace.event_date, trace.event_class, trace.action) for trace in detail.activities]
        table(console, "Activities", ("Date", "Class", "What"), rows)


def deliveries(console: Console, lists: Mapping[str, Listing[Delivery]]) -> None:
    """The deliveries of every site."""
    for site, listing in lists.items():
        if not listing.items:
            console.print(f"{site}: there are no deliveries yet.")
            continue
        rows = [
            (
                found.id,
                found.name,
                found.state,
                f"{found.rows:,}",
                size(found.size),
                found.attempts,
                moment(found.committed_at) or f"made {moment(found.created_at)}",
            )
            for found in listing.items
        ]
        columns = ("ID", "File", "State", "Rows", "Size", "Failed", "Delivered (UTC)")
        table(console, f"Deliveries of {site}", columns, rows, right=("ID", "Rows", "Size", "Failed"), wrap=("File",))
        more(console, len(listing.items), listing.total)


def delivery(console: Console, site: str, found: Delivery, rows: Sequence[DeliveryRowView]) -> None:
    """One delivery and whom it told about."""
    pairs(
        console,
        f"{site}: delivery {found.id}, {found.name}",
        (
            ("state", found.state),
            ("run", found.run_id),
            ("rows", f"{found.rows:,}"),
            ("size", size(found.size)),
            ("SHA-256", found.sha256),
            ("made", f"{moment(found.created_at)} UTC"),
            ("delivered", f"{moment(found.committed_at)} UTC" if found.committed_at else ""),
            ("failed tries", found.attempts),
            ("error", found.error.get("what")),
            ("why", found.error.get("why")),
            ("fix", found.error.get("fix")),
        ),
    )
    table(
        console,
        "",
        ("Row", "HR id", "Kind", "Fields"),
        [(row.number, row.employee_id, row.kind, ", ".join(row.fields)) for row in rows],
        right=("Row",),
        wrap=("Kind", "Fields"),
    )


def issues(console: Console, lists: Mapping[str, Listing[IssueView]]) -> None:
    """The people kept back."""
    for site, listing in lists.items():
        if not listing.items:
            console.print(f"{site}: there are no data issues.")
            continue
        rows = [
            (
                view.id,
                view.employee_id,
                view.code,
                view.detail,
                moment(view.first_seen),
                moment(view.resolved_at or view.last_seen),
                "resolved" if view.resolved_at else "open",
            )
            for view in listing.items
        ]
        columns = ("ID", "HR id", "Issue", "What to look at", "Since (UTC)", "Last (UTC)", "State")
        table(console, f"Data issues of {site}", columns, rows, right=("ID",), wrap=("What to look at",))
        more(console, len(listing.items), listing.total)


def audit(console: Console, lists: Mapping[str, Listing[AuditView]]) -> None:
    """Who did what when."""
    for site, listing in lists.items():
        if not listing.items:
            console.print(f"{site}: there are no audit entries yet.")
            continue
        rows = [(view.id, moment(view.at), view.actor, view.verb, view.object, view.reason) for view in listing.items]
        table(
            console,
            f"Audit trail of {whose(site)}",
            ("ID", "At (UTC)", "Who", "Did", "To", "Reason"),
            rows,
            right=("ID",),
            wrap=("To", "Reason"),
        )
        more(console, len(listing.items), listing.total)


def audit_entry(console: Console, view: AuditView, catalogue: Catalogue) -> None:
    """One audit entry with what it changed."""
    pairs(
        console,
        f"{view.site}: audit entry {view.id}",
        (
            ("at", f"{moment(view.at)} UTC"),
            ("who", view.actor),
            ("did", view.verb),
            ("to", view.object),
            ("reason", view.reason),
        ),
    )
    if view.changes:
        before_after(console, view.changes, catalogue)


def issue(console: Console, view: IssueView) -> None:
    """One person kept back."""
    pairs(
        console,
        f"{view.site}: issue {view.id}, {view.code}",
        (
            ("HR employee", view.employee_id),
            ("look at", view.detail),
            ("since", f"{moment(view.first_seen)} UTC"),
            ("last seen", f"{moment(view.last_seen)} UTC"),
            ("resolved", f"{moment(view.resolved_at)} UTC" if view.resolved_at else "not yet; every run tries again"),
        ),
    )


def _brief(view: RequestView) -> str:
    """The first field and how many more there are; the request itself shows them all."""
    first, *others = [change.field for change in view.changes] or ["rewritten history"]
    told = [f"{first} and {count(len(others), 'more field')}" if others else first]
    if view.warnings:
        told.append(count(len(view.warnings), "warning"))
    return "; ".join(told)


def _after(change: FieldChange) -> str:
    return "(cleared)" if change.new is None else change.new
