"""The examples of services say what is true: commands, options, settings, users and paths in them exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bensync import wiring
from bensync.cli.app import command_line
from bensync.config.settings import Daemon, Settings

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "examples" / "systemd" / "bensync.service"
COMPOSE = ROOT / "examples" / "compose" / "compose.yaml"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
LONGEST_STOP = 30  # seconds that the daemon may take


@pytest.fixture(scope="module")
def unit() -> dict[str, list[str]]:
    """Every entry of the unit, with all its values."""
    by_name: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            by_name.setdefault(name, []).append(value)
    return by_name


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text())


def understood(words: list[str]) -> bool:
    """Whether these are a command of ours with options that it has."""
    group: Any = command_line(loaded=True)
    command, *options = words
    options_of_command = {
        name for parameter in (*group.params, *group.commands[command].params) for name in parameter.opts
    }
    return set(options) <= options_of_command


def test_the_unit_starts_a_command_that_exists(unit):
    program, *words = unit["ExecStart"][0].split()
    assert Path(program).name == "bensync"
    assert understood(words)
    assert not understood(["daemon", "--invented"])


def test_the_unit_is_given_more_time_to_stop_than_the_daemon_takes(unit, services):
    assert int(unit["TimeoutStopSec"][0]) > LONGEST_STOP
    assert int(services["services"]["bensync"]["stop_grace_period"].removesuffix("s")) > LONGEST_STOP
    assert Daemon.model_fields["stop_seconds"].default + 5 <= LONGEST_STOP


def test_the_unit_keeps_people_out_of_files(unit):
    wanted = {
        "LimitCORE": "0",
        "MemorySwapMax": "0",
        "NoNewPrivileges": "yes",
        "PrivateTmp": "yes",
        "ProtectSystem": "strict",
        "CapabilityBoundingSet": "",
        "Restart": "on-failure",
    }
    assert {name: unit[name][0] for name in wanted} == wanted
    assert all(value.startswith("/etc/bensync/credentials/") for value in credentials(unit).values())


def credentials(unit: dict[str, list[str]]) -> dict[str, str]:
    return dict(entry.split(":", 1) for entry in unit["LoadCredential"])


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    if not (analyze := shutil.which("systemd-analyze")):
        pytest.skip("systemd-analyze is not installed; the other tests read the unit")
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/opt/bensync/bin/bensync", "/bin/true"))
    outcome = subprocess.run([analyze, "verify", copy], capture_output=True, text=True, timeout=60)
    assert (outcome.returncode, outcome.stdout) == (0, ""), outcome.stderr
    assert UNIT.name not in outcome.stderr
    copy.write_text(copy.read_text() + "[Service]\nProtectSistem=strict\n")
    assert "ProtectSistem" in subprocess.run([analyze, "verify", copy], capture_output=True, text=True).stderr


def test_the_container_is_as_small_as_the_image_allows(services):
    ours = services["services"]["bensync"]
    assert f"USER {ours['user']}" in DOCKERFILE
    assert ours["read_only"] is True
    assert ours["cap_drop"] == ["ALL"]
    assert ours["security_opt"] == ["no-new-privileges:true"]
    assert ours["ulimits"] == {"core": 0}
    assert ours["mem_limit"] == ours["memswap_limit"]
    assert "ports" not in ours
    assert all(entry.startswith("/tmp:") and "noexec" in entry for entry in ours["tmpfs"])


def test_the_container_runs_commands_and_settings_that_exist(services):
    ours = services["services"]["bensync"]
    assert understood(ours["command"])
    _, program, *words = ours["healthcheck"]["test"]
    assert program == "bensync"
    assert understood(words)
    for name in ours["environment"]:
        table, entry = re.fullmatch(r"BENSYNC_([A-Z]+)__([A-Z_]+)", name).groups()
        assert entry.lower() in Settings.model_fields[table.lower()].annotation.model_fields
    assert ours["environment"]["BENSYNC_DAEMON__LISTEN"].rpartition(":")[2] in ours["expose"]


def test_the_volumes_are_where_the_image_keeps_its_things(services):
    targets = [volume.split(":")[1] for volume in services["services"]["bensync"]["volumes"]]
    assert f'VOLUME ["{targets[0]}"]' in DOCKERFILE
    assert f"BENSYNC_CONFIG={targets[1]}" in DOCKERFILE
    assert (COMPOSE.parent / services["services"]["bensync"]["build"] / "Dockerfile").exists()


def test_every_secret_is_declared_and_none_is_in_the_file(services):
    used = {name for service in services["services"].values() for name in service["secrets"]}
    assert used == set(services["secrets"])
    assert all(set(secret) == {"file"} for secret in services["secrets"].values())


def test_both_pages_of_the_docs_name_the_examples():
    page = (ROOT / "docs" / "how-to" / "run-the-daemon.md").read_text()
    assert all(path.relative_to(ROOT).as_posix() in page for path in (UNIT, COMPOSE))


def test_the_example_of_a_configuration_loads():
    settings = wiring.Deployment(ROOT / "bensync.example.toml").settings
    assert list(settings.sites) == ["acme"]
    assert settings.mail is not None
