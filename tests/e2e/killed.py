"""Runs one daily run in a process of its own and kills it, with SIGKILL, at the named point.

Usage: python -m tests.e2e.killed CONFIG MOMENT POINT
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from bensync import pipeline
from bensync.core.runs import RunKind
from bensync.delivery import sftp
from bensync.pipeline import carry_out, runs
from bensync.state import baselines, outbox, queue
from bensync.wiring import Deployment


def _die(*_arguments: Any, **_options: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before(owner: Any, name: str) -> None:
    setattr(owner, name, _die)


def _after(owner: Any, name: str) -> None:
    done: Callable[..., Any] = getattr(owner, name)

    def wrapped(*arguments: Any, **options: Any) -> None:
        done(*arguments, **options)
        _die()

    setattr(owner, name, wrapped)


POINTS: dict[str, Callable[[], None]] = {
    "run opened": lambda: _before(runs, "gather"),
    "gathered": lambda: _before(runs, "carry_out"),
    "rows written, bytes not": lambda: _before(outbox.Outbox, "store_bytes"),
    "bytes written, not committed": lambda: _after(outbox.Outbox, "store_bytes"),
    "prepared": lambda: _before(carry_out, "deliver"),
    "upload done, not verified": lambda: _after(sftp.RemoteShelf, "write"),
    "before the intent": lambda: _before(outbox.Outbox, "intend"),
    "intent written": lambda: _before(sftp.RemoteShelf, "publish"),
    "renamed": lambda: _after(sftp.RemoteShelf, "publish"),
    "before the commit": lambda: _before(carry_out, "commit"),
    "requests opened": lambda: _after(queue.Queue, "open_all"),
    "baseline moved, not committed": lambda: _after(baselines.Baselines, "take_over"),
    "committed": lambda: _before(runs, "send_notices"),
}


def main() -> None:
    """Run and die."""
    config, moment, point = sys.argv[1:]
    now = datetime.fromisoformat(moment)
    deployment = Deployment(Path(config))
    tools = deployment.tools("acme", deployment.store())
    POINTS[point]()
    pipeline.run(tools, pipeline.Order(RunKind.DAILY, "SCHEDULE", "test"), lambda: now)


if __name__ == "__main__":
    main()
