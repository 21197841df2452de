"""The invariants of benefit events: a database that breaks one is found."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bensync.state.upkeep.fsck import check

DAMAGE = {
    "nobody is terminated with open coverage": "UPDATE participant SET standing = 'TERMINATED', program = 'NOB'",
    "a change leaves neither overlap nor gap": (
        "INSERT INTO enrollment SELECT participant_id, 99, site, event, plan_type, plan, option, 'CHANGE', 'TERM', "
        "effective_date, deduction_begin, reversed, sealed_enrollment FROM enrollment WHERE number = 1"
    ),
    "no COBRA record is without its event": (
        "INSERT INTO cobra VALUES (1, 7, 'acme', '2026-06-01', 'X', '2026-06-01', '2026-12-01', 'OPEN', '[]', 0, '[]')"
    ),
    "coverage rests on events that are final": "UPDATE event SET process = 'PR'",
    "processed activities have an event": "UPDATE event SET activities = '[]'",
    "every approved change can be traced": "UPDATE request SET kind = 'TERMINATE'; DELETE FROM activity",
}


@pytest.mark.parametrize("subject", DAMAGE)
def test_a_broken_standing_invariant_is_found(site, subject):
    site.covered()
    assert all(entry.ok for entry in site.look(lambda work: work.events.board()))

    with site.deployment.store.whole("test.damage") as connection:
        for statement in DAMAGE[subject].split(";"):
            connection.execute(text(statement))

    assert subject in [entry.subject for entry in site.look(lambda work: list(check(work))) if not entry.ok]
    assert subject in [entry.subject for entry in site.look(lambda work: work.events.board()) if not entry.ok]
