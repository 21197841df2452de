"""Receivers on another machine than the sender, and their terminal."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.intake.sides import Terminal, receiving
from tests.e2e.receiver import Receiver, signing
from tests.e2e.world import World
from tests.fixtures.databases import in_file
from tests.fixtures.postgres import Postgres


@pytest.fixture
def far(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the receiver's own database, of the sort that the sender has."""
    if database.startswith("sqlite"):
        (tmp_path / "receiver").mkdir()
        yield in_file(tmp_path / "receiver")
    else:
        server: Postgres = request.getfixturevalue("database_server")
        with server.database(f"r{secrets.token_hex(8)}") as url:
            yield url


@pytest.fixture
def there(acme: World, far: str) -> Iterator[Receiver]:
    """A receiver; the sender has sent three people in a FULL file that nobody took in yet."""
    signing(acme, embedded=True)
    yield from receiving(acme, far)


@pytest.fixture(params=[False, True], ids=["without dated rows", "with dated rows"])
def both(acme: World, far: str, request: pytest.FixtureRequest) -> Iterator[Receiver]:
    """The same, for files with and without dated rows."""
    signing(acme, embedded=True, dated_rows=request.param)
    yield from receiving(acme, far, dated_rows=request.param)


@pytest.fixture
def terminal(there: Receiver, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """A terminal over there."""
    return Terminal(there, capsys)
