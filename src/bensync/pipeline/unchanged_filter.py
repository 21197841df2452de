"""Skips employees whose record has not changed since it was last sent.

A record digest is a keyed hash of the whole record and of everything else that a profile depends on: mapping, status
options and this version. The day is not part of it; an employee with a dated row that takes effect is always read.
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
"""Employees read before all stored digests are fetched: a short delta then costs as little as its own size."""


class UnchangedFilter:
    """Decides which employees a run need not read; the source calls it through `FieldSelection.is_unchanged`.

    Args:
        context: the site.
        as_of: the day of the run.

    Attributes:
        recognised: the employees recognised as unchanged, and not read.
    """

    def __init__(self, context: SenderContext, as_of: date) -> None:
        self.recognised: list[str] = []
        self._digest: Callable[[str, bytes], bytes] = context.store.vault(context.site).record_digester(_basis(context))
        self._digests: dict[str, bytes] = {}
        self._context = context
        self._as_of = as_of
        self._left = WORTHWHILE
        self._known: AbstractSet[bytes] | None = None

    def is_unchanged(self, person: str, record: bytes) -> bool:
        """Return whether nothing that a profile depends on has changed; see `bensync.core.ports.UnchangedCheck`."""
        digest = self._digest(person, record)
        if digest in (self._all() if self._known is None else self._known):
            self.recognised.append(person)
            return True
        self._digests[person] = digest
        return False

    def take(self, person: str) -> bytes:
        """Return the record digest of an employee that was read; empty if the source did not ask."""
        return self._digests.pop(person, b"")

    def candidates(self) -> Iterator[Candidate]:
        """Yield the employees that were not read, as they were last sent; for a file that repeats everybody.

        Raises:
            StateError: some of their baselines changed since this run began.
        """
        if self.recognised:
            left = set(self.recognised)
            with self._context.read() as state:
                for candidate in state.baselines.as_told(left):
                    left.discard(candidate.employee_id)
                    yield candidate
            if left:
                why = f"{len(left)} of {len(self.recognised)} are gone, or were sent with other values meanwhile."
                raise StateError("The baselines changed during the run.", why, "Run again.", retry=True)

    def _all(self) -> AbstractSet[bytes]:
        if self._known is None:
            if self._left:  # fetching everybody's digests costs more than reading the few employees of a short delta
                self._left -= 1
                return frozenset()
            with self._context.read() as state:
                # On a day before that of an earlier run, rows in effect then may not be in effect yet.
                goes_back = state.runs.latest_day() > self._as_of
                self._known = frozenset() if goes_back else state.baselines.record_digests(self._as_of)
        return self._known


def _basis(context: SenderContext) -> bytes:
    """Encode what a profile depends on beside its record and the day."""
    status_options = context.options
    options = (sorted(status_options.active), sorted(status_options.inactive), context.scope.fingerprint())
    basis = (bensync.__version__, context.mapping, *options)
    return msgspec.json.encode(basis)
