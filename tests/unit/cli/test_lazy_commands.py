"""The tree of commands: lists import no command, and a command that is called has all its options."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module
from itertools import chain
from typing import Any

import pytest
import typer

from bensync.cli import commands
from bensync.cli.app import command_line, main
from bensync.cli.commands import COMMANDS, GROUPS

ENTRIES = list(chain.from_iterable(COMMANDS.values()))
NOT_COMMANDS = {"case_commands", "second_person", "template", "optional_workers", "ping"}
"""Modules that commands share."""


def function_of(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(import_module(f"{commands.__name__}.{module}"), name)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.words)
def test_the_help_in_the_table_is_the_first_line_of_the_docstring(entry):
    assert (inspect.getdoc(function_of(entry.target)) or "").splitlines()[0] == entry.help


def test_every_command_module_is_in_the_table():
    modules = {
        name.removeprefix(f"{commands.__name__}.")
        for _, name, is_package in pkgutil.walk_packages(commands.__path__, f"{commands.__name__}.")
        if not is_package and name.rpartition(".")[2] not in NOT_COMMANDS
    }
    assert modules == {entry.target.partition(":")[0] for entry in ENTRIES}


def test_no_words_stand_for_two_commands_and_every_group_has_commands():
    words = [entry.words for entry in ENTRIES]
    assert len(set(words)) == len(words)
    assert {first for first, _, second in (each.partition(" ") for each in words) if second} == set(GROUPS)


@pytest.mark.parametrize("words", [["--help"], ["stats"], ["requests"], ["people", "--help"], ["people", "lst"]])
def test_help_and_a_mistyped_command_import_no_command(words):
    statement = (
        "import sys; from bensync.cli.app import main; main(sys.argv[1:]); "
        "print(*[name for name in sys.modules if name.startswith('bensync.cli.commands.')])"
    )
    command = [sys.executable, "-c", statement, *words]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert outcome.stdout.splitlines()[-1] == ""


def test_the_list_of_commands_is_the_same_when_all_are_loaded():
    def listed(group: Any) -> Any:
        return {
            name: listed(command) if hasattr(command, "commands") else type(name)
            for name, command in group.commands.items()
        }

    assert listed(command_line()) == listed(command_line(loaded=True))


@pytest.mark.parametrize("words", ["sync", "requests approve", "users add"])
def test_a_command_that_is_called_has_its_options_and_its_parent(words):
    first, _, second = words.partition(" ")
    late: Any = command_line().commands[first]
    whole: Any = command_line(loaded=True).commands[first]
    if second:
        late, whole = late.commands[second], whole.commands[second]
    parent = typer.Context(command_line())
    context = late.make_context(second or first, [], parent=parent, resilient_parsing=True)
    assert context.parent is parent
    assert [option.opts for option in context.command.params] == [option.opts for option in whole.params]


@pytest.mark.parametrize(("group", "code"), [("requests", 2), ("users", 2), ("people", 10)])
def test_the_first_word_alone_shows_help_or_stands_for_the_list(group, code, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)  # without a configuration the list ends with 10
    monkeypatch.delenv("BENSYNC_CONFIG", raising=False)
    assert main([group]) == code
    assert ("Usage" in capsys.readouterr().out) == (code == 2)
