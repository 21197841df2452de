"""What happens between two commands, and waiting for it."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.fixtures.office import Office


def changed(acme: Office, **fields: str) -> tuple[str, str]:
    """One person moved, one left: two requests, one of them of HIGH risk; ``fields`` change with the first."""
    moving, leaving = acme.actives[:2]
    acme.company.update(moving, city="Elsewhere", **fields)
    acme.company.terminate(leaving, on=acme.company.today)
    assert acme.run("sync").code == 0
    return moving, leaving


def await_that(what: Callable[[], object], seconds: float = 60.0) -> None:
    """Until it is true."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
