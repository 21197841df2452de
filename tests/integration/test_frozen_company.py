"""The company that benchmarks read from files answers as the demo's fake does, and nobody is lost on the way."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from bensync.demo.bamboohr.server import serve
from bensync.demo.company.company import API_KEY, Company
from bensync.demo.company.people import people

ROOT = Path(__file__).parents[2]
PEOPLE = 50
FIELDS = ["id", "ssn", "employeeNumber", "lastName", "dateOfBirth", "state", "terminationDate"]


@contextmanager
def frozen(where):
    command = [sys.executable, str(ROOT / "benchmarks" / "frozen_hr.py"), str(PEOPLE)]
    environment = {**os.environ, "BENSYNC_BENCH": str(where)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with frozen(tmp_path_factory.mktemp("frozen")) as url:
        yield url


@pytest.fixture(scope="module")
def fake(address):
    """The demo's own fake with the same people on the same day, whom nothing has happened to yet."""
    now = datetime.fromisoformat(ask(address, "stats", root=True)["now"])
    company = Company(now=now)
    company.take_in(people(PEOPLE, today=company.today))
    with serve(company) as server:
        yield server.url


def ask(address, path, wish=None, *, root=False):
    base = address.removesuffix("/api/v1") + "/_company" if root else address
    headers = {"accept": "application/json", "content-type": "application/json"}
    body = None if wish is None else msgspec.json.encode(wish)
    request = urllib.request.Request(f"{base}/{path}", body, headers)
    passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
    passwords.add_password(None, base, API_KEY, "x", is_authenticated=True)
    with urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords)).open(
        request, timeout=20
    ) as answer:
        return msgspec.json.decode(answer.read())


def report(**asked):
    return {"title": "bensync", "filterDuplicates": "no", **asked}


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("meta/fields", None),
        ("meta/tables", None),
        ("employees/all/tables/employmentStatus", None),
        ("employees/all/tables/jobInfo", None),
        ("employees/all/tables/compensation", None),
        ("reports/custom?format=json", report(fields=["id", "employeeNumber"])),
        ("reports/custom?format=json", report(fields=FIELDS, filters={"employeeIds": [3, 4, 5, 9, 50, 51]})),
    ],
)
def test_files_say_what_the_fake_says(address, fake, path, wish):
    answered, expected = ask(address, path, wish), ask(fake, path, wish)
    if wish:
        answered["employees"] = [{name: line[name] for name in wish["fields"]} for line in answered["employees"]]
    assert answered == expected


def test_one_percent_has_changed_when_it_is_asked_for(tmp_path):
    with frozen(tmp_path) as address:
        quiet = ask(address, "employees/changed?since=2026-11-02T05:55:00Z")
        before = ask(address, "employees/all/tables/compensation"), ask(address, "employees/all/tables/jobInfo")
        everybody = report(fields=FIELDS, filters={"employeeIds": list(range(1, PEOPLE + 1))})
        lines = ask(address, "reports/custom?format=json", everybody)["employees"]
        ask(address, "churn?percent=1", {}, root=True)
        changes = ask(address, "employees/changed?since=2026-11-02T05:55:00Z")["employees"]
        after = ask(address, "employees/all/tables/compensation"), ask(address, "employees/all/tables/jobInfo")
        again = ask(address, "reports/custom?format=json", everybody)["employees"]
    assert quiet["employees"] == {}
    assert len(changes) == 1
    assert [line["id"] for line in again] == [line["id"] for line in lines] == [str(n) for n in range(1, PEOPLE + 1)]
    moved = {line["id"] for line, old in zip(again, lines, strict=True) if line != old}
    rows = {row["employeeId"] for new, old in zip(after, before, strict=True) for row in new if row not in old}
    assert moved | rows <= changes.keys()
