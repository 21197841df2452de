"""Sealing and sending one file beside `gpg` and OpenSSH's `sftp`. Usage: python benchmarks/sealing.py [PEOPLE ...]."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import snapshots
from measure import Cost, in_turns, table

HERE = Path(__file__).parent
OURS, FLOOR = "bensync", "gpg, then sftp"


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
        told = {"recipient": recipient, "home": str(keyring.home), "plain": str(plain), "sealed": str(folder / "ours")}
        settings = center.settings().model_dump(mode="json")
        told["center"] = settings | {"private_key": center.client_key}
        (folder / "told.json").write_text(json.dumps(told))
        (folder / "batch").write_text(
            f"put {folder}/theirs {center.root}/theirs.part\n-rm {center.root}/theirs\n"
            f"rename {center.root}/theirs.part {center.root}/theirs\n"
        )
        gpg = f"gpg --homedir {keyring.home} --batch --yes --trust-model always -z 1 --compress-algo zip -r {recipient}"
        sftp = f"sftp -q -P {center.port} -i {folder}/sshd/client_key -o StrictHostKeyChecking=no"
        sftp += f" -o UserKnownHostsFile={folder}/known -c aes128-gcm@openssh.com -b {folder}/batch"
        sftp += f" {center.user}@{center.host}"
        shell = f"{gpg} -o {folder}/theirs -e < {plain} && {sftp}"
        commands = {
            FLOOR: ["bash", "-c", shell],
            OURS: [sys.executable, str(HERE / "seal_and_send.py"), str(folder / "told.json")],
            "starting bensync's libraries": [
                sys.executable,
                "-c",
                "import bensync.delivery.sftp, bensync.delivery.gpg",
            ],
        }
        return in_turns(commands, rounds, folder)


if __name__ == "__main__":
    for size in [int(word.replace(",", "")) for word in sys.argv[1:]] or [300_000]:
        print(table(f"a file of {size:,} people sealed and sent", measure(size, 3), FLOOR))
