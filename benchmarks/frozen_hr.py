"""Serves the answers of `frozen.py` over HTTP in a process of its own, at next to no cost; prints its address.

Usage: python benchmarks/frozen_hr.py PEOPLE. It answers what bensync and its peers ask of BambooHR when they read
everybody, or who changed: nothing else, and nobody has to sign in.
"""

from __future__ import annotations

import json
import re
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import frozen
import msgspec

Piece = bytes | tuple[Path, int, int]
"""Bytes, or a file with where to begin and how much to send."""
_ALL = re.compile(r"/api/v1/employees/all/tables/(\w+)")
_CHANGED = re.compile(r"/api/v1/employees/changed(?:/tables/(\w+))?")
_NOBODY = b'{"latest":"","employees":{}}'


class Refused(Exception):
    """A question that nothing was written down for."""


class Archive:
    """One company, in one of its two states.

    Attributes:
        now: its time.
        requests: how often it was asked.
    """

    def __init__(self, people: int) -> None:
        self.people = people
        self.now = frozen.BEFORE
        self.requests = 0
        self._folder = frozen.made(people)
        self._changed = False
        self._places = array("Q")
        with (self._folder / "places").open("rb") as file:
            self._places.fromfile(file, people + 1)
        self._heads = json.loads((self._folder / "heads").read_bytes())
        lines = msgspec.json.decode((self._folder / "changed-lines").read_bytes(), type=dict[str, msgspec.Raw])
        self._lines = {int(id): bytes(line) for id, line in lines.items()}

    def churn(self, minutes: int) -> None:
        """Show the second state, and let time go by."""
        self._changed = True
        self.now += timedelta(minutes=minutes)

    def get(self, path: str, since: str) -> list[Piece]:
        """The answer to a GET."""
        if path.startswith("/api/v1/meta/"):
            return [self._file(path.removeprefix("/api/v1/").replace("/", "-"))]
        if asked := _ALL.fullmatch(path):
            more = self._file(f"more-{asked[1]}") if self._changed else (Path(), 0, 0)
            seam = frozen.SEAM if more[2] else b""
            return [b"[", self._file(f"rows-{asked[1]}"), seam, more, b"]"]
        if asked := _CHANGED.fullmatch(path):
            if not self._changed or datetime.fromisoformat(since) > frozen.AFTER:
                return [_NOBODY]
            return [self._file(f"changed-{asked[1]}" if asked[1] else "changes")]
        raise Refused(f"nothing was written down for {path}")

    def report(self, body: bytes) -> list[Piece]:
        """The answer to a custom report; of everybody where no ids are named."""
        wish = json.loads(body)
        fields, ids = wish["fields"], (wish.get("filters") or {}).get("employeeIds")
        if unknown := [name for name in fields if name not in self._heads]:
            raise Refused(f"nothing was written down about {', '.join(unknown)}")
        head = {"title": wish.get("title", ""), "fields": [self._heads[name] for name in fields]}
        begun = json.dumps(head)[:-1].encode() + b',"employees":['
        if ids is None and set(fields) <= set(frozen.NUMBERS):
            return [begun, self._file("numbers"), b"]}"]
        asked = range(1, self.people + 1) if ids is None else sorted({int(id) for id in ids})
        return [begun, *self._people(id for id in asked if 1 <= id <= self.people), b"]}"]

    def _people(self, ids: Iterable[int]) -> Iterator[Piece]:
        """Their lines: stretches of the file, and in between who changed."""
        file, first, last, seam = self._folder / "people", 0, 0, b""
        for id in ids:
            changed = self._lines.get(id) if self._changed else None
            if first and (changed or id != last + 1):
                yield from (seam, self._stretch(file, first, last))
                first, seam = 0, frozen.SEAM
            if changed:
                yield from (seam, changed)
                seam = frozen.SEAM
            else:
                first, last = first or id, id
        if first:
            yield from (seam, self._stretch(file, first, last))

    def _stretch(self, file: Path, first: int, last: int) -> Piece:
        begin, end = self._places[first - 1], self._places[last] - len(frozen.SEAM)
        return file, begin, end - begin

    def _file(self, name: str) -> tuple[Path, int, int]:
        path = self._folder / name
        if not path.is_file():
            raise Refused(f"nothing was written down as {name}")
        return path, 0, path.stat().st_size


class HrHandler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    archive: Archive

    def do_GET(self) -> None:
        """Answer a GET."""
        url = urlsplit(self.path)
        if url.path == "/_company/stats":
            self._stats()
            return
        since = parse_qs(url.query).get("since", [""])[0]
        self._tell(lambda: self.archive.get(url.path, since))

    def do_POST(self) -> None:
        """Answer a POST."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        url = urlsplit(self.path)
        if url.path == "/_company/churn":
            self.archive.churn(int(parse_qs(url.query).get("minutes", ["60"])[0]))
            self._stats()
        elif url.path == "/api/v1/reports/custom":
            self._tell(lambda: self.archive.report(body))
        else:
            self.send_error(404)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""

    def _stats(self) -> None:
        archive = self.archive
        stats = {"employees": archive.people, "requests": archive.requests, "now": archive.now.isoformat()}
        self._send([json.dumps(stats).encode()])

    def _tell(self, answer: Callable[[], list[Piece]]) -> None:
        self.archive.requests += 1
        try:
            self._send(answer())
        except Refused as refused:
            self.send_error(400, str(refused))

    def _send(self, pieces: list[Piece]) -> None:
        self.send_response_only(200)
        self.send_header("date", format_datetime(self.archive.now, usegmt=True))
        self.send_header("content-type", "application/json")
        self.send_header(
            "content-length", str(sum(len(piece) if isinstance(piece, bytes) else piece[2] for piece in pieces))
        )
        self.end_headers()
        for piece in pieces:
            if isinstance(piece, bytes):
                self.wfile.write(piece)
            elif piece[2]:
                with piece[0].open("rb") as file:
                    self.connection.sendfile(file, piece[1], piece[2])


if __name__ == "__main__":
    HrHandler.archive = Archive(int(sys.argv[1]))
    with ThreadingHTTPServer(("127.0.0.1", 0), HrHandler) as server:
        server.daemon_threads = True
        print(f"http://127.0.0.1:{server.server_address[1]}/api/v1", flush=True)
        server.serve_forever()
