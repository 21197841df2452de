"""The facts about a participant on a day, on which eligibility and prices rest. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from bensync.benefits.engine.row_diff import date_rows
from bensync.benefits.family.groups import dependent_facts
from bensync.benefits.rulebook.aca_hours import full_time
from bensync.benefits.rulebook.conditions import failing_fields, number
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.rulebook.tables import Summand
from bensync.benefits.values.calendar import full_months, full_years
from bensync.benefits.values.dependents import Dependent, dependents_on
from bensync.core.people import DatedRow, Participant, Standing, gap_begin, last_hire

DERIVED = frozenset(
    {
        "standing",
        "benefits_status",
        "age",
        "service_years",
        "appointment_months",
        "annual_salary",
        "eligibility1",
        "eligibility3",
    }
)
"""The facts that are computed; the fields of HR and the sums of the rulebook come besides."""


class Facts(msgspec.Struct, frozen=True):
    """The values of one day, ours and those derived from them, with the dated rows that they come from.

    Derived ones are ``age``, ``service_years``, ``appointment_months``, ``annual_salary``, ``standing``,
    ``benefits_status``, the facts of the dependents and the sums of the rulebook, and ``eligibility1`` and
    ``eligibility3`` where the rulebook says how they are computed; a site's custom field of such a name is not asked.
    """

    on: date
    values: Mapping[str, str]
    rows: tuple[DatedRow, ...]


def facts(
    participant: Participant, on: date, book: Rulebook, employment: str = "", family: Sequence[Dependent] = ()
) -> Facts:
    """Return the facts of one day.

    Args:
        participant: as they are known now, with all dated rows.
        on: the day.
        book: the employer's rulebook.
        employment: ``begins`` or ``ends`` where the event itself says so, so that a termination and a rehire of one
            day are each judged by what they bring.
        family: all versions of the dependents.
    """
    rows = rows_on(participant, on)
    values = _values_on(participant, rows, on)
    active = employment == "begins" or (employment != "ends" and active_on(participant, on))
    standing = Standing.ACTIVE if active else Standing.TERMINATED
    derived = {
        "standing": str(standing),
        "benefits_status": benefits_status(participant, on, book) or str(standing),
        "age": age_on(values, on),
        "service_years": _since(values, ("rehire_date", "hire_date"), on),
        "appointment_months": _appointment(values, on),
        "annual_salary": _salary(values, book),
    }
    derived |= _computed(participant, {**values, **_present(derived)}, on, book)
    known_values = {**values, **_present(derived), **dependent_facts(dependents_on(family, on), book, on)}
    # Sums last: they add up values and derived facts, and a sum may not use another one.
    return Facts(on, {**known_values, **_sums(known_values, book)}, rows)


def rows_on(participant: Participant, on: date) -> tuple[DatedRow, ...]:
    """Return the dated row of each table that held on a day, and the dates of employment up to it."""
    # Rows are in order of date within a table, so the last one up to the day stays.
    current = {row.table: row for row in participant.profile.rows if row.date <= on}
    return (*current.values(), *(row for row in date_rows(participant) if row.date <= on))


def active_on(participant: Participant, on: date) -> bool:
    """Return whether the participant was employed on a day; the day on which an employment ends is not part of it."""
    profile = participant.profile
    hired = last_hire(profile.values)
    if participant.standing is Standing.TERMINATED:
        return participant.termination_date is not None and on < participant.termination_date
    left = gap_begin(profile)
    return not (left is not None and hired is not None and left <= on < hired)


def benefits_status(participant: Participant, on: date, book: Rulebook) -> str:
    """Return the benefits employee status after the last mapped action up to a day; empty without one (S4-09)."""
    status = ""
    due = [row for row in participant.profile.rows if row.date <= on]
    # By date across tables: rows come ordered by table, and the action may be in any of them.
    for row in sorted(due, key=lambda row: row.date):
        action = row.values.get(book.fields.action)
        meaning = book.meaning(action, row.values.get(book.fields.reason, ""), row.date) if action else None
        if meaning is not None and meaning.status:
            status = meaning.status
    return status


def _values_on(participant: Participant, rows: tuple[DatedRow, ...], on: date) -> dict[str, str]:
    """Return the values, with those of dated tables as they were on the day.

    A table whose newest row holds on the day is skipped: the participant's values contain it, with manual edits.
    """
    values = dict(participant.profile.values)
    overtaken = {row.table for row in participant.profile.rows if row.date > on}
    for row in participant.profile.rows:
        if row.table in overtaken:
            for name in row.values:
                values.pop(name, None)
    for row in rows:
        if row.table in overtaken:
            values.update(row.values)
    return values


def _present(texts: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text is not None}


def _computed(participant: Participant, values: Mapping[str, str], on: date, book: Rulebook) -> dict[str, str | None]:
    """Return eligibility fields 1 and 3 as Y or N, where the rulebook says how they are computed (S4-14)."""
    computed: dict[str, str | None] = {}
    if book.appointment.months:
        months = values.get("appointment_months")
        computed["eligibility1"] = _flag(met=months is None or int(months) >= book.appointment.months)
    if book.aca.hours:
        measured = full_time(participant.profile.rows, last_hire(values), on, book.aca)
        if measured is None and book.aca.expected:
            measured = not failing_fields(book.eligibility[book.aca.expected], values)
        computed["eligibility3"] = None if measured is None else _flag(met=measured)
    return computed


def _flag(*, met: bool) -> str:
    return "Y" if met else "N"


def _sums(values: Mapping[str, str], book: Rulebook) -> dict[str, str]:
    """Return the sums of the rulebook: one job counts alone, of several the eligible ones are added (S4-29)."""
    totals = {}
    for name, table in book.sums.items():
        parts = [part for summand in table.of if (part := _part(summand, values, book)) is not None]
        if parts:
            totals[name] = f"{sum(parts):f}"
    return totals


def _part(summand: Summand, values: Mapping[str, str], book: Rulebook) -> Decimal | None:
    counts = not summand.when or not failing_fields(book.eligibility[summand.when], values)
    return number(values.get(summand.field, "")) if counts else None


def age_on(values: Mapping[str, str], on: date) -> str | None:
    """Return the full years of age on a day; None without a birth date, or before it."""
    return _since(values, ("birth_date",), on)


def _since(values: Mapping[str, str], names: tuple[str, ...], on: date) -> str | None:
    # The rehire date goes first where both count; "9" stands for an empty date and sorts behind every day.
    begin = next((values[name] for name in names if values.get(name, "9") <= on.isoformat()), None)
    return str(full_years(date.fromisoformat(begin), on)) if begin else None


def _appointment(values: Mapping[str, str], on: date) -> str | None:
    """Return the whole months of an appointment with an expected end; None without one."""
    begin, end = last_hire(values), values.get("expected_end_date")
    return str(full_months(begin or on, date.fromisoformat(end))) if end else None


def _salary(values: Mapping[str, str], book: Rulebook) -> str | None:
    rate = number(values.get(book.salary.rate, ""))
    periods = book.salary.periods.get(values.get(book.salary.per, ""))
    return f"{rate * periods:f}" if rate is not None and periods is not None else None
