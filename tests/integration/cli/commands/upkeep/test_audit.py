"""The audit trail on the command line: verified as a chain, and compared with heads that were saved elsewhere."""

from __future__ import annotations

import pytest

from tests.fixtures.databases import SORTS, careless, on_sqlite
from tests.fixtures.office import office
from tests.integration.cli.users import PASSWORD, add

pytestmark = pytest.mark.databases(*SORTS)


@pytest.fixture
def acme(tmp_path, keys, capsys, database):
    with office(tmp_path, keys, capsys, database) as employer:
        assert employer.run("migrate").code == 0
        (tmp_path / "password").write_text(PASSWORD + "\n")
        yield employer


def test_a_whole_trail_is_listed_by_site(acme):
    add(acme)
    acme.json("users", "disable", "kim")

    assert acme.json("audit", "verify")["audit"] == [{"site": "-", "entries": 2}, {"site": "acme", "entries": 1}]
    assert acme.json("--site", "acme", "audit", "verify")["audit"] == [{"site": "acme", "entries": 1}]
    assert "the deployment" in acme.run("audit", "verify").out


def test_a_broken_trail_names_its_first_broken_entry_with_code_14(acme):
    for name in ("kim", "lee", "max"):
        add(acme, name, "auditor")
    with careless(acme.database) as connection:
        table = "" if connection.dialect.name == "sqlite" else "ON audit"
        connection.exec_driver_sql(f"DROP TRIGGER audit_no_update {table}")
        connection.exec_driver_sql("UPDATE audit SET actor = 'nobody' WHERE site = 'acme' AND id = 2")
    answer = acme.run("--json", "audit", "verify")

    assert answer.code == 14
    assert answer.error["what"] == "The audit trail of acme is broken at entry 2."


@on_sqlite
def test_a_database_that_was_put_back_is_found_by_the_heads_that_were_kept(acme):
    add(acme, "kim", "auditor")
    backup = (acme.folder / "bensync.db").read_bytes()
    add(acme, "lee", "auditor")
    kept = acme.folder / "heads.txt"
    kept.write_text("kept on 1 June\n" + acme.run("audit", "head").out)
    assert acme.run("audit", "verify", "--against", str(kept)).code == 0
    for leftover in acme.folder.glob("bensync.db-*"):
        leftover.unlink()
    (acme.folder / "bensync.db").write_bytes(backup)

    assert acme.run("audit", "verify").code == 0
    answer = acme.run("--json", "audit", "verify", "--against", str(kept))
    assert answer.code == 14
    assert answer.error["what"].endswith("entry 2.")
    assert acme.json("audit", "head")["heads"][1]["id"] == 1


@pytest.mark.parametrize("content", [None, "no head in here\n"])
def test_heads_that_cannot_be_read_are_not_taken_for_a_good_answer(acme, content):
    kept = acme.folder / "heads.txt"
    if content is not None:
        kept.write_text(content)

    assert acme.run("audit", "verify", "--against", str(kept)).code == 10
