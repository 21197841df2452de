"""Migrations that change what is in a row."""

from __future__ import annotations

import contextlib
import json
from datetime import date
from importlib import resources

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, inspect, select, text

from bensync.benefits.values.activities import ActivitySource, ActivityState
from bensync.core.people import Profile, Status, encode_profile
from bensync.state.db.vault import Seal, Vault, new_data_key, new_state_key
from bensync.state.schema.sync import RunRow
from bensync.state.store import Store
from tests.fixtures.invariants import hold
from tests.fixtures.older_seals import sealed_for_a_person

PERSON = (
    "INSERT INTO participant (id, site, key, employee_id, standing, program, benefit_record, version, sealed_profile, "
    "created_at, updated_at) VALUES (:id, 'acme', :key, :employee, 'ACTIVE', 'NOB', 0, 1, :sealed, :at, :at)"
)
TRACE = (
    "INSERT INTO activity (id, site, participant_id, event_class, event_date, action, final, state) "
    "VALUES (:id, 'acme', :who, :event_class, '2026-06-01', 'change', :final, :state)"
)
RUN = (
    "INSERT INTO run (id, site, kind, cause, actor, as_of, boxes, started_at, state, counts, alarms, error, ledger, "
    "fill_rates, brief) VALUES (:id, 'acme', 'DAILY', 'MANUAL', 'me', '2026-06-01', '[]', '2026-06-01 00:00:00.000000', "
    "'FAILED', '{}', '[]', :error, '{}', '{}', '')"
)
TRACES = [(1, 7, "HIR", "WAITING"), (2, 8, "HIR", "WAITING"), (3, 7, "ADR", "WAITING"), (4, 7, "INFO", "INFO")]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql")
    return f"sqlite:///{tmp_path}/old.db"


@pytest.fixture
def engine(url):
    """An empty database."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in inspect(connection).get_table_names():
            connection.execute(text(f'DROP TABLE "{table}" CASCADE'))
        for function in (
            ("audit_refuse", "enrollment_refuse", "dependent_refuse") if engine.dialect.name == "postgresql" else ()
        ):
            connection.execute(text(f"DROP FUNCTION IF EXISTS {function}"))
    yield engine
    engine.dispose()


def upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files("bensync.state") / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def test_activities_from_before_benefit_events_are_numbered_in_their_order_and_wait_for_the_first_run(url, engine):
    key = new_state_key()
    seal, keys = Seal(key), {name: new_data_key() for name in ("index", "fingerprint", "mac")}
    vault = Vault("acme", seal, *keys.values())
    with engine.begin() as connection:
        upgrade(connection, "0005")
        secrets = [{"name": name, "sealed": seal.seal(value, name.encode())} for name, value in keys.items()]
        connection.execute(text("INSERT INTO secret VALUES (:name, :sealed)"), secrets)
        for number in (7, 8):
            ssn = f"20011000{number}"
            profile = Profile(str(number), Status.ACTIVE, date(2020, 1, 1), {"ssn": ssn})
            sealed = sealed_for_a_person(seal, encode_profile(profile), "acme", b"profile", vault.index(ssn))
            row = {"id": number, "key": vault.index(ssn), "employee": str(number), "sealed": sealed}
            connection.execute(text(PERSON), {**row, "at": "2026-06-01 00:00:00.000000"})
        for number, who, event_class, state in TRACES:
            row = {"id": number, "who": who, "event_class": event_class, "final": False, "state": state}
            connection.execute(text(TRACE), row)
    with contextlib.closing(Store(url, key)) as store:
        store.migrate()
        with store.read("acme") as work:
            cases = work.cases.load([7, 8])
            assert work.cases.waiting(0, 9) == [7, 8]
        hold(store, "acme")
    first = [(activity.id, activity.event_class, activity.source, activity.state) for activity in cases[7].activities]
    assert first == [
        (1, "HIR", ActivitySource.JOB, ActivityState.WAITING),
        (2, "ADR", ActivitySource.ADDRESS, ActivityState.WAITING),
        (3, "INFO", ActivitySource.JOB, ActivityState.INFO),
    ]
    assert [activity.id for activity in cases[8].activities] == [1]


def test_S3_13_benefit_events_have_begun_where_a_version_before_ran_them(engine):
    with engine.begin() as connection:
        upgrade(connection, "0020")
        connection.execute(text(RUN), [{"id": number, "error": "{}"} for number in range(1, 4)])
        connection.execute(text("UPDATE run SET site = 'globex', kind = 'EVENTS' WHERE id = 2"))
        connection.execute(text("UPDATE run SET kind = 'EVENTS', state = 'SUCCEEDED' WHERE id = 3"))
        upgrade(connection, "head")
        rows = connection.execute(text("SELECT site, began_with FROM event_begin")).all()
    assert [tuple(row) for row in rows] == [("acme", "RUNS")]


def test_the_advice_in_errors_of_runs_gets_its_new_name(engine):
    error = {
        "code": 11,
        "what": "HR is down",
        "why": 'it said "mend"',
        "mend": "Try again; if it happens again, run `bensync check`.",
    }
    with engine.begin() as connection:
        upgrade(connection, "0014")
        connection.execute(text(RUN), [{"id": 1, "error": json.dumps(error)}, {"id": 2, "error": "{}"}])
        upgrade(connection, "head")
        rows = connection.execute(select(RunRow.__table__.c.error).order_by(RunRow.__table__.c.id)).scalars().all()
    assert rows == [
        {
            "code": 11,
            "what": "HR is down",
            "why": 'it said "mend"',
            "fix": "Try again; if it happens again, run `bensync check`.",
        },
        {},
    ]
