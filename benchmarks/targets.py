"""What was aimed at, and whether the run of `make bench` that ends with this reached it.

The scripts note what they found in the file that BENSYNC_NOTES names; `python benchmarks/targets.py` judges the notes.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Target:
    """A figure that shall be at most so large, or at least."""

    what: str
    most: float | None = None
    least: float | None = None

    def is_met(self, value: float) -> bool:
        """Whether a figure is as it shall be."""
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)

    @property
    def limit(self) -> str:
        """The limit in words."""
        return f"at most {self.most:g}" if self.most is not None else f"at least {self.least:g}"


MEGABYTES_300 = 286.0
"""300 MB in MiB."""
FULL_CPU = Target("full resync, everybody known: µs of bensync's CPU for each employee, in one process", most=75)
FIRST_CPU = Target("first full resync with its queue: µs of bensync's CPU for each employee, in one process", most=75)
FULL_WALL = Target("full resync: times `gpg` and `sftp` in wall time (aimed at with two processes)", most=9)
FULL_PEAK = Target("full resync: MiB", most=MEGABYTES_300)
DELTA_CPU = Target("delta, HR lists everybody: µs of bensync's CPU for each employee", most=20)
DELTA_LOWER_BOUND = Target(
    "delta, HR lists everybody: times the download with each record split off and hashed", most=2
)
DELTA_PEAK = Target("delta, HR lists everybody: MiB", most=MEGABYTES_300)
DIFF_AHEAD = Target("diff: CPU of the quickest of csv-diff, datacompy and pandas, beside ours", least=2)
DIFF_POLARS = Target("diff: times Polars in CPU", most=1.5)
DIFF_MEMORY = Target("diff: memory beside that of Polars", most=0.1)
SENDING = Target("sealing and sending: times `gpg` and `sftp` in CPU", most=1.7)
APPROVING = Target("approving 10,000 low-risk requests: CPU seconds, start-up included", most=10)
HELP = Target("`bensync --help`: times an empty Typer program in CPU", most=1.3)
STATUS = Target("`bensync status`: times an empty Typer program in CPU", most=4.5)
RESTING = Target("daemon at rest: MiB (80 MB)", most=76.3)
ALL = (
    *(FULL_CPU, FIRST_CPU, FULL_WALL, FULL_PEAK, DELTA_CPU, DELTA_LOWER_BOUND, DELTA_PEAK, DIFF_AHEAD, DIFF_POLARS),
    *(DIFF_MEMORY, SENDING, APPROVING, HELP, STATUS, RESTING),
)


def note(target: Target, value: float, people: int | None = None) -> None:
    """Write a figure down, if anybody wants to know."""
    if file := os.environ.get("BENSYNC_NOTES"):
        Path(file).parent.mkdir(exist_ok=True)
        with Path(file).open("a") as notes:
            notes.write(json.dumps([target.what, value, people]) + "\n")


def judged(notes: str) -> str:
    """All targets as a table, each by its last figure: that of the largest company."""
    measured = {what: (value, people) for what, value, people in map(json.loads, notes.splitlines())}
    lines = ["**targets**", "", "| target | limit | measured | people | |", "|---|---|--:|--:|---|"]
    for target in ALL:
        value, people = measured.get(target.what, (None, None))
        if value is None:
            lines.append(f"| {target.what} | {target.limit} | - | - | not measured |")
            continue
        shown = f"{value:.3g}" if value < 100 else f"{value:.0f}"
        verdict = "met" if target.is_met(value) else "**missed**"
        lines.append(f"| {target.what} | {target.limit} | {shown} | {f'{people:,}' if people else '-'} | {verdict} |")
    lines += ["", "They are meant for a million people; in a small company start-up outweighs everything else."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    notes_file = Path(os.environ.get("BENSYNC_NOTES") or "/dev/null")
    print(judged(notes_file.read_text() if notes_file.exists() else ""))
