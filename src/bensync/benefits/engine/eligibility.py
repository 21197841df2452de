"""Eligibility: the programs, plans and schedule that fit a person, and the facts that rule out the others."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bensync.benefits.engine.eligibility_facts import Facts
from bensync.benefits.rulebook.conditions import failing_fields, number, passes
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.rulebook.tables import Condition, CoveredGroup, Program, Summand
from bensync.benefits.values.events import Process
from bensync.benefits.values.offers import EligibilityFinding, FactTest, JobResult
from bensync.core.people import Standing


def assign(facts: Facts, book: Rulebook) -> tuple[Process, str]:
    """Return AS with the one program that fits, AN if none does, AE if several do (S3-36 to S3-39, A-63)."""
    fitting = programs(facts, book)
    if len(fitting) > 1:
        return Process.AE, ""
    return (Process.AS, fitting[0]) if fitting else (Process.AN, "")


def programs(facts: Facts, book: Rulebook) -> tuple[str, ...]:
    """Return the programs that fit; none for a person who lacks a required field (S4-26)."""
    return tuple(program.code for program in book.programs if not _against(program, facts, book))


def schedule_for(facts: Facts, event_class: str, book: Rulebook) -> str:
    """Return the first schedule that takes events of this class and person; empty if none does (S3-121)."""
    for schedule in book.schedules:
        if (not schedule.events or event_class in schedule.events) and rule_holds(schedule.eligibility, facts, book):
            return schedule.code
    return ""


def findings(facts: Facts, book: Rulebook) -> tuple[EligibilityFinding, ...]:
    """Return every program, each of its plans, and each option that covers dependents, with all their tests (S3-80)."""
    return tuple(_findings(facts, book))


def _findings(facts: Facts, book: Rulebook) -> Iterator[EligibilityFinding]:
    for program in book.programs:
        yield EligibilityFinding(program.code, "", _against(program, facts, book), tests=_program(program, facts, book))
        for code in program.plans:
            plan = book.plan[code]
            against = _missed(plan.eligibility, facts, book)
            yield EligibilityFinding(program.code, code, against, tests=_tests(plan.eligibility, facts, book))
            for option in plan.options:
                tests = tuple(_test(_enough(cover), facts, book) for cover in option.covers if cover.at_least)
                if tests:
                    missed = tuple(test.field for test in tests if not test.passed)
                    yield EligibilityFinding(program.code, code, missed, option.code, tests)


def _against(program: Program, facts: Facts, book: Rulebook) -> tuple[str, ...]:
    """Return the names of the facts that keep a person out of a program."""
    missed = [name for name in book.fields.required if name not in facts.values]
    if program.active_only and facts.values["standing"] != Standing.ACTIVE:
        missed.append("standing")
    return tuple(dict.fromkeys((*missed, *_missed(program.eligibility, facts, book))))


def _enough(cover: CoveredGroup) -> Condition:
    return Condition(field=f"dependents.{cover.group}", at_least=Decimal(cover.at_least))


def _program(program: Program, facts: Facts, book: Rulebook) -> tuple[FactTest, ...]:
    conditions = [Condition(field=name, present=True) for name in book.fields.required]
    if program.active_only:
        conditions.append(Condition(field="standing", one_of=(str(Standing.ACTIVE),)))
    required = (_test(condition, facts, book) for condition in conditions)
    return (*required, *_tests(program.eligibility, facts, book))


def _tests(rule: str, facts: Facts, book: Rulebook) -> tuple[FactTest, ...]:
    if not rule:
        return ()
    eligibility = book.eligibility[rule]
    alternatives = (_test(condition, facts, book, alternative=True) for condition in eligibility.any)
    return (*(_test(condition, facts, book) for condition in eligibility.all), *alternatives)


def _test(condition: Condition, facts: Facts, book: Rulebook, *, alternative: bool = False) -> FactTest:
    name = condition.field
    return FactTest(
        field=name,
        passed=passes(condition, facts.values),
        value=facts.values.get(name),
        alternative=alternative,
        one_of=condition.one_of,
        none_of=condition.none_of,
        starts_with=condition.starts_with,
        at_least=condition.at_least,
        below=condition.below,
        present=condition.present,
        since=max((row.date for row in facts.rows if name in row.values), default=None),
        jobs=_jobs(name, facts, book),
    )


def _jobs(name: str, facts: Facts, book: Rulebook) -> tuple[tuple[str, JobResult], ...]:
    """Return for a sum what each job adds to it."""
    return (
        tuple((summand.field, _job(summand, facts, book)) for summand in book.sums[name].of)
        if name in book.sums
        else ()
    )


def _job(summand: Summand, facts: Facts, book: Rulebook) -> JobResult:
    if number(facts.values.get(summand.field, "")) is None:
        return JobResult.NOT_EVALUATED
    return JobResult.ELIGIBLE if rule_holds(summand.when, facts, book) else JobResult.INELIGIBLE


def rule_holds(rule: str, facts: Facts, book: Rulebook) -> bool:
    """Return whether a named rule holds; an empty name always does."""
    return not _missed(rule, facts, book)


def _missed(rule: str, facts: Facts, book: Rulebook) -> tuple[str, ...]:
    # Eligibility is that nothing speaks against it: the explanation and the decision cannot differ (decision 51).
    return failing_fields(book.eligibility[rule], facts.values) if rule else ()
