"""The tables of a rulebook as values: event classes, eligibility, programs, plans, rules. Holds no rule of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from bensync.benefits.plan_types.tables import (
    BenefitBase,
    ControllingCoverage,
    Credit,
    GeneralLedgerCode,
    PlanType,
    PlanYear,
    Rollover,
)
from bensync.benefits.rulebook.base import Amount, Money, RulebookTable
from bensync.benefits.rulebook.pay_calendars import PayCalendar
from bensync.benefits.rulebook.rates import RateTable
from bensync.benefits.values.activities import ActivitySource
from bensync.benefits.values.calendar import Begin, Stop, capped, first_day, last_day
from bensync.benefits.values.cobra import Clocks
from bensync.benefits.values.dependents import DropReason, Relationship

OFF = "OFF"
"""The event class of a trigger that exists and is switched off (S4-31)."""

_CODE_DIGITS = 2

# The bounds reject typing errors: ten years is more than any rule of coverage reaches.
Months = Field(0, ge=-120, le=120, description="calendar months")

Days = Field(0, ge=-3660, le=3660, description="calendar days")


class EventClass(RulebookTable):
    """An event class: its place in the order of processing, and its meaning for coverage."""

    label: str
    priority: int = Field(ge=0, description="of two events of one day the lower number goes first")
    source: ActivitySource = ActivitySource.JOB
    employment: Literal["", "begins", "ends"] = ""
    waives: bool = Field(default=False, description="cancels every coverage, whatever the rules of eligibility say")
    automatic: bool = Field(default=False, description="processed without a person where nobody has to choose")
    manual: bool = Field(default=False, description="made by an administrator only")
    cobra: str = Field("", description="COBRA action code, where the action has none")


class Action(RulebookTable):
    """The meaning of an action, or of one with a reason: event class and benefits employee status (S4-08).

    An entry counts from ``since`` until a later one of the same action and reason; one without event, status and
    COBRA action says that the action means nothing any more.
    """

    action: str
    reason: str = ""
    since: date = date.min
    event: str = ""
    status: str = ""
    cobra: str = ""


class Fields(RulebookTable):
    """The fields that hold action and reason, and the fields that everybody in a program must have (S4-26)."""

    action: str = "employment_status"
    reason: str = "action_reason"
    required: tuple[str, ...] = ("birth_date",)


class Salary(RulebookTable):
    """The conversion of a pay rate to a yearly salary: the rate times the number of its periods in a year."""

    rate: str = "pay_rate"
    per: str = "pay_per"
    periods: Mapping[str, Decimal] = Field(default_factory=dict)


class Appointment(RulebookTable):
    """The shortest appointment that makes the fact ``eligibility1`` Y; one without an expected end is long enough."""

    months: int = Field(0, ge=0, description="whole months; 0 leaves the fact to the HR system")


class Aca(RulebookTable):
    """The look-back measurement of hours that makes the fact ``eligibility3`` Y or N (26 CFR 54.4980H-3(d)).

    The standard measurement period ends ``administrative_days`` before the stability period begins. Somebody hired
    in the course of it is measured over a period of their own, from the first of a month on or after the hire.
    """

    hours: str = Field("", description="the field of a dated table with hours of service; empty leaves the fact to HR")
    months: int = Field(12, ge=3, le=12, description="how long hours are measured")
    monthly: Decimal = Field(Decimal(130), gt=0, description="hours a month, on average, that make full-time")
    stability_begins: str = Field(
        "01-01",
        pattern="^(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$",
        description="month and day on which what was measured begins to count",
    )
    administrative_days: int = Field(
        0, ge=0, le=90, description="days between the measurement and the stability period"
    )
    expected: str = Field(
        "", description="rule of eligibility that stands in for a measurement until there is one, such as for new hires"
    )


class Condition(RulebookTable):
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
        if not (self.one_of or self.none_of or self.starts_with) and all(bound is None for bound in numbers):
            raise ValueError("tests nothing: give one_of, none_of, starts_with, at_least, below or present")
        return self


class Eligibility(RulebookTable):
    """A named rule: every condition of ``all`` must hold, and one of ``any`` where there are some."""

    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()


class RequiredData(RulebookTable):
    """Data that must be there before a run of everybody (S4-25), with what to do where it is blank.

    It is looked at where HR brings the field or the rulebook tests it, and for people who meet ``all``.
    """

    message: str = ""
    all: tuple[Condition, ...] = ()
    on: bool = Field(default=True, description="false: nobody needs it; `OFF` stands for it")

    @property
    def applies(self) -> Eligibility:
        """Return the rule of the people who need it."""
        return Eligibility(all=self.all)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        # `fte = "OFF"` and `fte = "Enter the FTE."` stand for tables of one key.
        if not isinstance(value, str):
            return value
        return {"on": False} if value == OFF else {"message": value}


class Summand(RulebookTable):
    """A field that counts in a sum; with ``when``, only for people who meet that rule."""

    field: str
    when: str = ""


class Sum(RulebookTable):
    """A derived fact: fields that are added, such as the FTEs of several jobs; blank ones count nothing (S4-29)."""

    of: tuple[Summand, ...] = Field(min_length=1)


class EventSchedule(RulebookTable):
    """A schedule: people and event classes processed in runs of their own (S3-74); the first that fits counts."""

    code: str
    label: str = ""
    eligibility: str = ""
    events: tuple[str, ...] = ()


class Program(RulebookTable):
    """A benefit program: who belongs to it, and its plans in the order in which people see them."""

    code: str
    label: str = ""
    eligibility: str
    active_only: bool = True
    plans: tuple[str, ...] = Field(min_length=1)


class DependentGroup(RulebookTable):
    """Dependents that options and rules treat alike: their relationships, and the age at which they leave the group."""

    label: str = ""
    relationships: tuple[Relationship, ...] = Field(min_length=1)
    below_age: int | None = Field(None, gt=0, description="full years; without it, every age belongs to the group")
    student_below_age: int | None = Field(None, gt=0, description="the limit for students, instead of `below_age`")
    disabled_at_any_age: bool = False


class CoveredGroup(RulebookTable):
    """The dependents of one group that an option covers."""

    group: str
    at_least: int = Field(0, ge=0)
    at_most: int | None = Field(None, gt=0)


class PlanOption(RulebookTable):
    """One option of a plan, with figures per month.

    The sum insured is ``multiple`` of the benefit base, rounded up, plus ``amount``, cut at ``cap``. Its price stands
    in a rate table, or in ``employee`` and ``company``; with ``per_thousand`` these are those of each thousand insured.
    """

    code: str
    label: str = ""
    employee: Money = Decimal(0)
    company: Money = Decimal(0)
    per_thousand: bool = False
    rates: str = Field("", description="the rate table; empty for that of the plan")
    amount: Amount | None = None
    multiple: Amount | None = None
    round_up_to: Money = Field(Decimal(1), gt=0)
    cap: Amount | None = None
    proof: bool = False
    guaranteed_issue: Amount | None = Field(None, description="the sum insured that is granted without proof")
    minimum: Amount | None = Field(None, description="of the yearly contribution")
    maximum: Money | None = None
    limit: str = Field("", description="the limit of the law for the contributions of a year")
    percent_minimum: Amount | None = Field(None, description="of a contribution in percent of the pay")
    percent_maximum: Amount | None = None
    after_tax: bool = Field(default=False, description="savings: takes contributions out of taxed pay, too")
    voluntary: bool = Field(default=False, description="pension: takes voluntary contributions")
    hours_to_buy: Amount | None = Field(None, description="vacation: the most hours of a year")
    hours_to_sell: Amount | None = None
    covers: tuple[CoveredGroup, ...] = Field((), description="the dependents that it covers besides the employee")


class BenefitPlan(RulebookTable):
    """A plan of one plan type; nobody has two plans of a type at a time."""

    code: str
    type: str
    label: str = ""
    carrier: str = ""
    eligibility: str = ""
    flex: str = Field("", description="the flex plan that pays for it (S2-25)")
    rates: str = Field("", description="the rate table of its options")
    base: str = Field("", description="the benefit base of its multiples; empty for the yearly salary")
    provider: bool = Field(default=False, description="health: an election names the ID of a provider")
    funds: tuple[str, ...] = Field((), description="savings: the funds among which contributions are divided")
    calendar: str = Field("", description="the pay calendar by which it is deducted; empty for that of the person")
    hours_per_year: Decimal = Field(Decimal(2080), gt=0, description="vacation: of work, for the price of an hour")
    controlled_by: ControllingCoverage | None = None
    beneficiaries: bool = Field(default=False, description="whether it pays to beneficiaries, as life insurance does")
    options: tuple[PlanOption, ...] = Field(min_length=1)

    def option(self, code: str) -> PlanOption | None:
        """Return the option of this code; None if the plan no longer has it."""
        return next((option for option in self.options if option.code == code), None)


class Scope(RulebookTable):
    """The scope of a rule: plans, all plans of a type, or every plan; events; a group; the first day (S2-20)."""

    plans: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    group: str = ""
    since: date = date.min

    @property
    def breadth(self) -> int:
        """Return how narrow the scope is: 2 for plans, 1 for plan types, 0 for every plan."""
        return 2 if self.plans else 1 if self.types else 0


class BeginDate(RulebookTable):
    """A rule for the first day of coverage or of a deduction."""

    base: Begin
    months: int = Months
    days: int = Days

    def day(self, event_date: date) -> date:
        """Return the first day for an event of this day."""
        return first_day(self.base, event_date, self.months, self.days)


class StopDate(RulebookTable):
    """A rule for the last day of coverage; ``retro_cap`` is the most days before today that it may lie."""

    base: Stop
    months: int = Months
    days: int = Days
    retro_cap: int | None = Field(None, ge=0)

    def day(self, event_date: date, today: date) -> date:
        """Return the last day for an event of this day that is processed today."""
        return capped(last_day(self.base, event_date, self.months, self.days), self.base, today, self.retro_cap)


class DropRule(RulebookTable):
    """The consequence of a drop: the class of its event, the last covered day, and COBRA for the dependent."""

    event: str
    stop: StopDate
    cobra: str = Field("", description="the COBRA action code; empty where the drop is no COBRA occurrence")
    cobra_months: int = Field(36, gt=0, description="how long the continued coverage may last")


class AddRule(Scope):
    """A rule for adding a plan: through which events, from when, and the default without an election (S2-14, S2-15)."""

    begin: BeginDate
    deduction: BeginDate | None = None
    default: str = Field("", description="the option that a final mark loads")
    auto_add: bool = Field(default=False, description="load the default without anybody's mark (model K3)")
    required: bool = Field(default=False, description="elections of the event must name its plan type (S3-164)")
    contribution: Amount | None = None
    tax: Literal["", "before", "after"] = ""
    account: str = ""


class ChangeRule(Scope):
    """A rule for coverage that continues: which events bring it new figures or allow another election."""

    begin: BeginDate
    deduction: BeginDate | None = None
    elect: bool = False
    required: bool = False


class TerminationRule(Scope):
    """A rule for lost eligibility: when the coverage ends, and whether that is a COBRA occurrence (S2-22)."""

    stop: StopDate
    cobra: bool = False


class PassiveEvent(RulebookTable):
    """An event that the calendar alone makes: an age or length of service that is reached (S3-92)."""

    code: str
    label: str = ""
    event: str = "MSC"
    measure: Literal["service_years", "age", "dependent_age"]
    reaches: int = Field(0, ge=0)
    group: str = Field("", description="dependent_age: the group that a dependent becomes too old for")

    @model_validator(mode="after")
    def _measures_something(self) -> Self:
        if (self.measure == "dependent_age") is not bool(self.group) or bool(self.group) is bool(self.reaches):
            raise ValueError("give the group of dependents for dependent_age, and reaches for every other measure")
        return self


class Trigger(RulebookTable):
    """The event class that a changed field makes, and the flag that it sets on events that used the field."""

    event: str
    source: ActivitySource | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        # Most triggers name a class only: `location = "MSC"` in the file stands for `location = {event = "MSC"}`.
        return {"event": value} if isinstance(value, str) else value


class RulebookTables(RulebookTable):
    """All tables of a rulebook, each of them well formed; whether their names fit together is not checked here."""

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
    required_data: Mapping[str, RequiredData] = Field(default_factory=dict)
    fields: Fields = Fields()
    salary: Salary = Salary()
    appointment: Appointment = Appointment()
    aca: Aca = Aca()
    cobra: Clocks = Clocks()
    rates: tuple[RateTable, ...] = ()
    bases: Mapping[str, BenefitBase] = Field(default_factory=dict)
    plan_year: PlanYear = PlanYear()
    types: Mapping[str, PlanType] = Field(default_factory=dict)
    calendars: tuple[PayCalendar, ...] = ()
    gl_codes: tuple[GeneralLedgerCode, ...] = ()
    credits: tuple[Credit, ...] = ()
    rollover: Rollover = Rollover()
    payroll: bool = Field(default=True, description="payroll divides yearly contributions by its pays (S3-170)")

    dependent_groups: Mapping[str, DependentGroup] = Field(default_factory=dict)
    drops: Mapping[DropReason, DropRule] = Field(default_factory=dict)

    def rate_table(self, code: str, on: date) -> RateTable | None:
        """Return the version of a rate table that is in force on a day; None before the first one."""
        versions = [table for table in self._versions.get(code, ()) if table.since <= on]
        return max(versions, key=lambda table: table.since, default=None)

    @cached_property
    def _versions(self) -> Mapping[str, Sequence[RateTable]]:
        versions: dict[str, list[RateTable]] = {}
        for table in self.rates:
            versions.setdefault(table.code, []).append(table)
        return versions

    def type_code(self, plan_type: str) -> str:
        """Return the code of a plan type: the one that the rulebook gives, or its name if that is one; else empty."""
        if plan_type in self.types:
            return self.types[plan_type].code
        return plan_type if len(plan_type) == _CODE_DIGITS and plan_type.isdecimal() else ""

    @cached_property
    def plan(self) -> Mapping[str, BenefitPlan]:
        """Return the plans by code."""
        return {plan.code: plan for plan in self.plans}

    @cached_property
    def program(self) -> Mapping[str, Program]:
        """Return the programs by code."""
        return {program.code: program for program in self.programs}
