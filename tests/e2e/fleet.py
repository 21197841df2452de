"""Many small employers on one PostgreSQL: HR is a folder of CSV files each, the upload center a folder; all else is real.

The daemon and the workers are the real commands, in processes of their own, which may be killed with their children.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bensync.core.people import Status
from bensync.core.runs import RunKind
from bensync.mappings import feed
from bensync.mappings.presets import load
from bensync.pipeline.context import MANUAL, RunOptions
from bensync.pipeline.runs import run
from bensync.state.db.vault import new_state_key
from bensync.wiring import Deployment
from tests.fixtures.commands import Begun, begin, command
from tests.fixtures.gnupg import Correspondence

Process = Begun | subprocess.Popen[bytes]

PEOPLE = 2
_COLUMNS = ("employee_id", *load("csvfile")["fields"].values())
_KNOWN = ("birth_date", "gender", "address1", "city", "state", "postal_code", "country", "hire_date")
_SAME = ("1984-02-29", "F", "1 Elm Street", "Dayton", "OH", "45402", "US", "2020-03-02")

SITE = """
id = "{id}"
[source]
type = "csvfile"
folder = "{folder}/hr/{name}"
tables = {{ status = "status.csv" }}
[status]
active = ["Active"]
inactive = ["Terminated"]
[feed]
recipient = "{recipient}"
gnupg_home = "{home}"
[upload_center]
type = "folder"
directory = "{folder}/out/{name}"
"""

THROTTLED = """
id = "{id}"
[source]
type = "bamboohr"
company = "acme"
api_key = "file:{folder}/api.key"
base_url = "{url}"
give_up_after = 3600
[status]
active = ["Active"]
inactive = ["Terminated"]
[feed]
recipient = "{recipient}"
gnupg_home = "{home}"
[upload_center]
type = "folder"
directory = "{folder}/out/{name}"
"""


@dataclass
class Fleet:
    """One deployment of many sites.

    Attributes:
        folder: holds all of it.
        database: its address.
        keys: of the sender and the receiver, shared by all sites.
        queue: who takes the turns.
    """

    folder: Path
    database: str
    keys: Correspondence
    queue: str = "procrastinate"
    sites: list[str] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)

    @property
    def config(self) -> Path:
        """The main file."""
        return self.folder / "bensync.toml"

    def configure(self, **daemon: object) -> None:
        """Write the main file and a state key, and make the tables."""
        key = self.folder / "state.key"
        key.touch(0o600)
        key.write_text(new_state_key())
        (self.folder / "api.key").write_text("synthetic")
        (self.folder / "sites.d").mkdir()
        entries = {"listen": "", "tick_seconds": 1, "queue": self.queue, **daemon}
        lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in entries.items())
        state = f'[state]\nurl = "{self.database}"\nkey = "file:{key}"\nsent_log = "{self.folder}/sent.log"\n'
        self.config.write_text(f'{state}[schedule]\ndaily_after = "00:00"\nretry_minutes = 1\n[daemon]\n{lines}')

    def add(self, name: str, form: str = SITE, **words: object) -> None:
        """One more employer, with people in HR."""
        number = len(self.sites)
        self.sites.append(name)
        hr = self.folder / "hr" / name
        hr.mkdir(parents=True)
        (self.folder / "out" / name).mkdir(parents=True)
        self.move(name, "Dayton")
        dated = [f"{number:04}{index},2020-03-02,Active,Full-Time" for index in range(PEOPLE)]
        (hr / "status.csv").write_text("\n".join(["employee_id,date,benetrac_status,employment_status", *dated, ""]))
        given = {"name": name, "id": f"FLEET{number:04}", "folder": self.folder, **words}
        keys = {"recipient": self.keys.recipient, "home": self.keys.sender.home}
        (self.folder / "sites.d" / f"{name}.toml").write_text(form.format(**keys, **given))

    def move(self, name: str, city: str) -> None:
        """Let everybody of a site live in this city."""
        number = self.sites.index(name)
        people = [(f"{number:04}{index}", _person(number * PEOPLE + index, city)) for index in range(PEOPLE)]
        rows = [",".join((who, *(values.get(column, "") for column in _COLUMNS[1:]))) for who, values in people]
        (self.folder / "hr" / name / "employees.csv").write_text("\n".join([",".join(_COLUMNS), *rows, ""]))

    def never_end(self, name: str) -> None:
        """Let the HR of a site begin an answer that has no end."""
        file = self.folder / "hr" / name / "employees.csv"
        file.unlink()
        os.mkfifo(file)

    def begin(self, sites: Sequence[str] | None = None) -> None:
        """Bring both sides of these sites (else all) in step, then let all of their people move."""
        deployment = Deployment(self.config)
        order = RunOptions(RunKind.SNAPSHOT, MANUAL, "test", frozenset(Status))
        with contextlib.closing(deployment.store()) as store:
            store.migrate()
            for name in self.sites if sites is None else sites:
                run(deployment.sender_context(name, store), order, lambda: datetime.now(UTC))
                self.move(name, "Akron")

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The real command, to its end."""
        return command("--config", str(self.config), *words, environment=_calm())

    def start(self, what: str, **environment: str) -> Begun:
        """The daemon or a worker, in a process of its own; its log is a file."""
        with self._log(what).open("wb") as log:
            words = ["--json", "--config", str(self.config), what]
            process = begin(*words, environment={**_calm(), **environment}, log=log)
        self.processes.append(process)
        return process

    def start_elsewhere(self, what: str, **environment: str) -> subprocess.Popen[bytes]:
        """The same on what has the name of another machine, so that nobody here can see whether it is alive.

        Python itself starts: its children must have that name too.
        """
        names = self.folder / "elsewhere"
        names.mkdir(exist_ok=True)
        (names / "sitecustomize.py").write_text('import socket\n\nsocket.gethostname = lambda: "elsewhere"\n')
        paths = os.pathsep.join(filter(None, (str(names), os.environ.get("PYTHONPATH"))))
        words = [sys.executable, "-m", "bensync", "--json", "--config", str(self.config), what]
        with self._log(what).open("wb") as log:
            variables = {**_calm(), "PYTHONPATH": paths, **environment}
            process = subprocess.Popen(words, stdout=log, stderr=log, env=variables)
        self.processes.append(process)
        return process

    def _log(self, what: str) -> Path:
        return self.folder / f"{what}-{len(self.processes)}.log"

    def stopped_turn(self, worker: Process) -> psutil.Process | None:
        """A child of a worker that stands still at its fault point."""
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(worker.pid).children():
                if child.status() == psutil.STATUS_STOPPED:
                    return child
        return None

    def awake(self, turn: psutil.Process) -> bool:
        """Let a turn go on, also where it passes its fault point once more; whether it is still there."""
        with contextlib.suppress(psutil.NoSuchProcess):
            turn.send_signal(signal.SIGCONT)
            return turn.is_running() and turn.status() != psutil.STATUS_ZOMBIE
        return False

    def kill(self, process: Process) -> int:
        """End a process and all its children as a machine ends that loses its power; returns how many children."""
        children: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGSTOP)  # it starts no more of them meanwhile
            children = psutil.Process(process.pid).children(recursive=True)
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        process.kill()
        process.wait()
        return len(children)

    def end(self) -> None:
        """End whatever is left."""
        for process in self.processes:
            if process.poll() is None:
                self.kill(process)

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one kind, of all processes."""
        lines = [line for file in self.folder.glob("*.log") for line in file.read_text().splitlines()]
        records = [json.loads(line) for line in lines if line.startswith("{")]
        return [line for line in records if line.get("event") == event]

    def rows(self, sql: str) -> list[Any]:
        """What a plain client of the database sees."""
        with contextlib.closing(psycopg.connect(self.database.replace("+psycopg", "", 1))) as connection:
            return connection.execute(sql).fetchall()  # type: ignore[arg-type]  # not literal

    def change(self, sql: str) -> None:
        """What somebody does to the database who goes past bensync."""
        with psycopg.connect(self.database.replace("+psycopg", "", 1)) as connection:
            connection.execute(sql)  # type: ignore[arg-type]  # not literal

    def done(self) -> set[str]:
        """The sites whose day is done."""
        return {site for (site,) in self.rows("SELECT site FROM day WHERE day = (now() AT TIME ZONE 'UTC')::date")}

    def files(self, site: str) -> list[Path]:
        """What a site delivered."""
        return sorted((self.folder / "out" / site).iterdir())

    def files_per_employee(self, site: str) -> Counter[str]:
        """How often each employee of a site was sent, by the files as their receiver reads them."""
        deployment = Deployment(self.config, site)
        layout = feed.load("benetrac", deployment.mapping(site).synced())
        parsed = [feed.parse(layout, self.keys.receiver.decrypt(file.read_bytes())) for file in self.files(site)]
        return Counter(profile.employee_id for parsed_file in parsed for profile in parsed_file.profiles)

    def delivered_once(self, sites: Sequence[str]) -> None:
        """Every one of these sites has one file with everybody in it once, and one good daily run of today."""
        runs = self.rows("SELECT site, count(*) FROM run WHERE kind = 'DAILY' AND state = 'SUCCEEDED' GROUP BY site")
        assert dict(runs) == dict.fromkeys(sites, 1)
        self.sent_once(sites)

    def sent_once(self, sites: Sequence[str]) -> None:
        """Every one of these sites has one file with everybody in it once, and a request for each; however many runs."""
        committed = self.rows("SELECT site, count(*) FROM delivery WHERE state = 'COMMITTED' GROUP BY site")
        assert dict(committed) == dict.fromkeys(sites, 1)
        for site in sites:
            number = self.sites.index(site)
            assert [file.name for file in self.files(site)] == [f"FLEET{number:04}_DELTA_000001.csv.gpg"], site
            assert self.files_per_employee(site) == {f"{number:04}{index}": 1 for index in range(PEOPLE)}, site
        requests = self.rows("SELECT site, count(*) FROM request WHERE state = 'PENDING' GROUP BY site")
        assert dict(requests) == dict.fromkeys(sites, PEOPLE)

    def worker_at_work(self, worker: Process) -> bool:
        """Whether a worker has a child."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return bool(psutil.Process(worker.pid).children())
        return False


def until(true: Callable[[], object], what: str, patience: float) -> None:
    """Wait for something, for as long as it may take at most."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.1)


def reap(fleet: Fleet, workers: list[Begun], chance: random.Random, kills: int, patience: float) -> int:
    """Kill a worker with its children at random moments, and start another; returns how many children died."""
    died = 0
    for _ in range(kills):
        victim = chance.choice(workers)
        until(lambda worker=victim: fleet.worker_at_work(worker), "a worker at work", patience)
        time.sleep(chance.uniform(0, 3))
        died += fleet.kill(victim)
        workers[workers.index(victim)] = fleet.start("worker")
    return died


@contextlib.contextmanager
def fleet(folder: Path, database: str, keys: Correspondence, queue: str = "procrastinate") -> Iterator[Fleet]:
    """A deployment without sites; whatever was started is ended."""
    fleet_under_test = Fleet(folder, database, keys, queue)
    try:
        yield fleet_under_test
    finally:
        fleet_under_test.end()
    for log in folder.glob("*.log"):
        for line in log.read_text().splitlines():
            json.loads(line)  # whatever failed on the way, no library wrote a line of its own


def _calm() -> dict[str, str]:
    return {**os.environ, "BENSYNC_TEST": "1", "PYTHONWARNINGS": "default"}


def _person(number: int, city: str) -> dict[str, str]:
    ssn = f"{200 + number // 10000:03}-{10 + number // 100 % 80:02}-{1000 + number % 100:04}"
    return {
        **dict(zip(_KNOWN, _SAME, strict=True)),
        "ssn": ssn,
        "first_name": "Person",
        "last_name": f"Number{number}",
        "city": city,
    }
