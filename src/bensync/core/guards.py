"""Guards: alarms for a plan that looks like an accident (sync-rules 3.13), raised before anything is sent."""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from bensync.core.changes import UNSEEN, Alarm, Change, ChangeKind, HeldChange, IssueCode

_PART = re.compile(r"(?P<number>\d+)|(?P<percent>\d+(\.\d+)?)%", re.ASCII)


class Limit(msgspec.Struct, frozen=True):
    """A limit: a number of people, a percentage, or both; None stands for no limit of that sort."""

    number: int | None = None
    percent: float | None = None

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Read ``5``, ``5%`` or ``5 and 5%``.

        Raises:
            ValueError: the text is none of these.
        """
        parts = [_PART.fullmatch(part.strip()) for part in text.split(" and ")]
        numbers = [int(part["number"]) for part in parts if part and part["number"]]
        percents = [float(part["percent"]) for part in parts if part and part["percent"]]
        if None in parts or len(numbers) > 1 or len(percents) > 1 or max(percents, default=0) > 100:
            raise ValueError(f"{text!r} is no limit: write 5, 5% or 5 and 5%")
        return cls(numbers[0] if numbers else None, percents[0] if percents else None)

    def __str__(self) -> str:
        parts = [] if self.number is None else [str(self.number)]
        return " and ".join(parts if self.percent is None else [*parts, str(self.percent).removesuffix(".0") + "%"])

    def exceeded(self, count: int, of: int, counts_from: int) -> bool:
        """Return whether ``count`` of ``of`` people is above the limit.

        Below ``counts_from`` people a percentage means nothing and is left out.
        """
        return self._passed(operator.gt, count, of, counts_from)

    def reached(self, count: int, of: int, counts_from: int) -> bool:
        """Return whether ``count`` of ``of`` people is at the limit or above it, read like `exceeded`."""
        return self._passed(operator.ge, count, of, counts_from)

    def _passed(self, passes: Callable[[float, float], bool], count: int, of: int, counts_from: int) -> bool:
        percent = self.percent if of >= counts_from else None
        if self.number is None and percent is None:
            return False
        # Both parts must be passed: one leaver among ten people is no accident, and six among a thousand are none. The
        # percentage is multiplied out, so that nothing is divided by an empty population.
        return (self.number is None or passes(count, self.number)) and (
            percent is None or passes(count * 100, percent * of)
        )


class Guards(msgspec.Struct, frozen=True):
    """The limits of a site; defaults of sync-rules 3.13."""

    terminations: Limit = Limit(5, 5)
    terminations_always: Limit = Limit(None, 20)
    """Reached, not exceeded, is enough to hold."""
    new_hires: Limit = Limit(None, 10)
    ssn_changes: Limit = Limit(2)
    one_field: Limit = Limit(None, 50)
    rows_in_error: Limit = Limit(10, 20)
    headcount_fell: Limit = Limit(None, 5)
    missing: Limit = Limit(2, 5)
    """People sent as active whom HR does not show any more, in one run. Its percentage counts at every size."""
    missing_inactive: Limit = Limit(5, 20)
    """The same for people sent as inactive; exports of current staff drop a few of them from time to time."""
    status_unlisted: Limit = Limit(None, 50)
    """People whose BeneTrac Status is not a configured option; up to here they are blocked one by one."""
    fill_rate_points: float = 10
    clock_minutes: int = 60
    """The greatest difference between our clock and the source's: the day decides who is active, so a wrong day would
    terminate people."""
    percent_from: int = 50
    """Percentages count from this many active people up."""


class Population(msgspec.Struct, frozen=True):
    """The state before a run, which the guards compare a plan with.

    Attributes:
        active: live active baselines before this run.
        first: whether this is the first full read: there is nothing to compare with yet.
        last_headcount: people in the last good read of everybody; None for a delta or when there was none.
        fill_rates: field -> share (0..1) of people who had it in the last good full read; empty for a delta.
        absent: people sent as active whom this answer lacks, for the first time.
        absent_inactive: people sent as inactive whom this read of everybody lacks, for the first time.
        inactive: live inactive baselines before this run.
    """

    active: int
    first: bool
    last_headcount: int | None = None
    fill_rates: Mapping[str, float] = {}
    absent: int = 0
    absent_inactive: int = 0
    inactive: int = 0


class PullStatistics(msgspec.Struct, frozen=True):
    """Counts of a pull: the people who were read, and how many of them had each field filled."""

    people: int
    filled: Mapping[str, int]


_NO_ERROR = UNSEEN | {IssueCode.NOT_STARTED, IssueCode.STATUS_UNKNOWN}
"""A start in the future is no error (decision 12); people whom HR does not show, and unlisted statuses, have limits of
their own."""


def refusals(
    guards: Guards, population: Population, reading: PullStatistics, issues: Mapping[IssueCode, int]
) -> list[Alarm]:
    """Return the alarms that stop the whole run: people or fields missing from the source, too many data issues."""
    alarms = [
        _headcount(guards, population, reading),
        _errors(guards, population, reading, sum(count for code, count in issues.items() if code not in _NO_ERROR)),
        _unlisted(guards, population, reading, issues.get(IssueCode.STATUS_UNKNOWN, 0)),
        *_fill(guards, population, reading),
        *_missing(guards, population),
    ]
    return [alarm for alarm in alarms if alarm is not None]


def _missing(guards: Guards, population: Population) -> Iterator[Alarm]:
    # From one person up: among ten people, three who vanish at once are a lost permission, and not three departures.
    if guards.missing.exceeded(population.absent, population.active, 1):
        text = f"{population.absent} of {population.active} active people are missing from HR's answer"
        yield Alarm("active_person_missing", population.absent, str(guards.missing), text, refuses=True)
    if guards.missing_inactive.exceeded(population.absent_inactive, population.inactive, 1):
        text = f"{population.absent_inactive} of {population.inactive} inactive people are missing from HR's answer"
        limit = str(guards.missing_inactive)
        yield Alarm("inactive_person_missing", population.absent_inactive, limit, text, refuses=True)


def _unlisted(guards: Guards, population: Population, reading: PullStatistics, unlisted: int) -> Alarm | None:
    people = max(reading.people, population.active)
    if not guards.status_unlisted.exceeded(unlisted, people, 1):
        return None
    text = f"{unlisted} of {people} people have a BeneTrac Status that is not configured"
    return Alarm("status_unlisted", unlisted, str(guards.status_unlisted), text, refuses=True)


def _headcount(guards: Guards, population: Population, reading: PullStatistics) -> Alarm | None:
    last = population.last_headcount
    if last is None:
        return None
    # Inactive people who left an export of current staff are counted by a limit of their own.
    fell = last - reading.people - population.absent_inactive
    if not guards.headcount_fell.exceeded(fell, last, guards.percent_from):
        return None
    text = f"HR shows {reading.people} people, {last - reading.people} fewer than in the last read of everybody"
    return Alarm("headcount_fell", fell, str(guards.headcount_fell), text, refuses=True)


def _errors(guards: Guards, population: Population, reading: PullStatistics, issues: int) -> Alarm | None:
    # People blocked before are read again every run: on a quiet day they alone would be most of a delta.
    people = max(reading.people, population.active)
    if not guards.rows_in_error.exceeded(issues, people, 1):
        return None
    text = f"{issues} of {people} people would be blocked by data issues"
    return Alarm("rows_in_error", issues, str(guards.rows_in_error), text, refuses=True)


def _fill(guards: Guards, population: Population, reading: PullStatistics) -> list[Alarm]:
    # The share of a handful of people jumps with each of them (decision 19).
    if reading.people < guards.percent_from:
        return []
    alarms = []
    for field, before in population.fill_rates.items():
        now = reading.filled.get(field, 0) / reading.people
        # Rounded, because 0.8 - 0.7 is a little more than a tenth in binary: a fall of exactly the limit would refuse.
        if round((before - now) * 100, 2) > guards.fill_rate_points:
            text = f"field {field} is filled for {now:.0%} of the people, {before:.0%} before"
            lost = round((before - now) * reading.people)
            alarms.append(Alarm("field_restricted", lost, f"{guards.fill_rate_points:g} points", text, refuses=True))
    return alarms


class _Risk(msgspec.Struct, frozen=True):
    """The rows that one tripped guard holds together."""

    code: str
    what: str
    limit: Limit
    rows: Sequence[Change]


def hold(
    guards: Guards, population: Population, changes: Sequence[Change]
) -> tuple[list[Change], list[HeldChange], list[Alarm]]:
    """Separate the rows that may be sent from those that a tripped guard holds (A-53).

    Returns:
        the rows to send, the held rows with their guard, and one alarm per guard.
    """
    risks = [*_terminations(guards, population, changes), *_moves(guards, population, changes)]
    # On the first full read everybody is new and every field appears: these two guards would hold all of it.
    if not population.first:
        risks += [*_new_hires(guards, population, changes), *_one_field(guards, population, changes)]
    held: dict[bytes, HeldChange] = {}
    for risk in risks:
        for change in risk.rows:
            # A row of two risky classes is held once, by the first guard of the list; terminations come first.
            held.setdefault(change.candidate.key, HeldChange(change, risk.code))
    alarms = [
        Alarm(risk.code, len(risk.rows), str(risk.limit), f"{len(risk.rows)} people {risk.what}") for risk in risks
    ]
    return [change for change in changes if change.candidate.key not in held], list(held.values()), alarms


def _terminations(guards: Guards, population: Population, changes: Sequence[Change]) -> Iterator[_Risk]:
    ended = [change for change in changes if change.kind is ChangeKind.TERMINATE]
    size = len(ended), population.active, guards.percent_from
    if ended and guards.terminations_always.reached(*size):
        yield _Risk("terminations", "would be terminated", guards.terminations_always, ended)
    elif guards.terminations.exceeded(*size):
        yield _Risk("terminations", "would be terminated", guards.terminations, ended)


def _moves(guards: Guards, population: Population, changes: Sequence[Change]) -> Iterator[_Risk]:
    # A known SSN under another HR employee id is the other half of a swap, or a person who was entered again.
    moved = [change for change in changes if change.ssn_changed or "employee_id" in change.fields]
    if guards.ssn_changes.exceeded(len(moved), population.active, guards.percent_from):
        yield _Risk("ssn_changes", "have another SSN", guards.ssn_changes, moved)


def _new_hires(guards: Guards, population: Population, changes: Sequence[Change]) -> Iterator[_Risk]:
    # An employee with a corrected SSN is NEW to the baseline without being hired; `_moves` counts them.
    new = [change for change in changes if change.kind is ChangeKind.NEW and not change.ssn_changed]
    if guards.new_hires.exceeded(len(new), population.active, guards.percent_from):
        yield _Risk("new_hires", "would be new", guards.new_hires, new)


def _one_field(guards: Guards, population: Population, changes: Sequence[Change]) -> Iterator[_Risk]:
    counts = Counter(field for change in changes for field in change.fields)
    for field, count in counts.items():
        if guards.one_field.exceeded(count, population.active, guards.percent_from):
            rows = [change for change in changes if field in change.fields]
            yield _Risk(f"one_field:{field}", f"have another {field}: was the mapping edited?", guards.one_field, rows)
