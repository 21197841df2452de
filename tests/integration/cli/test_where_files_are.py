"""Where a command looks for database and folders, wherever it is started, and what it never makes there."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.databases import on_sqlite
from tests.fixtures.office import Office
from tests.fixtures.openssh import OpenSsh
from tests.integration.cli.test_foreign_lines import upload_to

pytestmark = on_sqlite


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Another folder, from which the commands are started."""
    folder = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(folder)
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def fresh(acme: Office) -> Office:
    """An office without a database."""
    acme.config.write_text(acme.config.read_text().replace(acme.database, f"sqlite:///{acme.folder}/bensync.db"))
    for file in acme.folder.glob("bensync.db*"):
        file.unlink()
    return acme


def relative(office: Office) -> None:
    """Let every path that may be relative be so, as in the tutorial."""
    text = (
        office.config.read_text()
        .replace(f'"{office.folder}/', '"')
        .replace(f"sqlite:///{office.folder}/", "sqlite:///")
    )
    office.config.write_text(text)
    assert 'directory = "files"' in text
    assert 'url = "sqlite:///bensync.db"' in text


def test_a_command_from_another_folder_works_on_the_same_database_and_sends_no_number_twice(
    fresh: Office, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    relative(fresh)
    with monkeypatch.context() as inside:
        inside.chdir(fresh.folder)
        assert fresh.run("migrate").code == 0
        assert fresh.run("resync", "--active", "--inactive").code == 0
    (first,) = fresh.files.iterdir()
    content = first.read_bytes()

    assert len(fresh.json("deliveries")["deliveries"]) == 1
    assert fresh.run("resync", "--active", "--inactive").code == 0

    assert [file.name for file in sorted(fresh.files.iterdir())] == [first.name, first.name.replace("1.csv", "2.csv")]
    assert first.read_bytes() == content


@pytest.mark.parametrize("words", [("status",), ("check",), ("requests", "list"), ("plan",), ("sync",), ("fsck",)])
def test_no_command_but_init_and_migrate_makes_a_database(fresh: Office, words: tuple[str, ...]) -> None:
    before = sorted(fresh.folder.iterdir())
    answer = fresh.run("--json", *words)
    assert answer.code in {10, 14}
    assert "There is no database." in answer.out
    assert f"{fresh.folder}/bensync.db is missing" in answer.out
    assert sorted(fresh.folder.iterdir()) == before


def test_migrate_makes_a_database_that_only_its_owner_reads_and_says_so(fresh: Office) -> None:
    answer = fresh.run("migrate")
    assert answer.code == 0
    assert f"A new database was made at {fresh.folder}/bensync.db" in answer.out
    assert stat.S_IMODE((fresh.folder / "bensync.db").stat().st_mode) == 0o600
    assert "A new database" not in fresh.run("migrate").out


def test_a_new_database_does_not_use_the_numbers_of_files_that_lie_at_the_receiver(fresh: Office) -> None:
    fresh.run("migrate")
    assert fresh.run("resync", "--active", "--inactive").code == 0
    for file in fresh.folder.glob("bensync.db*"):
        file.unlink()
    fresh.run("migrate")

    for _ in range(2):
        refused = fresh.run("--json", "resync", "--active", "--inactive")
        assert (refused.code, "(unknown_files)" in refused.error["what"]) == (12, True)
    early = fresh.run("--json", "deliveries", "caught-up", "--last", "0", "--reason", "a slip")
    assert early.code == 15
    caught_up = fresh.json("deliveries", "caught-up", "--last", "1", "--reason", "it lies there")["caught_up"]
    assert caught_up["void"] == [1]
    assert fresh.run("resync", "--active", "--inactive").code == 0
    assert [file.name[-14:-8] for file in sorted(fresh.files.iterdir())] == ["000001", "000002"]


def test_where_nothing_can_be_seen_a_person_says_how_the_numbers_begin(fresh: Office, sshd: OpenSsh) -> None:
    upload_to(fresh, sshd, publish="blind")
    fresh.run("migrate")
    first = ("--json", "resync", "--active", "--inactive")
    refused = fresh.run(*first)
    assert (refused.code, "(unseen_files)" in refused.error["what"]) == (12, True)
    assert "deliveries caught-up --last 0" in refused.error["fix"]
    assert list(sshd.root.iterdir()) == []

    said = fresh.run("deliveries", "caught-up", "--last", "0", "--reason", "the first file of all")
    assert "the next file has the number 000001" in said.out
    assert fresh.run(*first).code == 0
    assert [path.name[-14:-8] for path in sshd.root.iterdir()] == ["000001"]
    again = fresh.run("--json", "deliveries", "caught-up", "--last", "9", "--reason", "a slip")
    assert (again.code, "not restored" in again.error["why"]) == (15, True)


def test_where_nothing_can_be_seen_the_receivers_last_number_is_followed(fresh: Office, sshd: OpenSsh) -> None:
    upload_to(fresh, sshd, publish="blind")
    fresh.run("migrate")
    assert fresh.run("resync", "--active", "--inactive").code == 12
    fresh.run("deliveries", "caught-up", "--last", "7", "--reason", "they have seven")
    assert fresh.run("resync", "--active", "--inactive").code == 0
    assert [path.name[-14:-8] for path in sshd.root.iterdir()] == ["000008"]


def test_two_sites_with_one_site_id_are_refused(fresh: Office) -> None:
    fresh.configure("acme", "other")
    fresh.config.write_text(fresh.config.read_text().replace('"ACME0002"', '"ACME0001"'))
    for words in (("check",), ("sync", "--site", "acme"), ("migrate",)):
        refused = fresh.run("--json", *words)
        assert refused.code == 10
        assert "Site ID of other" in refused.error["why"]
