"""What a database address means, and what PostgreSQL promises: pictures, turns, limits, and errors without secrets."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import make_url, text

from bensync.core.runs import RunKind
from bensync.errors import ConfigError, StateError
from bensync.state.db.database import Database
from bensync.state.db.engine import _postgresql_options, encrypted, make_engine, transaction
from bensync.state.db.vault import new_state_key
from bensync.state.store import Store
from tests.fixtures.postgres import PASSWORD, Postgres

KEY = new_state_key()
NOW = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
PATIENCE = 60.0


@pytest.fixture
def store(postgresql: str) -> Iterator[Store]:
    """An empty store with its tables, on PostgreSQL."""
    with contextlib.closing(Store(postgresql, KEY)) as opened_store:
        opened_store.migrate()
        yield opened_store


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a lock."""
    monkeypatch.setattr("bensync.state.db.engine._BUSY_SECONDS", 1)


def name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def guarded(server: Postgres, url: str) -> str:
    """The same database over TCP, where the server asks for a password."""
    return f"postgresql+psycopg://guarded@127.0.0.1:{server.port}/{name_of(url)}"


def wait_for(server: Postgres, condition: str) -> None:
    """Until a session of ours is as the condition says."""
    end = time.monotonic() + PATIENCE
    query = f"SELECT pid FROM pg_stat_activity WHERE application_name = 'bensync' AND {condition}"
    while not server.execute(query):
        assert time.monotonic() < end, condition
        time.sleep(0.01)


def trouble(error: pytest.ExceptionInfo[StateError]) -> str:
    """Everything that an error says, its causes included."""
    said, cause = [], error.value
    while cause is not None:
        said += [str(cause), str(getattr(cause, "fix", ""))]
        cause = cause.__cause__ or cause.__context__
    return " ".join(said)


# Addresses


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://x",
        "postgresql+asyncpg://u@h/d",
        "postgres://u@h/d",
        "postgresql+psycopg://bob:hunter2@db.example.com/bensync",
        "postgresql+psycopg://bob@db.example.com/bensync?password=hunter2",
        "postgresql+psycopg://bob:hunter2",
        "postgresql+psycopg://bob:hunt/er2@db.example.com/bensync",
        "postgresql+psycopg://bob:hunter2@@db.example.com/bensync",
        "postgresql+psycopg://bob:@db.example.com/bensync",
    ],
)
def test_an_address_that_cannot_be_used_or_holds_a_password_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Store(url, KEY)
    assert caught.value.fix
    assert "hunt" not in trouble(caught)
    assert ("Secrets" in caught.value.why) is ("@db" in url)


def test_a_password_that_is_configured_opens_the_database(
    store: Store, postgresql: str, database_server: Postgres
) -> None:
    with contextlib.closing(Store(guarded(database_server, postgresql), KEY, password=PASSWORD)) as remote:
        assert remote.check() == store.check()
        assert PASSWORD not in repr(remote._engine)


def test_libpqs_own_ways_to_a_password_work_too(store, postgresql, database_server, monkeypatch, tmp_path) -> None:
    url = guarded(database_server, postgresql)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with contextlib.closing(Store(url, KEY)) as remote:
        assert remote.check()
    monkeypatch.delenv("PGPASSWORD")
    (tmp_path / "pgpass").write_text(f"*:*:*:guarded:{PASSWORD}\n")
    (tmp_path / "pgpass").chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    with contextlib.closing(Store(url, KEY)) as remote:
        assert remote.check()


def test_a_wrong_password_is_an_error_that_stays_and_does_not_repeat_it(postgresql, database_server) -> None:
    wrong = Store(guarded(database_server, postgresql), KEY, password="hunter2")

    with pytest.raises(StateError, match="password authentication failed") as caught:
        wrong.check()

    assert not caught.value.retry
    assert "state.password" in caught.value.fix
    assert "hunter2" not in trouble(caught)
    assert "\n" not in caught.value.why


@pytest.mark.parametrize("host", ["127.0.0.1:1", "nowhere.invalid"])
def test_a_server_that_cannot_be_reached_is_an_error_that_may_pass(host: str) -> None:
    with (
        pytest.raises(StateError, match="cannot be used") as caught,
        Store(f"postgresql://u@{host}/d", KEY).read("acme"),
    ):
        pass
    assert caught.value.retry


def test_nothing_is_put_into_the_folder_where_we_stand(postgresql, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    with contextlib.closing(Store(postgresql, KEY)) as store:
        store.migrate()
    assert list(tmp_path.iterdir()) == []


def test_every_connection_has_a_name_and_limits_and_what_the_address_says_wins(store: Store, postgresql: str) -> None:
    def settings_of(address: str) -> dict[str, str]:
        with transaction(make_engine(address), write=False) as (connection, _):
            rows = connection.execute(text("SELECT name, setting FROM pg_settings")).all()
        return {row.name: row.setting for row in rows}

    plain = settings_of(postgresql)
    other = settings_of(f"{postgresql}&application_name=night&options=-c%20statement_timeout%3D7s")

    assert plain["application_name"] == "bensync"
    assert plain["lock_timeout"] == "30000"
    assert plain["statement_timeout"] == "600000"
    assert int(plain["idle_in_transaction_session_timeout"]) < 300_000  # a paused process lets go in five minutes
    assert plain["client_encoding"] == "UTF8"
    assert (other["application_name"], other["statement_timeout"], other["lock_timeout"]) == ("night", "7000", "30000")


# Pictures and turns


def test_a_look_is_one_picture_and_waits_for_nobody(store: Store) -> None:
    with store.read("acme") as reader:
        assert not reader.runs.daily_done(NOW.date())
        with store.write("acme", "test") as work:
            run = work.runs.start(RunKind.DAILY, "MANUAL", "me", NOW.date(), NOW)
            work.runs.finish_day(run, NOW.time())
            assert not reader.runs.daily_done(NOW.date())
        assert not reader.runs.daily_done(NOW.date())
    with store.read("acme") as later:
        assert later.runs.daily_done(NOW.date())


def test_a_look_cannot_write(store: Store) -> None:
    with pytest.raises(StateError, match="refused") as caught, store.read("acme") as work:
        work.runs.start(RunKind.DAILY, "MANUAL", "me", NOW.date(), NOW)
    assert caught.value.why == "The database reports ReadOnlySqlTransaction."


def test_moments_are_in_utc_wherever_the_server_is(store: Store, database_server: Postgres) -> None:
    assert database_server.execute("SHOW timezone") == [("Asia/Kathmandu",)]
    with store.write("acme", "test") as work:
        run = work.runs.start(RunKind.DAILY, "MANUAL", "me", NOW.date(), NOW)
    with store.read("acme") as work:
        view = work.lists.run(run)
        assert view is not None
        assert view.started_at == NOW
        assert (view.started_at.tzinfo, view.started_at.hour) == (UTC, 22)


def test_a_writer_waits_for_the_one_before_and_builds_on_what_that_one_wrote(
    store: Store, database_server: Postgres
) -> None:
    first_is_in, first_may_go = threading.Event(), threading.Event()

    def first() -> None:
        with store.write("acme", "test") as work:
            work.runs.start(RunKind.DAILY, "MANUAL", "first", NOW.date(), NOW)
            first_is_in.set()
            assert first_may_go.wait(PATIENCE)

    def second() -> int:
        assert first_is_in.wait(PATIENCE)
        with store.write("acme", "test") as work:
            return work.lists.runs().total

    with ThreadPoolExecutor(2) as pool:
        first_write, two = pool.submit(first), pool.submit(second)
        wait_for(database_server, "wait_event = 'advisory'")
        assert not two.done()
        first_may_go.set()
        first_write.result(PATIENCE)
        assert two.result(PATIENCE) == 1


@pytest.mark.usefixtures("impatient")
def test_writers_of_two_sites_work_side_by_side_and_a_third_of_the_first_must_try_again(postgresql: str) -> None:
    with contextlib.closing(Store(postgresql, KEY)) as store:
        store.migrate()
        with store.write("acme", "test"):
            with store.write("other", "test") as work:
                work.runs.start(RunKind.DAILY, "MANUAL", "me", NOW.date(), NOW)
            with pytest.raises(StateError, match="busy") as caught, store.write("acme", "test"):
                pass
    assert caught.value.retry
    assert "lock timeout" in caught.value.why


@pytest.mark.usefixtures("impatient")
def test_a_writer_to_the_whole_database_is_alone(postgresql: str) -> None:
    with contextlib.closing(Store(postgresql, KEY)) as store:
        store.migrate()
        with store.write("acme", "test"), pytest.raises(StateError, match="busy"), store.whole("test"):
            pass
        with store.whole("test"), pytest.raises(StateError, match="busy"), store.write("acme", "test"):
            pass
        with store.whole("test"), store.whole() as reader, store.read("acme"):
            assert reader.scalar(text("SELECT 1")) == 1


def test_two_that_start_at_once_migrate_once_and_agree_on_the_keys(database_server: Postgres) -> None:
    with database_server.database(f"fresh{os.getpid()}", empty=True) as url:
        stores = [Store(url, KEY) for _ in range(4)]
        together = threading.Barrier(len(stores))

        def start(store: Store) -> bytes:
            together.wait(PATIENCE)
            store.migrate()
            return store.vault("acme").index("200101001")

        with ThreadPoolExecutor(len(stores)) as pool:
            outcomes = list(pool.map(start, stores))
        for store in stores:
            store.close()
    assert len(set(outcomes)) == 1


# Errors


def test_a_deadlock_is_an_error_that_may_pass(store: Store, postgresql: str) -> None:
    engine = make_engine(f"{postgresql}&options=-c%20deadlock_timeout%3D50ms")
    with transaction(engine, write=True) as (connection, _):
        connection.execute(text("CREATE TABLE pair AS SELECT number FROM generate_series(1, 2) AS number"))
    together = threading.Barrier(2)

    def cross(site: str, numbers: tuple[int, int]) -> None:
        with transaction(engine, site, write=True) as (connection, _):
            connection.execute(text("UPDATE pair SET number = number WHERE number = :n"), {"n": numbers[0]})
            together.wait(PATIENCE)
            connection.execute(text("UPDATE pair SET number = number WHERE number = :n"), {"n": numbers[1]})

    with ThreadPoolExecutor(2) as pool:
        tries = [pool.submit(cross, "a", (1, 2)), pool.submit(cross, "b", (2, 1))]
        errors = [error for error in (attempt.exception(PATIENCE) for attempt in tries) if error is not None]

    assert [(type(error), error.what, error.retry) for error in errors] == [(StateError, "The database is busy.", True)]


def test_a_serialization_failure_is_an_error_that_may_pass(store: Store) -> None:
    with pytest.raises(StateError) as caught, transaction(store._engine, "acme", write=True) as (connection, _):
        connection.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))
    assert caught.value.retry


@pytest.mark.parametrize("how", ["terminated", "killed"])
def test_a_connection_that_is_lost_is_an_error_that_may_pass(store: Store, database_server: Postgres, how: str) -> None:
    def work_on() -> None:
        with store.write("acme", "test") as work:
            work.runs.start(RunKind.DAILY, "MANUAL", "me", NOW.date(), NOW)
            database_server.strike("application_name = 'bensync'", kill=how == "killed")
            work.runs.start(RunKind.DAILY, "MANUAL", "me", NOW.date(), NOW)

    with pytest.raises(StateError, match="cannot be used") as caught:
        work_on()

    assert caught.value.retry
    database_server.wait()
    with store.read("acme") as work:
        assert work.lists.runs().total == 0


def test_the_values_of_a_refused_row_are_in_no_error(store: Store) -> None:
    insert = text("INSERT INTO notice (site, key, subject, body, created_at) VALUES ('acme', :key, '', '', now())")

    def insert_twice() -> None:
        with transaction(store._engine, "acme", write=True) as (connection, _):
            for _ in range(2):
                connection.execute(insert, {"key": "Ada Vale"})

    with pytest.raises(StateError) as caught:
        insert_twice()

    error = caught.value
    assert error.why == "The database reports UniqueViolation."
    assert "Vale" not in f"{error} {error.fix}"


@pytest.mark.parametrize(
    ("address", "mode"),
    [
        ("postgresql+psycopg://bensync@db.example.com/bensync", {"sslmode": "require"}),
        ("postgresql+psycopg://bensync@localhost/bensync", {}),
        ("postgresql+psycopg://bensync@/bensync?host=/run/postgresql", {}),
    ],
)
def test_a_connection_to_another_machine_is_encrypted(
    address: str, mode: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGSSLMODE", raising=False)
    assert encrypted(make_url(address)) == mode


def test_what_the_address_says_of_encryption_counts() -> None:
    url = make_url("postgresql+psycopg://bensync@db.example.com/bensync?sslmode=disable")
    assert "sslmode" not in _postgresql_options(url)
    assert Database(url.render_as_string()).reach()["sslmode"] == "disable"
