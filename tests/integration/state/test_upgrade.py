"""A deployment of version 0.1 is upgraded: everything is still there, and work goes on."""

from __future__ import annotations

import json
import lzma
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, inspect, select, table

from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.schema.access import RecoveryCodeRow
from bensync.wiring import Deployment
from tests.fixtures.commands import command
from tests.fixtures.databases import careless

VERSION_0_1 = Path(__file__).parents[2] / "fixtures" / "version_0_1"
LISTS: dict[str, list[dict[str, Any]]] = json.loads((VERSION_0_1 / "lists.json").read_text())
RENAMED_KEYS = {"class": "event_class", "date": "event_date"}
FAILED_RUN, FAILED_DELIVERY = 8, 5
LOW_RISK, HIGH_RISK = 24, 25
ADVICE = "It is tried again by itself; if it lasts, look at the network and ask the receiver."

CONFIGURATION = """
[state]
url = "sqlite:///{folder}/bensync.db"
key = "file:{folder}/state-key.txt"
[sites.acme]
id = "ACME0001"
benefits = "benefits.toml"
[sites.acme.source]
type = "csvfile"
folder = "{folder}"
[sites.acme.status]
active = ["Active", "Leave"]
inactive = ["Terminated"]
[sites.acme.feed]
recipient = "0123456789ABCDEF0123456789ABCDEF01234567"
gnupg_home = "/nonexistent"
[sites.acme.upload_center]
type = "folder"
directory = "{folder}/upload-center"
"""

Bensync = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of the old deployment, under today's configuration."""
    return unpack(tmp_path)


@pytest.fixture
def bensync(folder: Path) -> Bensync:
    """The command on the old deployment."""
    return command_in(folder)


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Bensync:
    """The command on an upgraded deployment, for tests that only read."""
    bensync = command_in(unpack(tmp_path_factory.mktemp("upgraded")))
    answer(bensync, "migrate")
    return bensync


def unpack(folder: Path) -> Path:
    for name in ("bensync.db.sent", "state-key.txt", "benefits.toml"):
        shutil.copy(VERSION_0_1 / name, folder)
    (folder / "bensync.db").write_bytes(lzma.decompress((VERSION_0_1 / "bensync.db.xz").read_bytes()))
    for file in folder.iterdir():
        file.chmod(0o600)
    (folder / "upload-center").mkdir()
    (folder / "bensync.toml").write_text(CONFIGURATION.format(folder=folder))
    return folder


def command_in(folder: Path) -> Bensync:
    config = str(folder / "bensync.toml")
    return lambda *words: command("--config", config, "--site", "acme", "--json", *words, environment={})


def answer(bensync: Bensync, *words: str, code: int = 0) -> dict[str, Any]:
    """The JSON of a command that ends with this code."""
    outcome = bensync(*words)
    assert outcome.returncode == code, outcome.stdout + outcome.stderr
    shown: dict[str, Any] = json.loads(outcome.stdout)
    return shown


def rows_by_table(folder: Path) -> dict[str, int]:
    with careless(f"sqlite:///{folder}/bensync.db") as connection:
        tables = [table(name) for name in inspect(connection).get_table_names()]
        counts = {rows.name: select(func.count()).select_from(rows) for rows in tables}
        return {name: connection.execute(count).scalar_one() for name, count in counts.items()}


def test_the_old_database_is_refused_until_it_is_upgraded(bensync):
    error = answer(bensync, "status", code=14)["error"]
    assert "Its schema is 0013" in error["why"]
    assert "bensync migrate" in error["fix"]


def test_every_table_has_rows_and_keeps_them(folder, bensync):
    counts = rows_by_table(folder)
    assert len(counts) > 35
    assert all(counts.values())
    answer(bensync, "migrate")
    # Everybody signs in again; the genesis of the audit trails is one more secret.
    changed = {"session": 0, "secret": counts["secret"] + 1}
    assert (counts | changed).items() <= rows_by_table(folder).items()


def test_the_upgraded_database_is_sound_and_all_its_sealed_values_open(upgraded):
    report = answer(upgraded, "fsck", "--deep")
    assert report["ok"], report
    (trail,) = answer(upgraded, "audit", "verify")["audit"]
    assert trail["entries"] == len(LISTS["audit list"])


@pytest.mark.parametrize("words", LISTS)
def test_a_list_shows_what_version_0_1_showed(upgraded, words):
    rows = answer(upgraded, *words.split())[words.split()[0]]
    keys = list(LISTS[words][0])
    assert [{key: row[RENAMED_KEYS.get(key, key)] for key in keys} for row in rows] == LISTS[words]


def test_the_status_names_the_delivery_that_failed(upgraded):
    (site,) = answer(upgraded, "status")["sites"]
    assert site["deliveries_in_trouble"] == 1
    assert site["pending"] == {"UPDATE": 2, "TERMINATE": 1}
    assert site["last_update"]["outcome"] == "DELIVERED"


def test_old_errors_keep_their_advice_under_its_new_name(upgraded):
    run = answer(upgraded, "runs", "show", str(FAILED_RUN))["run"]
    delivery = answer(upgraded, "deliveries", "show", str(FAILED_DELIVERY))["delivery"]
    for error in (run["error"], delivery["error"]):
        assert set(error) == {"code", "kind", "what", "why", "fix"}
        assert error["fix"] == ADVICE


def test_work_goes_on_where_the_old_version_stopped(folder, bensync):
    answer(bensync, "migrate")
    sent = answer(bensync, "deliveries", "retry", str(FAILED_DELIVERY))["delivery"]
    assert sent["state"] == "COMMITTED"
    assert [file.name for file in (folder / "upload-center").iterdir()] == [sent["name"]]
    decisions = answer(bensync, "requests", "approve", str(LOW_RISK), str(HIGH_RISK), "--confirm")["decisions"]
    assert [decision["done"] for decision in decisions] == [True, True]
    events = answer(bensync, "events", "run")["run"]
    assert events["counts"]["finished"] == 1
    assert answer(bensync, "fsck")["ok"]
    (trail,) = answer(bensync, "audit", "verify")["audit"]
    assert trail["entries"] > len(LISTS["audit list"])


def test_old_accounts_keep_their_recovery_codes_and_tokens_and_sign_in_again(folder, bensync):
    answer(bensync, "migrate")
    store = Deployment(folder / "bensync.toml").store()
    with store.read(DEPLOYMENT) as state:
        account = state.accounts.named("ann")
        assert account is not None
        codes = select(func.count()).select_from(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account.id)
        assert state.transaction.connection.scalar(codes) == 10
        assert [token.label for token in state.tokens.of(account.id)] == ["report"]
        assert account.proven
        assert account.grants
        assert state.sessions.find(b"d" * 32) is None
    store.close()


def test_an_account_that_no_entry_of_the_old_trail_added_gets_no_right(folder, bensync):
    with careless(f"sqlite:///{folder}/bensync.db") as connection:
        connection.exec_driver_sql(
            "INSERT INTO role_grant (site, account_id, role, employee_id, extras, granted_by, granted_at) "
            "SELECT site, account_id, 'data_owner', '9', extras, granted_by, granted_at FROM role_grant LIMIT 1"
        )
    answer(bensync, "migrate")
    report = json.loads(bensync("fsck").stdout)

    assert not report["ok"]
    assert "no entry gave ann the role data_owner" in json.dumps(report)
