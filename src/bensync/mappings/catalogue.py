"""The field catalogue: types, normalization, secret fields, and names that never sync (model L1, S1-01, S0-14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

import msgspec

from bensync.core.values.texts import normalized, refuse_invisible


class FieldType(StrEnum):
    """The type of a field: how its text is normalized, and which text is refused."""

    TEXT = "text"
    DATE = "date"
    MONEY = "money"
    NUMBER = "number"
    SSN = "ssn"
    CODE = "code"


class Field(msgspec.Struct, frozen=True):
    """One field of the catalogue; ``secret`` ones are masked wherever people look."""

    name: str
    type: FieldType
    label: str
    secret: bool = False


Catalogue = Mapping[str, Field]
"""Every field that may sync, by name, in the order in which profiles and files hold them."""


def _fields(kind: FieldType, **labels: str) -> list[Field]:
    return [Field(name, kind, label) for name, label in labels.items()]


# The order is part of every fingerprint: a field that moves makes every employee differ from the baseline. A new one
# may stand anywhere.
FIELDS: Catalogue = {
    field.name: field
    for field in (
        Field("ssn", FieldType.SSN, "SSN", secret=True),
        *_fields(
            FieldType.TEXT,
            employee_number="Employee number",
            first_name="First name",
            middle_name="Middle name",
            last_name="Last name",
        ),
        Field("birth_date", FieldType.DATE, "Birth date"),
        *_fields(
            FieldType.TEXT,
            gender="Gender",
            address1="Address",
            address2="Address, second line",
            city="City",
            state="State",
        ),
        *_fields(FieldType.CODE, postal_code="Postal code"),
        *_fields(
            FieldType.TEXT,
            country="Country",
            work_email="Work e-mail",
            home_email="Home e-mail",
            home_phone="Home phone",
            mobile_phone="Mobile phone",
            work_phone="Work phone",
        ),
        *_fields(
            FieldType.DATE,
            hire_date="Hire date",
            original_hire_date="Original hire date",
            rehire_date="Rehire date",
            termination_date="Termination date",
            expected_end_date="Expected end date",
        ),
        *_fields(
            FieldType.TEXT,
            benetrac_status="BeneTrac Status",
            employment_status="Employment status",
            action="Action",
            action_reason="Action reason",
            employee_class="Employee class",
            full_part_time="Full or part time",
            regular_temporary="Regular or temporary",
        ),
        *_fields(FieldType.NUMBER, fte="Full-time equivalent", standard_hours="Standard hours"),
        *_fields(
            FieldType.TEXT,
            job_code="Job code",
            job_title="Job title",
            union_code="Union",
            company="Company",
            department="Department",
            division="Division",
            location="Location",
            pay_group="Pay group",
            pay_frequency="Pay frequency",
        ),
        *_fields(FieldType.MONEY, pay_rate="Pay rate"),
        *_fields(
            FieldType.TEXT,
            pay_type="Pay type",
            pay_per="Paid per",
            grade="Grade",
            step="Step",
            salary_plan="Salary plan",
        ),
    )
}
"""The catalogue that ships; a site's own holds its custom fields behind these."""

DAYS = 4096
"""How many texts of dates are cached: the days of hires, births and status rows repeat from person to person."""

_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
# A word counts where it begins, in snake_case and camelCase: `childCount` is refused, `independent` is not.
_FORBIDDEN = re.compile(r"(?:^|[^a-z]|(?=[A-Z]))(?i:dependent|spouse|child|beneficiary|partner)")
_DECIMAL = re.compile(r"[+-]?(?=\.?\d)\d{0,12}(?:\.\d{0,12})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}")
# The form in which BambooHR writes most amounts; it needs no Decimal.
_NORMAL_AMOUNT = re.compile(r"(?:0|[1-9]\d{0,11})\.\d\d [A-Z]{3}", re.ASCII)


def forbidden(name: str) -> bool:
    """Return whether a name is about dependents or spouses; no mapping may have one (S0-14, S0-16)."""
    return _FORBIDDEN.search(name) is not None


def extended(custom: Mapping[str, Field]) -> Catalogue:
    """Return the catalogue of a site with these custom fields behind ours, in alphabetical order."""
    # Sorted, so that the order of entries in the configuration changes no fingerprint.
    return {**FIELDS, **{name: custom[name] for name in sorted(custom)}} if custom else FIELDS


def nameable(name: str) -> bool:
    """Return whether a custom field may have this name: small letters, digits, underscores, not in the catalogue."""
    return _NAME.fullmatch(name) is not None and name not in FIELDS


def normaliser(kind: FieldType) -> Callable[[str], str | None]:
    """Return the function that normalizes source text of one type; it returns None for empty text (sync-rules 3.14).

    Text is trimmed and composed (NFC), and every space is a plain one; a code is upper case besides; a date is ISO
    8601; money is ``1234.50 USD``, with at least two decimals; a number has no needless zeros; an SSN loses its
    separators (A-40), and `core.values.ssn` checks it later.

    The function raises ValueError, whose message never holds the text, for text that is not of the type. Invisible
    characters, such as control and format characters, are part of no type; the message names the one that was found.
    """
    return _NORMALISERS[kind]


def _text(raw: str) -> str | None:
    text = normalized(raw)
    refuse_invisible(text)
    return text or None


def _code(raw: str) -> str | None:
    text = _text(raw)
    # Upper case can take composed letters apart, as that of "\u0390".
    return normalized(text.upper()) if text else None


@lru_cache(DAYS)
def _date(raw: str) -> str | None:
    text = _text(raw)
    if text is None:
        return None
    # Since Python 3.11 fromisoformat also reads 20260131, which may be any number.
    if len(text) != 10:
        raise ValueError("is not a date")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("is not a date") from None


def _money(raw: str) -> str | None:
    text = raw if _NORMAL_AMOUNT.fullmatch(raw) else _text(raw)
    if text is None or _NORMAL_AMOUNT.fullmatch(text):
        return text
    number, _, currency = text.partition(" ")
    if not _CURRENCY.fullmatch(currency):
        raise ValueError("is not an amount with its currency")
    amount = _decimal(number)
    decimals = max(2, -int(amount.as_tuple().exponent))
    return f"{amount:.{decimals}f} {currency}"


def _number(raw: str) -> str | None:
    text = _text(raw)
    return f"{_decimal(text):f}" if text else None


def _decimal(text: str) -> Decimal:
    """Return a number in plain notation; an exponent is refused, because it can stand for a million digits."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError("is not a number")
    # Adding 0 makes -0 a 0: equal values need one text, or they would differ from the baseline.
    return (Decimal(text) + 0).normalize()


def _ssn(raw: str) -> str | None:
    text = _text(raw)
    return text.replace("-", "").replace(" ", "") or None if text else None


_NORMALISERS: dict[FieldType, Callable[[str], str | None]] = {
    FieldType.TEXT: _text,
    FieldType.CODE: _code,
    FieldType.DATE: _date,
    FieldType.MONEY: _money,
    FieldType.NUMBER: _number,
    FieldType.SSN: _ssn,
}
