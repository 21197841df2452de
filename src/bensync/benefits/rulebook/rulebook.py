"""The rulebook of an employer: event classes, programs, plans and rules as data. Holds no rule of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bensync.benefits.rulebook import programs
from bensync.benefits.values.activities import INFO, ActivitySource
from bensync.benefits.values.calendar import Begin, Stop, capped, first_day, last_day
from bensync.benefits.values.cobra import Clocks
from bensync.benefits.values.events import SNAPSHOT
from bensync.errors import ConfigError

OFF = "OFF"
"""What a trigger says that is known, and switched off (S4-31)."""

Money = Decimal
Months = Field(0, ge=-120, le=120, description="calendar months")
Days = Field(0, ge=-3660, le=3660, description="calendar days")


class _RulebookTable(BaseModel):
    """A table of the rulebook: unknown keys are errors, and messages never repeat what was written."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class EventClass(_RulebookTable):
    """What an event of this class means for the order of work and for coverage."""

    label: str
    priority: int = Field(ge=0, description="of two events of one day the lower number goes first")
    source: ActivitySource = ActivitySource.JOB
    employment: Literal["", "begins", "ends"] = ""
    waives: bool = Field(default=False, description="cancels every coverage, whatever the rules of eligibility say")
    automatic: bool = Field(default=False, description="worked off without a person where nobody has to choose")
    manual: bool = Field(default=False, description="made by an administrator only")
    cobra: str = Field("", description="COBRA action code, where the action has none")


class Action(_RulebookTable):
    """What an action, or an action with one reason, means: an event class and a benefits employee status (S4-08)."""

    action: str
    reason: str = ""
    event: str = ""
    status: str = ""
    cobra: str = ""


class Fields(_RulebookTable):
    """Which fields of ours hold action and reason, and what everybody in a program must have (S4-26)."""

    action: str = "employment_status"
    reason: str = "action_reason"
    required: tuple[str, ...] = ("birth_date",)


class Salary(_RulebookTable):
    """How a pay rate becomes a yearly salary: rate times the number of such periods in a year."""

    rate: str = "pay_rate"
    per: str = "pay_per"
    periods: Mapping[str, Decimal] = Field(default_factory=dict)


class Condition(_RulebookTable):
    """One test of one fact; a blank fact passes none but ``present = false``."""

    field: str
    one_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    starts_with: tuple[str, ...] = ()
    at_least: Decimal | None = None
    below: Decimal | None = None
    present: bool | None = None

    @model_validator(mode="after")
    def _tests_something(self) -> Self:
        numbers = (self.at_least, self.below, self.present)
        if not (self.one_of or self.none_of or self.starts_with) and all(one is None for one in numbers):
            raise ValueError("tests nothing: give one_of, none_of, starts_with, at_least, below or present")
        return self


class Eligibility(_RulebookTable):
    """A named rule: every condition of ``all`` must hold, and one of ``any`` where there are some."""

    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()


class Summand(_RulebookTable):
    """A field that counts in a sum, of those only who meet a rule where one is named."""

    field: str
    when: str = ""


class Sum(_RulebookTable):
    """A derived fact: fields that are added, such as the FTEs of several jobs; blank ones count nothing (S4-29)."""

    of: tuple[Summand, ...] = Field(min_length=1)


class EventSchedule(_RulebookTable):
    """Whose events, and of which classes, are worked off in runs of their own (S3-74); the first that fits."""

    code: str
    label: str = ""
    eligibility: str = ""
    events: tuple[str, ...] = ()


class Program(_RulebookTable):
    """A benefit program: who belongs to it, and its plans in the order in which people see them."""

    code: str
    label: str = ""
    eligibility: str
    active_only: bool = True
    plans: tuple[str, ...] = Field(min_length=1)


class PlanOption(_RulebookTable):
    """One option of a plan, with figures per month.

    The sum insured is ``amount``, or ``multiple`` of the yearly salary, rounded up and cut at ``cap``. With
    ``per_thousand`` the two costs are those of each thousand insured.
    """

    code: str
    label: str = ""
    employee: Money = Decimal(0)
    company: Money = Decimal(0)
    per_thousand: bool = False
    amount: Money | None = None
    multiple: Decimal | None = None
    round_up_to: Money = Field(Decimal(1), gt=0)
    cap: Money | None = None
    proof: bool = False
    minimum: Money | None = Field(None, description="of the yearly contribution")
    maximum: Money | None = None


class BenefitPlan(_RulebookTable):
    """A plan of one plan type; nobody has two plans of a type at a time."""

    code: str
    type: str
    label: str = ""
    carrier: str = ""
    eligibility: str = ""
    flex: str = Field("", description="the flex plan that pays for it (S2-25)")
    options: tuple[PlanOption, ...] = Field(min_length=1)

    def option(self, code: str) -> PlanOption | None:
        """The option of this code, if the plan has it still."""
        return next((option for option in self.options if option.code == code), None)


class Scope(_RulebookTable):
    """To what a rule applies: plans, or all plans of a type, or everything; events; a group; from a day on (S2-20)."""

    plans: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    group: str = ""
    since: date = date.min

    @property
    def breadth(self) -> int:
        """How narrow it is: a plan goes before a plan type, and that before all."""
        return 2 if self.plans else 1 if self.types else 0


class BeginDate(_RulebookTable):
    """When something begins."""

    base: Begin
    months: int = Months
    days: int = Days

    def day(self, event_date: date) -> date:
        """The first day for an event of this day."""
        return first_day(self.base, event_date, self.months, self.days)


class StopDate(_RulebookTable):
    """When something ends: its last day; ``retro_cap`` is how many days before today it may lie at most."""

    base: Stop
    months: int = Months
    days: int = Days
    retro_cap: int | None = Field(None, ge=0)

    def day(self, event_date: date, today: date) -> date:
        """The last day for an event of this day, worked off today."""
        return capped(last_day(self.base, event_date, self.months, self.days), self.base, today, self.retro_cap)


class AddRule(Scope):
    """Through which events a plan may be added, and what counts where nobody chooses (S2-14, S2-15)."""

    begin: BeginDate
    deduction: BeginDate | None = None
    default: str = Field("", description="the option that a final mark loads")
    auto_add: bool = Field(default=False, description="load the default without anybody's mark (model K3)")
    contribution: Money | None = None
    tax: Literal["", "before", "after"] = ""
    account: str = ""


class ChangeRule(Scope):
    """Through which events a coverage that goes on gets new figures, and may be exchanged by choice."""

    begin: BeginDate
    deduction: BeginDate | None = None
    elect: bool = False


class TerminationRule(Scope):
    """When a coverage ends that a person is no longer eligible for, and whether that is a COBRA occurrence (S2-22)."""

    stop: StopDate
    cobra: bool = False


class PassiveEvent(_RulebookTable):
    """What time alone brings about: a measure that reaches a number of years (S3-92)."""

    code: str
    label: str = ""
    event: str = "MSC"
    measure: Literal["service_years", "age"]
    reaches: int = Field(gt=0)


class Trigger(_RulebookTable):
    """To which event class a changed field leads, and which flag it sets on events that rested on it."""

    event: str
    source: ActivitySource | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"event": value} if isinstance(value, str) else value


class Rulebook(_RulebookTable):
    """Everything an employer decides about benefit events; every name in it leads somewhere."""

    events: Mapping[str, EventClass]
    triggers: Mapping[str, Trigger]
    programs: tuple[Program, ...] = ()
    plans: tuple[BenefitPlan, ...] = ()
    eligibility: Mapping[str, Eligibility] = Field(default_factory=dict)
    carriers: Mapping[str, str] = Field(default_factory=dict)
    actions: tuple[Action, ...] = ()
    add_rules: tuple[AddRule, ...] = ()
    change_rules: tuple[ChangeRule, ...] = ()
    termination_rules: tuple[TerminationRule, ...] = ()
    passive: tuple[PassiveEvent, ...] = ()
    schedules: tuple[EventSchedule, ...] = ()
    sums: Mapping[str, Sum] = Field(default_factory=dict)
    fields: Fields = Fields()
    salary: Salary = Salary()
    cobra: Clocks = Clocks()

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        problems = list(_problems(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @cached_property
    def plan(self) -> Mapping[str, BenefitPlan]:
        """The plans by code."""
        return {plan.code: plan for plan in self.plans}

    @cached_property
    def program(self) -> Mapping[str, Program]:
        """The programs by code."""
        return {program.code: program for program in self.programs}

    @cached_property
    def _tested(self) -> frozenset[str]:
        rules = self.eligibility.values()
        named = {condition.field for rule in rules for condition in (*rule.all, *rule.any)}
        return frozenset(named | {one.field for name in named & self.sums.keys() for one in self.sums[name].of})

    def trigger(self, field: str) -> Trigger | None:
        """What a changed field leads to; joining or leaving a group is a job change of its own (S2-06)."""
        found = self.triggers.get(field)
        if found is None and field in self._tested:
            return Trigger(event="MSC")
        return found if found is not None and found.event != OFF else None

    def meaning(self, action: str, reason: str) -> Action | None:
        """What an action means: the entry for its reason, else the one for any reason."""
        return self._meanings.get((action, reason)) or self._meanings.get((action, ""))

    @cached_property
    def _meanings(self) -> Mapping[tuple[str, str], Action]:
        return {(entry.action, entry.reason): entry for entry in self.actions}


def read(content: Mapping[str, Any], where: str = "the rulebook") -> Rulebook:
    """A rulebook of an employer; event classes, triggers and settings that it does not name are the standard ones.

    Args:
        content: the tables of its TOML file.
        where: what to call it in errors.

    Raises:
        ConfigError: naming every problem with its path.
    """
    laid = dict(content)
    for name, table in programs.load("standard").items():
        own = content.get(name, {})
        laid[name] = {**table, **own} if isinstance(own, Mapping) else own
    try:
        return Rulebook.model_validate(laid)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        told = "; ".join(": ".join(filter(None, [_path(one["loc"]), _said(one["msg"])])) for one in found)
        raise ConfigError(
            f"{where[0].upper()}{where[1:]} cannot be used",
            told,
            "fix these entries; docs/reference/benefit-rules.md explains each of them",
        ) from None


@cache
def standard() -> Rulebook:
    """The rulebook of an employer who decided nothing: event classes and triggers, and no plan."""
    return read({})


def _path(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")


def _said(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Extra inputs are not permitted", "there is no such key")


def _problems(book: Rulebook) -> Iterator[str]:
    """Names that lead nowhere, and names given twice, each with its path."""
    yield from _twice("plans", [plan.code for plan in book.plans])
    yield from _twice("programs", [program.code for program in book.programs])
    yield from _twice("passive", [one.code for one in book.passive])
    yield from _twice("schedules", [one.code for one in book.schedules])
    yield from _twice("actions", [f"{one.action}/{one.reason}" for one in book.actions])
    for number, program in enumerate(book.programs):
        path = f"programs[{number}]"
        yield from _unknown(f"{path}.eligibility", [program.eligibility], book.eligibility, "rule of eligibility")
        yield from _unknown(f"{path}.plans", program.plans, book.plan, "plan")
    for number, plan in enumerate(book.plans):
        path = f"plans[{number}]"
        yield from _unknown(f"{path}.eligibility", [plan.eligibility], book.eligibility, "rule of eligibility")
        yield from _unknown(f"{path}.carrier", [plan.carrier], book.carriers, "carrier")
        yield from _unknown(f"{path}.flex", [plan.flex], book.plan, "plan")
        yield from _twice(f"{path}.options", [option.code for option in plan.options])
    for number, schedule in enumerate(book.schedules):
        path = f"schedules[{number}]"
        yield from _unknown(f"{path}.eligibility", [schedule.eligibility], book.eligibility, "rule of eligibility")
        yield from _unknown(f"{path}.events", schedule.events, book.events, "event class")
    for name, table in book.sums.items():
        yield from _sum_problems(book, f"sums.{name}", table)
    yield from _event_problems(book)
    for name in ("add_rules", "change_rules", "termination_rules"):
        for number, rule in enumerate(getattr(book, name)):
            yield from _rule_problems(book, f"{name}[{number}]", rule)


def _sum_problems(book: Rulebook, path: str, table: Sum) -> Iterator[str]:
    """A sum may not rest on sums: which of them came first would decide."""
    for place, one in enumerate(table.of):
        yield from _unknown(f"{path}.of[{place}].when", [one.when], book.eligibility, "rule of eligibility")
        if one.field in book.sums:
            yield f"{path}.of[{place}].field: {one.field} is a sum itself"
        rule = book.eligibility.get(one.when)
        if rule is not None and any(test.field in book.sums for test in (*rule.all, *rule.any)):
            yield f"{path}.of[{place}].when: {one.when} tests a sum"


def _event_problems(book: Rulebook) -> Iterator[str]:
    for field, trigger in book.triggers.items():
        yield from _class_problems(book, f"triggers.{field}", trigger.event, INFO, OFF)
    for number, action in enumerate(book.actions):
        yield from _class_problems(book, f"actions[{number}].event", action.event)
    for number, passive in enumerate(book.passive):
        yield from _class_problems(book, f"passive[{number}].event", passive.event)
    if SNAPSHOT in book.events and not book.events[SNAPSHOT].manual:
        yield f"events.{SNAPSHOT}: only a snapshot makes these, so manual must be true"


def _class_problems(book: Rulebook, path: str, name: str, *others: str) -> Iterator[str]:
    if name in others:
        return
    yield from _unknown(path, [name], book.events, "event class")
    if name in book.events and book.events[name].manual:
        yield f"{path}: {name} is made by an administrator only"


def _rule_problems(book: Rulebook, path: str, rule: Scope) -> Iterator[str]:
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
    if rule.default:
        named = [book.plan[code] for code in rule.plans if code in book.plan]
        for plan in (one for one in named if one.option(rule.default) is None):
            yield f"{path}.default: {plan.code} has no option {rule.default}"
        if not rule.plans:
            yield f"{path}: a default belongs to a rule that names its plans"


def _unknown(path: str, names: Any, known: Any, kind: str) -> Iterator[str]:
    for name in names:
        if name and name not in known:
            yield f"{path}: there is no {kind} {name!r}"


def _twice(path: str, names: list[str]) -> Iterator[str]:
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"{path}: {name!r} is there more than once"
