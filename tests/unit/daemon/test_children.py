"""Places for turns, filled first come first served; the children are plain processes that wait to be asked to end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bensync.config.settings import Daemon
from bensync.daemon.children import Children, Task
from bensync.daemon.config_snapshot import ConfigSnapshot
from tests.unit.config.example import GOOD, written

PATIENCE = 120.0


class Yard:
    """Children whose turns last until the test ends them."""

    def __init__(self, folder: Path, parallel: int) -> None:
        self.stopping = threading.Event()
        self.children = Children(self.stopping)
        self.copy = ConfigSnapshot(written(folder, GOOD))
        self.limits = Daemon(parallel=parallel, stop_seconds=0)
        self.folder = folder
        self.ends: list[tuple[str, int]] = []

    def take(self, *sites: str, heavy: bool = False) -> None:
        for site in sites:
            ended = lambda code, _seconds, site=site: self.ends.append((site, code))  # noqa: E731  # one line for one site
            self.children.take(site, Task(self.words(site), self.copy, self.limits, ended, heavy))

    def words(self, site: str) -> list[str]:
        file = self.folder / site
        return ["sh", "-c", f"echo $$ > {file}.new; mv {file}.new {file}; exec sleep 60"]

    def end(self, site: str, number: int = signal.SIGKILL) -> None:
        """End the turn of a site, once it has begun."""
        os.kill(int(until(lambda: (self.folder / site).read_text() if (self.folder / site).exists() else "")), number)


def until(condition: Callable[[], object]) -> str:
    deadline = time.monotonic() + PATIENCE
    while not (answer := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return str(answer)


@pytest.fixture
def yard(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Yard]:
    started_yard = Yard(tmp_path, request.param)
    yield started_yard
    started_yard.stopping.set()
    started_yard.children.join()
    started_yard.copy.close()


@pytest.mark.parametrize("yard", [2], indirect=True)
def test_as_many_turns_at_a_time_as_there_are_places_and_the_others_in_their_order(yard: Yard) -> None:
    yard.take("a", "b", "c", "d")
    assert (yard.children.at_work(), yard.children.waiting()) == ({"a", "b"}, {"c", "d"})
    assert yard.children.busy() == {"a", "b", "c", "d"}

    yard.end("b")
    until(lambda: yard.children.at_work() == {"a", "c"})
    yard.end("c")
    until(lambda: yard.children.at_work() == {"a", "d"})
    assert yard.ends == [("b", -9), ("c", -9)]
    assert yard.children.ended() == {("b", -9): 1, ("c", -9): 1}


@pytest.mark.parametrize("yard", [3], indirect=True)
def test_a_huge_or_broken_site_never_takes_the_last_place(yard: Yard) -> None:
    yard.take("huge", "broken", "worse", heavy=True)
    yard.take("small", "other")

    assert yard.children.at_work() == {"huge", "broken", "small"}
    yard.end("small")
    until(lambda: yard.children.at_work() == {"huge", "broken", "other"})
    yard.end("other")
    until(lambda: yard.children.at_work() == {"huge", "broken"})
    assert yard.children.waiting() == {"worse"}
    yard.end("huge")
    until(lambda: yard.children.at_work() == {"broken", "worse"})


@pytest.mark.parametrize("yard", [1], indirect=True)
def test_with_one_place_a_broken_site_still_gets_it(yard: Yard) -> None:
    yard.take("broken", heavy=True)
    assert yard.children.at_work() == {"broken"}


@pytest.mark.parametrize("yard", [1], indirect=True)
def test_a_copy_lives_until_its_last_turn_is_over(yard: Yard) -> None:
    copy = ConfigSnapshot(yard.folder / "bensync.toml")
    yard.children.take("a", Task(yard.words("a"), copy, yard.limits, lambda *_: None))
    yard.children.take("b", Task(yard.words("b"), copy, yard.limits, lambda *_: None))
    copy.close()
    for site in ("a", "b"):
        os.fstat(copy.handle)
        yard.end(site)
    until(lambda: not yard.children.busy())
    with pytest.raises(OSError):
        os.fstat(copy.handle)


@pytest.mark.parametrize("yard", [1], indirect=True)
def test_asked_to_stop_a_waiting_child_does_not_begin_and_a_working_one_is_ended(yard: Yard) -> None:
    yard.take("a", "b")
    until((yard.folder / "a").exists)
    yard.stopping.set()
    yard.children.join()
    assert yard.ends == [("a", -15)]
    assert not yard.children.busy()
    assert not (yard.folder / "b").exists()
