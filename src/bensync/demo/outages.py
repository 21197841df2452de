"""Faults that the next matching requests meet, in the order in which they were added."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from threading import Lock
from typing import Literal

import msgspec

Kind = Literal["status", "html", "truncate", "empty", "drop", "cut", "slow"]


class ServerFault(msgspec.Struct, frozen=True):
    """A fault that one request meets.

    Attributes:
        kind: ``status`` answers with an error status, ``html`` with a page and 200, ``truncate`` with half the JSON,
            ``empty`` with nothing and 200, ``drop`` hangs up before a byte, ``cut`` hangs up in the middle of the
            body, ``slow`` answers late.
        path: text that must occur in the request's path; empty matches all.
        retry_after: value of the Retry-After header; None leaves it out.
    """

    kind: Kind
    path: str
    status: int = 200
    retry_after: str | None = None
    seconds: float = 0.0


class _Spell(msgspec.Struct):
    """A fault with its counters: how many matching requests to let pass first, how many to hit then."""

    fault: ServerFault
    skip: int
    times: int


class Weather:
    """The faults still to come. Each method adds ``times`` faults after ``skip`` matching requests without one."""

    def __init__(self) -> None:
        self._spells: list[_Spell] = []
        self._lock = Lock()

    def throttle(
        self,
        times: int = 1,
        *,
        retry_after: int | str | datetime | None = 1,
        status: int = 429,
        path: str = "",
        skip: int = 0,
    ) -> None:
        """Answer 429, or the older 503, with Retry-After in seconds or as an HTTP date (aware UTC)."""
        after = format_datetime(retry_after, usegmt=True) if isinstance(retry_after, datetime) else retry_after
        fault = ServerFault("status", path, status=status, retry_after=None if after is None else str(after))
        self._add(fault, skip, times)

    def fail(self, times: int = 1, *, status: int = 500, path: str = "", skip: int = 0) -> None:
        """Answer with a server or gateway error: 500, 502, 504, 598."""
        self._add(ServerFault("status", path, status=status), skip, times)

    def html(self, times: int = 1, *, path: str = "", skip: int = 0) -> None:
        """Answer 200 with an error page in HTML."""
        self._add(ServerFault("html", path), skip, times)

    def truncate(self, times: int = 1, *, path: str = "", skip: int = 0) -> None:
        """Answer with half of the JSON, in a response that is complete."""
        self._add(ServerFault("truncate", path), skip, times)

    def empty(self, times: int = 1, *, path: str = "", skip: int = 0) -> None:
        """Answer 200 without a body."""
        self._add(ServerFault("empty", path), skip, times)

    def drop(self, times: int = 1, *, path: str = "", skip: int = 0) -> None:
        """Close the connection before the first byte of the answer."""
        self._add(ServerFault("drop", path), skip, times)

    def cut(self, times: int = 1, *, path: str = "", skip: int = 0) -> None:
        """Close the connection in the middle of the body."""
        self._add(ServerFault("cut", path), skip, times)

    def slow(self, times: int = 1, *, seconds: float, path: str = "", skip: int = 0) -> None:
        """Answer ``seconds`` late."""
        self._add(ServerFault("slow", path, seconds=seconds), skip, times)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._spells.clear()

    def take(self, path: str) -> ServerFault | None:
        """Remove and return the fault that this request meets; None if there is none."""
        with self._lock:
            for spell in self._spells:
                if spell.fault.path not in path:
                    continue
                if spell.skip:
                    spell.skip -= 1
                    continue
                spell.times -= 1
                if spell.times < 1:
                    self._spells.remove(spell)
                return spell.fault
            return None

    def _add(self, fault: ServerFault, skip: int, times: int) -> None:
        with self._lock:
            self._spells.append(_Spell(fault, skip, times))
