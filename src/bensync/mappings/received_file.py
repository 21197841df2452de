"""Reads a file at the receiver: without the sender's mapping, by the columns that the file itself names.

A file is accepted whole or refused whole: one doubtful row refuses it (sync-rules 3.15).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from bensync.core.people import Employee, Profile, normalized_profile
from bensync.core.values.employee_ids import refuse_bad_id
from bensync.core.values.ssn import check_ssn
from bensync.core.values.texts import refuse_invisible
from bensync.mappings import feed, presets
from bensync.mappings.catalogue import FIELDS, FieldType, forbidden
from bensync.mappings.feed import Layout, Parsed, Unreadable

_COLUMN = re.compile(r"[A-Z][A-Z0-9_]*", re.ASCII)
_DATES = tuple(name for name, field in FIELDS.items() if field.type is FieldType.DATE)


def read(preset: str, content: bytes, *, dated_rows: bool) -> Parsed:
    """Return the checked rows of a file.

    Args:
        preset: the layout that was agreed on.
        content: the opened file.
        dated_rows: whether it was agreed that files carry dated rows.

    Raises:
        Unreadable: it fails a check. The text holds nothing of the content.
    """
    parsed = feed.parse(_layout(preset, content, dated_rows=dated_rows), content)
    # Without its history a file looks as if HR had deleted every dated row, which would disconnect benefit events.
    if parsed.profiles and any(profile.rows for profile in parsed.profiles) is not dated_rows:
        raise Unreadable(f"It carries {'no ' if dated_rows else ''}dated rows, against what was agreed (dated_rows).")
    # In our spelling, as every other text that comes in: a sender of an older version may write another one.
    profiles = tuple(map(_spelled, parsed.profiles))
    _refuse_doubtful(profiles)
    return msgspec.structs.replace(parsed, profiles=profiles)


def _spelled(profile: Profile) -> Profile:
    spelled = normalized_profile(profile)
    if all(spelled.values.values()):
        return spelled
    # A cell of blanks is no value (sync-rules 3.14).
    return msgspec.structs.replace(spelled, values={name: text for name, text in spelled.values.items() if text})


def _layout(preset: str, content: bytes, *, dated_rows: bool) -> Layout:
    """Return the layout that a file claims; a column that the preset does not list is a field of that name."""
    content_of_preset = presets.load(preset)
    fields = {column: field for field, column in content_of_preset["columns"].items()}
    named = feed.columns(content)
    layout = Layout(
        content_of_preset["version"], tuple((fields.get(name, name.lower()), name) for name in named), dated_rows
    )
    # The sender checked its mapping; the receiver cannot rely on that, so fields about dependents are refused again.
    doubtful = any(not _COLUMN.fullmatch(name) or forbidden(name.lower()) for name in named)
    if doubtful or len({field for field, _ in layout.columns}) < len(named):
        raise Unreadable("The file has another layout.")
    return layout


def _refuse_doubtful(profiles: Sequence[Profile]) -> None:
    if any(check_ssn(Employee(profile.employee_id, profile.values, ())) for profile in profiles):
        raise Unreadable("A row has no SSN, or one that cannot exist.")
    # Intake matches by SSN alone: of two rows with one SSN, the second would overwrite another person.
    if len({profile.values["ssn"] for profile in profiles}) < len(profiles):
        raise Unreadable("Two rows have the same SSN.")
    try:
        for profile in profiles:
            refuse_bad_id(profile.employee_id)
            for text in _texts(profile):
                refuse_invisible(text)
    except ValueError as error:
        raise Unreadable("An employee id or a value has a form that is refused.") from error
    if len({profile.employee_id for profile in profiles}) < len(profiles):
        raise Unreadable("Two rows have the same employee.")
    try:
        for text in _dates(profiles):
            date.fromisoformat(text)
    except ValueError as error:
        raise Unreadable("A date is not valid.") from error


def _texts(profile: Profile) -> Iterator[str]:
    yield from profile.values.values()
    for row in profile.rows:
        yield row.table
        for name, text in row.values.items():
            yield name
            yield text


def _dates(profiles: Sequence[Profile]) -> Iterator[str]:
    return (text for profile in profiles for name in _DATES if (text := profile.values.get(name)))
