"""The part of the demo about coverage: new hires elect plans, a run posts them, an approved termination ends them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from bensync.actions.benefits import case_edits
from bensync.benefits.census.report import CensusReport
from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import deadlines
from bensync.benefits.values.enrollments import Enrollment
from bensync.benefits.values.events import Event, Process
from bensync.benefits.values.offers import Choice, Prepared
from bensync.core.access import command_line_actor
from bensync.core.people import Standing
from bensync.demo.stage import SITE, DemoStage
from bensync.pipeline.benefits.events import EventRunOptions, EventRunReport, run_events
from bensync.pipeline.context import MANUAL
from bensync.state.read.event_lists import WantedEvents

_ACTOR = command_line_actor("demo administrator")
_ALL = 1_000_000
_REASON = "the hire has chosen"


def work_off(scene: DemoStage, now: datetime | None = None) -> EventRunReport:
    """Run the benefit events, at the present time of the story or at another one."""
    place, moment = scene.deployment.site_context(SITE, scene.store), now or scene.now
    options = EventRunOptions(MANUAL, _ACTOR.name)
    return run_events(place, scene.deployment.rulebook(SITE), options, lambda: moment)


def load_census(scene: DemoStage) -> CensusReport:
    """Load the present coverage of a tenth of the participants, those who were hired first, from a census."""
    with scene.store.read(SITE) as state:
        participants = state.participants.by_ids(state.cases.everybody(0, _ALL)).values()
    active = [who for who in participants if who.standing is Standing.ACTIVE and who.hire_date is not None]
    senior = sorted(active, key=lambda who: (who.hire_date or date.max, who.id))[: len(active) // 10]
    lines = [
        f"{who.employee_id},{who.profile.values['ssn']},{plan},EE,{who.hire_date}"
        for who in senior
        for plan in ("PPO", "DENTAL")
    ]
    content = "\n".join(["employee_number,ssn,plan,option,begin_date", *lines]).encode()
    actions = scene.deployment.actions(scene.store, SITE, _ACTOR, lambda: scene.now)
    return actions.load_census(content, actions.preview_census(content).digest)


def choose(scene: DemoStage, left: int = 0) -> None:
    """Elect family coverage for every second hire, and mark all but the last few events final."""
    waiting = _waiting(scene)
    family = [Choice("medical", "PPO", "FAM")]
    actions = scene.deployment.actions(scene.store, SITE, _ACTOR, lambda: scene.now)
    for place, (participant, number, offered) in enumerate(waiting[: len(waiting) - left]):
        if place % 2 == 0 and "medical" in offered:
            actions.change_case(participant, case_edits.enter_elections(number, family))
        actions.change_case(participant, case_edits.mark_final(number), reason=_REASON)


def _waiting(scene: DemoStage) -> list[tuple[int, int, set[str]]]:
    """Return the open events that wait for an election: participant, number, and the plan types offered."""
    with scene.store.read(SITE) as state:
        page = state.events.events(WantedEvents(event_class="HIR", process=Process.PR), 1, _ALL)
        cases = state.cases.load(sorted({line.who.participant_id for line in page.items}))
    records = sorted((line.who.participant_id, line.number) for line in page.items)
    offers = {which: cases[which[0]].event(which[1]).prepared or Prepared() for which in records}
    return [(*which, {offer.plan_type for offer in offers[which].offers}) for which in records]


class DemoBenefits:
    """Plays and prints what the administrator does about benefit events.

    Args:
        scene: the employer.
        console: where to print.
        say: prints a sentence of the story.
    """

    def __init__(self, scene: DemoStage, console: Console, say: Callable[[str], None]) -> None:
        self._scene = scene
        self._console = console
        self._say = say
        self._book = scene.deployment.rulebook(SITE)

    def enrol(self) -> None:
        """Show present coverage, then how new hires elect plans, and how the others get the defaults."""
        census = load_census(self._scene)
        self._say(
            f"Some people have coverage already: a census of [bold]{census.coverages} coverages[/] was previewed and "
            "loaded. It opens no events, and later events find it."
        )
        report = work_off(self._scene)
        self._say(
            f"Each approved hire left an activity, and a run made [bold]{report.counts['events']} benefit events[/] of "
            "them: who is eligible, for what, at which price. An approval alone starts no coverage."
        )
        choose(self._scene)
        report = work_off(self._scene)
        self._say(
            "Every second person elects family coverage, and all events are marked final, so that defaults are loaded "
            f"where nobody chose. The next run posted [bold]{report.counts['posted']} coverage rows[/]."
        )

    def follow(self) -> None:
        """Show how approved terminations end coverage and open COBRA."""
        report = work_off(self._scene)
        self._say(
            f"Then benefit events are processed: [bold]{report.counts['finished']} events[/] finished. Approving a "
            "termination was the confirmation that everything ends:"
        )
        for case, event in self._ended():
            rows = [row for row in case.enrollments if row.event == event.number]
            self._show_end(case, rows)
            self._show_cobra(case, event)
        carriers = ", ".join(self._book.carriers[code] for code in report.carriers)
        self._say(f"Carriers that must hear of it: {carriers}. The administrator got a notice that says so.")

    def _ended(self) -> list[tuple[Case, Event]]:
        with self._scene.store.read(SITE) as state:
            page = state.events.events(WantedEvents(event_class="TER"), 1, _ALL)
            cases = state.cases.load(sorted({line.who.participant_id for line in page.items}))
        records = [(cases[line.who.participant_id], line.number) for line in page.items]
        return [(case, case.event(number)) for case, number in records]

    def _show_end(self, case: Case, rows: Sequence[Enrollment]) -> None:
        table = _table(f"employee {case.participant.employee_id} loses", "plan", "option", "no coverage from")
        for row in rows:
            table.add_row(row.plan_type, row.terms.plan, row.terms.option, str(row.effective_date))
        self._console.print(Padding(table, (0, 0, 1, 2)))

    def _show_cobra(self, case: Case, event: Event) -> None:
        for record in case.cobra:
            if record.event != event.number:
                continue
            self._say(f"  COBRA opens from [bold]{record.occurrence_date}[/] until {record.until}, with its deadlines:")
            table = _table("step", "due")
            for deadline in deadlines(record, self._book.cobra):
                table.add_row(deadline.step.replace("_", " "), str(deadline.due))
            self._console.print(Padding(table, (0, 0, 1, 4)))


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column)
    return table
