"""How long present coverage takes to load: a census previewed and loaded by the command, each in a fresh process.

Usage: python benchmarks/census.py [ENROLLMENTS [URL]]; a database of PostgreSQL is named by its URL, and must be empty.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from events import RULEBOOK, SITE, moment, person
from measure import Cost, cost, sizes

from bensync.benefits.values.activities import Activity, ActivitySource
from bensync.core.people import Participant, Profile, Standing
from bensync.wiring import Deployment
from tests.fixtures.deployed import deployed

LIMIT = 60.0
"""Seconds of one core that 100,000 enrollments may take to be loaded."""
PLANS = ("PPO", "VISION")
HIRED = person(0).values["hire_date"]
_PAGE = 500


def employee(number: int) -> Profile:
    """One of many, with an SSN that can exist."""
    planted = person(number)
    ssn = f"{100 + number // 989_901:03}{1 + number // 9_999 % 99:02}{1 + number % 9_999:04}"
    return msgspec.structs.replace(planted, values={**planted.values, "ssn": ssn})


def plant(config: Path, people: int) -> None:
    """Fill the register with people whose hires wait, as after an approved first load."""
    deployment = Deployment(config)
    store = deployment.store()
    store.migrate()
    for start in range(0, people, _PAGE):
        with store.write(SITE, "bench.plant") as work:
            blanks = []
            for number in range(start, min(start + _PAGE, people)):
                planted = employee(number)
                key = work.vault.index(planted.values["ssn"])
                blanks.append(Participant(0, key, Standing.ACTIVE, planted, planted.status_date, None, 1))
            for number in work.participants.save_all(blanks, moment()):
                hired = Activity(0, ActivitySource.JOB, "HIR", blanks[0].profile.status_date, "hire")
                work.cases.add(number, None, [hired])
    store.close()


def write(path: Path, people: int) -> None:
    """Write a census with a line for each plan of everybody."""
    with path.open("w", encoding="utf-8") as file:
        file.write("employee_number,ssn,plan,option,begin_date\n")
        for plan in PLANS:
            for number in range(people):
                values = employee(number).values
                file.write(f"{number},{values['ssn']},{plan},EE,{HIRED}\n")


def command(config: Path, log: Path, words: Sequence[str | Path]) -> Cost:
    """Run a command of bensync in a process of its own."""
    return cost([sys.executable, "-m", "bensync", "--config", config, "--json", "enrollments", *words], log=log)


def main(enrollments: int, url: str = "") -> None:
    """Measure, print, and say whether the limit holds."""
    people = enrollments // len(PLANS)
    with tempfile.TemporaryDirectory() as folder:
        installation = deployed(Path(folder) / "site", url, "", SITE)
        (installation.folder / RULEBOOK.name).write_text(RULEBOOK.read_text())
        text = installation.config.read_text()
        installation.config.write_text(
            text.replace('id = "SITE0000"\n', f'id = "SITE0000"\nbenefits = "{RULEBOOK.name}"\n')
        )
        plant(installation.config, people)
        census, log = Path(folder) / "census.csv", Path(folder) / "said"
        write(census, people)
        print(f"**a census of {enrollments:,} enrollments of {people:,} people**\n")
        print("| step | enrollments | CPU s | wall s | CPU µs each | MiB |\n|---|--:|--:|--:|--:|--:|")
        shown = command(installation.config, log, ["preview", census])
        report = json.loads(log.read_text())["census"]
        loaded = command(installation.config, log, ["load", census, "--allow", report["digest"]])
        done = json.loads(log.read_text())["census"]
        for name, spent, answer in (("preview", shown, report), ("load", loaded, done)):
            number = answer["coverages"]
            each = spent.cpu / max(1, number) * 1e6
            print(f"| {name} | {number:,} | {spent.cpu:.2f} | {spent.wall:.1f} | {each:,.0f} | {spent.memory:.0f} |")
        limit = LIMIT * max(1.0, enrollments / 100_000)
        holds = done["loaded"] and loaded.cpu <= limit
        print(f"\nLoaded within {limit:.0f} s of one core: {'holds' if holds else 'does NOT hold'}.")


if __name__ == "__main__":
    main(sizes(sys.argv[1:2], [100_000])[0], *sys.argv[2:3])
