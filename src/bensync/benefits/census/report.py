"""What loading a census would do, in figures: the report that a person reads before they load exactly this."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from bensync.benefits.census.judgment import JudgedPerson, PresentCoverage
from bensync.benefits.census.problems import CensusFinding

LISTED = 1000
"""The most problems, warnings and employees that a report lists; its counts are of all."""

_encode = msgspec.msgpack.Encoder().encode


class OptionTotal(msgspec.Struct, frozen=True):
    """The coverages of one option: how many, and what they cost per month."""

    plan: str
    option: str
    people: int
    employee: Decimal
    company: Decimal


class CensusReport(msgspec.Struct, frozen=True):
    """What loading a census does, or would do.

    Attributes:
        digest: names exactly this load: the file, and everything that comes of it today.
        file_digest: SHA-256 of the file.
        people: participants with a line in which nothing is wrong.
        options: the coverages by plan and option.
        problems, warnings: the first ones, in the order of the file; ``counts`` has all of them by code.
        uncovered: active participants without a line and without coverage; ``uncovered_ids`` their first HR ids.
        hires: those of them whose hire is so recent that it becomes an event.
        begins: whether benefit events of the site begin with this load.
        loaded: whether it was loaded; nothing is where one line has a problem.
    """

    digest: str
    file_digest: str
    people: int
    options: Sequence[OptionTotal]
    problems: Sequence[CensusFinding]
    warnings: Sequence[CensusFinding]
    counts: Mapping[str, int]
    uncovered: int = 0
    uncovered_ids: Sequence[str] = ()
    hires: int = 0
    begins: bool = False
    loaded: bool = False

    @property
    def coverages(self) -> int:
        """Return the number of coverages."""
        return sum(total.people for total in self.options)

    @property
    def employee(self) -> Decimal:
        """Return what all employees pay per month."""
        return sum((total.employee for total in self.options), Decimal(0))

    @property
    def company(self) -> Decimal:
        """Return what the company pays per month."""
        return sum((total.company for total in self.options), Decimal(0))


class CensusTally:
    """Counts judged people one by one, and keeps none of them."""

    def __init__(self, content: bytes) -> None:
        self._file = hashlib.sha256(content).hexdigest()
        self._digest = hashlib.sha256(self._file.encode())
        self._people = 0
        self._counts: Counter[str] = Counter()
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._costs: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
        self._problems: list[CensusFinding] = []
        self._warnings: list[CensusFinding] = []
        self.sound = True

    def note(self, findings: Iterable[CensusFinding]) -> None:
        """Count findings about lines."""
        for finding in findings:
            self._counts[finding.code] += 1
            self.sound = self.sound and finding.is_warning
            listed = self._warnings if finding.is_warning else self._problems
            if len(listed) < LISTED:
                listed.append(finding)

    def take(self, person: JudgedPerson) -> None:
        """Count one person with their findings."""
        self.note(person.findings)
        # The digest covers what is written, so a raise or a new rule since the preview makes another one.
        self._digest.update(_encode((person.participant_id, person.coverage, person.findings)))
        self._people += bool(person.coverage)
        for present in person.coverage:
            self._add(present)

    def _add(self, present: PresentCoverage) -> None:
        place = present.terms.plan, present.terms.option
        self._numbers[place] += 1
        employee, company = self._costs.get(place, (Decimal(0), Decimal(0)))
        self._costs[place] = employee + present.terms.employee, company + present.terms.company

    def report(
        self, uncovered: int, uncovered_ids: Sequence[str], hires: int, *, begins: bool, loaded: bool = False
    ) -> CensusReport:
        """Return the report; the arguments are those of `CensusReport`."""
        self._digest.update(_encode((uncovered, hires, begins)))
        options = [OptionTotal(*place, number, *self._costs[place]) for place, number in sorted(self._numbers.items())]
        return CensusReport(
            digest=self._digest.hexdigest()[:16],
            file_digest=self._file,
            people=self._people,
            options=options,
            problems=sorted(self._problems, key=_place),
            warnings=sorted(self._warnings, key=_place),
            counts=dict(sorted(self._counts.items())),
            uncovered=uncovered,
            uncovered_ids=uncovered_ids,
            hires=hires,
            begins=begins,
            loaded=loaded,
        )


def _place(finding: CensusFinding) -> tuple[int, str]:
    return finding.line, finding.code
