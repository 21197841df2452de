"""HR as it answered once, played back with a fault; and a server whose answers are cut off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from bensync.core.ports import FieldSelection, PreflightFinding, Pull, Record

_PAGE = 500

Alter = Callable[[Sequence[Record]], Sequence[Record]]
"""What a fault makes of everybody's records."""


class Recorded:
    """A source that repeats what HR said, the same for every pull.

    Args:
        records: everybody.
        watermark: that of the answer.
        clock: HR's clock; None where the source tells none.
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
        self._watermark = watermark
        self._clock = clock
        self._alter = alter

    def with_fault(self, alter: Alter) -> Recorded:
        """The same answers, altered."""
        return Recorded(self._records, self._watermark, self._clock, alter)

    @property
    def tells_time(self) -> bool:
        """Whether HR's own clock is known."""
        return self._clock is not None

    def pull(self, wanted: FieldSelection, since: str | None, also: frozenset[str] = frozenset()) -> Pull:
        """Everybody, in pages; see `Source`."""
        del wanted, since, also
        records = self._alter(self._records)
        pages = (list(records[start : start + _PAGE]) for start in range(0, len(records), _PAGE))
        return Pull(pages, len(records), (), self._watermark, self._clock)

    def check(self, wanted: FieldSelection) -> Iterable[PreflightFinding]:
        """Nothing is to be found in a recording."""
        del wanted
        return ()


def nobody(_records: Sequence[Record]) -> Sequence[Record]:
    """An answer without people."""
    return []


def every_second(records: Sequence[Record]) -> Sequence[Record]:
    """An answer that lacks half of the people."""
    return records[::2]


def without(field: str) -> Alter:
    """An answer in which the key may not see a field: it is not there, for anybody."""

    def alter(records: Sequence[Record]) -> Sequence[Record]:
        return [
            msgspec.structs.replace(
                record, fields={name: value for name, value in record.fields.items() if name != field}
            )
            for record in records
        ]

    return alter


def blank(field: str) -> Alter:
    """An answer in which a field is empty for everybody."""

    def alter(records: Sequence[Record]) -> Sequence[Record]:
        return [msgspec.structs.replace(record, fields={**record.fields, field: None}) for record in records]

    return alter


def ended(active: Iterable[str], inactive: str) -> Alter:
    """An answer in which nobody is active any more."""
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
    """Promises more than it sends."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "4096")
        self.end_headers()
        self.wfile.write(b'{"employees": [{"id": "1", "fir')
        self.close_connection = True

    do_POST = do_GET  # noqa: N815  # the name is the library's

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def cutting_server() -> Iterator[str]:
    """A server on this machine whose every answer ends in the middle; yields its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Cut) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
