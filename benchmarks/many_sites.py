"""What `bensync status` costs where sites are many and have a history, beside `sites list`, which reads the files only.

Usage: python benchmarks/many_sites.py [SITES [DAYS]]   (from the root, with the tests' packages)
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bensync.state.db.vault import new_state_key
from bensync.state.schema import sync
from bensync.state.store import Store

MAIN = '[state]\nurl = "sqlite:///{folder}/bensync.db"\nkey = "file:{folder}/state.key"\n[daemon]\nlisten = ""\n'
SITE = """
id = "SITE{number:04}"
[source]
type = "csvfile"
folder = "hr"
[status]
active = ["Active"]
inactive = ["Terminated"]
[feed]
recipient = "{recipient}"
[upload_center]
type = "folder"
directory = "out"
"""


def deploy(folder: Path, sites: int) -> Store:
    """A file for each site, and an empty database."""
    key = new_state_key()
    (folder / "state.key").touch(0o600)
    (folder / "state.key").write_text(key)
    (folder / "bensync.toml").write_text(MAIN.format(folder=folder))
    (folder / "sites.d").mkdir()
    for number in range(sites):
        (folder / "sites.d" / f"s{number:05}.toml").write_text(SITE.format(number=number, recipient="A" * 40))
    store = Store(f"sqlite:///{folder}/bensync.db", key)
    store.migrate()
    return store


def runs(sites: int, days: int) -> Iterator[dict[str, Any]]:
    """A good daily run of every site on each day, and a failed one now and then."""
    today = datetime.now(UTC).replace(hour=4, minute=0, second=0, microsecond=0)
    nothing: dict[str, Any] = {"counts": {}, "alarms": [], "error": {}, "boxes": [], "ledger": {}, "fill_rates": {}}
    for day in range(days, -1, -1):
        at = today - timedelta(days=day)
        for number in range(sites):
            failed = (number * 7 + day) % 97 == 0
            ended = {"state": "FAILED"} if failed else {"state": "SUCCEEDED", "outcome": "NO_CHANGES"}
            yield {
                **nothing,
                "site": f"s{number:05}",
                "kind": "DAILY",
                "cause": "SCHEDULE",
                "actor": "daemon",
                "as_of": at.date(),
                "started_at": at,
                "ended_at": at + timedelta(seconds=9),
                "outcome": None,
                "brief": "",
                **ended,
            }


def fill(store: Store, sites: int, days: int) -> None:
    """Write that history down."""
    with store.whole("bench.fill") as connection:
        connection.execute(sync.RunRow.__table__.insert(), list(runs(sites, days)))


def cost(folder: Path, *words: str) -> tuple[float, dict[str, Any]]:
    """CPU seconds of a command, and what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "bensync", "--config", str(folder / "bensync.toml"), "--json", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, json.loads(done.stdout)


def main(sites: int, days: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        with contextlib.closing(deploy(folder, sites)) as store:
            fill(store, sites, days)
        listed, _ = min((cost(folder, "sites", "list") for _ in range(2)), key=lambda measured: measured[0])
        stood, printed = min((cost(folder, "status") for _ in range(2)), key=lambda measured: measured[0])
        assert printed["total"]["sites"] == sites
        print("sites | days | sites list, CPU s | status, CPU s | status without reading the files, CPU s")
        print(f"{sites:5,} | {days:4} | {listed:17.2f} | {stood:13.2f} | {stood - listed:.2f}")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*(given + [1000, 30][len(given) :]))
