"""FormFields: the fields of a form that a page was sent, read as text, numbers and dates within limits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from starlette.datastructures import FormData

from bensync.core.values.limits import LARGEST_NUMBER, LONGEST_CODE, LONGEST_REASON
from bensync.core.values.ssn import without_ssn
from bensync.errors import DecisionError

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)

_TYPED = frozenset({"reason", "note", "on", "search", "name", "employee_id", "word", "count"})
"""The fields, besides those of an employee, into which people type what they would not like to type again."""
_LABELS = {"on": "Date", "ssn": "SSN", "word": "Confirmation word", "count": "Number", "employee_id": "Employee id"}


def label(name: str) -> str:
    """Return how a field is named to a person: ``field.home_email`` is "Home email"."""
    return _LABELS.get(name) or name.rpartition(".")[2].replace("_", " ").capitalize()


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
        """Return one field, trimmed and without control characters.

        Raises:
            DecisionError: it has more than ``most`` characters; a text that was cut would not be what was typed.
        """
        text = self._data.get(name, "")
        if not isinstance(text, str):
            return ""
        text = text.strip()
        if len(text) > most:
            why = f"{label(name)}: the text has {len(text):,} characters, and {most:,} are the limit."
            raise DecisionError("Nothing was changed.", why, "Enter a shorter text.")
        return _printable(text)

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
        return self._cut("code", LONGEST_CODE)

    def token(self) -> str:
        """Return the token that shows that the form is ours."""
        return self._cut("token", 64)

    def key(self) -> str:
        """Return the key by which a form that is sent twice acts once."""
        return self._cut("key", 64)

    def _cut(self, name: str, most: int) -> str:
        # Nobody typed these, or nothing longer can be right; a refusal in words would come before the checks of the
        # form.
        text = self._data.get(name, "")
        return _printable(text.strip()[:most]) if isinstance(text, str) else ""

    def typed(self) -> list[tuple[str, str]]:
        """Return what a person typed, with its label, for the page of a refusal: nothing typed is lost.

        Secrets and choices are left out, and an SSN is masked.
        """
        texts = [(name, str(self._data.get(name, "")).strip()) for name in dict.fromkeys(self)]
        return [
            (label(name), _printable(without_ssn(text)))
            for name, text in texts
            if text and (name in _TYPED or name.startswith("field.")) and text != self._data.get(f"was.{name[6:]}")
        ]

    def date(self, name: str) -> date:
        """Return one date, as a date field sends it (YYYY-MM-DD) or as people type it (MM/DD/YYYY).

        Raises:
            DecisionError: the text is not a date.
        """
        text = self.text(name, 100)
        typed = _US_DATE.fullmatch(text)
        try:
            if typed is not None:
                return date(int(typed[3]), int(typed[1]), int(typed[2]))
            # `fromisoformat` alone also takes a week, and a date without its dashes.
            return date.fromisoformat(text if _ISO_DATE.fullmatch(text) else "")
        except ValueError:
            why = f"{label(name)}: that is not a date." if text else f"{label(name)}: no date was entered."
            raise DecisionError("Nothing was changed.", why, "Enter it as MM/DD/YYYY.") from None


def _printable(text: str) -> str:
    # Line breaks stay, for notes. Other control characters would act on the terminal where the text is listed.
    return "".join(letter for letter in text if letter.isprintable() or letter in "\r\n\t")


def _number(text: str) -> int | None:
    """Return a number that the database can hold; None for every other text."""
    # The length first: int() takes quadratic time for very long texts.
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_NUMBER)) else None
    return number if number is not None and number <= LARGEST_NUMBER else None
