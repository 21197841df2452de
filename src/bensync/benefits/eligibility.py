"""Who is eligible: conditions on facts, and the programs that fit. Reports nothing but the answer."""

from __future__ import annotations

from bensync.benefits.facts import Facts
from bensync.benefits.model import Process
from bensync.benefits.rulebook import Condition, Eligibility, Program, Rulebook
from bensync.core.model import Standing


def assign(facts: Facts, book: Rulebook) -> tuple[Process, str]:
    """AS with the one program that fits, AN where none does, AE where several do (S3-36 to S3-39, A-63)."""
    fitting = programs(facts, book)
    if len(fitting) > 1:
        return Process.AE, ""
    return (Process.AS, fitting[0]) if fitting else (Process.AN, "")


def programs(facts: Facts, book: Rulebook) -> tuple[str, ...]:
    """The programs that fit; none for somebody without what everybody must have (S4-26)."""
    if any(name not in facts.values for name in book.fields.required):
        return ()
    return tuple(program.code for program in book.programs if _belongs(program, facts, book))


def _belongs(program: Program, facts: Facts, book: Rulebook) -> bool:
    if program.active_only and facts.values["standing"] != Standing.ACTIVE:
        return False
    return holds(program.eligibility, facts, book)


def holds(rule: str, facts: Facts, book: Rulebook) -> bool:
    """Whether a named rule holds; no name asks for nothing."""
    return not rule or _holds(book.eligibility[rule], facts)


def _holds(rule: Eligibility, facts: Facts) -> bool:
    if not all(_passes(condition, facts) for condition in rule.all):
        return False
    return not rule.any or any(_passes(condition, facts) for condition in rule.any)


def _passes(condition: Condition, facts: Facts) -> bool:
    text = facts.values.get(condition.field)
    if text is None:
        return condition.present is False
    if condition.present is False or text in condition.none_of:
        return False
    if condition.one_of and text not in condition.one_of:
        return False
    if condition.starts_with and not text.startswith(condition.starts_with):
        return False
    return _in_range(condition, facts)


def _in_range(condition: Condition, facts: Facts) -> bool:
    if condition.at_least is None and condition.below is None:
        return True
    found = facts.number(condition.field)
    if found is None or (condition.at_least is not None and found < condition.at_least):
        return False
    return condition.below is None or found < condition.below
