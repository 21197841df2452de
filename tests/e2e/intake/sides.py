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


def receiving(sender: World, far: str, *, dated_rows: bool = False) -> Iterator[Receiver]:
    """Hire three people, send them, and set a receiver up."""
    for number in (1, 2, 3):
        sender.company.hire(person(number), job=JOB, pay={"rate": "50000.00 USD"})
    sender.at(sender.now.date())
    sender.resync()
    receiver = Receiver(sender, sender.folder / "receiver", far, dated_rows)
    yield receiver
    receiver.store.close()


def begun(receiver: Receiver) -> World:
    """Both sides in step, on the day after."""
    assert receiver.intake().stopped is None
    receiver.approve_all()
    sender = receiver.sender
    sender.approve([request.id for request in sender.queue()], confirmed=True)
    sender.next_day()
    return sender


def asked_for(requests: list[Request]) -> list[Any]:
    """What requests ask for, whichever side opened them."""
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
    return [entry for state in RequestState for entry in asked_for(side.queue(state))]


def send(sender: World, **fields: str) -> Path:
    """Change somebody in HR, and send it; returns the new file."""
    before = set(sender.files())
    sender.company.update("1", **fields)
    sender.sync()
    sender.next_day()
    (new,) = set(sender.files()) - before
    return new


Spoiling = Callable[[World, Path], bytes]


def flipped(sender: World, file: Path) -> bytes:
    """One bit changed in the middle."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    return bytes(content)


def edited(sender: World, file: Path, old: bytes, new: bytes) -> bytes:
    """Another text inside, signed by the sender; the trailer does not know."""
    plain = sender.keys.receiver.decrypt(file.read_bytes())
    assert old in plain
    return sealed(plain.replace(old, new), sender)


def rewritten(sender: World, file: Path, change: Callable[[Any], Any]) -> bytes:
    """Other people inside, with a good trailer, signed by the sender."""
    opened = feed.parse(sender.tools.layout, sender.keys.receiver.decrypt(file.read_bytes()))
    lines = feed.render(sender.tools.layout, opened.header, change(opened.profiles))
    return sealed(b"".join(lines), sender)


def unsigned(sender: World, file: Path) -> bytes:
    """The right content, sealed for the receiver by anybody."""
    return sealed(sender.keys.receiver.decrypt(file.read_bytes()), sender, None, "--yes")


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
