"""Worlds for the scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from bensync.cli.app import main
from bensync.demo.company.company import Company
from bensync.demo.mailbox import Mailbox
from tests.e2e.world import START, World, person, world
from tests.fixtures.gnupg import Correspondence
from tests.fixtures.openssh import OpenSsh


@pytest.fixture
def acme(tmp_path: Path, keys: Correspondence, sshd: OpenSsh, mailbox: Mailbox, database: str) -> Iterator[World]:
    """An employer with nobody in HR yet, and empty stores."""
    with world(tmp_path, keys, sshd, mailbox, Company(now=START - timedelta(days=1)), database) as employer:
        yield employer


@pytest.fixture
def staffed(acme: World) -> World:
    """An employer with three people in step on both sides, on the day after."""
    return staff(acme)


def staff(acme: World) -> World:
    """Hire three people, and bring both sides in step."""
    for number in (1, 2, 3):
        acme.company.hire(
            person(number), job={"jobTitle": "Clerk", "department": "Office"}, pay={"rate": "50000.00 USD"}
        )
    acme.begin()
    return acme


@pytest.fixture
def bensync(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """The command line: a world and words in; code, output and errors out."""

    def run(world: World, *words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["--config", str(world.config), *words])
        return code, *capsys.readouterr()

    yield run
    structlog.reset_defaults()
