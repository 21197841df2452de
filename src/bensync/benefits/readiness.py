"""What would fail in a run over everybody: gaps in the rulebook, and in the data of each person. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

import msgspec

from bensync.benefits.engine.eligibility import assign, programs
from bensync.benefits.engine.eligibility_facts import DERIVED, Facts, facts
from bensync.benefits.engine.preparation import prepare
from bensync.benefits.rulebook.conditions import failing_fields
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.rulebook.tables import BenefitPlan, Scope
from bensync.benefits.values.activities import ActivitySource
from bensync.benefits.values.cases import Case
from bensync.benefits.values.events import Event, EventStatus, Process
from bensync.core.people import Standing

ACTION = "action"
"""Stands in `required_data` for the field that holds the action of HR."""

_CHOOSING = ("OE", "HIR")
"""The event classes by which people choose among all plans; the first that the rulebook has is tried."""


class Gap(msgspec.Struct, frozen=True):
    """One thing that would fail or mislead in a run.

    Attributes:
        code: one of `required_missing`, `no_program`, `several_programs`, the faults of an event that cannot be
            prepared, and for the rulebook `unmapped_fact`, `plan_unused`, `no_add_rule`, `no_termination_rule`.
        about: the field, fact, plan or program; no value of a person.
        text: what to do, where the rulebook words it; else empty.
    """

    code: str
    about: str = ""
    text: str = ""


def rulebook_gaps(book: Rulebook, mapped: Collection[str] | None) -> tuple[Gap, ...]:
    """Return the gaps of a rulebook.

    Args:
        book: the employer's rulebook.
        mapped: the fields that HR brings; None where that is not known, as on a machine that only receives.
    """
    return tuple(_rulebook_gaps(book, mapped))


def _rulebook_gaps(book: Rulebook, mapped: Collection[str] | None) -> Iterator[Gap]:
    if mapped is not None:
        # Facts of a family have a dot in their names, and no field of HR has one.
        facts_there = {*mapped, *DERIVED, *book.sums, *(name for name in book.tested if "." in name)}
        yield from (Gap("unmapped_fact", name) for name in sorted(book.tested - facts_there))
    offered = {code for program in book.programs for code in program.plans}
    for plan in book.plans:
        if plan.code not in offered:
            yield Gap("plan_unused", plan.code)
            continue
        if not any(_covers(rule, plan) for rule in book.add_rules):
            yield Gap("no_add_rule", plan.code)
        if not any(_covers(rule, plan) for rule in book.termination_rules):
            yield Gap("no_termination_rule", plan.code)


def _covers(rule: Scope, plan: BenefitPlan) -> bool:
    return plan.code in rule.plans or plan.type in rule.types or not (rule.plans or rule.types)


def person_gaps(case: Case, book: Rulebook, today: date, mapped: Collection[str] | None) -> tuple[Gap, ...]:
    """Return what would fail for a person in a run of today; nothing for somebody who left.

    Args:
        case: the participant.
        book: the employer's rulebook.
        today: the day.
        mapped: the fields that HR brings, as in `rulebook_gaps`.
    """
    if case.participant.standing is not Standing.ACTIVE:
        return ()
    day_facts = facts(case.participant, today, book)
    return (*_required(day_facts, book, mapped), *_program(case, day_facts, book, today))


def _required(day_facts: Facts, book: Rulebook, mapped: Collection[str] | None) -> Iterator[Gap]:
    """Yield the required data that is blank (S4-25): of the fields that HR brings, or that the rulebook tests."""
    for entry, required in book.required_data.items():
        name = book.fields.action if entry == ACTION else entry
        applies = mapped is None or name in mapped or name in book.tested
        meant = not failing_fields(required.applies, day_facts.values)
        if required.on and applies and meant and name not in day_facts.values:
            yield Gap("required_missing", name, required.message)


def _program(case: Case, day_facts: Facts, book: Rulebook, today: date) -> Iterator[Gap]:
    process, program = assign(day_facts, book)
    if process is Process.AE:
        yield Gap("several_programs", ", ".join(programs(day_facts, book)))
    elif process is Process.AN:
        yield Gap("no_program")
    else:
        yield from _plans(case, program, day_facts, book, today)


def _plans(case: Case, program: str, day_facts: Facts, book: Rulebook, today: date) -> Iterator[Gap]:
    """Yield what keeps an event from being prepared by which the person would choose among all plans."""
    event_class = next((name for name in _CHOOSING if name in book.events), "")
    if not event_class:
        return
    event = Event(
        number=0,
        event_class=event_class,
        event_date=today,
        priority=0,
        source=ActivitySource.MANUAL,
        status=EventStatus.CLOSED,
        process=Process.AS,
        program=program,
    )
    for fault in prepare(case, event, day_facts, book, today).faults:
        yield Gap(fault.code, " ".join(filter(None, (fault.plan, fault.detail))))
