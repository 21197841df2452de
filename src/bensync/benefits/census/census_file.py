"""Reads the CSV file of a census: one line for each coverage, as the template has it. Decides about no person.

Commas, semicolons or tabs separate the cells; the heading shows which. No finding repeats a value of the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import msgspec

from bensync.benefits.census.problems import CensusCode, CensusFinding
from bensync.core.values.ssn import ssn_problem
from bensync.core.values.texts import normalized, refuse_invisible


class Column(NamedTuple):
    """One column of the template, and what belongs into it."""

    name: str
    help: str
    required: bool = False


COLUMNS: Sequence[Column] = (
    Column("employee_number", "the employee number, or the HR employee id", required=True),
    Column("ssn", "the SSN, with or without hyphens", required=True),
    Column("plan", "the code of a plan of the rulebook", required=True),
    Column("option", "the code of an option of the plan", required=True),
    Column("begin_date", "the first day of this coverage", required=True),
    Column("deduction_begin", "from when payroll deducts for it; the day of the load if empty"),
    Column("amount", "the sum insured; by the rulebook if empty"),
    Column("employee_cost", "what the employee pays per month; by the rulebook if empty"),
    Column("company_cost", "what the company pays per month; by the rulebook if empty"),
    Column("contribution", "the yearly pledge or the percent, where the plan has one"),
    Column("tax", "before or after, where the plan has it"),
    Column("account", "the account that the money goes to, where the plan has one"),
    Column("dependents", "the dependents that it covers, by name or number, with semicolons between them"),
)
"""The columns of the template, in its order."""

TEMPLATE = ",".join(column.name for column in COLUMNS) + "\n"
"""The heading of a census, to be filled in."""

_REQUIRED = tuple(column.name for column in COLUMNS if column.required)
_NAMES = frozenset(column.name for column in COLUMNS)
_MONEY = ("amount", "employee_cost", "company_cost", "contribution")
_DELIMITERS = (",", ";", "\t")
_LONGEST_CELL, _LONGEST_LIST = 100, 1000
_OLDEST = 1940  # the first year in which a present coverage can have begun

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_US = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_AMOUNT = re.compile(r"\$?(\d{1,10}|\d{1,3}(?:,\d{3}){1,3})(\.\d{1,2})?", re.ASCII)
_SSN = re.compile(r"(\d{3})([- ]?)(\d{2})\2(\d{4})", re.ASCII)
_NAMES_OF_PEOPLE = re.compile(r"[^\W_][^=@|]*")
_CODE = re.compile(r"[\w][\w .&()/+-]*")


class CensusLine(msgspec.Struct, frozen=True, gc=False):
    """One coverage of one person, as the file has it.

    Attributes:
        line: the line of the file.
        key: the index of the SSN, which is kept nowhere else.
        number: the employee number or the HR employee id.
        plan, option: codes.
        begin: the first day of the coverage; ``deduction_begin``: of the deductions, None if the cell is empty.
        amount: the sum insured; ``employee`` and ``company``: costs per month; None if the cell is empty.
        contribution, tax, account: as in `Terms`.
        dependents: names, or numbers of the list of dependents.
    """

    line: int
    key: bytes
    number: str
    plan: str
    option: str
    begin: date
    deduction_begin: date | None = None
    amount: Decimal | None = None
    employee: Decimal | None = None
    company: Decimal | None = None
    contribution: Decimal | None = None
    tax: str = ""
    account: str = ""
    dependents: tuple[str, ...] = ()


class CensusFile(NamedTuple):
    """The lines of a census that can be read, and the findings about the others."""

    lines: list[CensusLine]
    findings: list[CensusFinding]


def read_census(content: bytes, index: Callable[[str], bytes]) -> CensusFile:
    """Return the lines of a census file.

    Args:
        content: the file, in UTF-8 or UTF-16.
        index: returns the key of an SSN of nine digits.
    """
    census = CensusFile([], [])
    text = _decoded(content)
    if text is None:
        census.findings.append(CensusFinding(CensusCode.FILE_DAMAGED, _bad_line(content)))
        return census
    number = 0
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header: list[str] | None = None
    try:
        for row in rows:
            number = rows.line_num
            # Spreadsheets leave rows of separators behind where somebody emptied the cells.
            if not any(map(str.strip, row)):
                continue
            if header is None:
                header = [_column_name(cell) for cell in row]
                census.findings.extend(_heading_findings(header, number))
                if census.findings:
                    return census
                continue
            line = _line(header, row, number, index)
            if isinstance(line, CensusLine):
                census.lines.append(line)
            else:
                census.findings.extend(line)
    except csv.Error:
        census.findings.append(CensusFinding(CensusCode.FILE_DAMAGED, number + 1))
    if not census.lines and not census.findings:
        census.findings.append(CensusFinding(CensusCode.NO_LINES, max(number, 1)))
    return census


def _decoded(content: bytes) -> str | None:
    # Excel writes "Unicode text" as UTF-16 with a byte order mark, and "CSV UTF-8" with one, too.
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _bad_line(content: bytes) -> int:
    text = content.decode("utf-8", errors="replace")
    return text.partition("\ufffd")[0].count("\n") + 1


def _delimiter(text: str) -> str:
    """Return the delimiter that separates most names of the template in the heading; a comma where none does."""
    heading = next((line for line in text.splitlines() if line.strip()), "")

    def columns(delimiter: str) -> int:
        return sum(_column_name(cell.strip('"')) in _NAMES for cell in heading.split(delimiter))

    return max(_DELIMITERS, key=columns)


def _column_name(cell: str) -> str:
    # "Begin Date" and "begin_date" are one column: people retype headings.
    return "_".join(normalized(cell).strip("\ufeff\u200b").lower().split())


def _heading_findings(header: Sequence[str], number: int) -> Iterator[CensusFinding]:
    for name in _REQUIRED:
        if name not in header:
            yield CensusFinding(CensusCode.COLUMN_MISSING, number, name)
    for name in dict.fromkeys(header):
        # A mistyped name would drop a whole column without anybody noticing, so none is passed over. The name itself
        # is not repeated: a file without a heading has a person's data in this place.
        if name and name not in _NAMES:
            yield CensusFinding(CensusCode.COLUMN_UNKNOWN, number)
        elif name and header.count(name) > 1:
            yield CensusFinding(CensusCode.COLUMN_TWICE, number, name)


def _line(
    header: Sequence[str], row: Sequence[str], number: int, index: Callable[[str], bytes]
) -> CensusLine | list[CensusFinding]:
    if len(row) != len(header):
        return [CensusFinding(CensusCode.CELLS, number)]
    cells = {name: normalized(cell) for name, cell in zip(header, row, strict=True) if name and cell.strip()}
    findings = [CensusFinding(code, number, name) for name, code in _cell_problems(cells)]
    if findings:
        return findings
    amounts = {name: _money(cells[name]) for name in _MONEY if name in cells}
    return CensusLine(
        number,
        index(_ssn(cells["ssn"])),
        cells["employee_number"],
        cells["plan"],
        cells["option"],
        _date(cells["begin_date"]) or date.min,
        _date(cells["deduction_begin"]) if "deduction_begin" in cells else None,
        amounts.get("amount"),
        amounts.get("employee_cost"),
        amounts.get("company_cost"),
        amounts.get("contribution"),
        cells.get("tax", "").lower(),
        cells.get("account", ""),
        tuple(name for entry in cells.get("dependents", "").split(";") if (name := entry.strip())),
    )


def _cell_problems(cells: Mapping[str, str]) -> Iterator[tuple[str, CensusCode]]:
    for name in _REQUIRED:
        if name not in cells:
            yield name, CensusCode.VALUE_MISSING
    for name, text in cells.items():
        longest = _LONGEST_LIST if name == "dependents" else _LONGEST_CELL
        problem = CensusCode.TEXT_REFUSED if _is_hostile(text, longest) else _checked(name, text)
        if problem is not None:
            yield name, problem


def _is_hostile(text: str, longest: int) -> bool:
    """Return whether a text is too long for a cell, or holds a character that nobody can see."""
    try:
        refuse_invisible(text)
    except ValueError:
        return True
    return len(text) > longest


def _checked(name: str, text: str) -> CensusCode | None:
    if name == "ssn":
        return None if _ssn(text) else CensusCode.SSN_MALFORMED
    if name in ("begin_date", "deduction_begin"):
        return None if _date(text) else CensusCode.DATE_MALFORMED
    if name in _MONEY:
        return None if _money(text) is not None else CensusCode.NUMBER_MALFORMED
    if name == "tax":
        return None if text.lower() in ("before", "after") else CensusCode.TAX_UNKNOWN
    # What begins like a formula would be one in the spreadsheet of the next reader.
    pattern = _NAMES_OF_PEOPLE if name == "dependents" else _CODE
    return None if pattern.fullmatch(text) else CensusCode.TEXT_REFUSED


def _ssn(text: str) -> str:
    """Return the nine digits of an SSN; empty if the text cannot be one."""
    match = _SSN.fullmatch(text)
    digits = match[1] + match[3] + match[4] if match else ""
    return digits if digits and not ssn_problem(digits) else ""


@lru_cache(4096)
def _date(text: str) -> date | None:
    # Dates and amounts repeat from line to line.
    iso, typed = _ISO.fullmatch(text), _US.fullmatch(text)
    parts = (iso[1], iso[2], iso[3]) if iso else (typed[3], typed[1], typed[2]) if typed else None
    if parts is None:
        return None
    year, month, day = map(int, parts)
    try:
        return date(year, month, day) if year >= _OLDEST else None
    except ValueError:
        return None


@lru_cache(4096)
def _money(text: str) -> Decimal | None:
    match = _AMOUNT.fullmatch(text)
    return Decimal(match[1].replace(",", "") + (match[2] or "")) if match else None
