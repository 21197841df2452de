"""Draws the tables of docs/explanation/performance.md, so that a picture never says anything else than its table.

Run by .venv-bench/bin/python, which has matplotlib: a table is a bold title, and rows of name, CPU s, ratio, wall, MiB.
"""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams.update({"svg.hashsalt": "bensync", "font.size": 9})

import matplotlib.pyplot as plt  # noqa: E402  # the backend comes first

DOCS = Path(__file__).parents[1] / "docs"
WANTED = {
    "starting": "start-up",
    "pulling": "people pulled",
    "diff": "1 % changed",
    "sealing": "sealed and sent",
    "full": "full resync",
    "delta": "delta of 1 %",
    "intake": "taken in",
}
"""File name of a picture -> words of its table's title; of several sizes the last is drawn."""


def tables(text: str) -> dict[str, list[tuple[str, float, float]]]:
    """Title -> name, CPU seconds and MiB of each row."""
    tables_by_title: dict[str, list[tuple[str, float, float]]] = {}
    rows: list[tuple[str, float, float]] = []
    for line in text.splitlines():
        if title := re.fullmatch(r"\*\*(.+)\*\*", line):
            rows = tables_by_title.setdefault(title[1], [])
        elif row := re.fullmatch(r"\| ([^|]+) \| ([\d.]+) \| [\d.]+ \| [\d.-]+ \| (\d+) \|", line):
            rows.append((row[1], float(row[2]), float(row[3])))
    return tables_by_title


def draw(title: str, rows: list[tuple[str, float, float]], file: Path) -> None:
    """CPU on the left, memory on the right."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 0.6 + 0.35 * len(rows)), sharey=True, layout="constrained")
    names = [name for name, _, _ in rows][::-1]
    colours = ["#1f6f8b" if "bensync" in name else "#b8c4cc" for name in names]
    for axis, place, label in ((left, 1, "CPU seconds"), (right, 2, "peak MiB")):
        bars = axis.barh(names, [row[place] for row in rows][::-1], color=colours)
        axis.bar_label(bars, fmt="%.4g", padding=2)
        axis.set_xlabel(label)
        axis.margins(x=0.15)
        axis.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    measured = tables((DOCS / "explanation" / "performance.md").read_text())
    for picture, words in WANTED.items():
        for heading, lines in measured.items():
            if words in heading and lines:
                draw(heading, lines, DOCS / "pictures" / f"performance-{picture}.svg")
