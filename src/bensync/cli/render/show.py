"""Runs, plans and the status, as people read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from rich.console import Console
from rich.text import Text

from bensync.cli.render.console import moment, more, pairs, table
from bensync.core.changes import Change, SyncPlan
from bensync.core.schedule import OVERDUE
from bensync.errors import BensyncError
from bensync.state.read.lists import Listing
from bensync.state.read.site_status import RunView, StatusView
from bensync.wording.sync import COUNTS, count


def plan(console: Console, site: str, found: SyncPlan, *, whole: bool) -> None:
    """What would be sent, held and kept back, with a reason for every person."""
    changed = [change for change in found.sends if change.kind != "UNCHANGED"]
    repeated = [change for change in found.sends if change.kind == "UNCHANGED"]
    listed = found.sends if whole else changed
    if listed:
        title = f"{site}: {count(len(found.sends), 'row')} would be sent"
        table(
            console,
            title,
            ("HR id", "Kind", "Fields", "Why"),
            [_planned(change) for change in listed],
            wrap=("Kind", "Fields", "Why"),
        )
    else:
        console.print(f"{site}: {_nothing(len(repeated))}")
    if repeated and not whole and changed:
        console.print(f"{count(len(repeated), 'more row')} without changes (--verbose lists them).")
    if found.held:
        rows = [(*_planned(entry.change)[:3], entry.alarm) for entry in found.held]
        table(
            console,
            f"{count(len(found.held), 'row')} held for review",
            ("HR id", "Kind", "Fields", "Alarm"),
            rows,
            wrap=("Kind", "Fields", "Alarm"),
        )
    if found.issues:
        kept = [(issue.employee_id, issue.code, issue.detail) for issue in found.issues]
        title = f"{count(len(found.issues), 'person', 'people')} blocked by a data issue"
        table(console, title, ("HR id", "Issue", "What to look at"), kept, wrap=("What to look at",))
    _aside(console, found, whole=whole)
    alarms(console, [(alarm.text, alarm.limit, alarm.refuses) for alarm in found.alarms])
    if found.alarms:
        console.print(
            f"If this is right, `bensync sync --allow {found.fingerprint}` releases exactly this plan today"
            " (or `resync` with the same populations, if you planned a resync)."
        )
    else:
        console.print(f"Plan {found.fingerprint}, as of {found.as_of}. Nothing was changed.")


def run_report(console: Console, view: RunView, found: SyncPlan) -> None:
    """How a run ended, and what a person should look at now."""
    run(console, view)
    if found.issues:
        console.print(f"{count(len(found.issues), 'person', 'people')} blocked by a data issue: see `bensync issues`.")
    if found.held:
        console.print(
            f"{count(len(found.held), 'row')} held for review: see `bensync plan`. If they are right, release them"
            f" today with `bensync sync --allow {found.fingerprint}`."
        )


def run(console: Console, view: RunView) -> None:
    """One run with everything that is known of it."""
    counts = ", ".join(f"{view.counts[name]:,} {word}" for name, word in COUNTS.items() if name in view.counts)
    file = f"{view.delivery}, {count(view.delivery_rows or 0, 'row')}, {view.delivery_state}" if view.delivery else ""
    pairs(
        console,
        f"{view.site}: run {view.id}, {_kind(view)}",
        (
            ("state", view.state),
            ("outcome", _outcome(view)),
            ("asked by", f"{view.actor} ({view.cause.lower()})"),
            ("began", f"{moment(view.started_at)} UTC"),
            ("ended", f"{moment(view.ended_at)} UTC" if view.ended_at else ""),
            ("as of", view.as_of),
            ("people", counts),
            ("headcount", _ledger(view)),
            ("register", _register(view)),
            ("file", file),
            ("plan", view.plan),
            *_error(view),
        ),
    )
    alarms(console, [(alarm["text"], alarm["limit"], alarm["refuses"]) for alarm in view.alarms])
    if view.brief:
        console.print(view.brief, soft_wrap=True)


def runs(console: Console, lists: Mapping[str, Listing[RunView]]) -> None:
    """The newest runs of every site."""
    for site, listing in lists.items():
        if not listing.items:
            console.print(f"{site}: there are no runs yet.")
            continue
        rows = [
            (
                view.id,
                moment(view.started_at),
                _kind(view),
                view.actor,
                view.outcome or view.state,
                view.counts.get("changed"),
                view.counts.get("requests"),
                view.delivery.removesuffix(".csv.gpg") if view.delivery else view.error.get("kind"),
            )
            for view in listing.items
        ]
        columns = ("Run", "Began (UTC)", "Kind", "By", "Outcome", "Changed", "Requests", "File or error")
        table(
            console,
            f"Runs of {site}",
            columns,
            rows,
            right=("Run", "Changed", "Requests"),
            wrap=("Kind", "By", "File or error"),
        )
        more(console, len(listing.items), listing.total)


def status(console: Console, view: StatusView, due: datetime | None, now: datetime) -> None:
    """What a benefits office wants to know at a glance."""
    last = view.last_update
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in view.pending.items())
    trouble = count(view.deliveries_in_trouble, "delivery", "deliveries")
    pairs(
        console,
        view.site,
        (
            ("last sync", f"{moment(last.ended_at)} UTC, {_kind(last)} by {last.actor}" if last else "never"),
            ("outcome", _outcome(last) if last else ""),
            ("people", _told(last) if last else ""),
            ("file", last.delivery if last else ""),
            ("next run", _next(due, now)),
            ("queue", f"{_waiting(sum(view.pending.values()))}: {kinds}" if kinds else "no pending requests"),
            ("data issues", f"{view.issues:,} (`bensync issues`)" if view.issues else "none"),
            ("in trouble", f"{trouble} (`bensync deliveries`)" if view.deliveries_in_trouble else "no deliveries"),
            *(_error(view.last_error) if view.last_error else ()),
        ),
    )


def alarms(console: Console, found: Iterable[tuple[str, str, bool]]) -> None:
    """Why a plan looks like an accident."""
    for text, limit, refuses in found:
        effect = "stops the run" if refuses else "holds these rows"
        console.print(Text.assemble(("Alarm: ", "bold red"), f"{text} (limit {limit}); it {effect}."))


def failure(site: str, error: BensyncError) -> Callable[[Console], None]:
    """Tells how one of several sites failed."""

    def tell(console: Console) -> None:
        pairs(console, f"{site}: failed", (("what", error.what), ("why", error.why), ("fix", error.fix)))

    return tell


def _planned(change: Change) -> tuple[str, str, str, str]:
    return change.candidate.employee_id, change.kind, ", ".join(change.fields), change.reason


def _nothing(repeated: int) -> str:
    if repeated:
        return f"{count(repeated, 'row')} would be sent, all of them without changes."
    return "nothing would be sent."


def _aside(console: Console, found: SyncPlan, *, whole: bool) -> None:
    for people, said in ((found.unchanged, "unchanged"), (found.outside, "outside the selected populations")):
        if people:
            names = f": {', '.join(people)}" if whole else " (--verbose lists them)"
            console.print(f"{count(len(people), 'person', 'people')} {said}{names}.", soft_wrap=True)


def _next(due: datetime | None, now: datetime) -> str:
    if due is None:
        return "none; this site receives files (`bensync received`)"
    if now - due > OVERDUE:
        return f"overdue since {moment(due)} UTC"
    return f"{moment(due)} UTC (by the daemon)" if due > now else "due now (by the daemon)"


def _waiting(number: int) -> str:
    return f"{count(number, 'request')} wait{'s' if number == 1 else ''}"


def _ledger(view: RunView) -> str:
    """The headcount ledger as one line that adds up."""
    book = view.ledger
    if not book:
        return ""
    signs = {"hires": "+", "rehires": "+", "reactivations": "+", "terminations": "-", "moved": "+"}
    moves = [f"{sign} {book[name]:,} {name}" for name, sign in signs.items() if book.get(name)]
    return " ".join([f"{book['before']:,} before", *moves, f"= {book['after']:,} after"])


def _register(view: RunView) -> str:
    """The register's side of the ledger."""
    book = view.ledger
    if "register" not in book:
        return ""
    return f"{book['register']:,} active; {book['register_if_approved']:,} if all pending requests are approved"


def _kind(view: RunView) -> str:
    return f"{view.kind} {' + '.join(view.boxes)}" if view.kind == "RESYNC" and view.boxes else str(view.kind)


def _outcome(view: RunView) -> str:
    words = {
        "DELIVERED": "a file was delivered",
        "NO_CHANGES": "no changes, no file",
        "FILLED": "the database was filled",
    }
    words["CAUGHT_UP"] = "the receiver was asked which files it has"
    return f"{view.outcome} ({words[view.outcome]})" if view.outcome else ""


def _told(view: RunView) -> str:
    return ", ".join(f"{view.counts[name]:,} {word}" for name, word in COUNTS.items() if view.counts.get(name))


def _error(view: RunView) -> list[tuple[str, object]]:
    if not view.error:
        lost = "The run was interrupted. The next run finishes it."
        return [("error", lost)] if view.state == "INTERRUPTED" else []
    told = [("error", view.error.get("what")), ("why", view.error.get("why")), ("fix", view.error.get("fix"))]
    return [*told]
