"""Sealing and sending one file beside `gpg` and OpenSSH's `sftp`. Usage: python benchmarks/sealing.py [PEOPLE ...]."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import snapshots
from measure import Cost, in_turns, rounds, sizes, table
from sending import NAME as REFERENCE
from sending import gpg_then_sftp
from targets import SENDING, note

HERE = Path(__file__).parent
OURS = "bensync"


def measure(people: int, rounds: int) -> dict[str, Cost]:
    """Both in turns, on a real OpenSSH server."""
    sys.path.append(str(HERE.parent))
    from bensync.demo.keys import Keyring
    from tests.fixtures.openssh import openssh

    with (
        tempfile.TemporaryDirectory(prefix="bensync-seal-") as name,
        Keyring() as keyring,
        openssh(Path(name) / "sshd", Path(name) / "incoming") as center,
    ):
        folder = Path(name)
        center.root.mkdir(exist_ok=True)
        snapshots.write(folder / "hr", people)
        plain = folder / "hr" / "after" / "joined.csv"
        recipient = keyring.create("Benchmark")
        job = {"recipient": recipient, "home": str(keyring.home), "plain": str(plain), "sealed": str(folder / "ours")}
        settings = center.settings().model_dump(mode="json")
        job["center"] = settings | {"private_key": center.client_key}
        (folder / "task.json").write_text(json.dumps(job))
        commands = {
            REFERENCE: gpg_then_sftp(plain, folder, recipient, keyring.home, center),
            OURS: [sys.executable, str(HERE / "seal_and_send.py"), str(folder / "task.json")],
            "starting bensync's libraries": [
                sys.executable,
                "-c",
                "import bensync.delivery.sftp, bensync.delivery.gpg",
            ],
        }
        return in_turns(commands, rounds, folder)


if __name__ == "__main__":
    for size in sizes(sys.argv[1:], [300_000]):
        costs = measure(size, rounds(size))
        print(table(f"a file of {size:,} people sealed and sent", costs, REFERENCE))
        note(SENDING, costs[OURS].cpu / costs[REFERENCE].cpu, size)
