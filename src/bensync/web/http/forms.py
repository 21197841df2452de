"""FormFields: the fields of a form that a page was sent, read as text, numbers and dates within limits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from starlette.datastructures import FormData

from bensync.core.values.limits import LARGEST_NUMBER, LONGEST_CODE, LONGEST_REASON
from bensync.errors import DecisionError

_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)


class FormFields:
    """The fields of one form.

    Args:
        data: as they arrived.
        files: the content of the files by field; only routes that declare it take one.
    """

    def __init__(self, data: FormData, files: Mapping[str, bytes] | None = None) -> None:
        self._data = data
        self._files = files or {}

    def __contains__(self, name: str) -> bool:
        """Return whether the form has a field of this name."""
        return name in self._data

    def __iter__(self) -> Iterator[str]:
        """Return the names of the fields."""
        return iter(self._data)

    def text(self, name: str, most: int = 500) -> str:
        """Return one field, trimmed, without control characters, and cut after ``most`` characters."""
        text = self._data.get(name, "")
        if not isinstance(text, str):
            return ""
        # Line breaks stay, for notes. Other control characters would act on the terminal where the text is listed.
        return "".join(letter for letter in text.strip()[:most] if letter.isprintable() or letter in "\r\n\t")

    def texts(self, name: str) -> list[str]:
        """Return all texts that the form has under one name, as they arrived."""
        return [text for text in self._data.getlist(name) if isinstance(text, str)]

    def file(self, name: str) -> bytes:
        """Return the content of a file; empty where none was chosen."""
        return self._files.get(name, b"")

    def password(self, name: str) -> str:
        """Return a password exactly as it was typed; `bensync.actions.credentials` bounds its length."""
        # Not trimmed, because a space can be part of a password.
        return str(self._data.get(name, ""))

    def numbers(self, name: str) -> list[int]:
        """Return all numbers that the form has under one name; other texts are left out."""
        return [number for text in self.texts(name) if (number := _number(text)) is not None]

    def number(self, name: str) -> int | None:
        """Return one number, with or without commas; None where the text is not a number."""
        return _number(self.text(name).replace(",", ""))

    def reason(self) -> str:
        """Return the reason for the audit trail."""
        return self.text("reason", LONGEST_REASON)

    def code(self) -> str:
        """Return the one-time or recovery code."""
        return self.text("code", LONGEST_CODE)

    def date(self, name: str) -> date:
        """Return one date, as a date field sends it (YYYY-MM-DD) or as people type it (MM/DD/YYYY).

        Raises:
            DecisionError: the text is not a date.
        """
        text = self.text(name, 10)
        typed = _US_DATE.fullmatch(text)
        try:
            return date(int(typed[3]), int(typed[1]), int(typed[2])) if typed else date.fromisoformat(text)
        except ValueError:
            raise DecisionError("Nothing was changed.", "That is not a date.", "Enter it as MM/DD/YYYY.") from None


def _number(text: str) -> int | None:
    """Return a number that the database can hold; None for every other text."""
    # The length first: int() takes quadratic time for very long texts.
    number = int(text) if text.isdecimal() and len(text) <= len(str(LARGEST_NUMBER)) else None
    return number if number is not None and number <= LARGEST_NUMBER else None
