"""The command line at an employer whose mapping is tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bensync.cli.app import main
from tests.e2e.world import World


@pytest.fixture
def bensync(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """The command line: a world and words in; code, output and errors out."""

    def run(here: World, *words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["--config", str(here.config), *words])
        return code, *capsys.readouterr()

    yield run
    structlog.reset_defaults()


def read(here: World) -> dict[str, dict[str, str]]:
    """The people of the newest file."""
    newest = max(map(here.read, here.files()), key=lambda parsed: parsed.header.sequence)
    return {profile.employee_id: dict(profile.values) for profile in newest.profiles}
