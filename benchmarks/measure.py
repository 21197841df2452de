"""What a command costs: CPU, time and peak memory of it and all that it started; and tables of ratios.

Ratios are trusted more than seconds: the things compared take turns in one run, and the median of their CPU counts.
A command is started by `once.py`, so that its memory is its own.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Compiled modules are kept, as in every installation, so that start-up is measured as people meet it."""


ONCE = Path(__file__).with_name("once.py")


@dataclass(frozen=True)
class Cost:
    """CPU seconds, wall-clock seconds, and MiB of the largest process."""

    cpu: float
    wall: float
    memory: float


def cost(command: Sequence[str | Path], *, folder: Path | None = None, log: Path | None = None) -> Cost:
    """Run a command to its end; what it says goes into the log.

    Raises:
        SystemExit: it failed.
    """
    with tempfile.TemporaryDirectory(prefix="bensync-cost-") as name:
        usage, said = Path(name) / "usage", log or Path(name) / "log"
        with said.open("wb") as output:
            done = subprocess.run(
                [sys.executable, "-I", "-S", ONCE, usage, *command],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=ENVIRONMENT,
                check=False,
            )
        if done.returncode:
            raise SystemExit(f"{' '.join(map(str, command))} failed\n{said.read_text(errors='replace')[-2000:]}")
        cpu, wall, kib = usage.read_text().split()
    return Cost(float(cpu), float(wall), int(kib) / 1024)


def in_turns(commands: Mapping[str, Sequence[str]], times: int, folder: Path | None = None) -> dict[str, Cost]:
    """Run each command so many times, one after the other in turns; the medians."""
    return taking_turns({name: partial(cost, command, folder=folder) for name, command in commands.items()}, times)


def taking_turns(jobs: Mapping[str, Callable[[], Cost]], times: int) -> dict[str, Cost]:
    """Do each job so many times, one after the other in turns; the medians. What is done is printed as it goes."""
    by_name: dict[str, list[Cost]] = {name: [] for name in jobs}
    for turn in range(1, times + 1):
        for name, job in jobs.items():
            cost_of_job = job()
            by_name[name].append(cost_of_job)
            print(
                f"  {turn}/{times} {name}: {cost_of_job.cpu:.2f} s of CPU in {cost_of_job.wall:.1f} s",
                file=sys.stderr,
                flush=True,
            )
    return {name: middle(costs) for name, costs in by_name.items()}


def middle(costs: Sequence[Cost]) -> Cost:
    """The medians."""
    return Cost(*(statistics.median(getattr(each, name) for each in costs) for name in ("cpu", "wall", "memory")))


def total(costs: Sequence[Cost]) -> Cost:
    """What several commands cost one after the other."""
    return Cost(sum(each.cpu for each in costs), sum(each.wall for each in costs), max(each.memory for each in costs))


def sizes(words: Sequence[str], usual: Sequence[int]) -> list[int]:
    """The sizes that were asked for, else the usual ones."""
    return [int(word.replace(",", "").replace("_", "")) for word in words] or list(usual)


def rounds(people: int) -> int:
    """How often to measure: large sizes take long and wander less, and tiny ones only show that it works."""
    return 3 if 1000 <= people < 100_000 else 1


def headline() -> str:
    """Day and machine."""
    processors = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in processors if line.startswith("model name")), "")
    processor = model or platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    machine = f"{os.cpu_count()} processors ({processor}), {memory:.0f} GiB, Linux {platform.release()}"
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine}, Python {platform.python_version()}"


def table(title: str, costs: Mapping[str, Cost], reference: str) -> str:
    """The figures as Markdown, each beside its ratio to one of them."""
    lines = [f"**{title}**", "", "| | CPU s | ratio | wall s | MiB |", "|---|--:|--:|--:|--:|"]
    for name, each in costs.items():
        ratio = each.cpu / max(costs[reference].cpu, 0.001)
        lines.append(f"| {name} | {each.cpu:.2f} | {ratio:.2f} | {each.wall:.2f} | {each.memory:.0f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(headline(), flush=True)
