"""An empty store, people to send, and their deliveries."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, date, datetime

from bensync.core.changes import BaselineState, Candidate, Change, ChangeKind
from bensync.core.people import Profile, Status, encode_profile
from bensync.core.runs import DeliveryKind, RunKind
from bensync.state.db.vault import new_state_key
from bensync.state.site_state import SiteState
from bensync.state.store import Store

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
KEY = new_state_key()


def opened(url: str) -> Iterator[Store]:
    with contextlib.closing(Store(url, KEY)) as opened_store:
        opened_store.migrate()
        yield opened_store


def someone(work: SiteState, employee_id: str, ssn: str, *, city: str = "Dayton", due: date | None = None) -> Candidate:
    """A person ready to be sent."""
    profile = Profile(employee_id, Status.ACTIVE, date(2020, 1, 1), {"ssn": ssn, "city": city})
    encoded = encode_profile(profile)
    key, fingerprint = work.vault.index(ssn), work.vault.fingerprint(encoded)
    return Candidate(employee_id, key, fingerprint, encoded, Status.ACTIVE, due)


def write_down(work: SiteState, *people: Candidate, kind: ChangeKind = ChangeKind.NEW) -> int:
    """A delivery of these people, ready to be published."""
    run = work.runs.start(RunKind.DAILY, "MANUAL", "me", NOW.date(), NOW)
    slot = work.deliveries.open_slot("benetrac")
    rows = [Change(candidate, kind, (), "test") for candidate in people]
    name = f"ACME_DELTA_{slot.sequence:06}.csv.gpg"
    number = work.deliveries.prepare(run, "benetrac", DeliveryKind.DELTA, slot, name, rows, consequences={}, now=NOW)
    for at, chunk in enumerate((b"sealed ", b"bytes")):
        work.deliveries.store_chunk(number, at, chunk)
    work.deliveries.seal(number, 12, "0" * 64)
    return number


def deliver(work: SiteState, *people: Candidate, kind: ChangeKind = ChangeKind.NEW) -> int:
    """A delivery of these people, committed."""
    number = write_down(work, *people, kind=kind)
    work.deliveries.intend(number)
    work.deliveries.commit(number, NOW)
    work.baselines.take_over(number)
    return number


def states(work: SiteState, *people: Candidate) -> list[tuple[str, BaselineState]]:
    """Employee and state of the baselines of these people."""
    return sorted((entry.employee_id, entry.state) for entry in work.baselines.known(people).values())
