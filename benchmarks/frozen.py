"""The answers of a fake BambooHR about a made-up company of any size, written to disk once; `frozen_hr.py` serves them.

The demo's own fake writes them, some thousand people at a time: the same shapes, in bounded memory. There are two
states, before and after one percent of the active people changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from array import array
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from io import BufferedWriter
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from starlette.datastructures import QueryParams

from bensync import demo, mappings
from bensync.core.ports import FieldSelection
from bensync.demo.bamboohr import employees, meta, reports, tables
from bensync.demo.bamboohr.fake_request import FakeRequest
from bensync.demo.company.churn import churn
from bensync.demo.company.company import Company
from bensync.demo.company.people import people as invented
from bensync.mappings import source

KEPT = Path(os.environ.get("BENSYNC_BENCH") or Path(__file__).parents[1] / ".bench")
"""Where companies are kept for the next time; `make clean` drops them."""
BEFORE = datetime(2026, 11, 2, 6, tzinfo=UTC)
"""The company's time at first: the same seed and the same day make the same bytes."""
AFTER = BEFORE + timedelta(hours=1)
"""When one percent changed."""
NUMBERS = ("id", "employeeNumber")
"""The columns of the report that is read for the ids of everybody."""
SEAM = b",\n"
_AT_ONCE = 5000
_encode = msgspec.json.encode


def wanted() -> FieldSelection:
    """The fields and tables that a site with BambooHR's preset reads."""
    return source.load("bamboohr", {}, site="benchmark").wanted()


def made(people: int) -> Path:
    """The folder with the answers about so many people; they are written if they are not there yet."""
    folder = KEPT / f"hr-{people}-{_edition()}"
    if not folder.is_dir():
        part = folder.with_suffix(f".{time.time_ns()}")
        part.mkdir(parents=True)
        try:
            _write(part, people)
            part.rename(folder)
            for older in set(KEPT.glob(f"hr-{people}-*")) - {folder}:
                shutil.rmtree(older, ignore_errors=True)
        except BaseException:
            shutil.rmtree(part)
            raise
    return folder


def _edition() -> str:
    """A digest of all that the answers are made by."""
    fake = Path(demo.__file__).parent
    files = [
        *sorted(fake.rglob("*.py")),
        *sorted(Path(mappings.__file__).parent.rglob("bamboohr.toml")),
        Path(__file__),
    ]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _write(folder: Path, people: int) -> None:
    asked = wanted()
    company = Company(now=BEFORE)
    (folder / "meta-fields").write_bytes(_encode(meta.fields(company, _question())))
    (folder / "meta-tables").write_bytes(_encode(meta.tables(company, _question())))
    persons = invented(people, today=company.today)
    with ExitStack() as stack:
        pages = _Pages(folder, asked, stack)
        for done in range(0, people, _AT_ONCE):
            if done and done % 100_000 == 0:
                print(f"  {done:,} of {people:,} people written down", file=sys.stderr, flush=True)
            company.forget()
            company.now = BEFORE
            company.take_in(islice(persons, _AT_ONCE))
            rows = pages.before(company)
            company.now = AFTER
            churn(company, max(1.0, 100 / len(company)), seed=done)
            pages.after(company, rows)
        pages.end()


class _Pages:
    """The files of one company while they are written, page of people by page of people."""

    def __init__(self, folder: Path, asked: FieldSelection, stack: ExitStack) -> None:
        self._folder = folder
        self._fields = list(dict.fromkeys(("id", *asked.fields)))
        self._lines = stack.enter_context((folder / "people").open("wb"))
        self._numbers = stack.enter_context((folder / "numbers").open("wb"))
        self._rows = {name: stack.enter_context((folder / f"rows-{name}").open("wb")) for name in asked.tables}
        self._more = {name: stack.enter_context((folder / f"more-{name}").open("wb")) for name in asked.tables}
        self._places = array("Q")
        self._heads: dict[str, Any] = {}
        self._changes: dict[str, Any] = {}
        self._changed_lines: dict[str, msgspec.Raw] = {}
        self._changed_rows: dict[str, dict[str, Any]] = {name: {} for name in asked.tables}

    def before(self, company: Company) -> set[tuple[str, str]]:
        """Write everybody down as they are; returns table and id of each row."""
        for line in self._report(company, self._fields):
            self._places.append(self._lines.tell())
            self._lines.write(_encode(line) + SEAM)
        _append(self._numbers, self._report(company, list(NUMBERS)))
        seen = set()
        for name, file in self._rows.items():
            rows: Any = tables.rows(company, _question(id="all", table=name))
            _append(file, rows)
            seen |= {(name, row["id"]) for row in rows}
        return seen

    def after(self, company: Company, seen: set[tuple[str, str]]) -> None:
        """Keep what has changed since: lines, and rows that are new."""
        since = {"since": f"{AFTER:%Y-%m-%dT%H:%M:%SZ}"}
        changed: Any = employees.changed(company, _question(since))
        self._changes |= dict(changed["employees"])
        ids = [int(id) for id in changed["employees"]]
        for line in self._report(company, self._fields, ids):
            self._changed_lines[str(line["id"])] = msgspec.Raw(_encode(line))
        for name, file in self._more.items():
            answer: Any = tables.changed_rows(company, _question(since, table=name))
            self._changed_rows[name] |= dict(answer["employees"])
            for id in ids:
                rows: Any = tables.rows(company, _question(id=str(id), table=name))
                _append(file, [row for row in rows if (name, row["id"]) not in seen])

    def end(self) -> None:
        """Write what is known at the end only."""
        latest = max(change["lastChanged"] for change in self._changes.values())
        self._places.append(self._lines.tell())
        with (self._folder / "places").open("wb") as file:
            self._places.tofile(file)
        kept = {"heads": self._heads, "changed-lines": self._changed_lines}
        kept["changes"] = {"latest": latest, "employees": self._changes}
        kept |= {f"changed-{name}": {"table": name, "employees": rows} for name, rows in self._changed_rows.items()}
        for name, content in kept.items():
            (self._folder / name).write_bytes(_encode(content))

    def _report(self, company: Company, fields: list[str], ids: list[int] | None = None) -> list[dict[str, Any]]:
        wish: dict[str, Any] = {"title": "bensync", "fields": fields, "filterDuplicates": "no"}
        if ids is not None:
            wish["filters"] = {"employeeIds": ids}
        answer: Any = reports.custom(company, _question({"format": "json"}, body=_encode(wish)))
        self._heads |= {head["id"]: head for head in answer["fields"]}
        return list(answer["employees"])


def _append(file: BufferedWriter, rows: list[Any]) -> None:
    if rows:
        file.write((SEAM if file.tell() else b"") + SEAM.join(map(_encode, rows)))


def _question(query: Mapping[str, str] | None = None, body: bytes = b"", **parts: str) -> FakeRequest:
    return FakeRequest("", parts, QueryParams(query or {}), {"content-type": "application/json"}, body)
