"""Fuzzers: bytes from outside are read, or refused with a coded error; nothing else ever happens."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bensync.benefits.rulebook import rulebook
from bensync.config.files import read_toml
from bensync.connectors.bamboohr.api import READS, REASONS, Api
from bensync.connectors.csvfile import CsvFile, CsvFileSettings
from bensync.connectors.http import ReadOnlyClient
from bensync.core.people import Profile, Status
from bensync.core.ports import FieldSelection
from bensync.errors import BensyncError, ConfigError, GuardTripped, SourceError
from bensync.mappings import received_file
from bensync.mappings.feed import Unreadable
from bensync.wiring import Deployment
from tests.conftest import LONG
from tests.unit.config.example import GOOD
from tests.unit.mappings.test_received_file import someone, written

ADDRESS = "https://acme.bamboohr.com/api/v1"
EXAMPLES = 20_000 if LONG else 60
WANTED = FieldSelection(("firstName", "hireDate"), {"status": ("date", "benetracStatus")})
SHEET = b'employee_id,firstName,hireDate\r\n101,"O""Neil, Jr.",2020-01-01\r\n102,Zo\xc3\xab,2021-02-03\r\n'
STATUS = b"employee_id,date,benetracStatus\r\n101,2020-01-01,Active\r\n102,2021-02-03,Active\r\n"
BOOK = (resources.files("bensync.benefits.rulebook.programs") / "example.toml").read_bytes()
FILE = written(someone(1), someone(2, city="Akron"))
CHANGED = json.dumps({"latest": "2026-03-01T08:00:00Z", "employees": {"7": {"id": "7", "action": "Updated"}}}).encode()
ROWS = json.dumps({"table": "jobInfo", "employees": {"7": {"rows": [{"title": "Clerk"}]}}}).encode()
FIELDS = json.dumps([{"id": 1, "name": "First", "alias": "firstName", "type": "text"}]).encode()

# Pieces that parsers have stumbled over: quotes, separators, marks, invisible letters, numbers without end, deep nesting.
PIECES = [
    *(b'"', b'""', b",", b";", b"\r", b"\n", b"\r\n", b"\t", b"\0", b"\\", b"=", b"[", b"]", b"{", b"}", b"#", b"'''"),
    *(
        b"\xff",
        b"\xfe\xff",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\xc3",
        "\u200b\u202e\u2028".encode(),
        "\u0661".encode(),
    ),
    *(b"null", b"true", b"NaN", b"-0", b"1e999", b"9" * 400, b"0000-00-00", b"9999-12-31", b"123-45-6789"),
    *(b"[" * 2000, b'{"a":' * 2000, b"=cmd|' /C calc'!A0", b"A" * 70_000),
]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that every example writes its files into."""
    path = Path(tempfile.mkdtemp(prefix="bensync-fuzz-"))
    yield path
    shutil.rmtree(path)


@st.composite
def spoiled(draw: st.DrawFn, valid: bytes) -> bytes:
    """Bytes that were valid before one to four accidents."""
    content = valid
    for _ in range(draw(st.integers(1, 4))):
        start, length = draw(st.integers(0, len(content))), draw(st.integers(0, 12))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=6))
        accident = draw(st.sampled_from(["insert", "replace", "delete", "repeat", "cut"]))
        end = start + length
        content = {
            "insert": content[:start] + piece + content[start:],
            "replace": content[:start] + piece + content[end:],
            "delete": content[:start] + content[end:],
            "repeat": content[:end] + content[start:],
            "cut": content[:start],
        }[accident]
    return content


def read_csv(folder: Path, content: bytes) -> None:
    (folder / "employees.csv").write_bytes(content)
    (folder / "status.csv").write_bytes(STATUS)
    source = CsvFile(CsvFileSettings(folder=folder, tables={"status": "status.csv"}))
    for page in source.pull(WANTED, None, frozenset()).pages:
        assert all(record.id for record in page)


def read_hr(content: bytes, ask: Callable[[Api], Any]) -> None:
    with respx.mock(base_url=ADDRESS, assert_all_called=False) as hr:
        hr.route().mock(return_value=httpx.Response(200, content=content))
        client = ReadOnlyClient(
            ADDRESS,
            user=SecretStr("key"),
            reads=READS,
            reasons=REASONS,
            timeout=60,
            attempts=1,
            give_up_after=300,
            sleep=lambda _: None,
        )
        with contextlib.closing(client):
            ask(Api(client))


def read_file(_folder: Path, content: bytes) -> None:
    parsed = received_file.read("benetrac", content, dated_rows=False)
    assert all(isinstance(profile, Profile) and profile.status in Status for profile in parsed.profiles)


def read_book(folder: Path, content: bytes) -> None:
    (folder / "book.toml").write_bytes(content)
    rulebook.read(read_toml(folder / "book.toml", "book.toml", "rulebook"))


def read_configuration(folder: Path, content: bytes) -> None:
    (folder / "bensync.toml").write_bytes(content)
    deployment = Deployment(folder / "bensync.toml")
    assert deployment.settings.sites or deployment.broken


PARSERS: dict[str, tuple[bytes, Callable[[Path, bytes], None]]] = {
    "csv": (SHEET, read_csv),
    "hr changes": (CHANGED, lambda _, content: read_hr(content, lambda api: list(api.changes("2026-03-01T08:00:00Z")))),
    "hr rows": (ROWS, lambda _, content: read_hr(content, lambda api: list(api.changed_rows("jobInfo", "2026-03-01")))),
    "hr fields": (FIELDS, lambda _, content: read_hr(content, lambda api: list(api.fields()))),
    "received file": (FILE, read_file),
    "rulebook": (BOOK, read_book),
    "configuration": (GOOD.encode(), read_configuration),
}
CODED = {
    "csv": (SourceError, GuardTripped),
    "hr changes": (SourceError,),
    "hr rows": (SourceError,),
    "hr fields": (SourceError,),
    "received file": (Unreadable,),
    "rulebook": (ConfigError,),
    "configuration": (ConfigError,),
}


@pytest.mark.parametrize("parser", PARSERS)
def test_valid_bytes_are_read(parser: str, folder: Path) -> None:
    valid, read = PARSERS[parser]
    read(folder, valid)


@pytest.mark.parametrize("parser", PARSERS)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_spoiled_bytes_are_read_or_refused_with_a_coded_error(parser: str, data: st.DataObject, folder: Path) -> None:
    valid, read = PARSERS[parser]
    content = data.draw(spoiled(valid))
    with contextlib.suppress(*CODED[parser]):
        read(folder, content)


WRONG_TOML = ("-1", "2026-01-01", "[[]]", "{a = 1}", "nan", "[true]")
RIGHT_TOML = {("since", "2026-01-01"), ("first", "2026-01-01")}
"""Which of them are right for their key."""

WRONG_JSON = ('"x', "{", "[1", "nul", "01", "'a'", "\\u00", "NaN,", "]", '"\\ud800"x')


def misconfigured(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield a TOML text with each entry in turn replaced by wrong values, misspelled, doubled and cut off."""
    lines = text.strip().splitlines()
    for number, line in enumerate(lines):
        key, equals, _ = line.partition(" = ")
        if not equals or not key.replace("_", "").isalnum():
            continue
        values = [value for value in WRONG_TOML if (key, value) not in RIGHT_TOML]
        wrong = [*(f"{key} = {value}" for value in values), f"{key}x = 1", f"{line}\n{line}", f"{key} ="]
        for entry in wrong:
            yield f"line {number + 1}: {entry}", "\n".join([*lines[:number], entry, *lines[number + 1 :]]).encode()


def cut_or_broken(valid: bytes, *, step: int) -> Iterator[tuple[str, bytes]]:
    """Yield JSON that is cut off, or has a broken piece in it, every few bytes."""
    for place in range(1, len(valid) - 1, step):
        yield f"cut at {place}", valid[:place]
        broken = WRONG_JSON[place // step % len(WRONG_JSON)]
        yield f"{broken} at {place}", valid[:place] + broken.encode() + b"\x00" + valid[place:]


def broken_sheets() -> Iterator[tuple[str, bytes]]:
    """Yield sheets with an id, a heading, a number of cells, a quote or an encoding that cannot be."""
    for bad_id in ("", " ", "1\u202e2", "\x1b[2J", "123-45-6789", "123456789", "a b", "x" * 200, "=1+1", "\u200b"):
        yield f"id {bad_id!r}", SHEET + f"{bad_id},Ada,2020-01-01\r\n".encode()
    for heading in (
        "employee_id",
        "firstName,hireDate",
        "id,firstName,hireDate",
        "",
        "employee_id,,",
        "employee_id|firstName",
    ):
        yield f"heading {heading!r}", SHEET.replace(b"employee_id,firstName,hireDate", heading.encode())
    for row in ("103", "103,Ada", "103,Ada,2020-01-01,x", ',"Ada', '103,"Ada,2020-01-01', '103,A"d"a,"x"y'):
        yield f"row {row!r}", SHEET + f"{row}\r\n".encode()
    for place in range(0, len(SHEET), 3):
        yield f"bad byte at {place}", SHEET[:place] + b"\xff" + SHEET[place:]


def forged_files() -> Iterator[tuple[str, bytes]]:
    """Yield files of which one byte was lost, changed or added; the hash in the trailer covers all of them."""
    for place in range(0, len(FILE), 5):
        yield f"lost at {place}", FILE[:place] + FILE[place + 1 :]
        yield f"changed at {place}", FILE[:place] + bytes([FILE[place] ^ 1]) + FILE[place + 1 :]


BAD: dict[str, Callable[[], Iterator[tuple[str, bytes]]]] = {
    "csv": broken_sheets,
    "hr changes": lambda: cut_or_broken(CHANGED, step=1),
    "hr rows": lambda: cut_or_broken(ROWS, step=2),
    "hr fields": lambda: cut_or_broken(FIELDS, step=2),
    "received file": forged_files,
    "rulebook": lambda: misconfigured(BOOK.decode()),
    "configuration": lambda: misconfigured(GOOD),
}


@pytest.mark.parametrize("parser", BAD)
def test_each_bad_input_has_its_coded_error(parser: str, folder: Path) -> None:
    errors = {what: _error(parser, folder, content) for what, content in BAD[parser]()}
    assert [what for what, error in errors.items() if error is None] == []
    wordless = [
        what for what, error in errors.items() if isinstance(error, BensyncError) and not (error.what and error.why)
    ]
    assert wordless == []


def _error(parser: str, folder: Path, content: bytes) -> Exception | None:
    try:
        PARSERS[parser][1](folder, content)
    except CODED[parser] as error:
        return error
    return None


def test_there_are_at_least_five_hundred_bad_inputs() -> None:
    assert sum(len(list(bad())) for bad in BAD.values()) >= 500
