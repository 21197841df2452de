"""Whole runs beside the sum of their lower bounds. Usage: python benchmarks/whole.py [PEOPLE ...].

A full resync: everybody is read, remembered, written into a file, sealed and sent. Its lower bounds: a plain download
of the same bytes, and `gpg` and `sftp` with the same file. A delta whose pull lists everybody: employees who changed
are found and sent.
Its lower bounds: the download with a keyed hash of each record, and `gpg` and `sftp` with the few rows. Start-up is in
all.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from measure import Cost, cost, rounds, sizes, table, taking_turns, total
from pulling import task_file
from sending import NAME as SENT
from sending import gpg_then_sftp
from stage import HERE, Stage, stage
from targets import DELTA_CPU, DELTA_LOWER_BOUND, DELTA_PEAK, FIRST_CPU, FULL_CPU, FULL_PEAK, FULL_WALL, note

SUM = "sum of the lower bounds"
DOWNLOADED, HASHED = "plain download", "download, each record hashed"
FIRST, FULL = "bensync, first full resync, with its queue", "bensync, full resync, everybody known"
LOADED = "bensync's libraries, loaded"
LISTING, NAMED = "bensync, delta, HR lists everybody", "bensync, delta, HR says who changed"


class Runs:
    """Runs on one stage, each from the same state; what the jobs said of themselves is kept.

    Attributes:
        said: what each job printed last, by its label.
    """

    def __init__(self, surroundings: Stage, people: int) -> None:
        self.here = surroundings
        self.people = people
        self.said: dict[str, dict[str, Any]] = {}
        self._task = task_file(surroundings.folder, surroundings.hr, people)

    def prepare(self, config: Path, *jobs: str) -> None:
        """Do these jobs, and remember the state that they leave behind."""
        for job in jobs:
            self._job(job, config, job)
        self._kept(config).mkdir()
        for file in _database(config):
            shutil.copy(file, self._kept(config) / file.name)

    def run(self, label: str, config: Path, job: str) -> Cost:
        """One job, from the remembered state, with nothing at the upload center yet."""
        for file in [*_database(config), *self._incoming(config).iterdir()]:
            file.unlink()
        for file in self._kept(config).iterdir():
            shutil.copy(file, config.parent / file.name)
        return self._job(label, config, job)

    def download(self, way: str) -> Cost:
        """The bytes of everybody, in one of the ways of `pulling.py`."""
        return cost([sys.executable, HERE / "pulling.py", "--as", way, self._task])

    def send(self, config: Path) -> Cost:
        """`gpg` and `sftp` with the file that the last run on this configuration sent."""
        surroundings, plain = self.here, self.here.folder / "plain.csv"
        (sealed,) = self._incoming(config).glob("*.gpg")
        plain.write_bytes(surroundings.keyring.decrypt(sealed.read_bytes()))
        return cost(
            gpg_then_sftp(
                plain, surroundings.folder, surroundings.recipient, surroundings.keyring.home, surroundings.center
            )
        )

    def _job(self, label: str, config: Path, job: str) -> Cost:
        log = self.here.folder / "said"
        now = self.here.company("stats")["now"]
        spent = cost([sys.executable, HERE / "job.py", config, job, "--now", now], log=log)
        lines = log.read_text().splitlines()
        self.said[label] = json.loads(lines[-1]) if lines and job != "migrate" else {}
        return spent

    def _kept(self, config: Path) -> Path:
        return self.here.folder / "kept" / config.stem

    def _incoming(self, config: Path) -> Path:
        return self.here.folder / "incoming" / config.stem


def measure(people: int, times: int) -> Iterator[str]:
    """The tables, each as soon as it is there."""
    with stage(people, frozen=True) as surroundings:
        (surroundings.folder / "kept").mkdir()
        runs = Runs(surroundings, people)
        runs.prepare(surroundings.queueing, "migrate")
        runs.prepare(surroundings.settled, "migrate", "snapshot")
        yield _shown(runs, f"{people:,} people, full resync", times, DOWNLOADED, "download", full(runs))
        surroundings.company("churn?percent=1", "POST")
        said = taking_turns({NAMED: partial(runs.run, NAMED, surroundings.settled, "daily")}, times)
        surroundings.company("churn?percent=0&minutes=2880", "POST")
        yield _shown(runs, f"{people:,} people, delta of 1 %", times, HASHED, "hash", delta(runs), said)


Job = Callable[[], Cost]


def full(runs: Runs) -> dict[str, Job]:
    """What is measured of a full resync; sending comes after what is to be sent."""
    first, settled = runs.here.queueing, runs.here.settled
    jobs = {FIRST: partial(runs.run, FIRST, first, "resync"), FULL: partial(runs.run, FULL, settled, "resync")}
    return jobs | {SENT: partial(runs.send, settled)}


def delta(runs: Runs) -> dict[str, Job]:
    """What is measured of a delta."""
    settled = runs.here.settled
    return {LISTING: partial(runs.run, LISTING, settled, "daily"), SENT: partial(runs.send, settled)}


def _shown(
    runs: Runs, title: str, times: int, read: str, way: str, jobs: dict[str, Job], more: dict[str, Cost] | None = None
) -> str:
    loading = partial(cost, [sys.executable, "-c", "import job"], folder=HERE)
    all_costs = taking_turns({read: partial(runs.download, way), LOADED: loading, **jobs}, times)
    bounds = {name: all_costs.pop(name) for name in (read, SENT)}
    ours = all_costs | (more or {})
    costs = bounds | {SUM: total(list(bounds.values()))} | ours
    _note(runs, costs)
    lines = [f"- {name}: {_said(runs, name, each, bounds[SENT])}." for name, each in ours.items() if name in runs.said]
    return "\n".join([table(title, costs, SUM), *lines, ""])


def _note(runs: Runs, costs: dict[str, Cost]) -> None:
    """What there are targets for."""
    if FULL in costs:
        worst = max(costs[FIRST].memory, costs[FULL].memory)
        note(FULL_CPU, _each(runs, FULL), runs.people)
        note(FIRST_CPU, _each(runs, FIRST), runs.people)
        note(FULL_WALL, costs[FULL].wall / costs[SENT].wall, runs.people)
        note(FULL_PEAK, worst, runs.people)
    else:
        note(DELTA_CPU, _each(runs, LISTING), runs.people)
        note(DELTA_LOWER_BOUND, costs[LISTING].cpu / costs[HASHED].cpu, runs.people)
        note(DELTA_PEAK, costs[LISTING].memory, runs.people)


def _each(runs: Runs, name: str) -> float:
    """Microseconds of bensync's own CPU for each employee, gpg's not counted."""
    return float(runs.said[name]["cpu"]) / runs.people * 1e6


def _said(runs: Runs, name: str, own: Cost, sent: Cost) -> str:
    said = runs.said[name]
    each = f"{_each(runs, name):.0f} µs of bensync's own CPU for each employee"
    return f"{said['rows']:,} rows, {each}, {own.wall / sent.wall:.1f} times {SENT} in wall time"


def _database(config: Path) -> list[Path]:
    return list(config.parent.glob(f"{config.stem}.db*"))


if __name__ == "__main__":
    for size in sizes(sys.argv[1:], [20_000]):
        for shown in measure(size, rounds(size)):
            print(shown, flush=True)
