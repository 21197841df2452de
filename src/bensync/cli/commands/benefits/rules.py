"""The rulebook on the command line: check it, show it, and show who is eligible for what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bensync import api_shapes
from bensync.api_shapes.benefits.rules import ActionMeaning, PersonGaps, RulebookCheck
from bensync.benefits.engine.eligibility import findings
from bensync.benefits.engine.eligibility_facts import facts
from bensync.benefits.readiness import rulebook_gaps
from bensync.benefits.rulebook import rulebook
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.events import SNAPSHOT
from bensync.cli.arguments import number_of
from bensync.cli.invocation import UsageError, now
from bensync.cli.render.console import table
from bensync.cli.render.events import print_eligibility
from bensync.cli.session import session
from bensync.config.files import read_toml
from bensync.errors import EXIT_HELD
from bensync.pipeline.benefits.readiness import people_with_gaps
from bensync.wording.eligibility import EligibilitySentences
from bensync.wording.sync import count

_FIRST = 5
"""How many people are named for each gap; --json names all."""


def check(
    ctx: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, help="A rulebook file. Default: the rulebooks of the sites."
        ),
    ] = None,
    people: Annotated[
        bool, typer.Option("--people", help="Look at the data of everybody, too: who could not be processed, and why.")
    ] = False,
) -> None:
    """Check rulebooks and list all problems at once."""
    call = session(ctx)
    if file is not None and people:
        raise UsageError(
            "A file was named together with --people.",
            "The data of people is checked against the rulebook of their site.",
            "Name the file as `benefits` of a site, then leave it out here.",
        )
    if file is not None:
        tables = read_toml(file, str(file), "rulebook", "check its name")
        # A rulebook can be checked before the configuration names it.
        book = rulebook.read(tables, f"the rulebook {file.name}")
        checked = [api_shapes.rules.rulebook_check(str(file), book, rulebook_gaps(book, None))]
        call.answer({"rulebooks": checked, "people": []}, lambda console: _show_rulebooks(console, checked))
        return
    deployment = call.deployment()
    books = {site: deployment.rulebook(site) for site in call.sites() if deployment.has_benefits(site)}
    mapped = {site: None if deployment.receives(site) else deployment.mapping(site).synced() for site in books}
    checked = [
        api_shapes.rules.rulebook_check(site, book, rulebook_gaps(book, mapped[site])) for site, book in books.items()
    ]
    unready = []
    if people:
        with call.store() as store:
            for site, book in books.items():
                lines = people_with_gaps(store, site, book, now().date(), mapped[site])
                unready += [api_shapes.rules.person_gaps(site, person, gaps) for person, gaps in lines]

    def show_all(console: Console) -> None:
        _show_rulebooks(console, checked)
        if people:
            _show_people(console, unready)

    call.answer({"rulebooks": checked, "people": unready}, show_all)
    if unready:
        raise typer.Exit(EXIT_HELD)


def _show_rulebooks(console: Console, checked: Sequence[RulebookCheck]) -> None:
    for entry in checked:
        rules = entry.add_rules + entry.change_rules + entry.termination_rules
        parts = (count(entry.programs, "program"), count(entry.plans, "plan"), count(rules, "rule"))
        console.print(f"{entry.of}: {', '.join(parts)}.", markup=False, soft_wrap=True)
        for gap in entry.gaps:
            console.print(f"  ! {gap.text}", markup=False, soft_wrap=True)
    if not checked:
        console.print("No site has a rulebook. Name one as `benefits` in the site's table of the configuration.")


def _show_people(console: Console, unready: Sequence[PersonGaps]) -> None:
    """Show each gap once, with how many people have it and who the first ones are."""
    people_by_gap: dict[tuple[str, str], list[str]] = {}
    for entry in unready:
        for gap in entry.gaps:
            people_by_gap.setdefault((entry.site, gap.text), []).append(entry.person.employee_id)
    if not people_by_gap:
        console.print("Everybody can be processed.")
        return
    rows = [
        (site, text, len(ids), ", ".join(ids[:_FIRST]) + (" ..." if len(ids) > _FIRST else ""))
        for (site, text), ids in sorted(people_by_gap.items(), key=lambda item: (item[0][0], -len(item[1])))
    ]
    columns = ("Employer", "What would fail", "People", "HR employees")
    table(console, "Data that a run needs", columns, rows, right=("People",), wrap=("What would fail",))
    console.print(f"{count(len(unready), 'person', 'people')} could not be processed as the rulebook says.")


def show(
    ctx: typer.Context,
    employee: Annotated[
        str | None,
        typer.Option(
            "--employee", metavar="ID", help="Show the programs and plans that this employee is eligible for, and why."
        ),
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], metavar="DATE", help="As of this date. Default: today."),
    ] = None,
) -> None:
    """Show the rulebook, or the parts that apply to one employee."""
    call = session(ctx)
    site = call.only_site()
    book = call.deployment().rulebook(site)
    if employee is None:
        # Without a database: this also helps where none can be opened yet.
        call.answer({"rulebook": book}, lambda console: _show(console, site, book))
        return

    day = on.date() if on is not None else now().date()
    with call.store() as store:
        number = number_of(store, site, employee)
        with store.read(site) as state:
            case = state.cases.load([number])[number]
    eligibility = findings(facts(case.participant, day, book, family=case.dependents), book)
    sentences = EligibilitySentences(book, case.participant.employee_id, catalogue=call.catalogue(site))

    def show_fit(console: Console) -> None:
        console.print(f"Participant {number} as of {day}:")
        if eligibility:
            print_eligibility(console, sentences.findings(eligibility))
        else:
            console.print("The rulebook has no program.")

    call.answer(
        lambda: {
            "participant": number,
            "as_of": day,
            "eligibility": [api_shapes.events.eligibility(finding, sentences) for finding in eligibility],
        },
        show_fit,
    )


def actions(
    ctx: typer.Context,
    action: Annotated[str | None, typer.Option("--action", metavar="ACTION", help="Only this action of HR.")] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", metavar="REASON", help='Only this reason; "" lists the entries for any reason.'),
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], metavar="DATE", help="What counts on this date. Default: today."),
    ] = None,
) -> None:
    """List what the actions and reasons of HR mean, with history."""
    call = session(ctx)
    site = call.only_site()
    book = call.deployment().rulebook(site)
    day = on.date() if on is not None else now().date()
    entries = [entry for entry in book.actions if action in (None, entry.action) and reason in (None, entry.reason)]
    entries.sort(key=lambda entry: (entry.action, entry.reason, -entry.since.toordinal()))
    shapes = [
        api_shapes.rules.action_meaning(entry, in_force=book.meaning(entry.action, entry.reason, day) is entry)
        for entry in entries
    ]
    nothing = "No entry of [[actions]] fits." if book.actions else "The rulebook has no [[actions]]."
    call.answer(
        {"actions": shapes},
        lambda console: _show_actions(console, site, day, shapes) if shapes else console.print(nothing, markup=False),
    )


def _show_actions(console: Console, site: str, day: date, shapes: Sequence[ActionMeaning]) -> None:
    rows = [
        (
            shape.action,
            shape.reason or "any other",
            shape.since or "always",
            shape.event or "MSC",
            shape.status,
            shape.cobra,
            "yes" if shape.in_force else "no",
        )
        for shape in shapes
    ]
    columns = ("Action", "Reason", "Since", "Event class", "Benefits status", "COBRA action", f"Counts on {day}")
    table(console, f"Actions of HR at {site}", columns, rows)


def _show(console: Console, site: str, book: Rulebook) -> None:
    classes = sorted(book.events.items(), key=lambda item: item[1].priority)
    rows: list[tuple[object, ...]] = [
        (
            event.priority,
            name,
            event.label,
            _makers(name, manual=event.manual),
            "cancels coverage" if event.waives else "",
        )
        for name, event in classes
    ]
    columns = ("Priority", "Class", "Means", "Made by", "Does")
    table(console, f"Event classes of {site}", columns, rows, right=("Priority",))
    if not book.programs:
        console.print("The rulebook has no program and no plan, so events are not processed.")
        return
    rows = [(program.code, program.label, program.eligibility, ", ".join(program.plans)) for program in book.programs]
    table(console, "Programs", ("Program", "Name", "For", "Plans"), rows, wrap=("Name",))
    rows = [
        (plan.type, plan.code, plan.carrier, plan.eligibility, ", ".join(option.code for option in plan.options))
        for plan in book.plans
    ]
    table(console, "Plans", ("Plan type", "Plan", "Carrier", "For", "Options"), rows)
    if book.rates:
        rows = [
            (rates.code, rates.since, ", ".join(axis.name for axis in rates.axes), len(rates.grades))
            for rates in book.rates
        ]
        table(console, "Rate tables", ("Table", "In force from", "Graded by", "Grades"), rows, right=("Grades",))
    rows = [
        (*_scope(rule), f"from {_begin(rule.begin)}", rule.default, "automatically" if rule.auto_add else "")
        for rule in book.add_rules
    ]
    rows += [(*_scope(rule), f"from {_begin(rule.begin)}", "", "") for rule in book.change_rules]
    table(console, "Rules for new and changed coverage", ("For", "Events", "Group", "When", "Default", "Adds"), rows)
    rows = [
        (*_scope(rule), f"{rule.stop.base.replace('_', ' ')}", "COBRA" if rule.cobra else "")
        for rule in book.termination_rules
    ]
    table(console, "Rules for ending coverage", ("For", "Events", "Group", "When", "Occurrence"), rows)


def _makers(name: str, *, manual: bool) -> str:
    if name == SNAPSHOT:
        return "a snapshot"
    return "a person" if manual else ""


def _scope(rule: Any) -> tuple[str, str, str]:
    return ", ".join((*rule.plans, *rule.types)) or "all", ", ".join(rule.events) or "all", rule.group


def _begin(date: Any) -> str:
    later = [f"{number} {noun}" for number, noun in ((date.months, "months"), (date.days, "days")) if number]
    return " plus ".join([date.base.replace("_", " "), *later])
