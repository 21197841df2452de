"""Who changed between two snapshots: `bensync plan` on a CSV source beside the tools that compare files.

Usage: python benchmarks/diff.py [PEOPLE ...]. Peers need .venv-bench; they keep yesterday's file in clear text, bensync
keeps keyed hashes in its database, maps and checks everybody who changed, and starts its whole self besides.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import snapshots
from measure import ENVIRONMENT, Cost, in_turns, rounds, sizes, table
from targets import DIFF_AHEAD, DIFF_MEMORY, DIFF_POLARS, note

HERE = Path(__file__).parent
PEERS = HERE.parent / ".venv-bench" / "bin" / "python"
OURS, REFERENCE = "bensync plan", "Polars"
AHEAD = ("csv-diff", "datacompy", "pandas")
_SORTED = "LC_ALL=C comm -13 <(LC_ALL=C sort before/joined.csv) <(LC_ALL=C sort after/joined.csv) | wc -l"


def measure(people: int, rounds: int) -> dict[str, Cost]:
    """All of them in turns."""
    with tempfile.TemporaryDirectory(prefix="bensync-diff-") as name:
        folder = Path(name)
        changed = snapshots.write(folder, people)
        config = prepared(folder)
        commands = {OURS: [sys.executable, "-m", "bensync", "--json", "--config", str(config), "plan"]}
        plan = _planned(commands[OURS])
        if plan != changed:
            raise SystemExit(f"bensync found {plan} changes, not {changed}")
        if PEERS.exists():
            for peer in ("polars", "duckdb", "csv_diff", "datacompy", "pandas"):
                script = str(HERE / "peers" / f"{peer}_peer.py")
                label = {"polars": REFERENCE, "duckdb": "DuckDB", "csv_diff": "csv-diff"}.get(peer, peer)
                commands[label] = [str(PEERS), script, "before/joined.csv", "after/joined.csv"]
        commands["sort and comm"] = ["bash", "-c", _SORTED]
        return in_turns(commands, rounds, folder)


def _planned(command: list[str]) -> int:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    if done.returncode not in {0, 3}:
        raise SystemExit(done.stdout + done.stderr)
    plan = json.loads(done.stdout)["plan"]
    return len(plan["rows"])


def prepared(folder: Path) -> Path:
    """A site whose baseline is the first snapshot, and whose HR shows the second."""
    from bensync.state.db.vault import new_state_key

    (folder / "state.key").write_text(new_state_key())
    (folder / "out").mkdir()
    (folder / "hr").symlink_to("before")
    config = folder / "bensync.toml"
    config.write_text(
        f"""
[state]
url = "sqlite:///{folder}/state.db"
key = "file:{folder}/state.key"
[sites.acme]
id = "ACME0001"
[sites.acme.source]
type = "csvfile"
folder = "{folder}/hr"
tables = {{ status = "status.csv" }}
[sites.acme.status]
active = ["Active"]
inactive = ["Terminated"]
[sites.acme.feed]
recipient = "{"A" * 40}"
gnupg_home = "{folder}"
[sites.acme.upload_center]
type = "folder"
directory = "{folder}/out"
"""
    )
    for command in (["migrate"], ["snapshot", "--yes"]):
        done = subprocess.run(
            [sys.executable, "-m", "bensync", "--config", str(config), *command],
            capture_output=True,
            text=True,
            check=False,
            env=ENVIRONMENT,
        )
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
    (folder / "hr").unlink()
    (folder / "hr").symlink_to("after")
    return config


if __name__ == "__main__":
    for size in sizes(sys.argv[1:], [100_000]):
        measured = measure(size, rounds(size))
        print(table(f"{size:,} people, 1 % changed", measured, REFERENCE if REFERENCE in measured else "sort and comm"))
        if REFERENCE in measured:
            ours, reference = measured[OURS], measured[REFERENCE]
            note(DIFF_AHEAD, min(measured[name].cpu for name in AHEAD) / ours.cpu, size)
            note(DIFF_POLARS, ours.cpu / reference.cpu, size)
            note(DIFF_MEMORY, ours.memory / reference.memory, size)
