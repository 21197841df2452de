"""What a command costs: CPU, time and peak memory of it and all that it started; and tables of ratios.

Ratios are trusted more than seconds: the things compared take turns in one run, and the median of their CPU counts.
It imports nothing heavy, for a child's peak can not be told below that of the process which started it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Compiled modules are kept, as in every installation, so that start-up is measured as people meet it."""


@dataclass(frozen=True)
class Cost:
    """CPU seconds, wall-clock seconds, and MiB of the largest process."""

    cpu: float
    wall: float
    memory: float


def cost(command: Sequence[str], *, folder: Path | None = None, log: Path | None = None) -> Cost:
    """Run a command to its end.

    Raises:
        SystemExit: it failed; what it said stands in the log.
    """
    begun = time.perf_counter()
    with (log or Path(os.devnull)).open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder, env=ENVIRONMENT)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        said = log.read_text(errors="replace")[-2000:] if log else ""
        raise SystemExit(f"{' '.join(map(str, command))} failed ({process.returncode})\n{said}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - begun, used.ru_maxrss / 1024)


def in_turns(commands: Mapping[str, Sequence[str]], rounds: int, folder: Path | None = None) -> dict[str, Cost]:
    """Run each command so many times, one after the other in turns; the medians."""
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].append(cost(command, folder=folder, log=Path("/tmp") / f"benchmark-{os.getpid()}.log"))
    return {name: middle(costs) for name, costs in found.items()}


def middle(costs: Sequence[Cost]) -> Cost:
    """The medians."""
    return Cost(*(statistics.median(getattr(one, name) for one in costs) for name in ("cpu", "wall", "memory")))


def table(title: str, costs: Mapping[str, Cost], floor: str) -> str:
    """The figures as Markdown, each beside its ratio to one of them."""
    lines = [f"**{title}**", "", "| | CPU s | ratio | wall s | MiB |", "|---|--:|--:|--:|--:|"]
    for name, one in costs.items():
        ratio = one.cpu / max(costs[floor].cpu, 0.001)
        lines.append(f"| {name} | {one.cpu:.2f} | {ratio:.2f} | {one.wall:.2f} | {one.memory:.0f} |")
    return "\n".join(lines) + "\n"
