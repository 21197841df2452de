"""A deployment past any machine at hand, played through: 10,000 sites, 20 million people, one morning.

Measured costs go in, event by event; when the last site is done comes out, and what was full until then.

Usage: python benchmarks/scaling.py [--sites 10000] [--people 20000000] [--plots docs/pictures] [--seed 1]
Needs the list requirements/bench.in (simpy; matplotlib for the plots).
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import simpy

LARGEST = 1_000_000
LOOKS = (60, 180, 360, 720)


@dataclass(frozen=True)
class Costs:
    """What one turn costs; seconds on one core unless it says otherwise. Measured, except where marked as assumed.

    Attributes:
        start: a process for a turn, until it knows its configuration, and its end.
        base: the smallest daily run that has something to send.
        changed: per employee whose change is sent.
        listed: per employee where the source can only list everybody.
        database: at the server, per turn (about 25 transactions); wall, on one of its cores.
        row: at the server, per changed employee.
        request: assumed: until HR has answered one request, wall.
        page: employees in one answer.
        fetch: at the server, for a worker to take a job and to end it.
        patience: a throttled site is given up after so long, wall.
    """

    start: float = 0.6
    base: float = 0.25
    changed: float = 0.0007
    listed: float = 0.000036
    database: float = 0.05
    row: float = 0.0002
    request: float = 0.5
    page: int = 500
    fetch: float = 0.006
    patience: float = 300.0


@dataclass(frozen=True)
class Plan:
    """A deployment.

    Attributes:
        workers: processes, each on a machine of its own.
        cores: of each machine.
        places: turns at a time in each worker.
        database_cores: of the PostgreSQL server.
        share_changed: of the employees, in a day.
        share_listing: of the sites, whose source cannot say who changed.
        share_throttled: of the sites, whose HR answers nobody today.
        known: whether those failed the day before, too: sites that did come last, and leave a place to the others.
        largest_first: whether large sites are asked for first.
    """

    workers: int = 4
    cores: int = 2
    places: int = 6
    database_cores: int = 4
    share_changed: float = 0.01
    share_listing: float = 0.1
    share_throttled: float = 0.0
    known: bool = True
    largest_first: bool = False


@dataclass(frozen=True)
class Site:
    """An employer of the morning."""

    people: int
    lists: bool
    throttled: bool


@dataclass
class Morning:
    """What came of it; seconds from the hour of the schedule."""

    done: list[float]
    cores_used: float
    places_used: float
    database_used: float
    connections: int

    @property
    def last(self) -> float:
        """When the last site that can be done was done."""
        return max(self.done)

    def share(self, of: float) -> float:
        """When so many of them were."""
        return sorted(self.done)[int(of * len(self.done)) - 1]


def sites(number: int, people: int, plan: Plan, seed: int) -> list[Site]:
    """Employers as there are: most of them small, a few huge."""
    chance = random.Random(seed)
    raw = [chance.lognormvariate(0, 1.9) for _ in range(number)]
    scale = people / sum(raw)
    made_sites = [
        Site(
            people=max(2, min(LARGEST, round(size * scale))),
            lists=chance.random() < plan.share_listing,
            throttled=chance.random() < plan.share_throttled,
        )
        for size in raw
    ]
    return sorted(made_sites, key=lambda site: -site.people) if plan.largest_first else made_sites


def needs(site: Site, plan: Plan, costs: Costs) -> tuple[float, float, float]:
    """One turn: seconds on a core, seconds of waiting for HR, seconds on a core of the database."""
    if site.throttled:
        return costs.start, costs.patience, costs.database
    changed = site.people * plan.share_changed
    listed = site.people if site.lists else 0
    core = costs.start + costs.base + changed * costs.changed + listed * costs.listed
    requests = 6 + changed / 100 + listed / costs.page
    return core, requests * costs.request, costs.database + changed * costs.row + costs.fetch


def play(all_sites: list[Site], plan: Plan, costs: Costs) -> Morning:
    """One morning, event by event."""
    world = simpy.Environment()
    prompt, heavy = simpy.Store(world), simpy.Store(world)
    for site in all_sites:
        (heavy if site.throttled and plan.known else prompt).put(site)
    database = simpy.Resource(world, plan.database_cores)
    machines = [simpy.Resource(world, plan.cores) for _ in range(plan.workers)]
    done: list[float] = []
    used = {"core": 0.0, "place": 0.0, "database": 0.0}

    def on(resource: simpy.Resource, seconds: float, name: str) -> Iterator[Any]:
        """Use a core, second by second, so that others get theirs meanwhile."""
        while seconds > 0:
            piece = min(1.0, seconds)
            with resource.request() as place:
                yield place
                yield world.timeout(piece)
            used[name] += piece
            seconds -= piece

    def turn(site: Site, machine: simpy.Resource) -> Iterator[Any]:
        core, waiting, server = needs(site, plan, costs)
        begun = world.now
        yield from on(machine, core / 2, "core")
        yield world.timeout(waiting)
        yield from on(machine, core / 2, "core")
        yield from on(database, server, "database")
        used["place"] += world.now - begun
        if not site.throttled:
            done.append(world.now)

    def place(machine: simpy.Resource, *, reserved: bool) -> Iterator[Any]:
        while prompt.items or (heavy.items and not reserved):
            site = yield (prompt if prompt.items else heavy).get()
            yield from turn(site, machine)

    for machine in machines:
        for number in range(plan.places):
            world.process(place(machine, reserved=number == 0 and plan.places > 1))
    world.run()
    length = max(done)
    return Morning(
        done=done,
        cores_used=used["core"] / (length * plan.workers * plan.cores),
        places_used=used["place"] / (length * plan.workers * plan.places),
        database_used=used["database"] / (length * plan.database_cores),
        connections=plan.workers * (plan.places + 4),
    )


def formula(all_sites: list[Site], plan: Plan, costs: Costs) -> dict[str, float]:
    """The same without playing: the morning is at least as long as the longest of these, in seconds."""
    every = [needs(site, plan, costs) for site in all_sites]
    return {
        "cores": sum(core for core, _, _ in every) / (plan.workers * plan.cores),
        "places": sum(map(sum, every)) / (plan.workers * plan.places),
        "database": sum(server for _, _, server in every) / plan.database_cores,
        "largest site": max(sum(turns) for turns, site in zip(every, all_sites, strict=True) if not site.throttled),
    }


def _looks(number: int, plan: Plan, costs: Costs, look_minutes: float, workers: int) -> float:
    """Share of all cores that the turns for what time alone brings take, around the clock."""
    return number * costs.start / (look_minutes * 60) / (workers * plan.cores)


def minutes(seconds: float) -> str:
    return f"{seconds / 60:,.1f}"


def table(title: str, head: list[str], rows: list[list[str]]) -> None:
    print(f"\n{title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def report(number: int, people: int, seed: int, costs: Costs) -> dict[str, list[tuple[float, float]]]:
    """Print the tables; returns what is drawn."""
    usual = Plan()
    all_sites = sites(number, people, usual, seed)
    sizes = sorted(site.people for site in all_sites)
    print(f"{number:,} sites, {sum(sizes):,} people: median {statistics.median(sizes):,.0f}, largest {sizes[-1]:,}")

    rows, simulated, reckoned = [], [], []
    for workers in (1, 2, 4, 8, 16, 32):
        plan = replace(usual, workers=workers)
        morning, bounds = play(all_sites, plan, costs), formula(all_sites, plan, costs)
        bound = max(bounds, key=lambda name: bounds[name])
        rows.append(
            [
                str(workers),
                minutes(morning.last),
                minutes(morning.share(0.99)),
                minutes(bounds[bound]),
                bound,
                f"{morning.cores_used:.0%}",
                f"{morning.places_used:.0%}",
                f"{morning.database_used:.0%}",
                str(morning.connections),
            ]
        )
        simulated.append((workers, morning.last / 60))
        reckoned.append((workers, bounds[bound] / 60))
    head = [
        "workers",
        "last site, min",
        "99 %, min",
        "formula, min",
        "bound by",
        "cores",
        "places",
        "database",
        "connections",
    ]
    table("Workers of two cores and six places", head, rows)

    rows, placed = [], []
    for places in (1, 2, 4, 6, 8, 12, 16):
        morning = play(all_sites, replace(usual, places=places), costs)
        rows.append([str(places), minutes(morning.last), f"{morning.cores_used:.0%}", f"{morning.places_used:.0%}"])
        placed.append((places, morning.last / 60))
    table("Places in each of four workers", ["places", "last site, min", "cores", "places full"], rows)

    rows, points, news = [], [], []
    for share in (0.0, 0.01, 0.02, 0.05, 0.1):
        plan = replace(usual, share_throttled=share)
        some = sites(number, people, plan, seed)
        named, new = play(some, plan, costs), play(some, replace(plan, known=False), costs)
        quick = play(some, replace(plan, known=False), replace(costs, patience=30.0))
        rows.append([f"{share:.0%}", minutes(named.last), minutes(new.last), minutes(quick.last)])
        points.append((share * 100, named.last / 60))
        news.append((share * 100, new.last / 60))
    head = ["share", "as the day before, min", "all of a sudden, min", "and given up after 30 s, min"]
    table("Sites whose HR throttles us all morning; the last of the others", head, rows)

    rows = []
    for name, cheaper in (
        ("as it is", costs),
        ("no cost of starting", replace(costs, start=0.03)),
        ("HR twice as slow", replace(costs, request=costs.request * 2)),
        ("ten times the changes", costs),
    ):
        plan = replace(usual, share_changed=0.1) if name.startswith("ten") else usual
        morning = play(all_sites, plan, cheaper)
        rows.append([name, minutes(morning.last), f"{morning.cores_used:.0%}", f"{morning.database_used:.0%}"])
    table("What if, with four workers", ["", "last site, min", "cores", "database"], rows)

    rows = [[str(look), *(f"{_looks(number, usual, costs, look, n):.0%}" for n in (2, 4, 8))] for look in LOOKS]
    table("The rest of the day: cores taken by looks alone", ["look_minutes", "2 workers", "4", "8"], rows)
    return {"simulated": simulated, "formula": reckoned, "places": placed, "known": points, "new": news}


def draw(series: dict[str, list[tuple[float, float]]], folder: Path) -> None:
    """The plots of docs/explanation/scaling.md."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "bensync", "svg.fonttype": "none", "font.size": 10, "axes.grid": True})
    from matplotlib import pyplot as plt

    sheets = (
        ("scaling-workers", "workers (two cores each)", {"simulated": "played", "formula": "formula"}, True),
        ("scaling-places", "places in each of four workers", {"places": "played"}, False),
        ("scaling-throttled", "sites that HR throttles, %", {"known": "as before", "new": "suddenly"}, False),
    )
    for name, below, lines, logarithmic in sheets:
        figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
        for key, label in lines.items():
            axes.plot(*zip(*series[key], strict=True), marker="o", label=label)
        if logarithmic:
            axes.set_xscale("log", base=2)
            axes.set_yscale("log")
            axes.axhline(120, color="grey", linestyle=":", label="two hours")
        else:
            axes.set_ylim(bottom=0)
        axes.set_xlabel(below)
        axes.set_ylabel("minutes until the last site is done")
        axes.legend()
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        plt.close(figure)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--sites", type=int, default=10_000)
    words.add_argument("--people", type=int, default=20_000_000)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--plots", type=Path)
    for name, value in vars(Costs()).items():
        words.add_argument(f"--{name}", type=type(value), default=value)
    options = words.parse_args()
    costs = Costs(**{name: getattr(options, name) for name in vars(Costs())})
    all_rows = report(options.sites, options.people, options.seed, costs)
    if options.plots is not None:
        draw(all_rows, options.plots)


if __name__ == "__main__":
    main()
