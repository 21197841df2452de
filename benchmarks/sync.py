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
        with stage(employees) as surroundings:
            rows = []
            for row in measure(surroundings, profile=args.profile):
                rows.append(row)
                if args.profile:
                    console.print(f"\n[bold]{row['job']}[/bold]\n{row.pop('profile')}", highlight=False)
            results.append({"employees": employees, "upload_center": surroundings.courier, "jobs": rows})
            console.print(table(employees, surroundings.courier, rows))
    if args.json:
        report = {"date": datetime.now(UTC).date().isoformat(), "python": platform.python_version(), "results": results}
        args.json.write_text(json.dumps(report, indent=2) + "\n")


def measure(surroundings: Stage, *, profile: bool) -> Iterator[Row]:
    """All jobs in order: a company on its first day, its queue, its second file, and its daily life once settled."""
    for config in (surroundings.queueing, surroundings.settled):
        _start(surroundings, config, "migrate").wait()
    yield _job(surroundings, "first full resync", surroundings.queueing, "resync", profile=profile)
    yield _job(surroundings, "list 50 of the queue", surroundings.queueing, "list", profile=profile)
    yield _job(surroundings, "approve up to 10,000", surroundings.queueing, "approve", profile=profile)
    yield _job(surroundings, "resync, nothing changed", surroundings.queueing, "resync", profile=profile)
    yield _job(surroundings, "snapshot", surroundings.settled, "snapshot", profile=profile)
    surroundings.company("churn?percent=1", "POST")
    yield _job(surroundings, "delta of 1 %, queue full", surroundings.queueing, "daily", profile=profile)
    yield _job(surroundings, "delta of 1 %, all settled", surroundings.settled, "daily", profile=profile)
    yield _job(surroundings, "quiet delta, queue full", surroundings.queueing, "daily", profile=profile)
    yield _job(surroundings, "quiet delta, all settled", surroundings.settled, "daily", profile=profile)
    surroundings.company("churn?percent=1&minutes=2880", "POST")
    yield _job(surroundings, "delta that lists everybody", surroundings.settled, "daily", profile=profile)


def table(employees: int, courier: str, rows: list[Row]) -> Table:
    """The figures of one company."""
    sheet = Table(title=f"{employees:,} employees, upload center: {courier}")
    sheet.add_column("job")
    for name in ("seconds", "CPU s", "of gpg", "MiB", "of gpg", "HTTP", "rows", "rows/s", "CPU µs/employee"):
        sheet.add_column(name, justify="right")
    for row in rows:
        sheet.add_row(
            row["job"],
            *(f"{row[name]:.2f}" for name in ("seconds", "cpu", "gpg_cpu")),
            *(f"{row[name]:.0f}" for name in ("memory", "gpg_memory")),
            *(f"{row[name]:,.0f}" for name in ("requests", "rows", "rows_a_second", "cpu_each")),
        )
    return sheet


def _job(surroundings: Stage, name: str, config: Path, job: str, *, profile: bool) -> Row:
    before = surroundings.company("stats")
    options = ("--profile", str(surroundings.folder / "profile")) if profile else ()
    start = time.perf_counter()
    process = _start(surroundings, config, job, *options)
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
        "requests": surroundings.company("stats")["requests"] - before["requests"],
        "rows_a_second": figures["rows"] / seconds,
        "cpu_each": figures["cpu"] / max(people, 1) * 1_000_000,
    }
    if profile:
        figures["profile"] = (surroundings.folder / "profile").read_text()
    return figures


def _start(surroundings: Stage, config: Path, job: str, *options: str) -> subprocess.Popen[str]:
    now = surroundings.company("stats")["now"]
    command = [sys.executable, str(HERE / "job.py"), str(config), job, "--now", now, *options]
    # Compiled modules are kept, as in every installation, so that start-up is measured as people meet it.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def _gpg_memory(parent: int) -> float:
    """The peak so far of the gpg that a job has running, 0 when there is none."""
    most = 0.0
    with suppress(OSError):
        for listed in Path(f"/proc/{parent}/task").glob("*/children"):
            for child in listed.read_text().split():
                if Path(f"/proc/{child}/comm").read_text().strip() == "gpg":
                    most = max(most, peak(child))
    return most


if __name__ == "__main__":
    main()
