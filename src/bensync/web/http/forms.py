"""FormFields: the fields of a form that a page was sent, read as text, numbers and dates within limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from starlette.datastructures import FormData

from bensync.errors import DecisionError

_LONGEST_PASSWORD = 1024
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)


class FormFields:
    """The fields of one form.

    Args:
        data: as they arrived; files are never accepted.
    """

    def __init__(self, data: FormData) -> None:
        self._data = data

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
        return "".join(letter for letter in text.strip()[:most] if letter.isprintable() or letter.isspace())

    def texts(self, name: str) -> list[str]:
        """Return all texts that the form has under one name, as they arrived."""
        return [text for text in self._data.getlist(name) if isinstance(text, str)]

    def password(self, name: str) -> str:
        """Return a password: cut, but otherwise exactly as it was typed."""
        # Cut, so that hashing takes bounded time; not trimmed, because a space can be part of a password.
        return str(self._data.get(name, ""))[:_LONGEST_PASSWORD]

    def numbers(self, name: str) -> list[int]:
        """Return all numbers that the form has under one name; other texts are left out."""
        # int() takes quadratic time for very long texts, and no number of ours has twelve digits.
        return [int(text) for text in self.texts(name) if text.isdecimal() and len(text) < 12]

    def number(self, name: str) -> int | None:
        """Return one number, with or without commas; None where the text is not a number."""
        text = self.text(name).replace(",", "")
        return int(text) if text.isdecimal() and len(text) < 12 else None

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
