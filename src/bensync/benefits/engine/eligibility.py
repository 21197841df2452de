"""Eligibility: the programs, plans and schedule that fit a person, and the facts that rule out the others."""

from __future__ import annotations

from collections.abc import Iterator

from bensync.benefits.engine.eligibility_facts import Facts
from bensync.benefits.rulebook.conditions import failing_fields
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.rulebook.tables import Program
from bensync.benefits.values.events import Process
from bensync.benefits.values.offers import EligibilityFinding
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
    """Return for each program and each of its plans the names of the facts that rule it out; none if it fits."""
    return tuple(_findings(facts, book))


def _findings(facts: Facts, book: Rulebook) -> Iterator[EligibilityFinding]:
    for program in book.programs:
        yield EligibilityFinding(program.code, "", _against(program, facts, book))
        for code in program.plans:
            yield EligibilityFinding(program.code, code, _missed(book.plan[code].eligibility, facts, book))


def _against(program: Program, facts: Facts, book: Rulebook) -> tuple[str, ...]:
    """Return the names of the facts that keep a person out of a program."""
    missed = [name for name in book.fields.required if name not in facts.values]
    if program.active_only and facts.values["standing"] != Standing.ACTIVE:
        missed.append("standing")
    return tuple(dict.fromkeys((*missed, *_missed(program.eligibility, facts, book))))


def rule_holds(rule: str, facts: Facts, book: Rulebook) -> bool:
    """Return whether a named rule holds; an empty name always does."""
    return not _missed(rule, facts, book)


def _missed(rule: str, facts: Facts, book: Rulebook) -> tuple[str, ...]:
    # Eligibility is that nothing speaks against it: the explanation and the decision cannot differ (decision 51).
    return failing_fields(book.eligibility[rule], facts.values) if rule else ()
