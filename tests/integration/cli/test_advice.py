"""What an error advises, followed as a person in a hurry follows it: it leads out, and destroys nothing."""

from __future__ import annotations

import pytest

from bensync.state.db.database import head
from bensync.state.db.vault import new_state_key
from tests.fixtures.databases import careless, on_sqlite
from tests.fixtures.office import Office

pytestmark = on_sqlite

_COMMANDS = (("status",), ("check",), ("sync",), ("fsck",))


def said(office: Office, *words: str) -> str:
    """What a command that fails says, with its fix."""
    answer = office.run("--json", *words)
    assert answer.code in {10, 14}, answer
    return answer.out


@pytest.mark.parametrize("text", ["", "nonsense", "1:AAAA", "b'1:AAAA'"])
def test_for_a_broken_state_key_the_advice_is_its_copy_and_never_a_new_one(begun: Office, text: str) -> None:
    file = begun.folder / "state.key"
    file.write_text(text)
    for words in _COMMANDS:
        answer = said(begun, *words)
        assert "init" not in answer
        assert "copy" in answer or "empty" in answer
    file.write_text(begun.state_key)
    assert begun.run("status").code == 0


def test_a_new_state_key_opens_nothing_and_the_advice_is_the_old_one(begun: Office) -> None:
    file = begun.folder / "state.key"
    file.write_text(new_state_key())
    for words in (("status",), ("sync",), ("migrate",)):
        assert "Put back the copy of the key" in said(begun, *words)
    file.write_text(begun.state_key)
    assert begun.run("status").code == 0
    assert begun.json("fsck", "--deep")["ok"]


@pytest.mark.parametrize("place", [0, 3000])
def test_a_damaged_database_leads_to_a_backup_and_the_advice_works(begun: Office, place: int) -> None:
    database, backup = begun.folder / "bensync.db", begun.folder / "backup.db"
    begun.json("backup", str(backup))
    damaged = bytearray(database.read_bytes())
    damaged[place : place + 40_000] = b"\x5a" * 40_000
    for suffix in ("-wal", "-shm"):
        database.with_name(f"bensync.db{suffix}").unlink(missing_ok=True)
    database.write_bytes(damaged)

    for words in (("status",), ("check",), ("sync",)):
        assert "restore FILE --yes --force" in said(begun, *words)
    begun.json("restore", str(backup), "--yes", "--force")

    assert begun.run("status").code == 0
    assert begun.json("fsck", "--deep")["ok"]


def test_a_database_of_a_newer_version_is_not_called_a_bug_and_migrate_leaves_it_alone(begun: Office) -> None:
    with careless(begun.database) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for words in (*_COMMANDS, ("migrate",)):
        answer = said(begun, *words)
        assert "newer version" in answer
        assert "Run `bensync migrate`." not in answer
    with careless(begun.database) as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{head()}'")
    assert begun.run("status").code == 0
