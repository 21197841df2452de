"""Runs and plans on the command line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from rich.console import Console
from rich.text import Text

from bensync.cli.render.console import moment, more, pairs, table
from bensync.core.changes import Change, FirstLoad, SyncPlan
from bensync.state.read.lists import Listing
from bensync.state.read.site_status import RunView
from bensync.wording.sync import COUNTS, count, run_result


def print_plan(console: Console, site: str, plan: SyncPlan, *, whole: bool) -> None:
    """Print what would be sent, held for review and blocked, with a reason for every person."""
    changed = [change for change in plan.sends if change.kind != "UNCHANGED"]
    # A resync repeats everyone; the rows that change something would be lost among them.
    repeated = [change for change in plan.sends if change.kind == "UNCHANGED"]
    listed = plan.sends if whole else changed
    if listed:
        title = f"{site}: {count(len(plan.sends), 'row')} would be sent"
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
    if plan.held:
        rows = [(*_planned(entry.change)[:3], entry.alarm) for entry in plan.held]
        table(
            console,
            f"{count(len(plan.held), 'row')} held for review",
            ("HR id", "Kind", "Fields", "Alarm"),
            rows,
            wrap=("Kind", "Fields", "Alarm"),
        )
    if plan.issues:
        kept = [(issue.employee_id, issue.code, issue.detail) for issue in plan.issues]
        title = f"{count(len(plan.issues), 'person', 'people')} blocked by a data issue"
        table(console, title, ("HR id", "Issue", "What to look at"), kept, wrap=("What to look at",))
    _print_aside(console, plan, whole=whole)
    if plan.first_load is not None:
        _print_first_load(console, plan.first_load)
    print_alarms(console, [(alarm.text, alarm.limit, alarm.refuses) for alarm in plan.alarms])
    if plan.alarms:
        console.print(
            f"If this is right, `bensync sync --allow {plan.fingerprint}` releases exactly this plan today"
            " (or `resync` with the same populations, if you planned a resync)."
        )
    else:
        console.print(f"Plan {plan.fingerprint}, as of {plan.as_of}. Nothing was changed.")


def _print_first_load(console: Console, load: FirstLoad) -> None:
    """Print how complete a first load is: a wrong mapping shows here, before anybody is sent."""
    rows = [
        (
            entry.field,
            "required" if entry.required else "",
            f"{entry.filled:,}",
            f"{entry.filled / max(load.people, 1):.0%}",
        )
        for entry in load.fields
    ]
    table(console, f"First load: {count(load.people, 'person', 'people')} read", ("Field", "", "Filled", "Share"), rows)
    flaws = {"share an SSN": load.shared_ssns, **load.odd_values}
    for text, people in flaws.items():
        if people:
            console.print(f"{count(people, 'person', 'people')}: {text}.", soft_wrap=True)


def print_run_report(console: Console, view: RunView, plan: SyncPlan) -> None:
    """Print the result of a run, and what needs a person now."""
    print_run(console, view)
    if plan.issues:
        console.print(f"{count(len(plan.issues), 'person', 'people')} blocked by a data issue: see `bensync issues`.")
    if plan.held:
        console.print(
            f"{count(len(plan.held), 'row')} held for review: see `bensync plan`. If they are right, release them"
            f" today with `bensync sync --allow {plan.fingerprint}`."
        )


def print_run(console: Console, view: RunView) -> None:
    """Print one run in full."""
    counts = ", ".join(f"{view.counts[name]:,} {word}" for name, word in COUNTS.items() if name in view.counts)
    file = f"{view.delivery}, {count(view.delivery_rows or 0, 'row')}, {view.delivery_state}" if view.delivery else ""
    pairs(
        console,
        f"{view.site}: run {view.id}, {kind_of(view)}",
        (
            ("state", view.state),
            ("outcome", outcome_of(view)),
            ("asked by", f"{view.actor} ({view.cause.lower()})"),
            ("began", f"{moment(view.started_at)} UTC"),
            ("ended", f"{moment(view.ended_at)} UTC" if view.ended_at else ""),
            ("as of", view.as_of),
            ("people", counts),
            ("headcount", _ledger(view)),
            ("register", _register(view)),
            ("file", file),
            ("plan", view.plan),
            *error_of(view),
        ),
    )
    print_alarms(console, [(alarm["text"], alarm["limit"], alarm["refuses"]) for alarm in view.alarms])
    if view.brief:
        console.print(view.brief, soft_wrap=True)


def print_runs(console: Console, lists: Mapping[str, Listing[RunView]]) -> None:
    """Print the newest runs of every site."""
    for site, listing in lists.items():
        if not listing.items:
            console.print(f"{site}: there are no runs yet.")
            continue
        rows = [
            (
                view.id,
                moment(view.started_at),
                kind_of(view),
                view.actor,
                view.outcome or view.state,
                view.counts.get("changed"),
                view.counts.get("requests"),
                # The suffix is the same in each line, and the name is the widest cell.
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


def print_alarms(console: Console, alarms: Iterable[tuple[str, str, bool]]) -> None:
    """Print the safety limits that a plan reached."""
    for text, limit, refuses in alarms:
        effect = "stops the run" if refuses else "holds these rows"
        console.print(Text.assemble(("Alarm: ", "bold red"), f"{text} (limit {limit}); it {effect}."))


def _planned(change: Change) -> tuple[str, str, str, str]:
    return change.candidate.employee_id, change.kind, ", ".join(change.fields), change.reason


def _nothing(repeated: int) -> str:
    if repeated:
        return f"{count(repeated, 'row')} would be sent, all of them without changes."
    return "nothing would be sent."


def _print_aside(console: Console, plan: SyncPlan, *, whole: bool) -> None:
    groups: tuple[tuple[Collection[str], str], ...] = (
        (plan.unchanged, "unchanged"),
        (plan.outside, "outside the selected populations"),
        (plan.out_of_scope, "out of scope"),
    )
    for people, said in groups:
        if people:
            names = f": {', '.join(people)}" if whole else " (--verbose lists them)"
            console.print(f"{count(len(people), 'person', 'people')} {said}{names}.", soft_wrap=True)


def _ledger(view: RunView) -> str:
    """Return the headcount ledger as one line that adds up."""
    book = view.ledger
    if not book:
        return ""
    signs = {"hires": "+", "rehires": "+", "reactivations": "+", "terminations": "-", "moved": "+"}
    moves = [f"{sign} {book[name]:,} {name}" for name, sign in signs.items() if book.get(name)]
    return " ".join([f"{book['before']:,} before", *moves, f"= {book['after']:,} after"])


def _register(view: RunView) -> str:
    """Return the number of active participants, now and after all approvals."""
    book = view.ledger
    if "register" not in book:
        return ""
    return f"{book['register']:,} active; {book['register_if_approved']:,} if all pending requests are approved"


def kind_of(view: RunView) -> str:
    """Return the kind of a run, with the populations of a resync."""
    return f"{view.kind} {' + '.join(view.boxes)}" if view.kind == "RESYNC" and view.boxes else str(view.kind)


def outcome_of(view: RunView) -> str:
    """Return the outcome of a run, with the sentence that the pages show."""
    return f"{view.outcome}: {run_result(view.outcome, view.counts)}" if view.outcome else ""


def counts_of(view: RunView) -> str:
    """Return the counts of a run that are not zero."""
    return ", ".join(f"{view.counts[name]:,} {word}" for name, word in COUNTS.items() if view.counts.get(name))


def error_of(view: RunView) -> list[tuple[str, object]]:
    """Return what, why and fix of a failed run as rows of a table."""
    if not view.error:
        # Its process ended before it could write an error.
        lost = "The run was interrupted. The next run finishes it."
        return [("error", lost)] if view.state == "INTERRUPTED" else []
    rows = [("error", view.error.get("what")), ("why", view.error.get("why")), ("fix", view.error.get("fix"))]
    return [*rows]
