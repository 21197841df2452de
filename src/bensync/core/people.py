"""People as frozen values: an employee as HR sees them, a profile as of one day, and a participant.

Keys and fingerprints are opaque bytes in `core`: only the vault can make them, so that the core never holds a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import msgspec

from bensync.core.values.texts import normalized

Values = Mapping[str, str]
"""Field name of the catalogue -> normalised text. A field that is empty has no key."""

EMPLOYMENT_TABLES: Mapping[str, str] = {
    "hire": "hire_date",
    "rehire": "rehire_date",
    "termination": "termination_date",
}
"""The dates of employment, which benefit events keep as rows of dated tables of these names."""


class Status(StrEnum):
    """The BeneTrac Status of an employee in the HR system."""

    # S0-18 defines it.

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class Standing(StrEnum):
    """The status of a participant on the benefits platform."""

    # model 2.3 defines it.

    ACTIVE = "ACTIVE"
    TERMINATED = "TERMINATED"


class DatedRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One effective-dated row of the source: its table in our words, its date, its non-empty values."""

    table: str
    date: date
    values: Values


class Employee(msgspec.Struct, frozen=True):
    """One person as HR sees them, in our words, with all dated rows: past and future.

    ``rows`` are ordered by table, then date, then by which was entered later (sync-rules 3.3.1).
    """

    id: str
    values: Values
    rows: tuple[DatedRow, ...]


class Profile(msgspec.Struct, frozen=True, gc=False):
    """The syncing record of one person as of one day: what a file says, a request proposes, an approval applies.

    ``values`` holds the person's own fields, then those of the dated tables, each in catalogue order; ``rows`` the
    dated rows up to that day. ``left_date`` is when an active person was last gone: the first day of the last inactive
    time before the present active one.
    """

    employee_id: str
    status: Status
    status_date: date
    values: Values
    rows: tuple[DatedRow, ...] = ()
    left_date: date | None = None


class _Present(msgspec.Struct, frozen=True, gc=False):
    """A profile without its history of dated rows."""

    employee_id: str
    status: Status
    status_date: date
    values: Values
    left_date: date | None = None


class Participant(msgspec.Struct, frozen=True):
    """One person as the benefits platform knows them: what was last approved.

    ``profile.status`` is what HR said at that approval; ``standing`` is what counts.
    """

    id: int
    key: bytes
    standing: Standing
    profile: Profile
    hire_date: date | None
    termination_date: date | None
    version: int
    program: str = "NOB"
    benefit_record: int = 0

    @property
    def employee_id(self) -> str:
        """Return the id of the HR employee that was last approved for this person."""
        return self.profile.employee_id


# Fields are encoded in the order of the class, values in the order of their mapping. A profile must keep the values in
# the order of the catalogue, or equal people get different fingerprints.
_encoder = msgspec.msgpack.Encoder()
_profile_decoder = msgspec.msgpack.Decoder(Profile)
# msgspec skips keys that the class does not have, so the dated rows are passed over and never built.
_present_decoder = msgspec.msgpack.Decoder(_Present)


def encode_profile(profile: Profile) -> bytes:
    """Return the canonical bytes of a profile (MessagePack), which are fingerprinted and sealed."""
    return _encoder.encode(profile)


def decode_profile(encoded: bytes) -> Profile:
    """Return the profile that `encode_profile` wrote."""
    return _profile_decoder.decode(encoded)


def decode_without_rows(encoded: bytes) -> Profile:
    """Return the profile without its dated rows, which are most of the work of decoding."""
    present = _present_decoder.decode(encoded)
    return Profile(present.employee_id, present.status, present.status_date, present.values, (), present.left_date)


def normalized_row(row: DatedRow) -> DatedRow:
    """Return a dated row with its texts in today's spelling; the same object if nothing is spelled otherwise."""
    values = _normalized(row.values)
    return row if values is row.values else msgspec.structs.replace(row, values=values)


def normalized_profile(profile: Profile) -> Profile:
    """Return a profile with its texts in today's spelling, as an older version may have stored another one."""
    rows = tuple(normalized_row(row) for row in profile.rows)
    return msgspec.structs.replace(profile, values=_normalized(profile.values), rows=rows)


def _normalized(values: Values) -> Values:
    spelled = {name: normalized(text) for name, text in values.items()}
    return values if spelled == values else spelled


def masked_ssn(text: str | None) -> str | None:
    """Return an SSN as it may be shown: its last four digits; None for None (S1-22)."""
    if text is None:
        return None
    # Any other text is masked whole: an SSN with a typing error is still personal data.
    return f"***-**-{text[-4:]}" if len(text) == 9 and text.isdecimal() else "***-**-****"


def last_hire(values: Values) -> date | None:
    """Return the later of the hire and the rehire date; None if both are empty."""
    # ISO dates sort as text, and an empty one sorts first.
    hired = max(values.get("hire_date", ""), values.get("rehire_date", ""))
    return date.fromisoformat(hired) if hired else None


def termination_date(values: Values) -> date | None:
    """Return the termination date in HR; None if it is empty."""
    text = values.get("termination_date")
    return date.fromisoformat(text) if text else None


def gap_begin(profile: Profile) -> date | None:
    """Return when an active person last left: the termination date in HR, otherwise the date that the rows show."""
    # BambooHR clears the termination date of an employee who returns; their status rows still show the gap.
    return termination_date(profile.values) or profile.left_date
