"""The real process is killed where the crash matrix has no scene for it: daemon, pages, channels, commands of care."""

from __future__ import annotations

import contextlib
import re
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import pytest

from bensync.actions import users
from bensync.core.access import Grant, Role
from bensync.core.people import Status
from bensync.core.runs import Outcome
from bensync.errors import GuardTripped
from bensync.wiring import Deployment
from tests.e2e.carrier import Carrier
from tests.e2e.disaster import strike
from tests.e2e.parent import PATIENCE, configure, ran, started, until
from tests.e2e.test_crash_matrix import settle
from tests.e2e.world import World, person
from tests.fixtures.databases import on_sqlite
from tests.fixtures.deployed import deployed
from tests.fixtures.fault_points import commits, sides
from tests.fixtures.filled import NOW, fill
from tests.fixtures.invariants import hold
from tests.fixtures.pages import Visitor
from tests.fixtures.serving import serving
from tests.fixtures.user_deployment import PASSWORD, ROOT, Person
from tests.fixtures.user_deployment import person as enrolled
from tests.fixtures.web import WebServer

pytestmark = on_sqlite

PARENT = sides("outline.start", "turn.start")


@pytest.mark.parametrize("point", PARENT)
def test_a_daemon_killed_as_it_starts_a_child_leaves_the_day_to_the_next_one(staffed: World, point: str) -> None:
    staffed.company.now = datetime.now(UTC)
    staffed.company.update("1", city="Akron")
    listen = configure(staffed)
    with started(staffed, listen, BENSYNC_FAULT=f"{point}=kill") as killed:
        assert killed.process.wait(PATIENCE) == -signal.SIGKILL
    with started(staffed, listen) as heir:
        until(ran(staffed), "the daily run")
        assert heir.stop() == 0
    there = Carrier(staffed, staffed.center.root)
    there.read_all()
    assert there.last_sent["1"].values["city"] == "Akron"
    assert there.repeats == []


CHANNELS = sides("alerts.send", "heartbeat.ping")


@pytest.mark.parametrize("point", CHANNELS)
def test_a_run_killed_as_it_speaks_to_the_world_reports_again_and_sends_nothing_twice(
    staffed: World, web: WebServer, point: str
) -> None:
    for name in ("alerts", "heartbeat"):
        scheme = "json" if name == "alerts" else "http"
        (staffed.folder / f"{name}.url").write_text(f"{scheme}://127.0.0.1:{web.port}/{name}")
    added = (
        f'[alerts]\nurls = ["file:{staffed.folder}/alerts.url"]\nheartbeat = "file:{staffed.folder}/heartbeat.url"\n'
    )
    staffed.config.write_text(added + staffed.config.read_text())
    staffed.deployment = Deployment(staffed.config)
    staffed.company.update("1", city="Akron")
    staffed.company.hire(person(4, ssn=""))

    strike(staffed, "daily", point)
    settle(staffed, Carrier(staffed, staffed.center.root))

    assert {asked.path.strip("/") for asked in web.asked} == {"alerts", "heartbeat"}
    assert staffed.sync().outcome is Outcome.NO_CHANGES
    assert len(staffed.files()) == 1


FILLED = commits("run.fill")


@pytest.mark.parametrize("point", FILLED)
def test_a_killed_snapshot_fills_everything_or_nothing(acme: World, point: str) -> None:
    acme.company.hire(person(1))
    acme.at(acme.now.date())

    strike(acme, "snapshot", point)

    assert acme.rows("select count(*) from baseline") == [(1 if point.endswith("after") else 0,)]
    hold(acme.store, "acme")
    with contextlib.suppress(GuardTripped):  # it is for the very first time only, and that may be over
        acme.snapshot()
    acme.next_day()
    assert acme.sync().outcome is Outcome.NO_CHANGES
    assert [who.profile.status for who in acme.participants().values()] == [Status.ACTIVE]


REHEARSED = commits("drill.copy")


@pytest.mark.parametrize("point", REHEARSED)
def test_a_killed_drill_leaves_the_live_site_as_it_was(staffed: World, point: str) -> None:
    tables = ("run", "delivery", "baseline", "request", "audit", "notice", "alert", "lease")
    before = {name: staffed.rows(f"select * from {name}") for name in tables}

    strike(staffed, "drill", point)

    assert {name: staffed.rows(f"select * from {name}") for name in tables} == before
    assert staffed.files() == []


CAUGHT_UP = commits("delivery.catch_up")


@pytest.mark.parametrize("point", CAUGHT_UP)
def test_a_killed_answer_after_a_restore_counts_whole_or_not_at_all(tmp_path: Path, point: str) -> None:
    employer = deployed(tmp_path / "employer", "", "", "acme")
    store = employer.deployment.store()
    store.migrate()
    fill(store, "acme")
    with store.write("acme", "test.restored") as work:
        work.runs.remember(msgspec.structs.replace(work.runs.memory(), restored_at=NOW))

    employer.killed(point, "deliveries", "caught-up", "--last", "4", "--reason", "as the receiver says")

    with store.read("acme") as work:
        assert work.deliveries.open_slot("benetrac").sequence == (5 if point.endswith("after") else 3)
        assert work.runs.memory().restored_at == (None if point.endswith("after") else NOW)
    hold(store, "acme")
    store.close()


# The pages

PLAN = re.compile(r'name="plan" value="([0-9a-f]+)"')


def present(employer: World) -> Person:
    """The world in the present, with a change to send, and somebody who may do everything."""
    employer.company.now = datetime.now(UTC)
    employer.company.update("1", city="Akron")
    grant = Grant("acme", Role.DATA_OWNER)
    return enrolled(users.add(employer.store, "kim", PASSWORD, grant, ROOT, datetime.now(UTC), issuer="test"))


@contextlib.contextmanager
def signed_in(address: str, kim: Person) -> Iterator[Visitor]:
    """A browser in which they are signed in, at the real server."""
    with httpx.Client(base_url=address, headers={"origin": address}, timeout=PATIENCE) as client:
        visitor = Visitor(client)
        visitor.get("/sign-in")
        form = {"name": kim.name, "password": PASSWORD, "code": kim.totp.now(), "next": "/"}
        answer = visitor.post("/sign-in", form)
        assert answer.status_code == 303, answer.text
        visitor.get("/account")
        yield visitor


def killing(ask: Callable[[], object]) -> None:
    """Ask for something that the server does not survive."""
    with pytest.raises(httpx.TransportError):
        ask()


BEGUN = sides("web.turn")


@pytest.mark.parametrize("point", BEGUN)
def test_pages_killed_as_they_begin_a_run_leave_a_whole_run_or_none(staffed: World, point: str) -> None:
    kim = present(staffed)
    set_up = {"BENSYNC_TEST": "1", "BENSYNC_FAULT": f"{point}=kill"}
    with serving(staffed.config, **set_up) as (process, address), signed_in(address, kim) as visitor:
        visitor.get("/sites/acme/synchronize")
        with pytest.raises((httpx.TransportError, AssertionError)):  # the answer may be quicker than the end
            assert visitor.post("/sites/acme/synchronize").status_code != 303
        assert process.wait(PATIENCE) == -signal.SIGKILL

    if point.endswith("after"):
        until(ran(staffed), "the run that was begun")
    hold(staffed.store, "acme")
    staffed.now = datetime.now(UTC)
    staffed.sync()
    there = Carrier(staffed, staffed.center.root)
    there.read_all()
    assert list(there.last_sent) == ["1"]
    assert there.repeats == []


REJECTED = commits("plan.reject")


@pytest.mark.parametrize("point", REJECTED)
def test_pages_killed_as_a_plan_is_rejected_have_written_it_down_or_not(staffed: World, point: str) -> None:
    kim = present(staffed)
    staffed.configure(guards='terminations = "0"\n')
    staffed.company.terminate("2", staffed.company.now.date())
    set_up = {"BENSYNC_TEST": "1", "BENSYNC_FAULT": f"{point}=kill"}
    with serving(staffed.config, **set_up) as (process, address), signed_in(address, kim) as visitor:
        visitor.get("/sites/acme/synchronize")
        assert visitor.post("/sites/acme/synchronize/preview", {"back": "held"}).status_code == 303
        until(lambda: 'name="plan"' in visitor.get("/sites/acme/held").text, "the plan")
        (plan,) = set(PLAN.findall(visitor.last.text)) if visitor.last else ()
        killing(lambda: visitor.post("/sites/acme/held/reject", {"plan": plan, "reason": "a test in HR"}))
        assert process.wait(PATIENCE) == -signal.SIGKILL

    said = staffed.rows("select actor, reason from audit where verb = 'plan.reject'")
    assert said == ([("kim", "a test in HR")] if point.endswith("after") else [])
    hold(staffed.store, "acme")
