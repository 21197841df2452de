"""Taking in a file in which everybody is new, and approving in bulk. Usage: python benchmarks/intake.py [PEOPLE ...].

`bensync intake` on a machine that only receives, beside `gpg --decrypt` and the same rows written raw; then the
approval of the oldest 10,000 low-risk requests beside its rows written raw.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import raw
from measure import Cost, cost, rounds, sizes, table, taking_turns, total
from stage import HERE, Stage, stage
from targets import APPROVING, note

OPENED, SUM = "gpg --decrypt", "sum of the lower bounds"
TAKEN, APPROVED = "bensync intake", "bensync, approval in bulk"
MOST = 10_000
"""Requests that are approved."""


class Receiver:
    """A machine that receives one file, and its database as it was at two moments."""

    def __init__(self, surroundings: Stage) -> None:
        self.folder = surroundings.folder
        self.arrived = surroundings.folder / "incoming" / "sending"
        self.arrived.mkdir()
        self.database = surroundings.folder / "receiving.db"
        self.config = surroundings.folder / "receiving.toml"
        self.config.write_text(_receiving(surroundings, self.arrived, self.database))
        self._now = surroundings.company("stats")["now"]
        sender = surroundings.folder / "sending.toml"
        sender.write_text(_sending(surroundings))
        for config, job in ((sender, "migrate"), (sender, "resync"), (self.config, "migrate")):
            self._job(config, job)
        shutil.copy(self.database, self.kept("before"))

    def kept(self, moment: str) -> Path:
        """The database as it was."""
        return self.folder / f"{moment}.db"

    def decrypt(self, home: Path) -> Cost:
        """The lower bound of opening the file."""
        (sealed,) = self.arrived.glob("*.gpg")
        words = ["gpg", "--homedir", home, "--batch", "--quiet", "--trust-model", "always"]
        return cost([*words, "--yes", "--output", self.folder / "opened.csv", "--decrypt", sealed])

    def take(self) -> Cost:
        """`bensync intake`; the database that it leaves is kept."""
        self._as("before")
        spent = cost([sys.executable, "-m", "bensync", "--config", self.config, "intake"])
        shutil.copy(self.database, self.kept("taken"))
        return spent

    def approve(self) -> Cost:
        """The approval; the database that it leaves is kept."""
        self._as("taken")
        spent = self._job(self.config, "approve")
        shutil.copy(self.database, self.kept("approved"))
        return spent

    def write(self, before: str, after: str) -> Cost:
        """What happened between two moments, written raw."""
        rows, target = self.folder / f"{after}.rows", self.folder / "raw.db"
        if not rows.exists():
            raw.keep(self.kept(before), self.kept(after), rows)
        shutil.copy(self.kept(before), target)
        return cost([sys.executable, raw.__file__, rows, target])

    def _as(self, moment: str) -> None:
        for file in self.folder.glob(f"{self.database.name}*"):
            file.unlink()
        shutil.copy(self.kept(moment), self.database)

    def _job(self, config: Path, job: str) -> Cost:
        return cost([sys.executable, HERE / "job.py", config, job, "--now", self._now], log=self.folder / "said")


def measure(people: int, times: int) -> Iterator[str]:
    """Both tables."""
    with stage(people, frozen=True) as surroundings:
        there = Receiver(surroundings)
        jobs = {
            TAKEN: there.take,
            OPENED: partial(there.decrypt, surroundings.keyring.home),
            raw.NAME: partial(there.write, "before", "taken"),
        }
        measured = taking_turns(jobs, times)
        ours = measured.pop(TAKEN)
        costs = measured | {SUM: total(list(measured.values())), TAKEN: ours}
        yield table(f"a file of {people:,} new people taken in", costs, SUM)
        jobs = {APPROVED: there.approve, raw.NAME: partial(there.write, "taken", "approved")}
        measured = taking_turns(jobs, times)
        count = json.loads((surroundings.folder / "said").read_text().splitlines()[-1])["rows"]
        if count == MOST:
            note(APPROVING, measured[APPROVED].cpu, people)
        yield table(f"{count:,} low-risk requests approved", {raw.NAME: measured[raw.NAME], **measured}, raw.NAME)


def _sending(surroundings: Stage) -> str:
    """The stage's own site, which only sends and signs now."""
    text = surroundings.queueing.read_text().replace("queueing", "sending")
    text = text.replace("[sites.acme]\n", "[sites.acme]\nembedded = false\n")
    return text.replace("gnupg_home =", f'signer = "{surroundings.recipient}"\ngnupg_home =')


def _receiving(surroundings: Stage, arrived: Path, database: Path) -> str:
    return f"""
[state]
url = "sqlite:///{database}"
key = "file:{surroundings.folder}/state.key"
[sites.acme]
id = "ACME0001"
[sites.acme.intake]
type = "folder"
directory = "{arrived}"
gnupg_home = "{surroundings.keyring.home}"
signer = "{surroundings.recipient}"
largest = 4000
cpu_seconds = 600
"""


if __name__ == "__main__":
    for size in sizes(sys.argv[1:], [20_000]):
        for shown in measure(size, rounds(size)):
            print(shown, flush=True)
