"""A recording of HR, played back with a fault; and a server whose answers are cut off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from bensync.core.ports import ChangeRoute, FieldSelection, PreflightFinding, Pull, Record, routed

_PAGE = 500

Alter = Callable[[Sequence[Record]], Sequence[Record]]
"""Returns everybody's records as a fault changes them."""


class Recorded:
    """A source that gives the same recorded answer to every pull.

    Args:
        records: everybody's records.
        watermark: the watermark of the answer.
        clock: HR's own time; None if the source sends none.
        alter: the fault.
    """

    def __init__(
        self,
        records: Sequence[Record],
        watermark: str | None,
        clock: datetime | None,
        alter: Alter = lambda records: records,
    ) -> None:
        self._records = records
        self.watermark = watermark
        self.clock = clock
        self._alter = alter

    def with_fault(self, alter: Alter) -> Recorded:
        """Return the same recording with a fault."""
        return Recorded(self._records, self.watermark, self.clock, alter)

    @property
    def tells_time(self) -> bool:
        """Whether the recording has HR's own time."""
        return self.clock is not None

    def pull(
        self,
        wanted: FieldSelection,
        since: str | None,
        also: frozenset[str] = frozenset(),
        *,
        everybody: bool = False,
    ) -> Pull:
        """Return everybody, in pages; see `Source`."""
        del wanted, since, also, everybody
        records = self._alter(self._records)
        pages = (list(records[start : start + _PAGE]) for start in range(0, len(records), _PAGE))
        return Pull(pages, len(records), (), self.watermark, self.clock, everybody=True)

    def check(self, wanted: FieldSelection) -> Iterable[PreflightFinding]:
        """Report nothing: a recording needs no preparation."""
        del wanted
        return ()

    @staticmethod
    def routes(wanted: FieldSelection) -> dict[str, ChangeRoute]:
        """Return that every change is found: each run plays the whole recording."""
        return routed(wanted, lambda _: ChangeRoute.WHOLE_TABLE, lambda _: ChangeRoute.WHOLE_TABLE)


class NamedOnly(Recorded):
    """A recording whose list of changes names an employee whom the answer does not contain.

    Args:
        recorded: the recording.
        employee_id: the employee.
    """

    def __init__(self, recorded: Recorded, employee_id: str) -> None:
        super().__init__((), recorded.watermark, recorded.clock)
        self._employee_id = employee_id

    def pull(
        self,
        wanted: FieldSelection,
        since: str | None,
        also: frozenset[str] = frozenset(),
        *,
        everybody: bool = False,
    ) -> Pull:
        """Return an answer without people that names one; see `Source`."""
        pull = super().pull(wanted, since, also, everybody=everybody)
        return msgspec.structs.replace(pull, named=frozenset({self._employee_id}), everybody=False)


def nobody(_records: Sequence[Record]) -> Sequence[Record]:
    """Return an answer without people."""
    return []


def every_second(records: Sequence[Record]) -> Sequence[Record]:
    """Return an answer that lacks half of the people."""
    return records[::2]


def missing(employee_ids: Collection[str]) -> Alter:
    """Return a fault by which HR does not show these employees."""
    return lambda records: [record for record in records if record.id not in employee_ids]


def without(field: str) -> Alter:
    """Return a fault by which the key may not see a field: it is absent from every record."""

    def alter(records: Sequence[Record]) -> Sequence[Record]:
        return [
            msgspec.structs.replace(
                record, fields={name: value for name, value in record.fields.items() if name != field}
            )
            for record in records
        ]

    return alter


def blank(field: str, only: Collection[str] = ()) -> Alter:
    """Return a fault by which a field is empty: for everybody, or for some employees only."""

    def alter(records: Sequence[Record]) -> Sequence[Record]:
        return [
            msgspec.structs.replace(record, fields={**record.fields, field: None})
            if not only or record.id in only
            else record
            for record in records
        ]

    return alter


def ended(active: Iterable[str], inactive: str) -> Alter:
    """Return a fault by which nobody is active any more."""
    options = frozenset(active)

    def replaced(row: Mapping[str, str | None]) -> dict[str, str | None]:
        return {name: inactive if value in options else value for name, value in row.items()}

    def alter(records: Sequence[Record]) -> Sequence[Record]:
        return [
            Record(
                record.id,
                replaced(record.fields),
                {name: [replaced(row) for row in rows] for name, rows in record.tables.items()},
            )
            for record in records
        ]

    return alter


class _Cut(BaseHTTPRequestHandler):
    """Announces more bytes than it sends."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "4096")
        self.end_headers()
        self.wfile.write(b'{"employees": [{"id": "1", "fir')
        self.close_connection = True

    do_POST = do_GET  # noqa: N815  # the name is the library's

    def log_message(self, *_arguments: object) -> None:
        """Log nothing."""


@contextmanager
def cutting_server() -> Iterator[str]:
    """Serve on this machine with every answer cut in the middle; yield the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Cut) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
