"""A sender and a receiver on two machines, what is sent between them, and how the two are compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bensync.cli.app import main
from bensync.core.requests import Request, RequestState
from bensync.mappings import feed
from tests.e2e.receiver import Receiver, sealed, ssns
from tests.e2e.world import World, person

JOB = {"jobTitle": "Clerk", "department": "Office"}


def receiving(here: World, far: str, *, dated_rows: bool = False) -> Iterator[Receiver]:
    """Hire three people, send them, and set a receiver up."""
    for number in (1, 2, 3):
        here.company.hire(person(number), job=JOB, pay={"rate": "50000.00 USD"})
    here.at(here.now.date())
    here.resync()
    receiver = Receiver(here, here.folder / "receiver", far, dated_rows)
    yield receiver
    receiver.store.close()


def begun(receiver: Receiver) -> World:
    """Both sides in step, on the day after."""
    assert receiver.intake().stopped is None
    receiver.approve_all()
    here = receiver.sender
    here.approve([request.id for request in here.queue()], confirmed=True)
    here.next_day()
    return here


def told(requests: list[Request]) -> list[Any]:
    """What requests ask for, whoever opened them."""
    return sorted(
        (
            request.employee_id,
            request.kind,
            request.state,
            request.risk,
            request.warnings,
            request.effective_date,
            request.origin,
            request.basis_version,
            request.delivery,
            request.closed_because,
            sorted((change.field, change.old or "", change.new or "") for change in request.changes),
        )
        for request in requests
    )


def everything(side: World | Receiver) -> list[Any]:
    """Every request that a side ever opened."""
    return [entry for state in RequestState for entry in told(side.queue(state))]


def send(here: World, **fields: str) -> Path:
    """Change somebody in HR, and send it; returns the new file."""
    before = set(here.files())
    here.company.update("1", **fields)
    here.sync()
    here.next_day()
    (new,) = set(here.files()) - before
    return new


Spoiling = Callable[[World, Path], bytes]


def flipped(here: World, file: Path) -> bytes:
    """One bit changed in the middle."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    return bytes(content)


def edited(here: World, file: Path, old: bytes, new: bytes) -> bytes:
    """Another text inside, signed by the sender; the trailer does not know."""
    plain = here.keys.receiver.decrypt(file.read_bytes())
    assert old in plain
    return sealed(plain.replace(old, new), here)


def rewritten(here: World, file: Path, change: Callable[[Any], Any]) -> bytes:
    """Other people inside, with a good trailer, signed by the sender."""
    opened = feed.parse(here.tools.layout, here.keys.receiver.decrypt(file.read_bytes()))
    lines = feed.render(here.tools.layout, opened.header, change(opened.profiles))
    return sealed(b"".join(lines), here)


def unsigned(here: World, file: Path) -> bytes:
    """The right content, sealed for the receiver by anybody."""
    return sealed(here.keys.receiver.decrypt(file.read_bytes()), here, None, "--yes")


class Terminal:
    """The command line of the receiver."""

    def __init__(self, receiver: Receiver, capture: Any) -> None:
        self._config = str(receiver.config)
        self._capture = capture

    def say(self, *words: str) -> tuple[int, str]:
        """One command in this process: its exit code, and all it printed."""
        self._capture.readouterr()
        code = main(["--config", self._config, *words])
        out, err = self._capture.readouterr()
        assert ssns(out + err) == []
        return code, out + err

    def json(self, *words: str) -> tuple[int, Any]:
        """The same with --json."""
        self._capture.readouterr()
        code = main(["--config", self._config, "--json", *words])
        return code, json.loads(self._capture.readouterr().out)
