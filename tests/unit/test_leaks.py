"""The search for leaked SSNs finds a planted one in every spelling, and nothing where there is none."""

from __future__ import annotations

import base64
import gzip
import json
import sqlite3
import zlib
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.fixtures.leaks import Search

SSN = "812-45-6093"
DIGITS = SSN.replace("-", "")
SPELLINGS = {
    "dashes": SSN.encode(),
    "plain": DIGITS.encode(),
    "spaces": b"812 45 6093",
    "dots": b"812.45.6093",
    "no-break spaces": "812\N{NO-BREAK SPACE}45\N{NO-BREAK SPACE}6093".encode(),
    "no-break hyphens": "812\N{NON-BREAKING HYPHEN}45\N{NON-BREAKING HYPHEN}6093".encode(),
    "digit by digit": b"8 1 2 4 5 6 0 9 3",
    "the last nine of a longer number": f'"E00{DIGITS}"'.encode(),
    "within a longer number": f"7{DIGITS}4".encode(),
    "JSON": json.dumps({"ssn": SSN, "n": int(DIGITS)}).encode(),
    "escaped JSON": b"812\\u002d45\\u002d6093",
    "an address": quote(f"?q={SSN}").encode(),
    "an address with all escaped": "".join(f"%{ord(letter):02x}" for letter in SSN).encode(),
    "HTML": b"812&#45;45&#45;6093",
    "reversed": SSN[::-1].encode(),
    "reversed plain": DIGITS[::-1].encode(),
    "UTF-16": SSN.encode("utf-16-le"),
    "UTF-32": DIGITS.encode("utf-32-be"),
    "hexadecimal": DIGITS.encode().hex().encode(),
    "a repr of bytes": "".join(f"\\x{ord(letter):02x}" for letter in DIGITS).encode(),
    **{f"base64 at {shift}": base64.b64encode(b"x" * shift + SSN.encode() + b"yy") for shift in range(3)},
    "base64 for addresses": base64.urlsafe_b64encode(f"\xff\xfe{DIGITS}>>>".encode()),
    "base32": base64.b32encode(f"ab{DIGITS}cd".encode()),
    "gzip": gzip.compress(f"ssn={DIGITS}".encode()),
    "zlib in the middle": b"\x00\x01head" + zlib.compress(f"ssn={SSN}".encode()) + b"tail",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_planted_SSN_is_found_in_every_spelling(spelling):
    content = b"before " + SPELLINGS[spelling] + b" after" if spelling != "gzip" else SPELLINGS[spelling]
    assert Search([SSN]).found(content) == {DIGITS}


def test_what_is_no_planted_SSN_is_not_found():
    near = f"812-45-6094 {int(DIGITS) + 1} 2026-06-01 08:12:45.609312 ***-**-6093 81 2456 093"
    assert Search([SSN]).found(near.encode()) == set()


def test_a_row_that_was_deleted_is_found_in_the_pages_that_it_left(tmp_path: Path):
    file = tmp_path / "left.db"
    with sqlite3.connect(file) as database:
        database.execute("create table note (text)")
        database.execute("insert into note values (?)", (f"ssn {SSN}",))
    with sqlite3.connect(file) as database:
        database.execute("pragma secure_delete = off")
        database.execute("delete from note")
    database.close()
    assert Search([SSN]).below([tmp_path]) == {str(file): {DIGITS}}


def test_a_row_that_stands_in_the_WAL_alone_is_found(tmp_path: Path):
    database = sqlite3.connect(tmp_path / "wal.db")
    database.execute("pragma journal_mode = wal")
    database.execute("create table note (text)")
    database.execute("insert into note values (?)", (DIGITS,))
    database.commit()
    assert str(tmp_path / "wal.db-wal") in Search([SSN]).below([tmp_path])
    database.close()
