"""Guards: alarms for a plan that looks like an accident (sync-rules 3.13), raised before anything is sent."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from bensync.core.changes import UNSEEN, Alarm, Change, ChangeKind, HeldChange, IssueCode
from bensync.core.intake.proposals import REQUIRED


class HoldingGuard(StrEnum):
    """The guards that hold rows, by the name of their limit."""

    TERMINATIONS = "terminations"
    SSN_CHANGES = "ssn_changes"
    NEW_HIRES = "new_hires"
    EMPTIED = "emptied"
    """Its code is followed by the field: ``emptied:hire_date``."""
    ONE_FIELD = "one_field"
    """Its code is followed by the field: ``one_field:city``."""


_LOST = 2
"""A fill rate that fell by no more people than these is no sign of a lost permission, whatever its share."""

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
    """The limits of a site; defaults of sync-rules 3.13.

    Each percentage has a number beside it: the number decides for a small employer, the percentage for a large one, and
    no employer is too small for a guard (decision 65).
    """

    terminations: Limit = Limit(3, 5)
    terminations_always: Limit = Limit(2, 20)
    """Reached, not exceeded, is enough to hold."""
    new_hires: Limit = Limit(3, 10)
    ssn_changes: Limit = Limit(2)
    emptied: Limit = Limit(2)
    """People whose required field HR does not fill any more; a field that a key may not see can read as empty."""
    required: frozenset[str] = frozenset(REQUIRED)
    """The required fields that are mapped; a field taken out of the mapping is not lost."""
    one_field: Limit = Limit(2, 50)
    rows_in_error: Limit = Limit(5, 20)
    headcount_fell: Limit = Limit(2, 5)
    first_load: Limit = Limit(2, 5)
    """People of the first load who lack one required field, share an SSN, or have one odd value."""
    missing: Limit = Limit(2, 5)
    """People sent as active whom HR does not show any more, in one run."""
    missing_inactive: Limit = Limit(5, 20)
    """The same for people sent as inactive; exports of current staff drop a few of them from time to time."""
    status_unlisted: Limit = Limit(None, 50)
    """People whose BeneTrac Status is not a configured option; up to here they are blocked one by one."""
    fill_rate_points: float = 10
    clock_minutes: int = 60
    """The greatest difference between our clock and the source's: the day decides who is active, so a wrong day would
    terminate people."""
    percent_from: int = 1
    """Percentages count from this many active people up."""
    window_hours: float = 23
    """Rows that earlier runs sent within this time count with those of a plan. An hour less than a day, so that
    yesterday's daily run, which may have begun a little later than today's, does not count (decision 65)."""


class Population(msgspec.Struct, frozen=True):
    """The state before a run, which the guards compare a plan with.

    Attributes:
        active: live active baselines before this run.
        first: whether this is the first full read: there is nothing to compare with yet.
        last_headcount: people in the last good read of everybody; None for a delta or when there was none.
        fill_rates: field -> share (0..1) of people who had it in the last good full read; empty for a delta.
        absent: people sent as active whom this answer lacks, for the first time.
        leaving_scope: people sent as active whom the rules of the site put out of scope in this run.
        absent_inactive: people sent as inactive whom this read of everybody lacks, for the first time.
        inactive: live inactive baselines before this run.
        sent: guard code -> rows that earlier runs sent within the window and that nobody released (`SyncPlan.sent`).
    """

    active: int
    first: bool
    last_headcount: int | None = None
    fill_rates: Mapping[str, float] = {}
    absent: int = 0
    leaving_scope: int = 0
    absent_inactive: int = 0
    inactive: int = 0
    sent: Mapping[str, int] = {}

    @property
    def active_before(self) -> int:
        """Active people at the beginning of the window: what percentages are of."""
        return self.active + self.sent.get(HoldingGuard.TERMINATIONS, 0) - self.sent.get(HoldingGuard.NEW_HIRES, 0)


class PullStatistics(msgspec.Struct, frozen=True):
    """Counts of a pull.

    Attributes:
        people: the people who were read.
        filled: how many of those who were counted had each field filled.
        out_of_scope: how many of those who were read are out of scope.
        unreadable: how many have a record that cannot be read, which shows no field as filled or as empty.
    """

    people: int
    filled: Mapping[str, int]
    out_of_scope: int = 0
    unreadable: int = 0

    @property
    def counted(self) -> int:
        """How many of those who were read count for fill rates."""
        return self.people - self.out_of_scope - self.unreadable


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
    if guards.missing.exceeded(population.leaving_scope, population.active, 1):
        text = f"{population.leaving_scope} of {population.active} active people would leave the scope"
        yield Alarm("left_scope", population.leaving_scope, str(guards.missing), text, refuses=True)
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
    alarms = []
    for field, before in population.fill_rates.items():
        now = reading.filled.get(field, 0) / reading.counted if reading.counted else 0
        lost = round((before - now) * reading.counted)
        # The share of a handful of people jumps with each of them (decision 19), so people count as well. Rounded,
        # because 0.8 - 0.7 is a little more than a tenth in binary: a fall of exactly the limit would refuse.
        if lost > _LOST and round((before - now) * 100, 2) > guards.fill_rate_points:
            text = f"field {field} is filled for {now:.0%} of the people, {before:.0%} before"
            alarms.append(Alarm("field_restricted", lost, f"{guards.fill_rate_points:g} points", text, refuses=True))
    return alarms


class _Kind(msgspec.Struct, frozen=True):
    """The rows of a plan that one guard counts, and what they would do to a person."""

    guard: HoldingGuard
    code: str
    what: str
    rows: Sequence[Change]


def hold(
    guards: Guards, population: Population, changes: Sequence[Change]
) -> tuple[list[Change], list[HeldChange], list[Alarm]]:
    """Separate the rows that may be sent from those that a tripped guard holds (A-53).

    Returns:
        the rows to send, the held rows with their guard, and one alarm per guard.
    """
    held: dict[bytes, HeldChange] = {}
    alarms: list[Alarm] = []
    for kind in _kinds(guards, changes):
        limit = _passed(guards, population, kind)
        if limit is None:
            continue
        for change in kind.rows:
            # A row of two risky kinds is held once, by the first guard of the list; terminations come first.
            held.setdefault(change.candidate.key, HeldChange(change, kind.code))
        alarms.append(Alarm(kind.code, len(kind.rows), str(limit), _text(kind, population.sent.get(kind.code, 0))))
    return [change for change in changes if change.candidate.key not in held], list(held.values()), alarms


def count_by_guard(guards: Guards, changes: Sequence[Change]) -> dict[str, int]:
    """Return guard code -> number of these rows that the guard counts."""
    return {kind.code: len(kind.rows) for kind in _kinds(guards, changes)}


def _kinds(guards: Guards, changes: Sequence[Change]) -> Iterator[_Kind]:
    """Yield the kinds of rows that have a guard and occur, the gravest first."""
    # A known SSN under another HR employee id is the other half of a swap, or a person who was entered again. An
    # employee with a corrected SSN is NEW to the baseline without being hired.
    moved = [change for change in changes if change.ssn_changed or "employee_id" in change.fields]
    ended = [change for change in changes if change.kind is ChangeKind.TERMINATE]
    new = [change for change in changes if change.kind is ChangeKind.NEW and not change.ssn_changed]
    kinds = [
        _Kind(HoldingGuard.TERMINATIONS, HoldingGuard.TERMINATIONS, "would be terminated", ended),
        _Kind(HoldingGuard.SSN_CHANGES, HoldingGuard.SSN_CHANGES, "would get another SSN", moved),
        _Kind(HoldingGuard.NEW_HIRES, HoldingGuard.NEW_HIRES, "would be new", new),
    ]
    by_field: dict[str, list[Change]] = {}
    for change in changes:
        for field in change.fields:
            by_field.setdefault(field, []).append(change)
    kinds += (
        _Kind(HoldingGuard.EMPTIED, f"{HoldingGuard.EMPTIED}:{field}", f"lost their {field}: does HR hide it?", rows)
        for field, rows in _emptied(guards.required, changes).items()
    )
    kinds += (
        _Kind(
            HoldingGuard.ONE_FIELD,
            f"{HoldingGuard.ONE_FIELD}:{field}",
            f"would get another {field}: was the mapping edited?",
            rows,
        )
        for field, rows in by_field.items()
    )
    return (kind for kind in kinds if kind.rows)


def _emptied(required: frozenset[str], changes: Sequence[Change]) -> dict[str, list[Change]]:
    """Return each required field with the rows that clear it."""
    rows_by_field: dict[str, list[Change]] = {}
    for change in changes:
        # Most rows change no such field, and are not decoded.
        if change.kind is not ChangeKind.NEW and not required.isdisjoint(change.fields):
            values = change.candidate.present().values
            for field in change.fields:
                if field in required and field not in values:
                    rows_by_field.setdefault(field, []).append(change)
    return rows_by_field


def _passed(guards: Guards, population: Population, kind: _Kind) -> Limit | None:
    """Return the limit that the rows of one kind pass together with those sent within the window, or None."""
    size = len(kind.rows) + population.sent.get(kind.code, 0), population.active_before, guards.percent_from
    if kind.guard is HoldingGuard.TERMINATIONS and guards.terminations_always.reached(*size):
        return guards.terminations_always
    # On the first full read everybody is new and every field appears: these two guards would hold all of it.
    if population.first and kind.guard in (HoldingGuard.NEW_HIRES, HoldingGuard.ONE_FIELD):
        return None
    limit: Limit = getattr(guards, kind.guard)
    return limit if limit.exceeded(*size) else None


def _text(kind: _Kind, sent: int) -> str:
    people = "1 person" if len(kind.rows) == 1 else f"{len(kind.rows)} people"
    text = f"{people} {kind.what}"
    return f"{text} ({sent} more were sent since yesterday)" if sent else text
