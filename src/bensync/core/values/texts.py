"""Texts in one spelling: what looks the same is the same, and nothing invisible gets in (sync-rules 3.14)."""

from __future__ import annotations

import re
import unicodedata

# Each of these prints nothing, and none belongs to the category of control or format characters.
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SPACES = re.compile(r"[^\S\t-\r\x1c-\x1f\x85\u2028\u2029]")
# Unicode gives control characters no name of their own.
_CONTROLS = {"\t": "TAB", "\n": "LINE FEED", "\v": "LINE TABULATION", "\f": "FORM FEED", "\r": "CARRIAGE RETURN"}


def normalized(raw: str) -> str:
    """Return a text in NFC, with plain spaces for spaces of every width, and without white space at its edges."""
    if raw.isascii():
        return raw.strip()
    return _SPACES.sub(" ", unicodedata.normalize("NFC", raw)).strip()


def refuse_invisible(text: str) -> None:
    """Raise for a text with a character that nobody can see: control, format and filler characters, lone surrogates.

    Zero-width and bidi characters make two names look alike, or one name look like another. Line breaks would split a
    record for some readers of a file.

    Raises:
        ValueError: it names the character, and holds nothing else of the text.
    """
    if text.isascii() and text.isprintable():
        return
    for letter in text:
        if letter in _FILLERS or unicodedata.category(letter) in _REFUSED:
            name = unicodedata.name(letter, _CONTROLS.get(letter, "CONTROL CHARACTER"))
            raise ValueError(f"holds the invisible character U+{ord(letter):04X} {name}")


def visible(text: str) -> str:
    """Return a text without characters that act instead of being seen: each becomes U+FFFD; line breaks and tabs stay.

    For texts of other programs and of people on their way to a terminal, a mail or the audit trail.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if _acts(letter) else letter for letter in text)


def _acts(letter: str) -> bool:
    return letter not in "\n\t" and unicodedata.category(letter) in _REFUSED


def same_text(first: str | None, second: str | None) -> bool:
    """Return whether two texts are equal, or differ only in a spelling that `normalized` removes."""
    if first == second:
        return True
    return first is not None and second is not None and normalized(first) == normalized(second)
