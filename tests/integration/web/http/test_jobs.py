"""Where workers take the turns, a run that is asked for on the pages or by the API is theirs, and the pages watch it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from bensync.actions.authorization import sign_order
from bensync.cli.commands.setup import optional_workers
from bensync.core.access import Role
from bensync.core.runs import Outcome, RunKind
from bensync.errors import SourceError
from bensync.web.http.jobs import Jobs
from tests.fixtures.pages import Pages, pages

EXTRA = '[web]\nchanges_per_minute = 1000000\n[daemon]\nqueue = "procrastinate"\n'
SYNCHRONIZE = "/sites/acme/synchronize"


@pytest.fixture
def web_pages(tmp_path: Path, postgresql: str) -> Iterator[Pages]:
    """Pages whose runs are made by workers; none is alive."""
    with pages(tmp_path, postgresql, EXTRA) as served:
        app = served.app.state.bensync
        elsewhere = optional_workers.adhoc_runs(app.deployment, app.store)
        served.app.state.bensync = msgspec.structs.replace(
            app, jobs=Jobs(served.config, timedelta(hours=1), partial(sign_order, app.store), elsewhere)
        )
        served.deployment.now = datetime.now(UTC)
        yield served


def queue(web_pages: Pages, sql: str = "SELECT task_name, lock, priority, args FROM procrastinate_jobs") -> list[Any]:
    address = str(web_pages.deployment.url).replace("+psycopg", "", 1)
    with psycopg.connect(address, options="-c search_path=bensync_queue") as connection:
        cursor = connection.execute(sql)  # type: ignore[arg-type]  # not literal
        return cursor.fetchall() if cursor.description else []


def test_a_run_that_is_asked_for_on_the_pages_waits_for_a_worker_before_those_of_the_day(web_pages: Pages) -> None:
    jo = web_pages.as_role(Role.OPERATOR)
    jo.get(SYNCHRONIZE)
    assert jo.post(SYNCHRONIZE, {"what": "changes"}).status_code == 303

    ((task, lock, priority, args),) = queue(web_pages)
    assert (task, lock, priority) == ("run", "acme", 10)
    assert (args["words"], args["actor"]) == (["sync"], "operator")
    shown = jo.get(SYNCHRONIZE).text
    assert "Waiting for a worker…" in shown
    assert "No worker is running" in shown
    assert "Started by operator" in shown
    assert "it is waiting for a worker" in jo.get("/sites/acme").text
    assert "Waiting for a worker" not in jo.get("/sites/globex/synchronize").text


def test_a_second_run_is_refused_as_long_as_the_first_waits(web_pages: Pages) -> None:
    jo = web_pages.as_role(Role.OPERATOR)
    assert jo.ask_api("POST", "/api/sites/acme/runs", {}).status_code == 202
    again = jo.ask_api("POST", "/api/sites/acme/runs", {"active": True})
    assert again.status_code == 409, again.text
    assert again.json()["error"]["kind"] == "BusyError"
    assert [args["words"] for *_, args in queue(web_pages)] == [["sync"]]


def test_what_came_of_it_is_shown_when_the_worker_is_done(web_pages: Pages) -> None:
    jo = web_pages.as_role(Role.OPERATOR)
    jo.get(SYNCHRONIZE)
    jo.post(SYNCHRONIZE, {"what": "changes"})
    queue(web_pages, "UPDATE procrastinate_jobs SET status = 'doing'")
    assert "In progress…" in jo.get(SYNCHRONIZE).text

    now = datetime.now(UTC)
    with web_pages.deployment.store.write("acme", "test") as work:
        number = work.runs.start(RunKind.DAILY, "MANUAL", "operator", now.date(), now)
        work.runs.succeed(number, Outcome.NO_CHANGES, now)
    queue(web_pages, "DELETE FROM procrastinate_jobs")
    shown = jo.get(SYNCHRONIZE).text
    assert "Nothing had changed, so no file was needed" in shown
    assert f"/sites/acme/runs/{number}" in shown


def test_a_run_that_failed_elsewhere_says_why_and_one_that_never_began_where_to_look(web_pages: Pages) -> None:
    jo = web_pages.as_role(Role.OPERATOR)
    jo.get(SYNCHRONIZE)
    jo.post(SYNCHRONIZE, {"what": "changes"})
    queue(web_pages, "DELETE FROM procrastinate_jobs")
    assert "The sync did not run" in jo.get(SYNCHRONIZE).text

    now = datetime.now(UTC) + timedelta(seconds=1)
    with web_pages.deployment.store.write("acme", "test") as work:
        number = work.runs.start(RunKind.DAILY, "MANUAL", "operator", now.date(), now)
        work.runs.fail(number, SourceError("HR cannot be read", "it is closed"), now)
    assert "HR cannot be read" in jo.get(SYNCHRONIZE).text
