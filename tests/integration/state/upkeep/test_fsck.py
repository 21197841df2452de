"""fsck on real databases: a database with a past is well, and each thing that can be wrong is found and named."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Table, text

from bensync.actions import corrections
from bensync.core.access import command_line_actor
from bensync.core.ports import PreflightFinding
from bensync.core.runs import RunKind
from bensync.state.db.vault import new_state_key
from bensync.state.schema.sync import BaselineRow, ParticipantRow, RequestRow
from bensync.state.store import Store
from bensync.state.sync.sent_log import SentFile
from bensync.state.upkeep.fsck import check, check_database, check_sent
from bensync.state.upkeep.sealed import check_sealed
from tests.fixtures.filled import FEED, NOW, decide, deliver, fill, prepare, someone
from tests.fixtures.invariants import hold


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A store with a past, on each database."""
    with contextlib.closing(Store(database, new_state_key())) as opened_store:
        opened_store.migrate()
        fill(opened_store, "acme", "other")
        yield opened_store


def broken(store: Store) -> list[str]:
    """What is wrong at the site, and only there."""
    hold(store, "other")
    with store.whole() as connection:
        findings: list[PreflightFinding] = [
            *check(store.site(connection, "acme")),
            *check_sealed(store.site(connection, "acme")),
        ]
    wrong = [line for line in findings if not line.ok]
    assert all(line.detail and line.fix for line in wrong)
    return [line.subject for line in wrong]


def tamper(store: Store, *statements: str) -> None:
    with store.whole("test") as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_a_database_with_a_past_is_well(store):
    hold(store, "acme")
    hold(store, "other")


def test_a_delivery_on_its_way_is_well_at_every_stage(store):
    with store.write("acme", "test") as work:
        number = prepare(work, [someone(work, 1)])
    hold(store, "acme")
    with store.write("acme", "test") as work:
        work.deliveries.intend(number)
    hold(store, "acme")


ACME = "site = 'acme'"
WRONG = {
    "the baseline moved by itself": (
        [f"UPDATE baseline SET delivery_id = NULL WHERE {ACME} AND employee_id = '1'"],
        "a baseline is what was sent last",
    ),
    "a baseline is missing": (
        [f"DELETE FROM baseline WHERE {ACME} AND employee_id = '3'"],
        "a baseline is what was sent last",
    ),
    "a baseline is from nowhere": (
        [f"DELETE FROM delivery_row WHERE {ACME} AND employee_id = '5'"],
        "a baseline is what was sent last",
    ),
    "a number is skipped": (
        [f"UPDATE delivery SET sequence = 7 WHERE {ACME} AND sequence = 2"],
        "the numbers of a feed have no gap",
    ),
    "a file that arrived keeps its bytes": (
        [
            (
                "INSERT INTO delivery_chunk (delivery_id, number, content)"
                f" SELECT id, 0, sealed FROM delivery, secret WHERE {ACME} AND sequence = 1 AND secret.name = 'index'"
            )
        ],
        "bytes are kept as long as they are needed",
    ),
    "a file that arrived was never sealed": (
        [f"UPDATE delivery SET sha256 = '' WHERE {ACME} AND sequence = 1"],
        "bytes are kept as long as they are needed",
    ),
    "a request is from a file that did not arrive": (
        [f"UPDATE delivery SET state = 'ABANDONED' WHERE {ACME} AND sequence = 2"],
        "requests come from files that arrived",
    ),
    "nobody approved": (
        [f"UPDATE request SET decided_by = NULL WHERE {ACME} AND state = 'APPROVED'"],
        "every decision has a person and an audit entry",
    ),
    "a decision without a moment": (
        [f"UPDATE request SET decided_at = NULL WHERE {ACME} AND state = 'DECLINED'"],
        "every decision has a person and an audit entry",
    ),
    "an approval was undone manually": (
        [f"UPDATE request SET state = 'SUPERSEDED' WHERE {ACME} AND state = 'APPROVED'"],
        "what was applied was approved",
    ),
    "a participant fell behind": (
        [f"UPDATE request SET participant_id = 999999 WHERE {ACME} AND participant_id IS NOT NULL"],
        "requests are about participants that are there",
    ),
    "a run without a lease": (
        [f"UPDATE run SET state = 'RUNNING' WHERE {ACME}"],
        "a run is at work under the lease",
    ),
    "a sealed value was moved to somebody else": (
        [
            (
                "UPDATE participant SET sealed_profile = (SELECT sealed_profile FROM participant AS p2 WHERE"
                f" p2.{ACME} AND p2.employee_id = '2') WHERE {ACME} AND employee_id = '3'"
            )
        ],
        "every sealed value opens, and is the person's",
    ),
    "a fingerprint is another one": (
        [f"UPDATE delivery_row SET fingerprint = key WHERE {ACME} AND employee_id = '0'"],
        "every sealed value opens, and is the person's",
    ),
}


@pytest.mark.parametrize(("statements", "subject"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_found_and_named(store, statements, subject):
    tamper(store, *statements)

    assert subject in broken(store)


@contextlib.contextmanager
def put_back(store: Store, table: Table, condition: str) -> Iterator[None]:
    """Put rows back as they were before the block."""
    query = table.select().where(text(condition))
    with store.whole() as connection:
        rows = connection.execute(query).all()
    yield
    with store.whole("test") as connection:
        for row in rows:
            keys = [column == row._asdict()[column.name] for column in table.primary_key.columns]
            connection.execute(table.update().where(*keys).values(row._asdict()))


def test_an_old_row_of_a_participant_that_was_put_back_is_found(store):
    with put_back(store, ParticipantRow.__table__, f"{ACME} AND employee_id = '3'"):
        correct(store, "3", NOW + timedelta(hours=1))

    assert broken(store) == ["participants are as the last decision left them"]


def test_an_old_row_of_a_baseline_that_was_put_back_is_found(store):
    with put_back(store, BaselineRow.__table__, f"{ACME} AND employee_id = '3'"):
        deliver(store, "acme", [3], city="Erie")

    assert broken(store) == ["a baseline is what was sent last"]


def test_a_decided_request_that_was_put_back_as_it_waited_is_found(store):
    with put_back(store, RequestRow.__table__, f"{ACME} AND state = 'PENDING'"):
        decide(store, "acme")

    assert "every decision has a person and an audit entry" in broken(store)


def correct(store: Store, employee_id: str, now: datetime) -> None:
    """Correct the city of an employee manually."""
    with store.read("acme") as work:
        participant = work.participants.by_employees([employee_id])[employee_id]
    actor = command_line_actor("kim")
    corrections.edit(store, "acme", participant.id, {"city": "Erie"}, "a good reason", actor, now)


def test_an_audit_entry_that_vanished_is_missed(store):
    tamper(store, "DROP TRIGGER audit_no_update" + (" ON audit" if store.file is None else ""))
    tamper(store, f"UPDATE audit SET verb = 'x' WHERE {ACME} AND verb = 'request.decline'")

    assert broken(store) == ["every decision has a person and an audit entry", "the audit trail is as it was written"]


def test_bytes_that_changed_are_found(store):
    with store.write("acme", "test") as work:
        number = prepare(work, [someone(work, 1)])
    other = "(SELECT sealed FROM secret WHERE name = 'index')"
    tamper(store, f"UPDATE delivery_chunk SET content = {other} WHERE number = 1 AND delivery_id = {number}")

    assert broken(store) == ["sealed bytes did not change"]


def test_a_publishing_file_without_bytes_is_found(store):
    with store.write("acme", "test") as work:
        number = prepare(work, [someone(work, 1)])
        work.deliveries.intend(number)
    tamper(store, f"DELETE FROM delivery_chunk WHERE delivery_id = {number}")

    assert broken(store) == ["sealed bytes did not change"]


def test_two_deliveries_at_once_are_found(store):
    with store.write("acme", "test") as work:
        first = prepare(work, [someone(work, 1)])
        prepare(work, [someone(work, 2)])
    assert first
    assert broken(store) == ["one delivery of a feed at a time"]


def test_a_run_at_work_under_its_lease_is_well(store):
    with store.write("acme", "test") as work:
        work.runs.take_lease(NOW)
        work.runs.start(RunKind.DAILY, "MANUAL", "me", NOW.date(), NOW)
    hold(store, "acme")


def test_a_reference_that_leads_nowhere_is_found(tmp_path):
    with contextlib.closing(Store(f"sqlite:///{tmp_path}/bensync.db", new_state_key())) as store:
        store.migrate()
        fill(store, "acme")
        with contextlib.closing(sqlite3.connect(tmp_path / "bensync.db")) as careless:
            careless.execute("DELETE FROM run WHERE id = 1")
            careless.commit()
        with store.whole() as connection:
            findings = [line for line in check_database(connection) if not line.ok]
    assert [line.subject for line in findings] == ["every reference leads somewhere"]
    assert "refers to a row of run" in findings[0].detail


def test_a_file_that_only_the_log_knows_is_found(store):
    deliver(store, "acme", [3], city="Erie")

    def entry(sequence: int, sha256: str) -> SentFile:
        return SentFile("acme", FEED, sequence, "ACME.gpg", sha256, datetime(2026, 6, 2, tzinfo=UTC))

    with store.read("acme") as work:
        delivery = work.lists.deliveries().items[-1]
        assert check_sent(work, None).ok
        assert check_sent(work, entry(delivery.sequence, delivery.sha256)).ok
        assert check_sent(work, entry(delivery.sequence + 1, "")).ok, "it never arrived"
        assert not check_sent(work, entry(delivery.sequence + 1, "a" * 64)).ok
        assert not check_sent(work, entry(delivery.sequence, "a" * 64)).ok


def test_many_wrong_places_are_counted_and_the_first_are_named(store):
    tamper(store, f"UPDATE baseline SET delivery_id = NULL WHERE {ACME}")
    with store.read("acme") as work:
        (finding,) = [line for line in check(work) if not line.ok]
    assert "; 1 more" in finding.detail
    decide(store, "acme")
