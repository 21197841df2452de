"""Reads employees from BambooHR: the changed ids, the dated rows, the values in batches; no request per employee."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import structlog

from bensync.connectors.bamboohr.api import MOST_FIELDS, NOBODY, READS, REASONS, Api, Changes, CustomReport, person_id
from bensync.connectors.bamboohr.columns import ResolvedFields, WantedColumn, must_resolve
from bensync.connectors.bamboohr.preflight import findings
from bensync.connectors.bamboohr.row_decoding import Cells, RowDecoder, agreed
from bensync.connectors.bamboohr.settings import BambooHRSettings
from bensync.connectors.bamboohr.tables import form, store_all, store_changed
from bensync.connectors.http import ReadOnlyClient
from bensync.connectors.retry import http_date
from bensync.connectors.rows import SEAM, RowStore, restricted
from bensync.core.ports import FieldSelection, PreflightFinding, Pull, Record, UnchangedCheck
from bensync.errors import SourceError, run_command

log = structlog.get_logger()

_encode = msgspec.json.Encoder().encode


class Reading:
    """Reads BambooHR over HTTP.

    Args:
        settings: where and how to read.
        sleep: waits for a number of seconds between attempts.
    """

    def __init__(self, settings: BambooHRSettings, sleep: Callable[[float], None]) -> None:
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
        )

    def pull(
        self,
        wanted: FieldSelection,
        since: str | None,
        also: frozenset[str] = frozenset(),
        *,
        everybody: bool = False,
    ) -> Pull:
        """Read the employees changed since a watermark, and those in ``also``; everybody if ``since`` is None.

        Raises:
            SourceError: BambooHR cannot be read, does not know a wanted field, or hides one.
        """
        api = Api(self._client)
        resolved = must_resolve(wanted, api)
        if since is None:
            return self._everybody(api, resolved, wanted.is_unchanged)
        return self._changed(api, resolved, since, also, wanted.is_unchanged, everybody=everybody)

    def check(self, wanted: FieldSelection) -> Iterable[PreflightFinding]:
        """Preflight: sign-in, and every wanted field and table column one by one. Raises nothing."""
        return findings(Api(self._client), wanted)

    def close(self) -> None:
        """Close the open connections."""
        self._client.close()

    def _everybody(self, api: Api, resolved: ResolvedFields, is_unchanged: UnchangedCheck) -> Pull:
        people = api.everybody()
        stores = {sheet.wanted: store_all(sheet, api, people, RowStore()) for sheet in resolved.sheets}
        # The server's time at its first answer: what changes while everybody is read is changed since then.
        opened = http_date(api.opened or "")
        return Pull(
            pages=self._pages(api, resolved, people, stores, is_unchanged),
            total=len(people),
            deleted=(),
            watermark=None if opened is None else _mark(opened),
            clock=opened,
            everybody=True,
        )

    def _changed(
        self,
        api: Api,
        resolved: ResolvedFields,
        since: str,
        also: frozenset[str],
        is_unchanged: UnchangedCheck,
        *,
        everybody: bool,
    ) -> Pull:
        # BambooHR does not document whether `since` is inclusive, nor when a change shows in the list; an employee that
        # is read twice because of the overlap has no effect.
        start = _mark(_moment(since) - timedelta(minutes=self._settings.overlap_minutes))
        changes = api.changes(start)
        living, deleted = _split(changes)
        opened = http_date(api.opened or "")
        if opened is not None and opened - _moment(since) > timedelta(days=self._settings.history_days):
            log.info("bamboohr.history", since=since, days=self._settings.history_days)
            everybody = True
        if everybody:
            pull = self._everybody(api, resolved, is_unchanged)
            return msgspec.structs.replace(pull, deleted=deleted, named=frozenset(living))
        # Ids that BambooHR did not report: their dated row is due, or their issue is open. An id that is not a number
        # cannot be one of BambooHR's.
        strays = {person for person in also - living.keys() - set(deleted) if person.isdecimal() and person != NOBODY}
        stores = {}
        for sheet in resolved.sheets:
            # Rows of strays come only with the whole table, which is one request for everybody (decision 10).
            recent, doubtful = store_changed(sheet, api, living, start) if living else (RowStore(), set())
            missing = doubtful | strays
            stores[sheet.wanted] = store_all(sheet, api, missing, recent) if missing else recent
        people = [*living, *sorted(strays, key=int)]
        return Pull(
            pages=self._pages(api, resolved, people, stores, is_unchanged),
            total=len(people),
            deleted=deleted,
            watermark=changes.latest or None,
            clock=opened,
            named=frozenset(living),
        )

    def _pages(
        self,
        api: Api,
        resolved: ResolvedFields,
        people: Sequence[str],
        stores: Mapping[str, RowStore],
        is_unchanged: UnchangedCheck,
    ) -> Iterator[list[Record]]:
        forms = {sheet.wanted: form(sheet) for sheet in resolved.sheets}
        for start in range(0, len(people), self._settings.batch):
            batch = people[start : start + self._settings.batch]
            parts = _parts(api, resolved.fields, batch)
            page: list[Record] = []
            gone: list[str] = []
            for person in batch:
                # A mapping of more than 400 fields takes several reports, so a person may have several rows.
                rows = [(part, row) for part, by_person in parts if (row := by_person.get(person)) is not None]
                if not rows:
                    gone.append(person)
                    continue
                lines = {name: store.take(person) for name, store in stores.items()}
                if not is_unchanged(person, SEAM.join([*[_encode(row) for _, row in rows], *lines.values()])):
                    fields = {name: cell for part, row in rows for name, cell in part.open(row).items()}
                    page.append(Record(person, fields, {name: forms[name].open_lines(lines[name]) for name in forms}))
                    if len(page) >= 25:  # small pages, so that few opened records are in memory at a time
                        yield page
                        page = []
            if gone:
                log.info("source.people_not_shown", ids=gone)
            if page:
                yield page


def _split(changes: Changes) -> tuple[dict[str, None], tuple[str, ...]]:
    """Return the ids of employees to read, and of employees deleted permanently."""
    living: dict[str, None] = {}
    deleted: dict[str, None] = {}
    for change in changes:
        person = person_id(change.id)
        if person != NOBODY:
            (deleted if change.action.lower() == "deleted" else living)[person] = None
    return living, tuple(deleted)


def _parts(
    api: Api, columns: Sequence[WantedColumn], people: Sequence[str]
) -> list[tuple[RowDecoder, dict[str, Cells]]]:
    """Return the current values by person, one part per report; a person that BambooHR hides is in none."""
    asks = list(dict.fromkeys(("id", *(column.ask for column in columns))))
    wanted_people = frozenset(people)
    parts = []
    for start in range(0, len(asks), MOST_FIELDS):
        part = asks[start : start + MOST_FIELDS]
        report = api.report(part, people)
        reader = RowDecoder(_keys([column for column in columns if column.ask in part], report), "id")
        parts.append((reader, _by_person(reader, report.rows(reader.type), wanted_people)))
    return parts


def _keys(columns: Sequence[WantedColumn], report: CustomReport) -> list[tuple[WantedColumn, str]]:
    """Return each column with its name in this answer; none for an answer without rows.

    Raises:
        SourceError: the answer lacks a column, which is how BambooHR hides a forbidden field (A-84).
    """
    # The heading is enough nearly always; looking into every row costs a decoding of the whole answer.
    keys = [(column, column.key(report.heading() | {"id"})) for column in columns]
    if any(key is None for _, key in keys):
        if not report.rows(msgspec.Raw):
            return []
        present = report.columns() | {"id"}
        keys = [(column, column.key(present)) for column in columns]
    if missing := [column.wanted for column, key in keys if key is None]:
        raise restricted("the answer", missing)
    return [(column, key) for column, key in keys if key is not None]


def _by_person(reader: RowDecoder, rows: Iterable[Cells], people: frozenset[str]) -> dict[str, Cells]:
    """Return the row of each person; of a person that comes twice, only the values on which both rows agree."""
    rows_by_person: dict[str, Cells] = {}
    for row in rows:
        person = reader.owner(row)
        if person is None or person not in people:  # a row nobody asked for must not become part of this pull
            continue
        if person in rows_by_person and rows_by_person[person] != row:
            log.warning("source.person_twice", id=person)
            rows_by_person[person] = agreed(reader, rows_by_person[person], row)
        else:
            rows_by_person[person] = row
    return rows_by_person


def _moment(mark: str) -> datetime:
    try:
        moment = datetime.fromisoformat(mark)
    except ValueError as error:
        raise SourceError(
            "The watermark does not come from BambooHR.",
            "It is not an ISO date and time.",
            "Run `bensync resync --active --inactive` once.",
            remedy=run_command("resync --active --inactive"),
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _mark(moment: datetime) -> str:
    """Return a time in whole seconds in UTC with ``Z``, the one form that BambooHR accepts without escaping."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
