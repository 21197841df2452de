"""Who acts on the command line: the system's user, with the rights that the configuration gives, under one name or two."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bensync.actions.authorization import sign_order
from bensync.cli import command_rights, system_user
from bensync.cli.commands import COMMANDS
from bensync.config.settings import CommandLine
from bensync.core.access import ORDER_VARIABLE, Right
from bensync.wiring import Deployment
from tests.fixtures.databases import on_sqlite
from tests.fixtures.office import Office

pytestmark = on_sqlite

As = Callable[[str], None]


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch) -> As:
    """Act as this user of the system, who owns neither the configuration nor the database."""

    def become(name: str) -> None:
        monkeypatch.setattr("bensync.cli.session.system_user", lambda: name)
        monkeypatch.setattr("bensync.cli.session.owns", lambda *_: False)

    return become


def allow(office: Office, **users: list[str]) -> None:
    entries = "\n".join(f"{user} = {rights!r}" for user, rights in users.items()).replace("'", '"')
    office.config.write_text(f"{office.config.read_text()}\n[command_line.users]\n{entries}\n")


def trail(office: Office, *words: str) -> list[tuple[str, str]]:
    return [(entry["actor"], entry["verb"]) for entry in office.json("audit", *words)["audit"]]


def test_without_a_table_the_owner_of_the_configuration_has_every_right_and_nobody_else_has_one(begun, as_user):
    assert begun.run("status").code == 0
    as_user("mallory")
    for words in (("status",), ("people", "list"), ("sync",), ("users", "list"), ("backup", "copy.db")):
        refused = begun.run("--json", *words)
        assert (refused.code, refused.error["kind"]) == (15, "Denied"), words
        assert "[command_line.users]" in refused.error["fix"]


def test_each_user_of_the_system_has_the_rights_of_the_table(begun, as_user):
    who = begun.actives[0]
    allow(begun, alice=["see_people", "correct"], root=["all"])
    as_user("alice")
    assert begun.run("people", "list").code == 0
    assert begun.run("people", "edit", who, "--set", "city=Erie", "--reason", "a letter").code == 0
    for words in (("requests", "list"), ("sync",), ("keys", "rotate"), ("users", "list")):
        assert begun.run(*words).code == 15, words
    as_user("root")

    assert ("alice", "participant.edit") in trail(begun)
    assert ("alice", "run.refused") in [(entry["actor"], entry["verb"]) for entry in begun.json("audit")["audit"]]


def test_another_name_needs_a_right_of_its_own_and_both_names_stand_in_the_trail(begun, as_user):
    who = begun.actives[0]
    allow(begun, alice=["see_people", "correct"], bob=["see_people", "correct", "act_as"], root=["all"])
    edit = ("people", "edit", who, "--set", "city=Erie", "--reason", "a letter", "--actor", "kim")
    as_user("alice")
    assert begun.run(*edit).code == 15
    as_user("bob")
    assert begun.run(*edit).code == 0
    as_user("root")

    entries = trail(begun)
    assert ("alice", "act_as.refused") in entries
    assert ("kim (by bob)", "participant.edit") in entries


def test_one_user_of_the_system_under_two_names_is_one_person(begun, as_user, monkeypatch):
    monkeypatch.setattr("typer.prompt", lambda *_words, **_options: "512446789")
    allow(begun, root=["all"], lee=["all"])
    correct = ("people", "correct-ssn", begun.actives[0], "--reason", "the card")
    as_user("root")
    assert begun.run(*correct, "--actor", "kim").code == 15
    assert begun.run(*correct, "--actor", "ann").code == 15
    assert begun.run(*correct).code == 15
    as_user("lee")
    assert begun.run(*correct).code == 0


def test_the_configuration_names_only_rights_that_exist():
    with pytest.raises(ValueError, match="users"):
        CommandLine(users={"alice": ("everything",)})
    assert CommandLine(users={"alice": ("run",)}).rights("bob", owner=True) == frozenset()
    assert CommandLine().rights("bob", owner=True) == frozenset(Right)


@pytest.mark.parametrize("name", ["kim\nBcc: x", "k\x1b[31mim", "ki\u202em", "x" * 65, "ann (by root)"])
def test_a_name_that_acts_on_a_reader_or_forges_another_is_not_accepted(begun, name):
    edit = ("people", "edit", begun.actives[0], "--set", "city=Erie", "--reason", "a letter", "--actor", name)
    assert begun.run(*edit).code == 2


def test_texts_of_others_do_not_act_on_the_terminal(begun):
    edit = ("people", "edit", begun.actives[0], "--set", "city=Erie", "--reason", "a \x1b[2J\u202eletter")
    assert begun.run(*edit).code == 0
    for words in (("audit",), ("--json", "audit"), ("people", "show", "x\x1b[2J\x9b31m"), ("--json", "runs", "x\x9b")):
        answer = begun.run(*words)
        assert not [sign for sign in "\x1b\x9b\u202e" if sign in answer.out + answer.err], words


def test_every_command_names_the_right_that_it_needs():
    for commands in COMMANDS.values():
        for command in commands:
            command_rights.right_of(command.words)
    with pytest.raises(KeyError):
        command_rights.right_of("invent")


def test_variables_of_the_environment_name_nobody():
    words = [sys.executable, "-c", "from bensync.cli.system_user import system_user; print(system_user())"]
    names = dict.fromkeys(("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER"), "mallory") | {"SUDO_UID": "12345"}
    plain, forged = (
        subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, **more}).stdout
        for more in ({}, names)
    )
    assert plain == forged
    assert plain.strip()


def test_behind_sudo_the_user_who_called_it_acts(monkeypatch, tmp_path: Path):
    for process, (name, parent) in {"20": ("bash (x)", 10), "10": ("sudo", 5)}.items():
        (tmp_path / process).mkdir()
        (tmp_path / process / "stat").write_text(f"{process} ({name}) S {parent} 1 1")
    monkeypatch.setattr(system_user, "_PROC", tmp_path)
    monkeypatch.setattr(os, "getppid", lambda: 20)
    monkeypatch.setenv("SUDO_UID", "54321")
    assert system_user.system_user() == "uid 54321"
    (tmp_path / "10" / "stat").write_text("10 (bash) S 1 1 1")
    assert system_user.system_user() != "uid 54321"


def test_a_user_who_signed_in_to_the_machine_stays_who_they_are(monkeypatch, tmp_path: Path):
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "loginuid").write_text("54322")
    monkeypatch.setattr(system_user, "_PROC", tmp_path)
    assert system_user.system_user() == "uid 54322"


def test_a_run_that_was_ordered_on_the_pages_is_that_of_the_user_and_no_other_command(begun, as_user, monkeypatch):
    as_user("service")
    store = Deployment(begun.config).store()
    order = sign_order(store, "acme", "sync", "kim")
    monkeypatch.setenv(ORDER_VARIABLE, order)
    assert begun.run("--site", "acme", "sync").code in {0, 3}
    assert begun.run("--site", "acme", "users", "list").code == 15
    monkeypatch.setenv(ORDER_VARIABLE, order.replace("kim", "ann"))
    assert begun.run("--site", "acme", "sync").code == 15
    with store.read("acme") as state:
        assert state.lists.runs().items[-1].actor == "kim"
    store.close()
