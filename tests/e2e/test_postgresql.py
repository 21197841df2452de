"""The whole story with PostgreSQL behind it, and a server that dies in the middle of a commit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bensync.core.changes import ChangeKind
from bensync.core.people import Standing
from bensync.core.runs import Outcome
from bensync.state.upkeep.after_restore import ReceiverReport, catch_up
from bensync.state.upkeep.backup import backup
from bensync.state.upkeep.restore import restore
from tests.e2e.disaster import strike
from tests.e2e.world import World, person
from tests.fixtures.databases import on_sqlite
from tests.fixtures.postgres import Postgres

pytestmark = [pytest.mark.databases("postgresql"), pytest.mark.connections]


def test_people_come_change_and_leave_and_every_step_is_remembered_on_the_server(staffed: World) -> None:
    hired = staffed.company.hire(person(4))
    staffed.company.update("1", jobTitle="Manager")
    staffed.company.terminate("2", staffed.now.date())

    assert staffed.sync().outcome is Outcome.DELIVERED

    waiting = {request.employee_id: request for request in staffed.queue()}
    assert {who: request.kind for who, request in waiting.items()} == {
        "1": ChangeKind.UPDATE,
        "2": ChangeKind.TERMINATE,
        hired: ChangeKind.NEW,
    }
    decisions = staffed.approve([request.id for request in waiting.values()], confirmed=True)
    assert all(decision.done for decision in decisions)
    participants = staffed.participants()
    assert participants["1"].profile.values["job_title"] == "Manager"
    assert {who: participant.standing for who, participant in participants.items()} == {
        "1": Standing.ACTIVE,
        "2": Standing.TERMINATED,
        "3": Standing.ACTIVE,
        hired: Standing.ACTIVE,
    }
    assert staffed.rows("select employee_id, standing from participant where standing <> 'ACTIVE'") == [
        ("2", "TERMINATED")
    ]
    assert list(staffed.folder.glob("*.db*")) == []


def test_a_killed_run_is_finished_and_a_resync_finds_both_sides_in_step(staffed: World) -> None:
    staffed.company.update("3", city="Akron")
    strike(staffed, "daily", "delivery.commit.commit.before")
    assert staffed.rows("select state from delivery") == [("PUBLISHING",)]
    staffed.next_day()

    assert staffed.sync().outcome is Outcome.NO_CHANGES
    staffed.approve([staffed.request().id])
    staffed.next_day()
    assert staffed.resync().outcome is Outcome.DELIVERED

    delta, full = staffed.files()
    assert [profile.employee_id for profile in staffed.read(delta).profiles] == ["3"]
    assert {profile.values["city"] for profile in staffed.read(full).profiles} == {"Dayton", "Akron"}
    assert staffed.queue() == []


def test_every_list_can_be_read_from_the_server(staffed: World) -> None:
    staffed.company.hire(person(4, ssn=None))
    staffed.company.update("1", city="Akron")
    staffed.sync()
    staffed.approve([staffed.request().id])

    with staffed.store.read("acme") as work:
        views = work.lists
        lists = (views.runs(), views.deliveries(), views.issues(), views.people(), views.requests(), views.audit())
        status = views.status()
        sent, episodes = work.timeline.last_sent("1"), work.timeline.episodes("1")
        person_one = views.person(views.participants_of("1")[0])

    assert all(listing.total == len(listing.items) > 0 for listing in lists)
    assert (status.issues, dict(status.pending), status.deliveries_in_trouble) == (1, {}, 0)
    assert sent is not None
    assert sent.profile.values["city"] == "Akron"
    assert [episode.kind for episode in episodes][-2:] == ["request_opened", "request_closed"]
    assert person_one is not None
    assert person_one.values["ssn"].startswith("***")


@on_sqlite
def test_a_backup_of_a_file_goes_on_living_on_the_server(tmp_path: Path, postgresql: str, staffed: World) -> None:
    file = tmp_path / "move.db"
    staffed.company.update("1", city="Akron")
    staffed.sync()
    backup(staffed.store, file)
    before = staffed.participants()
    staffed.store.close()

    staffed.database = postgresql
    staffed.configure()
    restore(staffed.store, file, ["acme"], actor="admin", now=staffed.now)
    with staffed.store.write("acme", "test") as work:
        catch_up(work, ReceiverReport("benetrac", 1, "moved, nothing left since"), "admin", staffed.now)

    assert staffed.participants() == before
    staffed.approve([staffed.request().id])
    hired = staffed.company.hire(person(4))
    staffed.next_day()
    assert staffed.sync().outcome is Outcome.DELIVERED
    assert (staffed.request().kind, staffed.request().employee_id) == (ChangeKind.NEW, hired)
    assert [arrived_file.name[:21] for arrived_file in staffed.files()] == [
        "ACME0001_DELTA_000001",
        "ACME0001_DELTA_000002",
    ]


@pytest.fixture(params=["not done", "done"])
def commit_in_between(request: pytest.FixtureRequest, staffed: World, database_server: Postgres) -> str:
    """The commit of a delivery does not come to an end; gives the state that it leaves if its session is killed.

    It either waits before anything is decided, or was decided and nobody is notified.
    """
    wait = {"not done": "pg_sleep(600)", "done": "set_config('synchronous_commit', 'on', true)"}[request.param]
    name = staffed.rows("select current_database()")[0][0]
    body = f"$$ BEGIN PERFORM {wait}; RETURN NULL; END $$"
    database_server.execute(f"CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS {body}", name)
    at_the_end = "AFTER UPDATE ON delivery DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (new.state = 'COMMITTED')"
    database_server.execute(f"CREATE CONSTRAINT TRIGGER hold {at_the_end} EXECUTE FUNCTION hold()", name)
    return {"not done": "PUBLISHING", "done": "COMMITTED"}[request.param]


def test_a_server_that_dies_while_it_commits_leaves_the_state_before_or_after_and_the_next_run_goes_on(
    staffed: World, database_server: Postgres, commit_in_between: str
) -> None:
    staffed.company.update("1", city="Akron")
    command = [sys.executable, "-m", "tests.e2e.killed", str(staffed.config), staffed.now.isoformat(), "daily"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as run:
        waits = "wait_event IN ('PgSleep', 'SyncRep') AND query = 'COMMIT'"
        database_server.strike(f"application_name = 'bensync' AND {waits}")
        _, said = run.communicate(timeout=60)
    assert run.returncode != 0
    assert "StateError" in said
    database_server.wait()

    moved = commit_in_between == "COMMITTED"
    assert staffed.rows("select state from delivery") == [(commit_in_between,)]
    assert len(staffed.queue()) == moved
    with staffed.store.read("acme") as work:
        sent = work.timeline.last_sent("1")
    assert sent is not None
    assert sent.profile.values["city"] == ("Akron" if moved else "Dayton")

    database_server.execute("DROP TRIGGER hold ON delivery", staffed.rows("select current_database()")[0][0])
    staffed.next_day()
    assert staffed.sync().outcome is Outcome.NO_CHANGES
    assert staffed.rows("select state from delivery") == [("COMMITTED",)]
    assert [request.employee_id for request in staffed.queue()] == ["1"]
    assert len(staffed.files()) == 1
