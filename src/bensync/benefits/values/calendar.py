"""Arithmetic of coverage dates: when coverage begins, which day is its last, how long something has lasted."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from enum import StrEnum


class Begin(StrEnum):
    """From where the first day of coverage is counted; months and days are added before the month is rounded."""

    EVENT_DATE = "event_date"
    NEXT_DAY = "next_day"
    FIRST_OF_MONTH = "first_of_month"
    """The event's own day where that is the first of a month, else the first of the next one."""
    FIRST_OF_NEXT_MONTH = "first_of_next_month"


class Stop(StrEnum):
    """From where the last day of coverage is counted; months are added before it, days after it (S2-20)."""

    LAST_DAY = "last_day"
    """The day of the event is the last covered one."""
    DAY_BEFORE = "day_before"
    END_OF_MONTH = "end_of_month"


class AsOf(StrEnum):
    """The day whose facts count for a price or a sum insured (S2-27)."""

    EVENT_DATE = "event_date"
    COVERAGE_BEGIN = "coverage_begin"
    FIRST_OF_MONTH = "first_of_month"
    """Of the month in which the coverage begins, as the next two are of its year."""
    PLAN_YEAR_START = "plan_year_start"
    YEAR_END = "year_end"
    """The last day of the calendar year."""


def as_of_day(rule: AsOf, event_date: date, begin: date, plan_year: tuple[int, int]) -> date:
    """Return the day whose facts count, for coverage that begins on a day; a plan year is given by month and day."""
    if rule is AsOf.EVENT_DATE:
        return event_date
    if rule is AsOf.PLAN_YEAR_START:
        return plan_year_start(begin, plan_year)
    if rule is AsOf.YEAR_END:
        return date(begin.year, 12, 31)
    return begin.replace(day=1) if rule is AsOf.FIRST_OF_MONTH else begin


def plan_year_start(on: date, plan_year: tuple[int, int]) -> date:
    """Return the first day of the plan year that holds a day."""
    month, day = plan_year
    start = date(on.year, month, day)
    return start if start <= on else plus(start, months=-12)


def first_day(base: Begin, event_date: date, months: int = 0, days: int = 0) -> date:
    """Return the first day of coverage for an event of this date; months and days are added before rounding."""
    counted = plus(event_date, months, days + (base is Begin.NEXT_DAY))
    if base in (Begin.EVENT_DATE, Begin.NEXT_DAY) or (base is Begin.FIRST_OF_MONTH and counted.day == 1):
        return counted
    # Rounds up, never down: coverage must not begin before the waiting period is over.
    return plus(end_of_month(counted), days=1)


def last_day(base: Stop, event_date: date, months: int = 0, days: int = 0) -> date:
    """Return the last day of coverage for an event of this date, before `capped` limits how far it reaches back."""
    counted = plus(event_date, months)
    if base is Stop.END_OF_MONTH:
        counted = end_of_month(counted)
    return plus(counted, days=days - (base is Stop.DAY_BEFORE))


def capped(last: date, base: Stop, today: date, cap: int | None) -> date:
    """Return the last day, at most ``cap`` days before today; an end of month stays an end of month (S2-20)."""
    if cap is None:
        return last
    # Carriers refund premiums for a limited time only, so a late termination may not reach back without limit.
    earliest = plus(today, days=-cap)
    return max(last, end_of_month(earliest) if base is Stop.END_OF_MONTH else earliest)


def end_of_month(day: date) -> date:
    """Return the last day of the month of a day."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def plus(day: date, months: int = 0, days: int = 0) -> date:
    """Return the day so many months later (the 31st becomes the last of a shorter month), then so many days later.

    The result is clipped to the years that a date can hold.
    """
    # Months as one number, so that carrying over a year is a division. Clipped, because HR may hold a date such as
    # 9999-12-31, and a rule that counts from it must not fail.
    count = min(max(day.year * 12 + day.month - 1 + months, date.min.year * 12), date.max.year * 12 + 11)
    year, month = divmod(count, 12)
    shifted = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    number = shifted.toordinal() + days
    return date.fromordinal(min(max(number, date.min.toordinal()), date.max.toordinal()))


def full_months(begin: date, end: date) -> int:
    """Count the whole months from one day to another, at least 0; `plus` that many months is not after the end."""
    count = (end.year - begin.year) * 12 + end.month - begin.month
    short = begin.day > end.day and end != end_of_month(end)  # the 31st counts as the last of a shorter month
    return max(0, count - short)


def full_years(begin: date, end: date) -> int:
    """Count the whole years from one day to another; a year that begins on 29 February ends on 28 February."""
    return full_months(begin, end) // 12
