"""The store on real databases, SQLite and PostgreSQL: transactions, sites kept apart, what each drawer promises."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError

from bensync.core.changes import BaselineState, Candidate, Change, ChangeKind, Issue, IssueCode
from bensync.core.people import Profile, Status, encode_profile
from bensync.core.ports import Notice
from bensync.core.runs import DeliveryKind, DeliveryState, Outcome, RunKind
from bensync.errors import BusyError, DeliveryError, StateError
from bensync.state.db.vault import new_state_key
from bensync.state.schema.all_tables import METADATA
from bensync.state.site_state import SiteState
from bensync.state.store import Store
from bensync.state.sync import baselines
from bensync.state.sync.runs import LEASE
from tests.fixtures.databases import on_sqlite

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
KEY = new_state_key()
ROUNDS = 50
PATIENCE = 120.0


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    yield from opened(database)


def opened(url: str) -> Iterator[Store]:
    with contextlib.closing(Store(url, KEY)) as found:
        found.migrate()
        yield found


def someone(work: SiteState, employee_id: str, ssn: str, *, city: str = "Dayton", due: date | None = None) -> Candidate:
    """A person ready to be told."""
    profile = Profile(employee_id, Status.ACTIVE, date(2020, 1, 1), {"ssn": ssn, "city": city})
    encoded = encode_profile(profile)
    key, fingerprint = work.vault.index(ssn), work.vault.fingerprint(encoded)
    return Candidate(employee_id, key, fingerprint, encoded, Status.ACTIVE, due)


def tell(work: SiteState, *people: Candidate, kind: ChangeKind = ChangeKind.NEW) -> int:
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
    number = tell(work, *people, kind=kind)
    work.deliveries.intend(number)
    work.deliveries.commit(number, NOW)
    work.baselines.take_over(number)
    return number


def states(work: SiteState, *people: Candidate) -> list[tuple[str, BaselineState]]:
    """Employee and state of the baselines of these people."""
    return sorted((known.employee_id, known.state) for known in work.baselines.known(people).values())


def test_migrations_and_models_agree(store: Store) -> None:
    store.check()
    with store.whole() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_migrating_twice_changes_nothing(store: Store) -> None:
    assert store.migrate() == store.check()


def test_a_database_without_tables_says_what_to_do(tmp_path: Path) -> None:
    empty = Store(f"sqlite:///{tmp_path}/empty.db", KEY)

    with pytest.raises(StateError) as caught:
        empty.check()
    assert "bensync migrate" in caught.value.fix
    with pytest.raises(StateError), empty.write("acme", "test"):
        pass
    empty.close()


def test_another_key_does_not_open_the_database(store: Store, database: str) -> None:
    stranger = Store(database, new_state_key())

    with pytest.raises(StateError):
        stranger.check()
    with pytest.raises(StateError), stranger.write("acme", "test"):
        pass
    with pytest.raises(StateError):
        stranger.migrate()
    stranger.close()


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot be used"):
        Store(f"sqlite:///{tmp_path}/nowhere/bensync.db", KEY).migrate()


def test_a_file_is_private_and_durable(tmp_path: Path) -> None:
    with contextlib.closing(Store(f"sqlite:///{tmp_path}/bensync.db", KEY)) as store:
        store.migrate()
        assert (tmp_path / "bensync.db").stat().st_mode & 0o077 == 0
        with store.write("acme", "test") as work:
            connection = work.runs._transaction.connection
            assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("pragma synchronous").scalar() == 2
            assert connection.exec_driver_sql("pragma foreign_keys").scalar() == 1


def test_an_error_rolls_the_whole_transaction_back(store: Store) -> None:
    def fail_half_way() -> None:
        with store.write("acme", "test") as work:
            deliver(work, someone(work, "1", "200101001"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()

    with store.read("acme") as work:
        assert not work.baselines.any()
        assert work.deliveries.unsettled() == []


def test_a_site_cannot_see_another(store: Store) -> None:
    with store.write("acme", "test") as work:
        number = deliver(work, someone(work, "1", "200101001"))
        work.issues.record([Issue("7", IssueCode.SSN_MISSING)], {"7"}, set(), NOW)
        work.notices.add(Notice("k", "s", "b"), NOW, ["mail"])

    with store.read("other") as work:
        assert not work.baselines.any()
        assert work.deliveries.get(number) is None
        assert work.issues.open_employees() == []
        assert work.notices.unsent() == []
        assert work.baselines.known([someone(work, "1", "200101001")]) == {}


def test_a_look_cannot_write_while_somebody_works(store: Store) -> None:
    with store.write("acme", "test") as work, store.read("acme") as reader:
        deliver(work, someone(work, "1", "200101001"))
        assert not reader.baselines.any()


def test_the_old_profile_comes_along_only_where_something_differs(store: Store) -> None:
    with store.write("acme", "test") as work:
        deliver(work, someone(work, "1", "200101001"), someone(work, "2", "200101002"))
        same, moved = someone(work, "1", "200101001"), someone(work, "2", "200101002", city="Akron")

        known = {entry.employee_id: entry for entry in work.baselines.known([same, moved]).values()}

    assert known["1"].encoded is None
    assert b"Dayton" in (known["2"].encoded or b"")


def test_many_people_are_found_as_few_are(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.write("acme", "test") as work:
        deliver(work, *(someone(work, str(number), f"2001010{number:02}") for number in range(9)))
        asked = [
            someone(work, "1", "200101001"),
            someone(work, "2", "200101002", city="Akron"),
            someone(work, "3", "200101099"),
            someone(work, "99", "200101004"),
        ]
        one_by_one = work.baselines.known(asked)
        monkeypatch.setattr(baselines, "PAGE", 2)

        assert work.baselines.known(asked) == one_by_one
        assert len(one_by_one) == 4


def test_an_employee_who_is_back_under_the_old_ssn_leaves_the_new_one(store: Store) -> None:
    with store.write("acme", "test") as work:
        old, new = someone(work, "1", "200101001"), someone(work, "1", "200101009")
        deliver(work, old)
        work.baselines.set_state([old.key], BaselineState.MISSING)
        deliver(work, new)

        deliver(work, old, kind=ChangeKind.UNCHANGED)

        assert states(work, old, new) == [("1", BaselineState.LIVE), ("1", BaselineState.RETIRED)]
        assert work.baselines.active() == 1


def test_A_35_the_baseline_of_a_changed_ssn_is_retired(store: Store) -> None:
    with store.write("acme", "test") as work:
        old, new = someone(work, "1", "200101001"), someone(work, "1", "200101009")
        deliver(work, old)
        deliver(work, new)

        assert states(work, old, new) == [("1", BaselineState.LIVE), ("1", BaselineState.RETIRED)]
        assert work.baselines.active() == 1


def test_A_38_swapped_ssns_retire_nobody(store: Store) -> None:
    with store.write("acme", "test") as work:
        deliver(work, someone(work, "1", "200101001"), someone(work, "2", "200101002"))
        crossed = someone(work, "1", "200101002"), someone(work, "2", "200101001")
        deliver(work, *crossed)

        assert states(work, *crossed) == [("1", BaselineState.LIVE), ("2", BaselineState.LIVE)]


def test_due_people_are_found_and_remembered(store: Store) -> None:
    with store.write("acme", "test") as work:
        person = someone(work, "1", "200101001", due=date(2026, 6, 20))
        deliver(work, person)
        assert work.baselines.due(date(2026, 6, 19)) == []
        assert work.baselines.due(date(2026, 6, 20)) == ["1"]
        work.baselines.remember_due({person.key: None})
        assert work.baselines.due(date(2026, 6, 20)) == []


def test_the_bytes_of_a_delivery_are_kept_until_it_is_committed(store: Store) -> None:
    with store.write("acme", "test") as work:
        number = tell(work, someone(work, "1", "200101001"))
        found = work.deliveries.get(number)
        assert found is not None
        assert (found.size, found.state) == (12, DeliveryState.SEALED)
        assert [work.deliveries.chunk(number, at) for at in range(3)] == [b"sealed ", b"bytes", None]
        work.deliveries.intend(number)
        work.deliveries.commit(number, NOW)
        assert work.deliveries.chunk(number, 0) is None


def test_only_a_delivery_that_is_being_published_can_be_committed(store: Store) -> None:
    with store.write("acme", "test") as work:
        number = tell(work, someone(work, "1", "200101001"))
        with pytest.raises(StateError, match="not where it should be"):
            work.deliveries.commit(number, NOW)


def test_a_failed_delivery_gives_its_number_to_the_next(store: Store) -> None:
    with store.write("acme", "test") as work:
        first = tell(work, someone(work, "1", "200101001"))
        work.deliveries.fail(first, DeliveryError("no", "way", "out"))
        second = work.deliveries.get(tell(work, someone(work, "1", "200101001")))
        before = work.deliveries.get(first)

    assert second is not None
    assert before is not None
    assert (before.state, before.sequence, second.sequence) == (DeliveryState.ABANDONED, 1, 1)


def test_a_delivery_that_may_have_been_published_keeps_its_number(store: Store) -> None:
    with store.write("acme", "test") as work:
        first = tell(work, someone(work, "1", "200101001"))
        work.deliveries.intend(first)
        work.deliveries.fail(first, DeliveryError("no", "way", "out"))
        slot = work.deliveries.open_slot("benetrac")
        (still,) = work.deliveries.unsettled()

    assert (still.state, slot.sequence) == (DeliveryState.PUBLISHING, 2)


def test_two_deliveries_never_share_a_number(store: Store) -> None:
    def prepare_twice() -> None:
        with store.write("acme", "test") as work:
            slot = work.deliveries.open_slot("benetrac")
            run = work.runs.start(RunKind.DAILY, "MANUAL", "me", NOW.date(), NOW)
            for _ in range(2):
                work.deliveries.prepare(run, "benetrac", DeliveryKind.DELTA, slot, "x", [], consequences={}, now=NOW)

    with pytest.raises(StateError) as caught:
        prepare_twice()
    assert isinstance(caught.value.__cause__, IntegrityError)


def test_an_issue_is_new_once_and_resolved_when_the_person_is_well(store: Store) -> None:
    later = NOW + timedelta(days=1)
    with store.write("acme", "test") as work:
        issue = Issue("7", IssueCode.SSN_MISSING)
        assert work.issues.record([issue], {"7"}, set(), NOW) == [issue]
        assert work.issues.record([issue], {"7"}, set(), later) == []
        assert work.issues.record([], {"8"}, set(), later) == []
        assert work.issues.open_employees() == ["7"]
        work.issues.record([], {"7"}, set(), later)
        assert work.issues.open_employees() == []


def test_A_25_a_deleted_employee_stays_an_issue_though_nobody_can_be_read_any_more(store: Store) -> None:
    with store.write("acme", "test") as work:
        work.issues.record([Issue("7", IssueCode.HR_EMPLOYEE_DELETED), Issue("8", IssueCode.SSN_MISSING)], (), (), NOW)
        work.issues.record([], set(), {"7", "8"}, NOW)

        assert work.issues.open_employees() == ["7"]


def test_a_notice_with_the_same_key_is_queued_once(store: Store) -> None:
    with store.write("acme", "test") as work:
        work.notices.add(Notice("k", "first", "b"), NOW, ["mail"])
        work.notices.add(Notice("k", "second", "b"), NOW, ["mail"])
        (sending,) = work.notices.unsent()
        work.notices.mark_failed(sending, "down")
        assert sending.notice.subject == "first"
        work.notices.mark_sent(sending, NOW)
        assert work.notices.unsent() == []


def test_a_lease_is_for_one(store: Store) -> None:
    with store.write("acme", "test") as work:
        work.runs.take_lease(NOW)
        with pytest.raises(BusyError):
            work.runs.take_lease(NOW + LEASE)
        lease = work.runs.take_lease(NOW + LEASE + timedelta(seconds=1))
        work.runs.give_back_lease(lease)
        work.runs.take_lease(NOW)


def test_the_lease_of_a_dead_process_is_free_at_once(store: Store, database: str) -> None:
    code = (
        "import os, sys; from datetime import datetime; from bensync.state.store import Store\n"
        "with Store(sys.argv[1], sys.argv[2]).write('acme', 'test') as work:\n"
        "    work.runs.take_lease(datetime.fromisoformat(sys.argv[3]))\n"
    )
    command = [sys.executable, "-c", code, database, KEY, NOW.isoformat()]
    subprocess.run(command, check=True, timeout=60, env=os.environ)

    with store.write("acme", "test") as work:
        work.runs.take_lease(NOW)


def race(url: str, key: str, start: Barrier) -> list[bool]:
    """Try to be the one at work on each of fifty sites; whether it was us."""
    won = []
    with contextlib.closing(Store(url, key)) as store:
        for number in range(ROUNDS):
            start.wait(PATIENCE)
            try:
                with store.write(f"site{number}", "lease.take") as work:
                    work.runs.take_lease(NOW)
            except BusyError:
                won.append(False)
            else:
                won.append(True)
        start.wait(PATIENCE)  # the lease of a process that is gone is free
    return won


def test_A_09_of_two_processes_that_start_at_once_one_is_at_work(store: Store, database: str) -> None:
    processes = multiprocessing.get_context("spawn")
    with processes.Manager() as manager, ProcessPoolExecutor(2, processes) as pool:
        start = manager.Barrier(2)
        racers = [pool.submit(race, database, KEY, start) for _ in range(2)]
        first, second = (racer.result(PATIENCE * 2) for racer in racers)

    assert [one + other for one, other in zip(first, second, strict=True)] == [1] * ROUNDS


def test_a_damaged_database_is_a_state_error(tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_bytes(b"this is no database" * 100)

    with pytest.raises(StateError):
        Store(f"sqlite:///{tmp_path}/bad.db", KEY).check()


@on_sqlite
def test_a_locked_database_is_a_state_error_that_may_pass(
    store: Store, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bensync.state.db.engine._BUSY_SECONDS", 0.1)
    impatient = Store(database, KEY)
    holder = sqlite3.connect(tmp_path / "bensync.db", isolation_level=None)
    holder.execute("begin immediate")

    with pytest.raises(StateError) as caught, impatient.write("acme", "test"):
        pass

    assert caught.value.retry
    holder.close()
    impatient.close()


def test_the_newest_schema_is_the_one_that_alembic_ends_with(store: Store) -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files("bensync.state") / "migrations"))

    assert ScriptDirectory.from_config(config).get_current_head() == store.check()


def test_a_run_that_succeeded_stays_so_when_the_answer_to_its_commit_was_lost(store: Store) -> None:
    with store.write("acme", "test") as work:
        run = work.runs.start(RunKind.DAILY, "MANUAL", "me", NOW.date(), NOW)
        work.runs.succeed(run, Outcome.NO_CHANGES, NOW)

    with store.write("acme", "test") as work:
        work.runs.fail(run, StateError("the line broke", "the server ended", "wait", retry=True), NOW)

    with store.read("acme") as work:
        view = work.lists.run(run)
    assert view is not None
    assert (view.state, view.error) == ("SUCCEEDED", {})
