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


def first_day(base: Begin, event_date: date, months: int = 0, days: int = 0) -> date:
    """The first day of coverage."""
    counted = plus(event_date, months, days + (base is Begin.NEXT_DAY))
    if base in (Begin.EVENT_DATE, Begin.NEXT_DAY) or (base is Begin.FIRST_OF_MONTH and counted.day == 1):
        return counted
    return plus(end_of_month(counted), days=1)


def last_day(base: Stop, event_date: date, months: int = 0, days: int = 0) -> date:
    """The last day of coverage, before any cap on how far it may reach back."""
    counted = plus(event_date, months)
    if base is Stop.END_OF_MONTH:
        counted = end_of_month(counted)
    return plus(counted, days=days - (base is Stop.DAY_BEFORE))


def capped(last: date, base: Stop, today: date, cap: int | None) -> date:
    """The last day, but never more than ``cap`` days back; an end of month stays one."""
    if cap is None:
        return last
    earliest = plus(today, days=-cap)
    return max(last, end_of_month(earliest) if base is Stop.END_OF_MONTH else earliest)


def end_of_month(day: date) -> date:
    """The last day of its month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def plus(day: date, months: int = 0, days: int = 0) -> date:
    """So many months later (the 31st becomes the last of a shorter month), then so many days; within the calendar."""
    count = min(max(day.year * 12 + day.month - 1 + months, date.min.year * 12), date.max.year * 12 + 11)
    year, month = divmod(count, 12)
    shifted = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    number = shifted.toordinal() + days
    return date.fromordinal(min(max(number, date.min.toordinal()), date.max.toordinal()))


def full_months(begin: date, end: date) -> int:
    """Whole months from one day to another, never less than none; `plus` so many months is not after the end."""
    count = (end.year - begin.year) * 12 + end.month - begin.month
    short = begin.day > end.day and end != end_of_month(end)  # the 31st counts as the last of a shorter month
    return max(0, count - short)


def full_years(begin: date, end: date) -> int:
    """Whole years from one day to another; what began on 29 February has lasted a year on 28 February."""
    return full_months(begin, end) // 12
