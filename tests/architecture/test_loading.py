"""What is loaded, and what is not: a library in a process that never uses it costs memory and time every day."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

from bensync.state.db.vault import new_state_key
from bensync.state.store import Store

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
"""For one command or one kind of turn; a process that only rests or notifies has no use for them."""

UNREAD = {"pydantic_settings", "sqlalchemy.dialects.postgresql"}
"""A command on a SQLite database needs neither, unless a variable of the environment overrides the configuration."""

OTHER_TABLES = {
    "bensync.state.schema.access",
    "bensync.state.schema.all_tables",
    "bensync.state.schema.benefits",
}
"""A class costs about a millisecond when it is loaded, so a command loads only the tables that it reads."""

CONFIGURATION = """
[state]
url = "sqlite:///{folder}/state.db"
key = "file:{folder}/state.key"
[sites.acme]
id = "ACME0001"
[sites.acme.source]
type = "csvfile"
folder = "{folder}"
[sites.acme.status]
active = ["Active"]
inactive = ["Terminated"]
[sites.acme.feed]
recipient = "{recipient}"
gnupg_home = "{folder}"
[sites.acme.upload_center]
type = "folder"
directory = "{folder}"
"""


def loaded_by(statement: str, **variables: str) -> AbstractSet[str]:
    """The names of all modules after a statement, in a Python of its own with these variables of the environment."""
    command = [sys.executable, "-c", f"import sys; {statement}; print(); print(*sys.modules)"]
    environment = os.environ | variables
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return set(outcome.stdout.splitlines()[-1].split())


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """A site with an empty database."""
    key = new_state_key()
    (tmp_path / "state.key").write_text(key)
    store = Store(f"sqlite:///{tmp_path}/state.db", key)
    store.migrate()
    store.close()
    file = tmp_path / "bensync.toml"
    file.write_text(CONFIGURATION.format(folder=tmp_path, recipient="A" * 40))
    return file


def test_the_status_of_a_site_loads_no_run_and_no_table_of_benefits_or_access(configuration):
    loaded = loaded_by(
        f"from bensync.cli.app import main; assert main(['--config', {str(configuration)!r}, 'status']) == 0"
    )
    ours = {
        "bensync.benefits",
        "bensync.pipeline",
        "bensync.state.benefits.cases",
        "bensync.web",
    }
    assert {"bensync.state.read.lists", "bensync.connectors.csvfile"} <= loaded
    assert not loaded & (ELSEWHERE | UNREAD | OTHER_TABLES | ours)


def test_shapes_are_loaded_only_to_answer_with_json(configuration):
    call = f"from bensync.cli.app import main; assert main(['--config', {str(configuration)!r}, {{}}]) == 0"
    shapes = {"bensync.api_shapes.status", "bensync.api_shapes.sync", "bensync.api_shapes.base"}
    assert not loaded_by(call.format("'status'")) & shapes
    loaded = loaded_by(call.format("'--json', 'status'"))
    assert {"bensync.api_shapes.status", "bensync.api_shapes.base"} <= loaded
    assert not loaded & {"bensync.api_shapes.benefits.events", "bensync.benefits", "fastapi"}


def test_what_a_command_loads_is_never_searched_for_garbage_and_the_rest_is(configuration):
    call = f"from bensync.cli.app import main; assert main(['--config', {str(configuration)!r}, 'status']) == 0"
    loaded_by(f"import gc; {call}; assert gc.isenabled(); assert gc.get_freeze_count() > len(gc.get_objects())")


def test_variables_over_the_file_are_read_where_there_are_any(configuration):
    load = f"from pathlib import Path; from bensync.config.loading import load; load(Path({str(configuration)!r}))"
    loaded = loaded_by(load, BENSYNC_STATE_KEY="of no table", BENSYNC_CONFIG="nor this")
    assert "pydantic_settings" not in loaded
    assert "pydantic_settings" in loaded_by(load, BENSYNC_DAEMON__LISTEN="")


def test_help_reads_the_options_of_no_command():
    loaded = loaded_by("from bensync.cli.app import main; assert main(['--help']) == 0")
    assert not loaded & {"pydantic", "sqlalchemy", "structlog", "bensync.cli.session"}


def test_the_resting_daemon_has_neither_hands_nor_anything_that_opens_what_is_sealed():
    loaded = loaded_by("import bensync.daemon.process")
    ours = {
        "bensync.state.db.vault",
        "bensync.state.store",
        "bensync.state.site_state",
        "bensync.wiring",
        "bensync.pipeline",
    }
    assert "bensync.state.db.database" in loaded
    assert not loaded & (
        ELSEWHERE | UNREAD | OTHER_TABLES | ours | {"cryptography", "sqlalchemy.dialects.mysql", "typer"}
    )


def test_looking_at_the_status_loads_no_hand():
    modules = "bensync.cli.render.site_status, bensync.cli.commands.sync.status, bensync.wiring, bensync.daemon.health"
    loaded = loaded_by(f"import {modules}, bensync.connectors.bamboohr, bensync.connectors.csvfile")
    assert {"bensync.state.read.lists", "bensync.delivery.settings"} <= loaded
    assert not loaded & (ELSEWHERE | {"smtplib", "bensync.connectors.http", "bensync.web"})


@pytest.mark.parametrize(
    "module",
    [
        "bensync.delivery.sftp",
        "bensync.connectors.bamboohr.reading",
        "bensync.state.store",
        "bensync.state.schema.all_tables",
    ],
)
def test_what_must_not_be_loaded_would_be_noticed(module):
    assert loaded_by(f"import {module}") & (ELSEWHERE | UNREAD | {"cryptography"})
