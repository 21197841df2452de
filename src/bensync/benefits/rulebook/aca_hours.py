"""Finds who counts as full-time under the ACA: the look-back measurement of hours (26 CFR 54.4980H-3(d), S4-14)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from bensync.benefits.rulebook.conditions import number
from bensync.benefits.rulebook.tables import Aca
from bensync.benefits.values.calendar import plus
from bensync.core.people import DatedRow


def full_time(rows: Iterable[DatedRow], hired: date | None, on: date, aca: Aca) -> bool | None:
    """Return whether the measured hours make somebody full-time on a day; None where nothing was measured yet.

    Args:
        rows: the dated rows of the person; the hours of a row count on its date.
        hired: the last hire; None where it is not known.
        on: the day.
        aca: the periods of the employer.
    """
    begin, end = _measured(hired, on, aca)
    if end > on:
        return None
    hours = [amount for row in rows if begin <= row.date < end and (amount := number(row.values.get(aca.hours, "")))]
    # Without a single entry the hours are missing rather than zero, and missing data must not cost anybody coverage.
    return sum(hours, Decimal(0)) >= aca.monthly * aca.months if hours else None


def _measured(hired: date | None, on: date, aca: Aca) -> tuple[date, date]:
    """Return the measurement period that decides on a day: its first day, and the first day after it."""
    month, day = (int(part) for part in aca.stability_begins.split("-"))
    stability = date(on.year, month, day)
    if stability > on:
        stability = date(on.year - 1, month, day)
    end = plus(stability, days=-aca.administrative_days)
    begin = plus(end, -aca.months)
    if hired is None or hired <= begin:
        return begin, end
    # Hired in the course of the standard period: a period of their own counts first, from the first of a month.
    first = hired if hired.day == 1 else plus(hired.replace(day=1), 1)
    return first, plus(first, aca.months)
