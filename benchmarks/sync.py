"""How fast is a sync, and how much memory does it take? `python benchmarks/sync.py 10000 100000`.

Everything is real: HR over HTTP, GnuPG, SFTP, SQLite with full sync, each job in a fresh process.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from job import peak
from rich.console import Console
from rich.table import Table
from stage import HERE, Stage, stage

TICK = 0.02
"""Seconds between two looks at the memory of gpg."""

Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("employees", type=int, nargs="+", help="sizes of the company")
    parser.add_argument("--json", type=Path, help="write the figures into this file, too")
    parser.add_argument("--profile", action="store_true", help="print where the time goes; everything is slower then")
    args = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 140)
    results = []
    for employees in args.employees:
        with stage(employees) as here:
            rows = []
            for row in measure(here, profile=args.profile):
                rows.append(row)
                if args.profile:
                    console.print(f"\n[bold]{row['job']}[/bold]\n{row.pop('profile')}", highlight=False)
            results.append({"employees": employees, "upload_center": here.courier, "jobs": rows})
            console.print(table(employees, here.courier, rows))
    if args.json:
        found = {"date": datetime.now(UTC).date().isoformat(), "python": platform.python_version(), "results": results}
        args.json.write_text(json.dumps(found, indent=2) + "\n")


def measure(here: Stage, *, profile: bool) -> Iterator[Row]:
    """All jobs in order: a company on its first day, its queue, its second file, and its daily life once settled."""
    for config in (here.queueing, here.settled):
        _start(here, config, "migrate").wait()
    yield _job(here, "first full resync", here.queueing, "resync", profile=profile)
    yield _job(here, "list 50 of the queue", here.queueing, "list", profile=profile)
    yield _job(here, "approve up to 10,000", here.queueing, "approve", profile=profile)
    yield _job(here, "resync, nothing changed", here.queueing, "resync", profile=profile)
    yield _job(here, "snapshot", here.settled, "snapshot", profile=profile)
    here.company("churn?percent=1", "POST")
    yield _job(here, "delta of 1 %, queue full", here.queueing, "daily", profile=profile)
    yield _job(here, "delta of 1 %, all settled", here.settled, "daily", profile=profile)
    yield _job(here, "quiet delta, queue full", here.queueing, "daily", profile=profile)
    yield _job(here, "quiet delta, all settled", here.settled, "daily", profile=profile)
    here.company("churn?percent=1&minutes=2880", "POST")
    yield _job(here, "delta that lists everybody", here.settled, "daily", profile=profile)


def table(employees: int, courier: str, rows: list[Row]) -> Table:
    """The figures of one company."""
    found = Table(title=f"{employees:,} employees, upload center: {courier}")
    found.add_column("job")
    for name in ("seconds", "CPU s", "of gpg", "MiB", "of gpg", "HTTP", "rows", "rows/s", "CPU µs/employee"):
        found.add_column(name, justify="right")
    for row in rows:
        found.add_row(
            row["job"],
            *(f"{row[name]:.2f}" for name in ("seconds", "cpu", "gpg_cpu")),
            *(f"{row[name]:.0f}" for name in ("memory", "gpg_memory")),
            *(f"{row[name]:,.0f}" for name in ("requests", "rows", "rows_a_second", "cpu_each")),
        )
    return found


def _job(here: Stage, name: str, config: Path, job: str, *, profile: bool) -> Row:
    before = here.company("stats")
    options = ("--profile", str(here.folder / "profile")) if profile else ()
    start = time.perf_counter()
    process = _start(here, config, job, *options)
    gpg = 0.0
    while process.poll() is None:
        gpg = max(gpg, _gpg_memory(process.pid))
        time.sleep(TICK)
    seconds = time.perf_counter() - start
    printed = process.stdout.read() if process.stdout else ""
    if process.returncode != 0:
        raise SystemExit(f"{name}: the job failed")
    figures: Row = json.loads(printed)
    people = figures["rows"] if job == "approve" else before["employees"]
    figures |= {
        "job": name,
        "seconds": seconds,
        "gpg_memory": gpg,
        "requests": here.company("stats")["requests"] - before["requests"],
        "rows_a_second": figures["rows"] / seconds,
        "cpu_each": figures["cpu"] / max(people, 1) * 1_000_000,
    }
    if profile:
        figures["profile"] = (here.folder / "profile").read_text()
    return figures


def _start(here: Stage, config: Path, job: str, *options: str) -> subprocess.Popen[str]:
    now = here.company("stats")["now"]
    command = [sys.executable, str(HERE / "job.py"), str(config), job, "--now", now, *options]
    # Compiled modules are kept, as in every installation, so that start-up is measured as people meet it.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def _gpg_memory(parent: int) -> float:
    """The peak so far of the gpg that a job has running, 0 when there is none."""
    found = 0.0
    with suppress(OSError):
        for listed in Path(f"/proc/{parent}/task").glob("*/children"):
            for child in listed.read_text().split():
                if Path(f"/proc/{child}/comm").read_text().strip() == "gpg":
                    found = max(found, peak(child))
    return found


if __name__ == "__main__":
    main()
