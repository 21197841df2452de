"""Processes that all want to do the daily run of the same dates, as daemons on one database do."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from bensync.errors import BusyError
from tests.e2e import bugs
from tests.e2e.killed import Step
from tests.e2e.world import World

_CONTEXT = multiprocessing.get_context("forkserver")
_PATIENCE = 120  # seconds for one date
_GLANCE = 0.1


class Race:
    """One start gun for all: `run` lets everybody go for one date, and returns how it went with each."""

    def __init__(self, gate: Any, moments: list[Any], answers: Any) -> None:
        self._gate = gate
        self._moments = moments
        self._answers = answers

    def run(self, moment: datetime) -> list[str]:
        """One date; everybody tries until the day is done by any of them."""
        for channel in self._moments:
            channel.send(moment)
        self._gate.wait(_PATIENCE)
        return [self._answers.get(timeout=_PATIENCE) for _ in self._moments]


@contextmanager
def race(employer: World, processes: int) -> Iterator[Race]:
    """Start the processes."""
    gate, answers = _CONTEXT.Barrier(processes + 1), _CONTEXT.Queue()
    ends = [_CONTEXT.Pipe(duplex=False) for _ in range(processes)]
    bug = os.environ.get(bugs.VARIABLE, "")
    racers = [
        _CONTEXT.Process(target=_compete, args=(str(employer.config), listen, gate, answers, bug)) for listen, _ in ends
    ]
    for racer in racers:
        racer.start()
    try:
        yield Race(gate, [send for _, send in ends], answers)
    finally:
        for _, send in ends:
            send.send(None)
        for racer in racers:
            racer.join(60)
            if racer.exitcode is None:
                racer.kill()


def _compete(config: str, moments: Any, gate: Any, answers: Any, bug: str) -> None:
    from pathlib import Path

    from bensync.wiring import Deployment

    os.environ |= {bugs.VARIABLE: bug, "BENSYNC_TEST": "1"}
    deployment = Deployment(Path(config))
    with bugs.planted():
        while (moment := moments.recv()) is not None:
            step = Step(deployment, moment)
            gate.wait(_PATIENCE)
            answers.put(_insist(step))


def _insist(step: Step) -> str:
    """Try as a daemon does tick by tick: while another one is at work, again."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            step.scheduled()
        except BusyError as error:
            if not error.retry:
                return "done by another"
            time.sleep(_GLANCE)
        except Exception as error:  # noqa: BLE001  # it is shown where the race is judged
            return f"{type(error).__name__}: {error}"
        else:
            return "done"
    return "still waiting"
