"""Recognises people of whom the source says just what it said when they were last told, so that nobody reads them.

A mark is a keyed hash of the whole record and of everything else that a profile depends on: mapping, status options
and this version. The day is no part of it; who has a dated row that came due is never recognised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from datetime import date

import msgspec

import bensync
from bensync.core.changes import Candidate
from bensync.errors import StateError
from bensync.pipeline.context import SenderContext

WORTHWHILE = 2000
"""So many people are read before the marks of all are fetched: a short delta costs what it holds, not what all hold."""


class UnchangedFilter:
    """Whom a run need not read; asked by the source through `Wanted.familiar`.

    Args:
        tools: the site.
        as_of: the day of the run.

    Attributes:
        recognised: the employees who were not read.
    """

    def __init__(self, tools: SenderContext, as_of: date) -> None:
        self.recognised: list[str] = []
        self._mark: Callable[[str, bytes], bytes] = tools.store.vault(tools.site).record_digester(_outlook(tools))
        self._marks: dict[str, bytes] = {}
        self._tools = tools
        self._as_of = as_of
        self._left = WORTHWHILE
        self._known: AbstractSet[bytes] | None = None

    def is_unchanged(self, person: str, told: bytes) -> bool:
        """Whether nothing that a profile depends on has changed; see `bensync.core.ports.Familiar`."""
        mark = self._mark(person, told)
        if mark in (self._all() if self._known is None else self._known):
            self.recognised.append(person)
            return True
        self._marks[person] = mark
        return False

    def take(self, person: str) -> bytes:
        """The mark of somebody who was read; empty where the source asked nothing."""
        return self._marks.pop(person, b"")

    def candidates(self) -> Iterator[Candidate]:
        """Those who were not read, as they were last told; for a file that repeats everybody.

        Raises:
            StateError: some of them are not what they were when this run began.
        """
        if self.recognised:
            left = set(self.recognised)
            with self._tools.read() as work:
                for candidate in work.baselines.as_told(left):
                    left.discard(candidate.employee_id)
                    yield candidate
            if left:
                why = f"{len(left)} of {len(self.recognised)} are gone, or were told otherwise meanwhile"
                raise StateError("The baselines changed during the run", why, "run again", retry=True)

    def _all(self) -> AbstractSet[bytes]:
        if self._known is None:
            if self._left:
                self._left -= 1
                return frozenset()
            with self._tools.read() as work:
                # On an earlier day than that of a run before, rows that held then may not hold yet.
                back = work.runs.latest_day() > self._as_of
                self._known = frozenset() if back else work.baselines.record_digests(self._as_of)
        return self._known


def _outlook(tools: SenderContext) -> bytes:
    """All that a profile depends on beside its record and the day."""
    options = tools.options
    told = (bensync.__version__, tools.mapping, sorted(options.active), sorted(options.inactive))
    return msgspec.json.encode(told)
