"""Sentences about eligibility, as far as a role sees the facts, and about what would fail in a run over everybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bensync.benefits.readiness import Gap
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.offers import EligibilityFinding, FactTest
from bensync.mappings.catalogue import FIELDS, Catalogue
from bensync.wording import benefits, sync
from bensync.wording.visibility import Visibility

_SOURCES = {
    "age": "birth_date",
    "service_years": "hire_date",
    "appointment_months": "expected_end_date",
    "eligibility1": "expected_end_date",
    "eligibility3": "standard_hours",
    "annual_salary": "pay_rate",
    "benefits_status": "employment_status",
    "standing": "status",
}
"""The field from which a fact is computed; who does not see the field does not see the fact."""


class TestLine(msgspec.Struct, frozen=True):
    """One test in words.

    Attributes:
        fact: the label of the fact.
        value: what the person has; `hidden` where the role does not see it, `blank` where there is nothing.
        wants: what the test wants, such as `at least 0.75`.
        passed: whether it passes.
        alternative: whether one passed test of several is enough.
        notes: from when the value counts, which address it is of, and what each job adds.
    """

    fact: str
    value: str
    wants: str
    passed: bool
    alternative: bool
    notes: Sequence[str] = ()


class FindingLine(msgspec.Struct, frozen=True):
    """A program, a plan or an option, whether it fits, and its tests."""

    name: str
    fits: bool
    tests: Sequence[TestLine]
    against: Sequence[str]
    """The labels of the facts against it, for findings that kept names alone."""


class EligibilitySentences:
    """Words the findings of one person.

    Args:
        book: the employer's rulebook.
        employee_id: whose findings.
        visibility: the fields that the reader sees; None for everything but the SSN.
        catalogue: the fields of the site.
    """

    def __init__(
        self,
        book: Rulebook,
        employee_id: str,
        visibility: Visibility | None = None,
        catalogue: Catalogue = FIELDS,
    ) -> None:
        self._book = book
        self._employee_id = employee_id
        self._visibility = visibility
        self._catalogue = catalogue

    def findings(self, findings: Iterable[EligibilityFinding]) -> list[FindingLine]:
        """Return the findings in words, in their order."""
        return [
            FindingLine(
                self._name(finding),
                not finding.against,
                [self.test(test) for test in finding.tests],
                [sync.label(field, self._catalogue) for field in finding.against],
            )
            for finding in findings
        ]

    def test(self, test: FactTest) -> TestLine:
        """Return one test in words."""
        return TestLine(
            sync.label(test.field, self._catalogue),
            self._value(test),
            wants(test),
            test.passed,
            test.alternative,
            list(self._notes(test)),
        )

    def value_of(self, test: FactTest) -> str | None:
        """Return the value of a test; None where it is blank, or where the reader does not see it."""
        return test.value if self.sees(test.field) else None

    def sees(self, fact: str) -> bool:
        """Return whether the reader sees a fact: everything that it is computed from."""
        if self._visibility is None:
            return fact != "ssn"
        return all(self._visibility.sees(field, self._employee_id) for field in self._sources(fact))

    def _sources(self, fact: str) -> Sequence[str]:
        if fact in self._book.sums:
            return [source for summand in self._book.sums[fact].of for source in self._sources(summand.field)]
        # The family is personal data of the employee, as their birth date is.
        return ["birth_date" if fact.startswith("dependents.") else _SOURCES.get(fact, fact)]

    def _name(self, finding: EligibilityFinding) -> str:
        if not finding.plan:
            return benefits.program(self._book, finding.program)
        plan = benefits.plan(self._book, finding.plan)
        return f"{plan}, option {finding.option}" if finding.option else plan

    def _value(self, test: FactTest) -> str:
        if not self.sees(test.field):
            return "hidden"
        return sync.value(test.field, test.value, self._catalogue) or "blank"

    def _notes(self, test: FactTest) -> Iterable[str]:
        if test.address:
            yield f"{test.address} address"
        if test.since is not None and self.sees(test.field):
            yield f"since {sync.day(test.since)}"
        for field, result in test.jobs:
            yield f"{sync.label(field, self._catalogue)}: {result.value}"


def wants(test: FactTest) -> str:
    """Return what a test wants of a value, such as `at least 0.5 and below 0.75`."""
    parts = []
    if test.present is not None:
        parts.append("any value" if test.present else "no value")
    if test.one_of:
        parts.append(_or(test.one_of))
    if test.none_of:
        parts.append(f"not {_or(test.none_of)}")
    if test.starts_with:
        parts.append(f"begins with {_or(test.starts_with)}")
    if test.at_least is not None:
        parts.append(f"at least {test.at_least}")
    if test.below is not None:
        parts.append(f"below {test.below}")
    return " and ".join(parts)


def _or(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


GAPS: Mapping[str, str] = {
    "required_missing": "{} is blank.",
    "no_program": "No program fits.",
    "several_programs": "Several programs fit: {}. Make their eligibility rules exclude each other.",
    "unmapped_fact": "The rulebook tests {}, which HR does not bring. Map the field, or correct the name.",
    "plan_unused": "No program offers the plan {}.",
    "no_add_rule": "No rule says through which events the plan {} can be added.",
    "no_termination_rule": "No rule says when lost coverage of the plan {} ends.",
}
"""What would fail or mislead in a run over everybody, by code; the rest are remarks of events."""


def gap_text(gap: Gap) -> str:
    """Return a gap as a sentence, with what to do."""
    if gap.text or gap.code in GAPS:
        return gap.text or GAPS[gap.code].format(gap.about)
    label, fix, _ = benefits.REMARKS[gap.code]
    return f"{label}{f' ({gap.about})' if gap.about else ''}. {fix}"
