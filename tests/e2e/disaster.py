"""Lets one step of the product meet a fault, in a process of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from bensync import fault_points
from tests.e2e import bugs, killed
from tests.e2e.world import World
from tests.fixtures.fault_points import commits, sides
from tests.fixtures.forked import PATIENCE, PROCESSES


def strike(employer: World, step: str, point: str, action: str = "kill", *, config: Path | None = None) -> int:
    """Let one step of a process of its own meet a fault; returns its exit code."""
    words = (str(config or employer.config), employer.now.isoformat(), step)
    set_up = with_fault(f"{point}={action}")
    process = begin(set_up, words)
    process.join(PATIENCE)
    repeat = repeated(set_up, words)
    if process.exitcode is None:
        process.kill()
        raise AssertionError(f"it did not end; repeat with: {repeat}")
    if action == "kill" and process.exitcode != -signal.SIGKILL:
        raise AssertionError(f"{point} was not passed (exit code {process.exitcode}); repeat with: {repeat}")
    return process.exitcode


def with_fault(fault: str) -> dict[str, str]:
    """The environment of a process that shall meet a fault; empty for none. It has our bug, if we have one."""
    bug = {bugs.VARIABLE: os.environ[bugs.VARIABLE]} if bugs.VARIABLE in os.environ else {}
    return {"BENSYNC_TEST": "1", **({fault_points.VARIABLE: fault} if fault else {}), **bug}


def begin(set_up: Mapping[str, str], words: Sequence[str]) -> BaseProcess:
    """Start a step in a process of its own."""
    process = PROCESSES.Process(target=_meet, args=(dict(set_up), tuple(words)))
    process.start()
    return process


def repeated(set_up: Mapping[str, str], words: Sequence[str]) -> str:
    """The command that does a step once more."""
    return " ".join((*(f"{name}={text}" for name, text in set_up.items()), "python -m", killed.__name__, *words))


def _meet(set_up: dict[str, str], words: tuple[str, ...]) -> None:
    for name in (fault_points.VARIABLE, bugs.VARIABLE):  # the server that forks may have been started with some
        os.environ.pop(name, None)
    os.environ |= set_up
    killed.main(words)


RECEIVING = [
    *sides("sftp.connect", "sftp.listdir", "sftp.read", "gpg.open"),
    "receipt.requests",
    *commits("receipt.accept"),
]
"""What taking a file in passes."""

TROUBLED = commits("receipt.refuse", "receipt.wait", "receipt.fail", "receipt.end", "receipt.seen")
"""What an intake passes that takes nothing in."""
