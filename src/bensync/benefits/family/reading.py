"""Reads a dependent from the texts of a form, a command, a body of the API or a row of a file; the same for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from msgspec.structs import asdict, replace

from bensync.benefits.family.groups import FamilyFault
from bensync.benefits.values.dependents import Address, Dependent, Gender, Relationship
from bensync.core.values.ssn import ssn_problem
from bensync.core.values.texts import normalized, refuse_invisible

E = TypeVar("E", bound=StrEnum)

LONGEST = 60
"""The most letters of a name or of a line of an address."""

SSN_NOT_ACCEPTED = "ssn_not_accepted"
"""One code for every number that is refused: a code of its own would say what is wrong with a guess."""

ADDRESS_FIELDS = tuple(asdict(Address()))
TEXT_FIELDS = ("first_name", "last_name")
MARKS = ("student", "disabled", "smoker")
FIELDS = ("relationship", *TEXT_FIELDS, "birth_date", "gender", "ssn", *MARKS, *ADDRESS_FIELDS)
"""The fields that people enter; an empty text clears one."""

_MARKED: Mapping[str, bool] = {"": False, "no": False, "n": False, "false": False, "yes": True, "y": True, "true": True}


def read_dependent(fields: Mapping[str, str], before: Dependent) -> tuple[Dependent, tuple[FamilyFault, ...]]:
    """Return a version with these fields, and a fault for each text that cannot be read; such a field stays as it was.

    Args:
        fields: texts by the names of `FIELDS`; a field that is missing stays as it is.
        before: the version to begin with; its number and effective date stay.
    """
    faults: list[FamilyFault] = []
    values: dict[str, object] = {}
    for name, raw in fields.items():
        try:
            values[name] = _READERS[name](name, normalized(raw))
        except KeyError:
            faults.append(FamilyFault("field_unknown"))
        except ValueError as error:
            faults.append(FamilyFault(str(error), name))
    lines = {name: values.pop(name) for name in ADDRESS_FIELDS if name in values}
    address = {**asdict(before.address or Address()), **lines}
    # A home of its own needs a line; without any, the dependent lives with the employee.
    values["address"] = Address(**address) if any(address.values()) else None
    return replace(before, **values), tuple(faults)


def _text(_: str, raw: str) -> str:
    try:
        refuse_invisible(raw)
    except ValueError:
        raise ValueError("text_not_valid") from None
    # A control character in a list on a terminal acts, and a name of a thousand letters is none.
    if len(raw) > LONGEST:
        raise ValueError("text_not_valid")
    return raw


def _day(_: str, raw: str) -> date | None:
    if not raw:
        return None
    try:
        return date.fromisoformat(raw)
    except ValueError:
        raise ValueError("birth_date_not_valid") from None


def _mark(_: str, raw: str) -> bool:
    marked = _MARKED.get(raw.lower())
    if marked is None:
        raise ValueError("yes_or_no_expected")
    return marked


def _ssn(_: str, raw: str) -> str:
    digits = raw.replace("-", "").replace(" ", "")
    if digits and ssn_problem(digits):
        raise ValueError(SSN_NOT_ACCEPTED)
    return digits


def _choice(values: type[E], code: str) -> Callable[[str, str], E]:
    def read(_: str, raw: str) -> E:
        try:
            return values(raw.lower().replace(" ", "_").replace("-", "_"))
        except ValueError:
            raise ValueError(code) from None

    return read


def _gender(name: str, raw: str) -> Gender:
    return _choice(Gender, "gender_unknown")(name, raw) if raw else Gender.UNSPECIFIED


_READERS: Mapping[str, Callable[[str, str], object]] = {
    "relationship": _choice(Relationship, "relationship_unknown"),
    **dict.fromkeys((*TEXT_FIELDS, *ADDRESS_FIELDS), _text),
    "birth_date": _day,
    "gender": _gender,
    "ssn": _ssn,
    **dict.fromkeys(MARKS, _mark),
}
