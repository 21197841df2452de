"""backup, restore, fsck, keys and caught-up as people and scripts use them, on what real runs left in the database."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bensync.cli.system_user import system_user
from tests.fixtures.databases import SORTS, careless, on_sqlite
from tests.fixtures.deployed import deployed
from tests.fixtures.filled import deliver, fill
from tests.fixtures.invariants import hold
from tests.fixtures.office import Office, office

pytestmark = pytest.mark.databases(*SORTS)


@pytest.fixture
def acme(tmp_path, keys, capsys, database):
    with office(tmp_path, keys, capsys, database) as employer:
        employer.begin()
        yield employer


def move(acme: Office, count: int = 2) -> None:
    """Some people move, and a file is sent."""
    for employee in list(acme.company)[:count]:
        acme.company.update(employee.id, city=f"Town {datetime.now(UTC).microsecond}")
    assert acme.run("sync").code == 0
    acme.company.now = datetime.now(UTC) + timedelta(seconds=1)


def test_everything_holds_whatever_was_done(acme):
    move(acme)
    waiting = acme.json("requests", "list")["requests"]
    assert acme.run("requests", "approve", str(waiting[0]["id"]), "--confirm").code == 0
    assert acme.run("requests", "decline", str(waiting[1]["id"]), "--reason", "INELIGIBLE", "--note", "no").code == 0
    assert (
        acme.run(
            "people",
            "terminate",
            acme.actives[0],
            "--date",
            f"{acme.company.today}",
            "--confirm",
            "--reason",
            "left the company",
        ).code
        == 0
    )
    assert acme.run("resync", "--active", "--inactive").code in {0, 3}
    acme.run("requests", "approve", "--all")

    findings = acme.json("fsck", "--deep")

    assert findings["ok"]
    assert len(findings["findings"]) > 10
    printed = acme.run("fsck")
    assert (printed.code, printed.out) == (0, f"No problems: {len(findings['findings']) - 4} rules checked.\n")


def test_what_does_not_hold_ends_with_14_and_the_list(acme):
    with careless(acme.database) as connection:
        moved = text("UPDATE baseline SET delivery_id = 77 WHERE employee_id = :who")
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = replica")  # no foreign key is looked at
        connection.execute(moved, {"who": acme.actives[0]})

    answer = acme.run("--json", "fsck")
    assert answer.code == 14
    assert [line["subject"] for line in answer.json["findings"] if not line["ok"]] == [
        "a baseline is what was sent last"
    ]
    shown = acme.run("fsck")
    assert "1 inconsistency" in shown.out
    assert "Fix: " in shown.out


def test_a_backup_says_what_it_holds_and_where_the_key_is_not(acme):
    target = acme.folder / "copy"
    copied = acme.json("backup", str(target))["backup"]

    assert copied["file"] == str(target)
    assert copied["size"] == target.stat().st_size
    assert copied["rows"]["baseline"] > 0
    assert copied["broken"] == []
    refused = acme.run("--json", "backup", str(target))
    assert (refused.code, refused.error["kind"]) == (14, "StateError")
    answer = acme.run("backup", str(target), "--force")
    assert "tables" in answer.out
    assert "not in the file" in answer.out


def test_a_restore_asks_twice_and_says_what_to_do_next(acme):
    copy = str(acme.folder / "copy")
    acme.json("backup", copy)
    move(acme)

    assert acme.run("restore", copy).code == 2
    assert acme.run("restore", copy, "--yes").code == 14
    done = acme.json("restore", copy, "--yes", "--force", "--actor", "Kim")["restore"]

    assert done["sites"] == ["acme"]
    assert done["schema"] == done["came_from"]
    assert ".before-restore-" in done["kept"]
    entry = acme.json("audit")["audit"][-1]
    assert (entry["verb"], entry["actor"]) == ("database.restore", f"Kim (by {system_user()})")
    answer = acme.run("restore", done["kept"], "--yes", "--force")
    assert "caught-up" in answer.out


def test_R14_a_restored_database_sends_nothing_before_a_person_has_said_what_left(acme):
    copy = str(acme.folder / "copy")
    acme.json("backup", copy)
    for _ in range(2):
        move(acme)
    sent = sorted(acme.files.iterdir())
    assert len(sent) == 2
    (acme.folder / "bensync.db.sent").unlink(missing_ok=True)  # there is none beside a database on a server
    acme.json("restore", copy, "--yes", "--force")

    for command in (("sync",), ("resync", "--active", "--inactive")):
        refused = acme.run("--json", *command)
        assert (refused.code, "(restored)" in refused.error["what"]) == (12, True)
    assert sorted(acme.files.iterdir()) == sent

    report = acme.json("deliveries", "caught-up", "--last", "2", "--reason", "asked them")["caught_up"]
    assert report == {"site": "acme", "last": 2, "void": [1, 2], "abandoned": []}
    listed = acme.json("deliveries")["deliveries"]
    assert [delivery["state"] for delivery in listed] == ["VOID", "VOID"]
    assert "CAUGHT_UP" in acme.run("runs").out
    refused = acme.run("--json", "sync")
    assert (refused.code, "(void_deliveries)" in refused.error["what"]) == (12, True)
    plan = acme.json("plan", "--active", "--inactive")["plan"]
    assert [row for row in plan["rows"] if row["kind"] == "UPDATE"], "the drift shows"
    assert acme.run("resync", "--active", "--inactive").code == 0
    names = sorted(file.name for file in acme.files.iterdir())
    assert names[-1] == "ACME0001_FULL_000003.csv.gpg"
    move(acme)
    assert acme.json("fsck", "--deep")["ok"]


@on_sqlite
def test_a_database_that_was_put_back_manually_is_noticed(acme):
    database, copy = acme.folder / "bensync.db", acme.folder / "copy"
    acme.json("backup", str(copy))
    move(acme)
    for suffix in ("-wal", "-shm"):
        database.with_name(f"bensync.db{suffix}").unlink(missing_ok=True)
    database.write_bytes(copy.read_bytes())
    for file in acme.files.iterdir():
        file.unlink()  # the receiver takes files away, so that the upload center cannot show it

    answer = acme.run("--json", "fsck")
    assert answer.code == 14
    assert [line["subject"] for line in answer.json["findings"] if not line["ok"]] == [
        "the database knows everything that was sent"
    ]
    refused = acme.run("--json", "sync")
    assert (refused.code, "(older_state)" in refused.error["what"]) == (12, True)
    assert not list(acme.files.glob("*.gpg"))

    early = acme.run("--json", "deliveries", "caught-up", "--last", "0", "--reason", "a slip")
    assert early.code == 15
    acme.json("deliveries", "caught-up", "--last", "1", "--reason", "as the log says")
    assert acme.run("resync", "--active", "--inactive").code == 0
    assert acme.json("fsck", "--deep")["ok"]


def test_caught_up_takes_the_hash_of_the_last_file_or_refuses_it(acme):
    assert acme.run("deliveries", "caught-up", "--last", "1", "--reason", "x", "--sha256", "abc").code == 2


def test_the_state_key_is_rotated_while_its_file_is_kept_private(acme):
    (acme.folder / "state.key").chmod(0o600)
    move(acme)
    before = acme.json("keys", "status")["keys"]
    assert [(line["version"], line["newest"]) for line in before] == [(1, True)]

    done = acme.json("keys", "rotate", "--actor", "Kim")["rotation"]

    assert (done["version"], done["to_set"]) == (2, None)
    assert done["values"] > 0
    assert acme.run("--json", "keys", "retire", "2").code == 14
    assert acme.json("keys", "retire", "1")["retired"] == {"version": 1, "by_hand": False}
    assert acme.json("fsck", "--deep")["ok"]
    assert (acme.folder / "state.key").stat().st_mode & 0o077 == 0
    assert [entry["verb"] for entry in acme.json("audit")["audit"][-2:]] == ["keys.rotate", "keys.retire"]
    assert "encrypts" in acme.run("keys", "status").out
    move(acme)


def test_a_key_in_the_environment_is_printed_to_be_set(tmp_path):
    employer = deployed(tmp_path, "", "env:CARE_KEY")
    first = deployed(tmp_path / "other")
    key = first.key.read_text()
    assert employer.call("migrate", CARE_KEY=key).returncode == 0

    answer = employer.call("--json", "keys", "rotate", CARE_KEY=key)
    assert answer.returncode == 0, answer
    fresh = json.loads(answer.stdout)["rotation"]["to_set"]
    shown = employer.call("keys", "rotate", CARE_KEY=key)
    assert "env:CARE_KEY" in shown.stdout

    done = employer.call("keys", "rotate", CARE_KEY=fresh)
    assert "encrypted again with version 2" in done.stdout, done
    dropped = employer.call("keys", "retire", "1", CARE_KEY=fresh)
    assert "remove the part that begins with 1:" in dropped.stdout
    assert employer.call("fsck", CARE_KEY=fresh.partition(",")[0]).returncode == 0


@pytest.mark.parametrize("back", [False, True])
def test_a_deployment_moves_from_one_database_to_the_other(tmp_path, postgresql, back):
    old = deployed(tmp_path / "old", postgresql if back else "")
    new = deployed(tmp_path / "new", "" if back else postgresql)
    new.key.write_text(old.key.read_text())
    with contextlib.closing(old.deployment.store()) as store:
        store.migrate()
        fill(store, "acme", "other")
    assert old.call("backup", str(tmp_path / "copy")).returncode == 0
    done = new.call("--json", "restore", str(tmp_path / "copy"), "--yes")
    assert done.returncode == 0, done
    assert new.call("fsck", "--deep").returncode == 0
    with contextlib.closing(new.deployment.store()) as store:
        deliver(store, "acme", [77])
        hold(store, "acme")
