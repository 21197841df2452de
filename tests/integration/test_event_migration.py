"""Activities from before benefit events are numbered in their order, and wait for the first run."""

from __future__ import annotations

import contextlib
from datetime import date
from importlib import resources

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect, text

from bensync.benefits.values.activities import ActivitySource, ActivityState
from bensync.core.people import Profile, Status, encode_profile
from bensync.state.db.vault import Seal, Vault, new_data_key, new_state_key
from bensync.state.store import Store
from bensync.state.sync.baselines import PROFILE
from tests.fixtures.invariants import hold

PERSON = (
    "INSERT INTO participant (id, site, key, employee_id, standing, program, benefit_record, version, sealed_profile, "
    "created_at, updated_at) VALUES (:id, 'acme', :key, :employee, 'ACTIVE', 'NOB', 0, 1, :sealed, :at, :at)"
)
TRACE = (
    "INSERT INTO activity (id, site, participant_id, event_class, event_date, action, final, state) "
    "VALUES (:id, 'acme', :who, :event_class, '2026-06-01', 'change', :final, :state)"
)
TRACES = [(1, 7, "HIR", "WAITING"), (2, 8, "HIR", "WAITING"), (3, 7, "ADR", "WAITING"), (4, 7, "INFO", "INFO")]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql")
    return f"sqlite:///{tmp_path}/old.db"


def test_activities_of_before_are_numbered_and_wait(url):
    key = new_state_key()
    seal, keys = Seal(key), {name: new_data_key() for name in ("index", "fingerprint", "mac")}
    vault = Vault("acme", seal, *keys.values())
    config = Config()
    config.set_main_option("script_location", str(resources.files("bensync.state") / "migrations"))
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in inspect(connection).get_table_names():
            connection.execute(text(f'DROP TABLE "{table}" CASCADE'))
        for function in ("audit_refuse", "enrollment_refuse") if engine.dialect.name == "postgresql" else ():
            connection.execute(text(f"DROP FUNCTION IF EXISTS {function}"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        secrets = [{"name": name, "sealed": seal.seal(value, name.encode())} for name, value in keys.items()]
        connection.execute(text("INSERT INTO secret VALUES (:name, :sealed)"), secrets)
        for number in (7, 8):
            ssn = f"20011000{number}"
            profile = Profile(str(number), Status.ACTIVE, date(2020, 1, 1), {"ssn": ssn})
            sealed = vault.seal(encode_profile(profile), PROFILE, vault.index(ssn))
            row = {"id": number, "key": vault.index(ssn), "employee": str(number), "sealed": sealed}
            connection.execute(text(PERSON), {**row, "at": "2026-06-01 00:00:00.000000"})
        for number, who, event_class, state in TRACES:
            row = {"id": number, "who": who, "event_class": event_class, "final": False, "state": state}
            connection.execute(text(TRACE), row)
    engine.dispose()

    with contextlib.closing(Store(url, key)) as store:
        store.migrate()
        with store.read("acme") as work:
            cases = work.cases.load([7, 8])
            assert work.cases.waiting(0, 9) == [7, 8]
        hold(store, "acme")
    first = [(one.id, one.event_class, one.source, one.state) for one in cases[7].activities]
    assert first == [
        (1, "HIR", ActivitySource.JOB, ActivityState.WAITING),
        (2, "ADR", ActivitySource.ADDRESS, ActivityState.WAITING),
        (3, "INFO", ActivitySource.JOB, ActivityState.INFO),
    ]
    assert [one.id for one in cases[8].activities] == [1]
