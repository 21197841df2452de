"""How quickly commands start, beside a Typer program that does nothing; and what a daemon at rest takes.

Usage: python benchmarks/starting.py [SECONDS], for how long the daemon is watched; under 5, each command runs once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import snapshots
from diff import prepared
from measure import ENVIRONMENT, Cost, in_turns, table
from targets import HELP, RESTING, STATUS, note

REFERENCE = "an empty Typer program"
_COMMANDS = "".join(f"@app.command()\ndef {name}() -> None: ...\n" for name in ("one", "two"))
_EMPTY = f"import typer\napp = typer.Typer()\n{_COMMANDS}app()\n"
_LIBRARIES = "import msgspec, pydantic, rich.table, sqlalchemy.dialects.sqlite, structlog, typer; pydantic.BaseModel"
"""What a look at the database cannot do without."""
_TICKS = os.sysconf("SC_CLK_TCK")


def measure(rounds: int, folder: Path, config: Path) -> dict[str, Cost]:
    """Commands that people wait for."""
    (folder / "empty.py").write_text(_EMPTY)
    python, ours = sys.executable, [sys.executable, "-m", "bensync"]
    commands = {
        REFERENCE: [python, str(folder / "empty.py"), "--help"],
        "Python alone": [python, "-c", "pass"],
        "bensync --help": [*ours, "--help"],
        "bensync status": [*ours, "--config", str(config), "status"],
        "its libraries, loaded": [python, "-c", _LIBRARIES],
    }
    return in_turns(commands, rounds)


def at_rest(config: Path, seconds: float) -> tuple[float, float]:
    """MiB of a daemon after a while in which nothing was due, and the CPU seconds it took per minute."""
    command = [sys.executable, "-m", "bensync", "--config", str(config), "daemon"]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            time.sleep(seconds)  # it settles: the first turn is a child of its own
            begun = _used(process.pid)
            time.sleep(seconds)
            spent = _used(process.pid) - begun
            status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            held = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS:"))
        finally:
            process.terminate()
    return held, spent * 60 / seconds


def _used(pid: int) -> float:
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / _TICKS


if __name__ == "__main__":
    watched = float(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory(prefix="bensync-start-") as name:
        snapshots.write(Path(name), 100)
        prepared_folder = prepared(Path(name))
        costs = measure(15 if watched >= 5 else 1, Path(name), prepared_folder)
        print(table("start-up", costs, REFERENCE))
        note(HELP, costs["bensync --help"].cpu / costs[REFERENCE].cpu)
        note(STATUS, costs["bensync status"].cpu / costs[REFERENCE].cpu)
        memory, cpu = at_rest(prepared_folder, watched)
        print(f"A daemon at rest holds {memory:.0f} MiB and takes {cpu:.2f} CPU seconds a minute.\n")
        note(RESTING, memory)
