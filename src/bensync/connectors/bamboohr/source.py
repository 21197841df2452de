"""Reads people from BambooHR: who changed, their dated rows, their values in batches; never one request a person."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx
import msgspec
import structlog

from bensync.connectors.bamboohr.api import MOST_FIELDS, NOBODY, READS, REASONS, Api, Changes
from bensync.connectors.bamboohr.columns import Asked, Column, must_resolve
from bensync.connectors.bamboohr.preflight import findings
from bensync.connectors.bamboohr.quirks import text
from bensync.connectors.bamboohr.settings import BambooHRSettings
from bensync.connectors.bamboohr.tables import shelve_all, shelve_changed
from bensync.connectors.http import ReadOnlyClient
from bensync.connectors.patience import http_date
from bensync.connectors.rows import Shelf, restricted
from bensync.core.ports import Finding, Pull, Record, Wanted
from bensync.errors import SourceError

log = structlog.get_logger()

Values = dict[str, str | None]


class BambooHR:
    """The source BambooHR; implements :class:`bensync.core.ports.Source`.

    Args:
        settings: where and how to read.
        sleep: how to wait between attempts, in seconds.
        transport: another way to the server, for tests.
    """

    Settings: ClassVar = BambooHRSettings

    def __init__(
        self,
        settings: BambooHRSettings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._client = ReadOnlyClient(
            settings.address,
            user=settings.api_key,
            reads=READS,
            reasons=REASONS,
            timeout=settings.timeout,
            attempts=settings.attempts,
            give_up_after=settings.give_up_after,
            sleep=sleep,
            transport=transport,
        )

    def pull(self, wanted: Wanted, since: str | None, also: frozenset[str] = frozenset()) -> Pull:
        """Read the people changed since a watermark, and those named in ``also``; everybody when ``since`` is None.

        Raises:
            SourceError: BambooHR cannot be read, does not know a wanted field, or hides one.
        """
        api = Api(self._client)
        asked = must_resolve(wanted, api)
        return self._everybody(api, asked) if since is None else self._changed(api, asked, since, also)

    def check(self, wanted: Wanted) -> Iterable[Finding]:
        """Preflight: sign-in, and every wanted field and table column one by one. Raises nothing."""
        return findings(Api(self._client), wanted)

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()

    def _everybody(self, api: Api, asked: Asked) -> Pull:
        people = api.everybody()
        shelves = {sheet.wanted: [shelve_all(sheet, api, people)] for sheet in asked.sheets}
        opened = http_date(api.opened or "")
        return Pull(
            pages=self._pages(api, asked, people, shelves),
            total=len(people),
            deleted=(),
            watermark=None if opened is None else _mark(opened),
            clock=opened,
        )

    def _changed(self, api: Api, asked: Asked, since: str, also: frozenset[str]) -> Pull:
        start = _mark(_moment(since) - timedelta(minutes=self._settings.overlap_minutes))
        changes = api.changes(start)
        living, deleted = _split(changes)
        opened = http_date(api.opened or "")
        if opened is not None and opened - _moment(since) > timedelta(days=self._settings.history_days):
            log.info("bamboohr.history", since=since, days=self._settings.history_days)
            return msgspec.structs.replace(self._everybody(api, asked), deleted=deleted)
        strays = {person for person in also - living.keys() - set(deleted) if person.isdecimal() and person != NOBODY}
        shelves = {}
        for sheet in asked.sheets:
            recent, doubtful = shelve_changed(sheet, api, living, start) if living else (Shelf(()), set())
            missing = doubtful | strays
            shelves[sheet.wanted] = [recent, shelve_all(sheet, api, missing)] if missing else [recent]
        people = [*living, *sorted(strays, key=int)]
        return Pull(
            pages=self._pages(api, asked, people, shelves),
            total=len(people),
            deleted=deleted,
            watermark=changes.latest or None,
            clock=opened,
        )

    def _pages(
        self, api: Api, asked: Asked, people: Sequence[str], shelves: Mapping[str, Sequence[Shelf]]
    ) -> Iterator[list[Record]]:
        for start in range(0, len(people), self._settings.batch):
            batch = people[start : start + self._settings.batch]
            values = _values(api, asked.fields, batch)
            page = [
                Record(
                    person,
                    values[person],
                    {name: [row for shelf in both for row in shelf.take(person)] for name, both in shelves.items()},
                )
                for person in batch
                if person in values
            ]
            if gone := [person for person in batch if person not in values]:
                log.info("source.people_not_shown", ids=gone)
            if page:
                yield page


def _split(changes: Changes) -> tuple[dict[str, None], tuple[str, ...]]:
    """The ids of people to read, and of people deleted for good."""
    living: dict[str, None] = {}
    deleted: dict[str, None] = {}
    for change in changes:
        person = str(change.id)
        if person != NOBODY:
            (deleted if change.action.lower() == "deleted" else living)[person] = None
    return living, tuple(deleted)


def _values(api: Api, columns: Sequence[Column], people: Sequence[str]) -> dict[str, Values]:
    """Current values by person; a person whom BambooHR does not show any more is not among them."""
    asks = list(dict.fromkeys(("id", *(column.ask for column in columns))))
    values: dict[str, Values] = {}
    for start in range(0, len(asks), MOST_FIELDS):
        part = asks[start : start + MOST_FIELDS]
        report = api.report(part, people)
        if not report.employees:
            continue
        keys = _keys([column for column in columns if column.ask in part], report.columns() | {"id"})
        for person, found in _by_person(report.employees, frozenset(people)).items():
            values.setdefault(person, {}).update(_pick(found, keys))
    return values


def _keys(columns: Iterable[Column], present: set[str]) -> list[tuple[Column, str]]:
    """Each column with its name in this answer.

    Raises:
        SourceError: the answer lacks a column, which is how BambooHR hides a forbidden field (A-84).
    """
    keys = [(column, column.key(present)) for column in columns]
    if missing := [column.wanted for column, key in keys if key is None]:
        raise restricted("the answer", missing)
    return [(column, key) for column, key in keys if key is not None]


def _pick(row: Mapping[str, Any], keys: Iterable[tuple[Column, str]]) -> Values:
    return {column.wanted: text(row[key], money=column.money) for column, key in keys if key in row}


def _by_person(rows: Iterable[dict[str, Any]], people: frozenset[str]) -> dict[str, dict[str, Any]]:
    """The one row of each person; where a person comes twice, only what both rows agree on is believed."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        person = text(row.get("id"))
        if person is None or person not in people:
            continue
        if person in found and found[person] != row:
            log.warning("source.person_twice", id=person)
            found[person] = _agreed(found[person], row)
        else:
            found[person] = row
    return found


def _agreed(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in one.items() if key in other and other[key] == value}


def _moment(mark: str) -> datetime:
    try:
        moment = datetime.fromisoformat(mark)
    except ValueError as error:
        raise SourceError(
            "The watermark is not one of BambooHR", "it is no ISO date and time", "Run a full resync once."
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _mark(moment: datetime) -> str:
    """Whole seconds in UTC with ``Z``: the one form that BambooHR takes without escaping."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
