"""Alarms for a plan that looks like an accident (sync-rules 3.13). Judged over the whole plan, before anything leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from bensync.core.model import Alarm, Change, Held, Kind


class Limit(msgspec.Struct, frozen=True):
    """How much is too much: a number, a percentage, or both; None is no limit of that sort."""

    number: int | None = None
    percent: float | None = None

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Read ``5``, ``5%`` or ``5 and 5%``.

        Raises:
            ValueError: the text is none of these.
        """
        number: int | None = None
        percent: float | None = None
        for part in text.split(" and "):
            word = part.strip()
            if word.endswith("%") and percent is None:
                percent = float(word[:-1])
            elif number is None and not word.endswith("%"):
                number = int(word)
            else:
                raise ValueError(f"{text!r} names a limit twice")
        if (number or 0) < 0 or not 0 <= (percent or 0) <= 100:
            raise ValueError(f"{text!r} is out of range")
        return cls(number, percent)

    def __str__(self) -> str:
        parts = [] if self.number is None else [str(self.number)]
        return " and ".join(parts if self.percent is None else [*parts, f"{self.percent:g}%"])

    def exceeded(self, count: int, of: int, counts_from: int) -> bool:
        """Whether ``count`` of ``of`` people is too much; below ``counts_from`` people a percentage means nothing."""
        if self.number is None and (self.percent is None or of < counts_from):
            return False
        if self.number is not None and count <= self.number:
            return False
        return self.percent is None or of < counts_from or count * 100 > self.percent * of


class Guards(msgspec.Struct, frozen=True):
    """The limits of a site; defaults of sync-rules 3.13."""

    terminations: Limit = Limit(5, 5)
    terminations_always: Limit = Limit(None, 20)
    new_hires: Limit = Limit(None, 10)
    ssn_changes: Limit = Limit(2)
    one_field: Limit = Limit(None, 50)
    rows_in_error: Limit = Limit(10, 20)
    headcount_fell: Limit = Limit(None, 5)
    fill_rate_points: float = 10
    percent_from: int = 50
    """Percentages count from this many active people up."""


class Population(msgspec.Struct, frozen=True):
    """What the guards compare a plan with.

    Attributes:
        active: live active baselines before this run.
        first: whether this is the first full read: there is nothing to compare with yet.
        last_headcount: people in the last good full read; None for a delta or when there was none.
        fill_rates: field -> share (0..1) of people who had it in the last good full read.
        absent: live active employees whom this full read does not contain.
    """

    active: int
    first: bool
    last_headcount: int | None = None
    fill_rates: Mapping[str, float] = {}
    absent: int = 0


class Reading(msgspec.Struct, frozen=True):
    """How the pull went: people read, and of these how many had each field filled."""

    people: int
    filled: Mapping[str, int]


def refusals(guards: Guards, population: Population, reading: Reading, issues: int) -> list[Alarm]:
    """The alarms that stop the whole run: an empty or shrunken source, lost fields, too many people in error."""
    found = [
        _headcount(guards, population, reading),
        _errors(guards, reading, issues),
        *_fill(guards, population, reading),
    ]
    if population.absent:
        found.append(
            Alarm(
                "active_person_missing",
                population.absent,
                "0",
                f"{population.absent} active people are missing from this full read",
                refuses=True,
            )
        )
    return [alarm for alarm in found if alarm is not None]


def _headcount(guards: Guards, population: Population, reading: Reading) -> Alarm | None:
    last = population.last_headcount
    if last is None or not guards.headcount_fell.exceeded(last - reading.people, last, guards.percent_from):
        return None
    text = f"HR shows {reading.people} people, {last - reading.people} fewer than in the last full read"
    return Alarm("headcount_fell", last - reading.people, str(guards.headcount_fell), text, refuses=True)


def _errors(guards: Guards, reading: Reading, issues: int) -> Alarm | None:
    if not guards.rows_in_error.exceeded(issues, reading.people, 1):
        return None
    text = f"{issues} of {reading.people} people would be kept back"
    return Alarm("rows_in_error", issues, str(guards.rows_in_error), text, refuses=True)


def _fill(guards: Guards, population: Population, reading: Reading) -> list[Alarm]:
    if reading.people < guards.percent_from:
        return []
    alarms = []
    for field, before in population.fill_rates.items():
        now = reading.filled.get(field, 0) / reading.people
        if (before - now) * 100 > guards.fill_rate_points:
            text = f"field {field} is filled for {now:.0%} of the people, {before:.0%} before"
            lost = round((before - now) * reading.people)
            alarms.append(Alarm("field_restricted", lost, f"{guards.fill_rate_points:g} points", text, refuses=True))
    return alarms


def hold(
    guards: Guards, population: Population, changes: Sequence[Change]
) -> tuple[list[Change], list[Held], list[Alarm]]:
    """Part the rows that may flow from the risky classes that a tripped guard holds (A-53)."""
    risky: list[tuple[str, str, Limit, Sequence[Change]]] = []
    ended = [change for change in changes if change.kind is Kind.TERMINATE]
    always = guards.terminations_always.percent
    limit = guards.terminations
    if (
        always is not None
        and population.active >= guards.percent_from
        and len(ended) * 100 >= always * population.active
    ):
        limit = guards.terminations_always
        risky.append(("terminations", "would be terminated", limit, ended or ()))
    elif limit.exceeded(len(ended), population.active, guards.percent_from):
        risky.append(("terminations", "would be terminated", limit, ended))
    moved = [change for change in changes if change.ssn_changed or "employee_id" in change.fields]
    if guards.ssn_changes.exceeded(len(moved), population.active, guards.percent_from):
        risky.append(("ssn_changes", "have another SSN", guards.ssn_changes, moved))
    if not population.first:
        new = [change for change in changes if change.kind is Kind.NEW and not change.ssn_changed]
        if guards.new_hires.exceeded(len(new), population.active, guards.percent_from):
            risky.append(("new_hires", "would be new", guards.new_hires, new))
        risky.extend(_one_field(guards, population, changes))
    return _part(changes, [entry for entry in risky if entry[3]])


def _one_field(
    guards: Guards, population: Population, changes: Sequence[Change]
) -> list[tuple[str, str, Limit, Sequence[Change]]]:
    counts = Counter(field for change in changes for field in change.fields)
    return [
        (
            f"one_field:{field}",
            f"have another {field}: was the mapping edited?",
            guards.one_field,
            [change for change in changes if field in change.fields],
        )
        for field, count in counts.items()
        if guards.one_field.exceeded(count, population.active, guards.percent_from)
    ]


def _part(
    changes: Sequence[Change], risky: Sequence[tuple[str, str, Limit, Sequence[Change]]]
) -> tuple[list[Change], list[Held], list[Alarm]]:
    alarms = [Alarm(code, len(rows), str(limit), f"{len(rows)} people {what}") for code, what, limit, rows in risky]
    held: dict[bytes, Held] = {}
    for code, _, _, rows in risky:
        for change in rows:
            held.setdefault(change.candidate.key, Held(change, code))
    return [change for change in changes if change.candidate.key not in held], list(held.values()), alarms
