"""What is loaded, and what is not: a library in a process that never uses it costs memory and time every day."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Set as AbstractSet

import pytest

ELSEWHERE = {
    "alembic",
    "apprise",
    "fastapi",
    "gnupg",
    "httpx",
    "limits",
    "paramiko",
    "procrastinate",
    "psycopg",
    "tenacity",
}
"""For one command or one kind of turn; a process that only rests or tells has no use for them."""


def loaded_by(statement: str) -> AbstractSet[str]:
    """The names of all modules after a statement, in a Python of its own."""
    command = [sys.executable, "-c", f"import sys; {statement}; print(*sys.modules)"]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert outcome.returncode == 0, outcome.stderr
    return set(outcome.stdout.split())


def test_the_resting_daemon_has_neither_hands_nor_anything_that_opens_what_is_sealed():
    found = loaded_by("import bensync.daemon.process")
    ours = {"bensync.state.vault", "bensync.state.store", "bensync.state.work", "bensync.wiring", "bensync.pipeline"}
    assert "bensync.state.database" in found
    assert not found & (ELSEWHERE | ours | {"cryptography", "sqlalchemy.dialects.mysql", "typer"})


def test_looking_at_the_status_loads_no_hand():
    modules = "bensync.cli.glances, bensync.cli.status, bensync.wiring, bensync.daemon.health"
    found = loaded_by(f"import {modules}, bensync.connectors.bamboohr, bensync.connectors.csvfile")
    assert {"bensync.state.views", "bensync.delivery.settings"} <= found
    assert not found & (ELSEWHERE | {"smtplib", "bensync.connectors.http", "bensync.web"})


@pytest.mark.parametrize(
    "module", ["bensync.delivery.sftp", "bensync.connectors.bamboohr.reading", "bensync.state.store"]
)
def test_what_must_not_be_loaded_would_be_noticed(module):
    assert loaded_by(f"import {module}") & (ELSEWHERE | {"cryptography"})
