"""The command line that reads options late says the same as the one that Typer makes whole."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from bensync.cli import app
from bensync.cli.lazy_commands import lazy_group

WHOLE: Any = typer.main.get_command(app)
LATE: Any = lazy_group(app)


def test_the_list_of_commands_is_the_same():
    def listed(group: Any) -> list[tuple[str, str, bool, bool, str | None]]:
        return [(name, one.help, one.hidden, one.deprecated, one.short_help) for name, one in group.commands.items()]

    assert listed(LATE) == listed(WHOLE)


@pytest.mark.parametrize("name", WHOLE.commands)
def test_a_command_that_is_called_has_all_its_options_and_commands(name):
    def shape(command: Any) -> Any:
        inside = getattr(command, "commands", {})
        words = command.help, command.no_args_is_help, [shown(one) for one in command.params]
        return type(command), words, {key: shape(one) for key, one in inside.items()}

    def shown(option: Any) -> Any:
        return type(option), option.name, option.opts, option.required, option.default, option.help

    parent = typer.Context(WHOLE)
    context = LATE.commands[name].make_context(name, [], parent=parent, resilient_parsing=True)
    assert context.parent is parent
    assert shape(context.command) == shape(WHOLE.commands[name])


def test_the_globals_stay(capsys):
    assert [one.name for one in LATE.params] == [one.name for one in WHOLE.params]
    assert type(LATE) is type(WHOLE)
