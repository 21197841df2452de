"""Plays a story day by day over real pipeline, store and decisions, and says how each day ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

import msgspec

from bensync.core.guards import Guards
from bensync.core.people import Participant, Standing, Status, masked_ssn
from bensync.core.requests import Request
from bensync.core.runs import RunKind
from bensync.core.status import StatusOptions
from bensync.errors import GuardTripped, SourceError
from tests.golden.story import Config, Day, Decide, Ending, HereEdit, HrEdit, Story, Waiting, everyone
from tests.property.small_world import MAPPING, SmallWorld

FOUR = time(4, tzinfo=UTC)
DEFAULTS = {
    "last_name": "Example",
    "birth_date": "1984-02-29",
    "gender": "Female",
    "address1": "1 Elm Street",
    "city": "Dayton",
    "state": "OH",
    "postal_code": "45402",
    "country": "United States",
    "hire_date": "2020-03-02",
    "job_title": "Clerk",
}
_DATED = {name: column for table in MAPPING.tables.values() for name, column in table.fields.items()}
HR_WORDS: Mapping[str, str] = {**_DATED, **MAPPING.fields}


class Stage:
    """One story as it is played."""

    def __init__(self, story: Story, config: Config) -> None:
        self._options = config
        self.world = SmallWorld(Guards(), _options(config))
        self._ids: dict[str, str] = {}
        first = story.day[0].date
        self.world.set_clock(datetime(first.year - 1, first.month, 1, tzinfo=UTC))
        crowd = {f"crowd {number}": {} for number in range(1, story.crowd + 1)}
        for name, fields in {**story.people, **crowd}.items():
            self._hire(name, fields)
        self.world.snapshot()

    def play(self, day: Day) -> Ending:
        """One day; returns how it ended, in the words of an ending."""
        world = self.world
        self._at(day)
        for edit in day.hr:
            for name in everyone(edit.who):
                self._enter(name, edit)
        for change in day.here:
            self._change_here(change)
        outcome, file, held = self._run(day)
        queue = tuple(self._shown(request) for request in world.queue())
        answers = tuple(answer for decide in day.decide for answer in self._decide(decide))
        return Ending(
            date=day.date,
            outcome=outcome,
            file=file,
            held=held,
            issues=self._issues(),
            queue=queue,
            answers=answers,
            left=tuple(self._shown(request) for request in world.queue()),
            register=self._register(),
            values=self._values(),
            traces=self._traces(),
            due=self._due(),
        )

    def _at(self, day: Day) -> None:
        self.world.set_clock(datetime.combine(day.date, FOUR))
        if day.active_options:
            self._options = msgspec.structs.replace(self._options, active=(*self._options.active, *day.active_options))
            self.world.options = _options(self._options)

    def _hire(self, name: str, fields: Mapping[str, str]) -> None:
        number = len(self._ids) + 1
        ssn = f"{200 + number // 1000:03}-{10 + number % 90:02}-{1000 + number:04}"
        record = {"first_name": name.title(), "ssn": ssn, **DEFAULTS, **fields}
        status = record.pop("status", "Active")
        self._ids[name] = self.world.company.hire(_in_hr_words(record), status=status)

    def _enter(self, name: str, edit: HrEdit) -> None:
        company = self.world.company
        if edit.hire is not None:
            self._hire(name, edit.hire)
        item = self._ids[name]
        if edit.set:
            company.update(item, **_in_hr_words(edit.set))
        if edit.leaves:
            company.terminate(item, edit.leaves)
        if edit.returns:
            company.rehire(item, edit.returns)
        if edit.status is not None:
            since = edit.since or self.world.now.date()
            company.add_row(
                item, "employmentStatus", date=since, employmentStatus="Full-Time", benetracStatus=edit.status
            )
        if edit.withdraw:
            rows = company.employee(item).tables["employmentStatus"]  # type: ignore[union-attr]  # it was hired
            (row,) = [row for row in rows if row.columns["date"] == edit.withdraw.isoformat()]
            company.remove_row("employmentStatus", str(row.id))
        if edit.deleted:
            company.delete(item)

    def _change_here(self, change: HereEdit) -> None:
        (participant,) = [item for item in self.world.register().values() if self._name(item.employee_id) == change.who]
        if change.set:
            self.world.edit(participant.id, **change.set)
        if change.leaves:
            self.world.terminate_here(participant.id, change.leaves)
        if change.returns:
            self.world.reinstate(participant.id)

    def _run(self, day: Day) -> tuple[str, tuple[str, ...], dict[str, int]]:
        if day.run == "none":
            return "", (), {}
        kind = RunKind.RESYNC if day.run == "resync" else RunKind.DAILY
        boxes = frozenset(Status[box.upper()] for box in day.boxes) if day.run == "resync" else None
        before = len(self.world.center.arrived)
        try:
            report = self.world.allowing(kind, boxes) if day.allow else self.world.run(kind, boxes)
        except (GuardTripped, SourceError) as error:
            return type(error).__name__, (), {}
        came = len(self.world.center.arrived) > before
        file = tuple(sorted(map(self._name, self.world.benefits.latest))) if came else ()
        return report.outcome, file, {alarm.code: alarm.count for alarm in report.plan.alarms}

    def _decide(self, decide: Decide) -> list[str]:
        who = decide.approve or decide.decline
        wanted = [item.id for item in self.world.queue() if who in {"all", self._name(item.employee_id)}]
        if decide.decline:
            decisions = self.world.decline(wanted)
        else:
            how = {"as_ssn_correction": True} if decide.ssn_correction else {}
            decisions = self.world.approve(wanted, confirmed=decide.confirm, **how)
        return ["done" if decision.error is None else f"refused: {decision.error.why}" for decision in decisions]

    def _shown(self, request: Request) -> Waiting:
        return Waiting(
            who=self._name(request.employee_id),
            kind=request.kind,
            risk=request.risk,
            origin=request.origin,
            effective=request.effective_date,
            warnings=tuple(request.warnings),
            changes={
                change.field: (_shown(change.field, change.old), _shown(change.field, change.new))
                for change in request.changes
            },
        )

    def _issues(self) -> dict[str, str]:
        rows = self.world.rows("select employee_id, code from issue where resolved_at is null and code != 'held'")
        return {self._name(employee): code for employee, code in rows}

    def _register(self) -> dict[str, str]:
        by_name: dict[str, str] = {}
        for item in self.world.register().values():
            name = self._name(item.employee_id)
            by_name[name] = f"{by_name[name]} and {_standing(item)}" if name in by_name else _standing(item)
        return by_name

    def _values(self) -> dict[str, dict[str, str]]:
        people = self.world.register().values()
        return {
            self._name(person.employee_id): {**person.profile.values, "program": person.program} for person in people
        }

    def _traces(self) -> dict[str, tuple[str, ...]]:
        by_name: dict[str, tuple[str, ...]] = {}
        people = {number: self._name(item.employee_id) for number, item in self.world.register().items()}
        for number, what, day, final in self.world.rows(
            "select participant_id, event_class, event_date, final from activity order by id"
        ):
            name = people[number]
            by_name[name] = (*by_name.get(name, ()), f"{what} {day}{', final' if final else ''}")
        return by_name

    def _due(self) -> dict[str, Any]:
        rows = self.world.rows("select employee_id, due from baseline where due is not null and state = 'LIVE'")
        return {self._name(employee): datetime.fromisoformat(day).date() for employee, day in rows}

    def _name(self, employee_id: str) -> str:
        return next(name for name, item in self._ids.items() if item == employee_id)


def _options(config: Config) -> StatusOptions:
    return StatusOptions(frozenset(config.active), frozenset(config.inactive))


def _in_hr_words(fields: Mapping[str, str]) -> dict[str, Any]:
    unknown = sorted(fields.keys() - HR_WORDS.keys())
    if unknown:
        raise ValueError(f"there is no field {unknown[0]!r}; the fields are {', '.join(sorted(HR_WORDS))}")
    return {HR_WORDS[name]: text or None for name, text in fields.items()}


def _standing(participant: Participant) -> str:
    if participant.standing is Standing.ACTIVE:
        return "ACTIVE"
    return f"TERMINATED since {participant.termination_date}"


def _shown(field: str, text: str | None) -> str:
    return (masked_ssn(text) if field == "ssn" else text) or ""
