"""One job in a process of its own, so that time and peak memory are that job's alone; prints its figures as JSON.

Started by `sync.py`; needs Linux, where ``/proc`` shows the peak of one process.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import resource
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bensync import log
from bensync.actions import approvals, decisions
from bensync.core.access import command_line_actor
from bensync.core.people import Status
from bensync.core.requests import RequestState
from bensync.core.runs import RunKind
from bensync.pipeline import runs
from bensync.pipeline.context import RunOptions
from bensync.state.store import Store
from bensync.wiring import Deployment

SITE = "acme"
BOTH = frozenset({Status.ACTIVE, Status.INACTIVE})

Figures = dict[str, int]
_Function = tuple[str, int, str]
_Times = tuple[int, int, float, float, object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("job", choices=("migrate", *JOBS))
    parser.add_argument("--now", type=datetime.fromisoformat, required=True)
    parser.add_argument("--profile", type=Path, help="write where the time goes into this file")
    args = parser.parse_args()
    log.set_up(as_json=False)
    deployment = Deployment(args.config)
    store = deployment.store()
    if args.job == "migrate":
        store.migrate()
        return
    profile = cProfile.Profile() if args.profile else None
    job = JOBS[args.job]
    figures = profile.runcall(job, deployment, store, args.now) if profile else job(deployment, store, args.now)
    store.close()
    if profile:
        args.profile.write_text(describe(profile))
    print(json.dumps(figures | measured()))


def run(kind: RunKind) -> Callable[[Deployment, Store, datetime], Figures]:
    """A whole run of that kind; rows are those of its file, or those a snapshot wrote."""

    def job(deployment: Deployment, store: Store, now: datetime) -> Figures:
        boxes = None if kind is RunKind.DAILY else BOTH
        order = RunOptions(kind, "MANUAL", "benchmark", boxes)
        report = runs.run(deployment.sender_context(SITE, store), order, lambda: now)
        if report.plan.held:
            raise SystemExit(f"a guard holds rows, so this measures nothing: {report.plan.alarms}")
        with store.read(SITE) as work:
            pending = len(work.requests.pending_ids())
        return {"rows": len(report.plan.sends), "kept_back": len(report.plan.issues), "pending": pending}

    return job


def approve(count: int) -> Callable[[Deployment, Store, datetime], Figures]:
    """Approve the oldest low-risk requests in bulk."""

    def job(deployment: Deployment, store: Store, now: datetime) -> Figures:
        with store.read(SITE) as work:
            requests = work.requests.get(work.requests.pending_ids()[:count])
        ids = decisions.bulk_approvable(requests.values())
        rules = deployment.site(SITE).intake_rules()
        results = approvals.approve(store, SITE, ids, command_line_actor("benchmark"), now, rules)
        refused = [decision for decision in results if not decision.done]
        if refused:
            raise SystemExit(f"{len(refused)} requests were not approved: {refused[0].error}")
        return {"rows": len(ids)}

    return job


def listed(_deployment: Deployment, store: Store, _now: datetime) -> Figures:
    """The newest page of the queue, as an administrator looks at it."""
    with store.read(SITE) as work:
        return {"rows": len(work.lists.requests(50, RequestState.PENDING).items)}


def measured() -> dict[str, float]:
    """CPU seconds of this process and of the gpg it started, and its own peak of memory in MiB."""
    own, gpg = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"cpu": own.ru_utime + own.ru_stime, "gpg_cpu": gpg.ru_utime + gpg.ru_stime, "memory": peak("self")}


def peak(process: str | int) -> float:
    """The peak of memory of one process in MiB.

    Not that of ``getrusage``: there a child begins with the peak of the process that it was forked from.
    """
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    kib = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), "0")
    return int(kib) / 1024


def describe(profile: cProfile.Profile) -> str:
    """Own time by package or library, then the functions with the most time of their own and in all.

    The thread that renders the file for gpg is not in it.
    """
    stats: dict[_Function, _Times] = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # not in its types
    packages: Counter[str] = Counter()
    for function, (_, _, own, *_) in stats.items():
        packages[_package(function)] += round(own * 1_000_000)
    lines = ["own seconds by package or library"]
    lines += [f"{microseconds / 1_000_000:8.2f} {package}" for package, microseconds in packages.most_common(20)]
    by_own = sorted(((times[2], times[1], function) for function, times in stats.items()), reverse=True)
    by_all = sorted(((times[3], times[1], function) for function, times in stats.items()), reverse=True)
    for title, ranked in (("own seconds", by_own), ("seconds with all they call", by_all)):
        lines += ["", f"{title:<28} calls"]
        lines += [f"{time:8.2f} {calls:19} {_package(call)} {call[2]}:{call[1]}" for time, calls, call in ranked[:30]]
    return "\n".join(lines)


def _package(function: _Function) -> str:
    file = function[0]
    parts = Path(file).parts
    for anchor, first in (("bensync", 0), ("site-packages", 1)):
        if anchor in parts:
            start = len(parts) - 1 - parts[::-1].index(anchor) + first
            return "/".join(parts[start : start + 2])
    return "built in" if file == "~" else Path(file).stem


JOBS: dict[str, Callable[[Deployment, Store, datetime], Figures]] = {
    "resync": run(RunKind.RESYNC),
    "snapshot": run(RunKind.SNAPSHOT),
    "daily": run(RunKind.DAILY),
    "list": listed,
    "approve": approve(10_000),
}

if __name__ == "__main__":
    main()
