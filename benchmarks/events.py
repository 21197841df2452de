"""How long benefit events take: hires prepared, elections posted, terminations processed, each in a fresh process.

Usage: python benchmarks/events.py [PEOPLE [URL]]; a database of PostgreSQL is named by its URL, and must be empty.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import raw
from measure import Cost, cost, sizes

from bensync import demo
from bensync.benefits.engine.event_order import mark_final
from bensync.benefits.engine.run import case_result
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.activities import Activity, ActivitySource
from bensync.benefits.values.cases import Case
from bensync.core.people import Participant, Profile, Standing, Status
from bensync.pipeline.benefits.events import EventRunOptions, run_events
from bensync.pipeline.context import MANUAL
from bensync.state.benefits.event_runs import BeganWith
from bensync.state.site_state import SiteState
from bensync.state.store import Store
from bensync.wiring import Deployment
from tests.fixtures.deployed import deployed

LIMIT = 60.0
"""Seconds that 10,000 events may take to be prepared and finished."""
SITE = "acme"
RULEBOOK = Path(demo.__file__).with_name("benefits.toml")
HIRED, LEFT = date(2026, 1, 5), date(2026, 6, 15)
_PAGE = 500


def person(number: int) -> Profile:
    """One of many, full-time."""
    values = {
        "ssn": f"{100 + number // 1_000_000:03}{number % 1_000_000:06}",
        "first_name": f"First{number % 997}",
        "last_name": f"Last{number}",
        "birth_date": "1984-02-29",
        "state": "OH",
        "postal_code": "45402",
        "hire_date": HIRED.isoformat(),
        "employment_status": "Full-Time",
        "pay_rate": f"{40_000 + number % 50_000}.00 USD",
        "pay_per": "Year",
    }
    return Profile(str(number), Status.ACTIVE, HIRED, values)


def plant(store: Store, _: Deployment, people: int) -> int:
    """Fill the register, with the activity of a hire for everybody."""
    hired = Activity(0, ActivitySource.JOB, "HIR", HIRED, "hire")
    with store.write(SITE, "bench.begin") as work:
        work.event_runs.begin(BeganWith.BEGIN, moment())
    for start in range(0, people, _PAGE):
        with store.write(SITE, "bench.plant") as work:
            for number in range(start, min(start + _PAGE, people)):
                planted = person(number)
                key = work.vault.index(planted.values["ssn"])
                blank = Participant(0, key, Standing.ACTIVE, planted, HIRED, None, 1)
                work.cases.add(work.participants.save(blank, moment()), None, [hired])
    return people


def run(store: Store, deployment: Deployment, people: int) -> int:
    """A run over everything that waits; returns how many it looked at."""
    place = deployment.site_context(SITE, store)
    report = run_events(place, deployment.rulebook(SITE), EventRunOptions(MANUAL, "benchmark"), moment)
    del people
    return report.counts.get("people", 0)


def final(store: Store, deployment: Deployment, people: int) -> int:
    """Mark every hire final."""
    book = deployment.rulebook(SITE)
    return sum(_altered(work, ids, partial(mark_final, number=1), book) for work, ids in pages(store, people))


def leave(store: Store, _: Deployment, people: int) -> int:
    """Everybody leaves, and each termination was approved."""
    left = Activity(0, ActivitySource.JOB, "TER", LEFT, "termination", final=True)
    for work, ids in pages(store, people):
        gone = [ended(member) for member in work.participants.by_ids(ids).values()]
        for member in gone:
            work.participants.save(member, moment())
            work.cases.add(member.id, None, [left])
    return people


def ended(member: Participant) -> Participant:
    """The same person, terminated."""
    values = {**member.profile.values, "termination_date": LEFT.isoformat()}
    profile = Profile(member.employee_id, Status.INACTIVE, LEFT, values)
    return Participant(
        member.id, member.key, Standing.TERMINATED, profile, HIRED, LEFT, member.version + 1, member.program
    )


def pages(store: Store, people: int) -> Iterable[tuple[SiteState, list[int]]]:
    """A transaction for each page of participants."""
    after = 0
    while after < people:
        with store.write(SITE, "bench.page") as work:
            ids = work.cases.everybody(after, _PAGE)
            if not ids:
                return
            yield work, ids
            after = ids[-1]


def _altered(work: SiteState, ids: list[int], alter: Callable[[Case], Case], book: Rulebook) -> int:
    before = work.cases.load(ids)
    work.cases.save(before, [case_result(case, alter(case), book) for case in before.values()], moment())
    return len(ids)


def moment() -> datetime:
    """The clock of the benchmark."""
    return datetime.now(UTC)


STEPS: dict[str, Callable[[Store, Deployment, int], int]] = {
    "plant people and hires": plant,
    "prepare the events": run,
    "mark them final": final,
    "post the coverage": run,
    "everybody leaves": leave,
    "end it, open COBRA": run,
    "a run more": run,
}
SET_UP = ("plant people and hires", "everybody leaves")
"""Steps that are the benchmark's own."""
MEASURED = ("prepare the events", "post the coverage")
"""The two runs that take 10,000 events from an activity to coverage."""


def step(name: str, config: Path, people: int) -> None:
    """One step in this process; prints how many people it was about."""
    deployment = Deployment(config)
    store = deployment.store()
    if name == "plant people and hires":
        store.migrate()
    done = STEPS[name](store, deployment, people)
    store.close()
    print(json.dumps(done))


def measured(name: str, config: Path, people: int) -> tuple[int, Cost]:
    """One step in a process of its own: people, and what it cost, start-up included."""
    log = config.with_name("said")
    spent = cost([sys.executable, __file__, "--step", name, config, str(people)], log=log)
    return int(log.read_text().splitlines()[-1]), spent


def lower_bound(folder: Path, before: Path) -> Cost:
    """The rows of the last step, written raw into a copy of the database as it was; see `raw.py`."""
    (now,) = folder.glob("*.db")
    rows, target = folder / "rows", folder / "raw.copy"
    raw.keep(before, now, rows)
    shutil.copy(before, target)
    return cost([sys.executable, raw.__file__, rows, target])


def main(people: int, url: str = "") -> None:
    """Measure, print, and say whether the limit holds."""
    with tempfile.TemporaryDirectory() as folder:
        installation = deployed(Path(folder) / "site", url, "", SITE)
        (installation.folder / RULEBOOK.name).write_text(RULEBOOK.read_text())
        text = installation.config.read_text()
        installation.config.write_text(
            text.replace('id = "SITE0000"\n', f'id = "SITE0000"\nbenefits = "{RULEBOOK.name}"\n')
        )
        print(f"**benefit events of {people:,} people**\n")
        print("| step | people | CPU s | same rows raw, CPU s | ratio | wall s | CPU µs each | MiB |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|")
        took, before = {}, None
        for name in STEPS:
            done, ours = measured(name, installation.config, people)
            took[name] = ours.wall
            raws = lower_bound(installation.folder, before) if before else None
            before = _copied(installation.folder) if not url else None
            ratio = f"{raws.cpu:.2f} | {ours.cpu / raws.cpu:.1f}" if raws else "- | -"
            each = ours.cpu / max(1, done) * 1e6
            print(
                f"| {name} | {done:,} | {ours.cpu:.2f} | {ratio} | {ours.wall:.1f} | {each:,.0f} | {ours.memory:.0f} |"
            )
            sys.stdout.flush()
        whole = sum(took[name] for name in MEASURED)
        limit = LIMIT * max(1.0, people / 10_000)
        verdict = "holds" if whole <= limit else "does NOT hold"
        print(f"\n{people:,} events prepared and finished in {whole:.1f} s; the limit of {limit:.0f} s {verdict}.\n")


def _copied(folder: Path) -> Path:
    """The database as it is now, out of the way of the next step."""
    (now,) = folder.glob("*.db")
    return Path(shutil.copy(now, folder / "before.copy"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        step(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        main(sizes(sys.argv[1:2], [10_000])[0], *sys.argv[2:3])
