"""The form of an employee id: it is stored, logged and shown in clear, so nothing else may pass for one."""

from __future__ import annotations

import re

from stdnum.us import ssn as us_ssn

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+/-]{0,63}", re.ASCII)
_NINE_DIGITS = re.compile(r"(?<!\d)(\d{3})[-./]?(\d{2})[-./]?(\d{4})(?!\d)", re.ASCII)


def refuse_bad_id(text: str) -> None:
    """Raise for a text that cannot be an employee id, or could be an SSN.

    Raises:
        ValueError: why, without the text.
    """
    if not _ID.fullmatch(text):
        raise ValueError("has other characters than letters, digits, and . _ @ + / -, or more than 64")
    # An id may have nine digits; only one that could be an SSN is refused, because ids are not sealed.
    if any(us_ssn.is_valid("".join(parts)) for parts in _NINE_DIGITS.findall(text)):
        raise ValueError("could be an SSN")
