"""The commands as Typer makes them, each when called: reading the options of all took longer than `--help` itself.

A list of commands needs their names and what each is for, and nothing else.
"""

from __future__ import annotations

import copy
import inspect
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command_name, get_group, solve_typer_info_help
from typer.models import CommandInfo, TyperInfo


class _Later(TyperCommand):
    """A command, or a group of them, that stands in a list until it is called."""

    def __init__(self, info: CommandInfo | TyperInfo, name: str, words: str) -> None:
        super().__init__(name=name, help=words)
        self._info = info

    def make_context(self, *told: Any, **more: Any) -> Any:
        """Be called: from here on the command itself answers."""
        return self._whole().make_context(*told, **more)

    def _whole(self) -> Any:
        alone = typer.Typer()
        if isinstance(self._info, CommandInfo):
            alone.registered_commands.append(self._info)
        else:
            alone.registered_groups.append(self._info)
        return get_group(alone).commands[str(self.name)]


def lazy_group(app: typer.Typer) -> TyperGroup:
    """The command line of an application, without the options of its commands so far."""
    bare = copy.copy(app)
    bare.registered_commands, bare.registered_groups = [], []
    group = get_group(bare)
    for later in (*map(_command, app.registered_commands), *map(_group, app.registered_groups)):
        group.add_command(later)
    return group


def _command(info: CommandInfo) -> _Later:
    name = info.name or get_command_name(getattr(info.callback, "__name__", ""))
    return _Later(info, name, info.help or inspect.getdoc(info.callback) or "")


def _group(info: TyperInfo) -> _Later:
    return _Later(info, str(info.name), solve_typer_info_help(info))
