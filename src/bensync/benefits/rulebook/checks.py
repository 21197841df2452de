"""Checks over a whole rulebook: unknown names, names given twice, and rules that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from bensync.benefits.rulebook.law import law
from bensync.benefits.rulebook.rate_checks import rate_problems
from bensync.benefits.rulebook.tables import OFF, AddRule, BenefitPlan, CoveredGroup, RulebookTables, Scope, Sum
from bensync.benefits.values.activities import INFO
from bensync.benefits.values.calendar import plus
from bensync.benefits.values.events import SNAPSHOT


def problems(book: RulebookTables) -> Iterator[str]:
    """Yield every problem of a rulebook with its path: unknown names, names given twice, contradictory rules."""
    yield from _twice("plans", [plan.code for plan in book.plans])
    yield from _twice("programs", [program.code for program in book.programs])
    yield from _twice("passive", [entry.code for entry in book.passive])
    yield from _twice("schedules", [entry.code for entry in book.schedules])
    actions = [
        f"{entry.action}/{entry.reason}" + (f" since {entry.since}" if entry.since > date.min else "")
        for entry in book.actions
    ]
    yield from _twice("actions", actions)
    for number, program in enumerate(book.programs):
        path = f"programs[{number}]"
        yield from _unknown(f"{path}.eligibility", [program.eligibility], book.eligibility, "rule of eligibility")
        yield from _unknown(f"{path}.plans", program.plans, book.plan, "plan")
    for number, plan in enumerate(book.plans):
        path = f"plans[{number}]"
        yield from _unknown(f"{path}.eligibility", [plan.eligibility], book.eligibility, "rule of eligibility")
        yield from _unknown(f"{path}.carrier", [plan.carrier], book.carriers, "carrier")
        yield from _unknown(f"{path}.flex", [plan.flex], book.plan, "plan")
        yield from _unknown(f"{path}.base", [plan.base], book.bases, "benefit base")
        yield from _twice(f"{path}.options", [option.code for option in plan.options])
        yield from _plan_type_problems(book, path, plan)
        for place, option in enumerate(plan.options):
            yield from _cover_problems(book, f"{path}.options[{place}].covers", option.covers)
    for number, schedule in enumerate(book.schedules):
        path = f"schedules[{number}]"
        yield from _unknown(f"{path}.eligibility", [schedule.eligibility], book.eligibility, "rule of eligibility")
        yield from _unknown(f"{path}.events", schedule.events, book.events, "event class")
    for name, table in book.sums.items():
        yield from _sum_problems(book, f"sums.{name}", table)
    yield from _unknown("aca.expected", [book.aca.expected], book.eligibility, "rule of eligibility")
    yield from _event_problems(book)
    yield from rate_problems(book)
    yield from _calendar_problems(book)
    yield from _gl_problems(book)
    yield from _credit_problems(book)
    yield from _unknown("types", book.types, {plan.type for plan in book.plans}, "plan of the type")
    for name in ("add_rules", "change_rules", "termination_rules"):
        for number, rule in enumerate(getattr(book, name)):
            yield from _rule_problems(book, f"{name}[{number}]", rule)


def _plan_type_problems(book: RulebookTables, path: str, plan: BenefitPlan) -> Iterator[str]:
    yield from _unknown(f"{path}.calendar", [plan.calendar], [entry.code for entry in book.calendars], "pay calendar")
    yield from _twice(f"{path}.funds", list(plan.funds))
    for place, option in enumerate(plan.options):
        yield from _unknown(f"{path}.options[{place}].limit", [option.limit], law().limits, "limit of the law")
        if option.guaranteed_issue is not None and option.proof:
            yield f"{path}.options[{place}]: guaranteed_and_proof: one of guaranteed_issue and proof is enough"
    control = plan.controlled_by
    if control is not None:
        path = f"{path}.controlled_by"
        yield from _unknown(f"{path}.type", [control.type], {entry.type for entry in book.plans}, "plan of the type")
        yield from _unknown(f"{path}.plan", [control.plan], book.plan, "plan")
        if control.type == plan.type:
            yield f"{path}.type: controls_itself: another plan type controls a plan; name that one"


def _calendar_problems(book: RulebookTables) -> Iterator[str]:
    yield from _twice("calendars", [calendar.code for calendar in book.calendars])
    for number, calendar in enumerate(book.calendars):
        path = f"calendars[{number}]"
        yield from _unknown(f"{path}.group", [calendar.group], book.eligibility, "rule of eligibility")
        for place, day in enumerate(calendar.skip):
            if day not in calendar.pay_dates(day, plus(day, days=1)):
                yield f"{path}.skip[{place}]: skip_no_pay_date: {day} is no pay date; write the date of a pay"


def _credit_problems(book: RulebookTables) -> Iterator[str]:
    yield from _twice("credits", [credit.code for credit in book.credits])
    for number, credit in enumerate(book.credits):
        yield from _unknown(f"credits[{number}].plans", credit.plans, book.plan, "plan")
        yield from _unknown(f"credits[{number}].group", [credit.group], book.eligibility, "rule of eligibility")
    yield from _unknown("rollover.plan", [book.rollover.plan], book.plan, "plan")


def _gl_problems(book: RulebookTables) -> Iterator[str]:
    scopes = [
        (sorted(entry.plans), sorted(entry.types), sorted(entry.options), sorted(entry.locations), entry.since)
        for entry in book.gl_codes
    ]
    for number, entry in enumerate(book.gl_codes):
        path = f"gl_codes[{number}]"
        yield from _unknown(f"{path}.plans", entry.plans, book.plan, "plan")
        yield from _unknown(f"{path}.types", entry.types, {plan.type for plan in book.plans}, "plan of the type")
        options = {option.code for plan in book.plans for option in plan.options}
        yield from _unknown(f"{path}.options", entry.options, options, "option")
        if not (entry.employee or entry.company):
            yield f"{path}: gl_empty: it names no account; give employee, company, or both"
        if scopes[number] in scopes[:number]:
            yield f"{path}: gl_twice: another entry is for the same costs; keep one of them"


def _cover_problems(book: RulebookTables, path: str, covers: Sequence[CoveredGroup]) -> Iterator[str]:
    yield from _unknown(path, [cover.group for cover in covers], book.dependent_groups, "group of dependents")
    yield from _twice(path, [cover.group for cover in covers])
    for cover in covers:
        if cover.at_most is not None and cover.at_most < cover.at_least:
            yield f"{path}: {cover.group} wants at least {cover.at_least} and at most {cover.at_most}"


def _sum_problems(book: RulebookTables, path: str, table: Sum) -> Iterator[str]:
    """Yield the problems of a sum. A sum may not use another sum, because the result would depend on their order."""
    for place, summand in enumerate(table.of):
        yield from _unknown(f"{path}.of[{place}].when", [summand.when], book.eligibility, "rule of eligibility")
        if summand.field in book.sums:
            yield f"{path}.of[{place}].field: {summand.field} is a sum itself"
        rule = book.eligibility.get(summand.when)
        if rule is not None and any(test.field in book.sums for test in (*rule.all, *rule.any)):
            yield f"{path}.of[{place}].when: {summand.when} tests a sum"


def _event_problems(book: RulebookTables) -> Iterator[str]:
    for field, trigger in book.triggers.items():
        yield from _class_problems(book, f"triggers.{field}", trigger.event, INFO, OFF)
    for number, action in enumerate(book.actions):
        yield from _class_problems(book, f"actions[{number}].event", action.event)
    for number, passive in enumerate(book.passive):
        yield from _class_problems(book, f"passive[{number}].event", passive.event)
        yield from _unknown(f"passive[{number}].group", [passive.group], book.dependent_groups, "group of dependents")
    for reason, drop in book.drops.items():
        yield from _unknown(f"drops.{reason}.event", [drop.event], book.events, "event class")
    if SNAPSHOT in book.events and not book.events[SNAPSHOT].manual:
        yield f"events.{SNAPSHOT}: only a snapshot makes these, so manual must be true"


def _class_problems(book: RulebookTables, path: str, name: str, *others: str) -> Iterator[str]:
    if name in others:
        return
    yield from _unknown(path, [name], book.events, "event class")
    if name in book.events and book.events[name].manual:
        yield f"{path}: {name} is made by an administrator only"


def _rule_problems(book: RulebookTables, path: str, rule: Scope) -> Iterator[str]:
    if rule.plans and rule.types:
        yield f"{path}: names plans and types; one of them is enough"
    yield from _unknown(f"{path}.plans", rule.plans, book.plan, "plan")
    yield from _unknown(f"{path}.types", rule.types, {plan.type for plan in book.plans}, "plan of the type")
    yield from _unknown(f"{path}.events", rule.events, book.events, "event class")
    yield from _unknown(f"{path}.group", [rule.group], book.eligibility, "rule of eligibility")
    if not isinstance(rule, AddRule):
        return
    if rule.auto_add and not rule.default:
        yield f"{path}: auto_add wants a default"
    # An option code means something within one plan only, so a rule with a default must name its plans.
    if rule.default:
        named = [book.plan[code] for code in rule.plans if code in book.plan]
        for plan in (plan for plan in named if plan.option(rule.default) is None):
            yield f"{path}.default: {plan.code} has no option {rule.default}"
        if not rule.plans:
            yield f"{path}: a default belongs to a rule that names its plans"


def _unknown(path: str, names: Any, existing: Any, kind: str) -> Iterator[str]:
    for name in names:
        if name and name not in existing:
            yield f"{path}: there is no {kind} {name!r}"


def _twice(path: str, names: list[str]) -> Iterator[str]:
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"{path}: {name!r} is there more than once"
