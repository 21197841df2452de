"""The tree of commands, each made when it is called: a list needs names and lines of help, and imports no command."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from bensync.cli import commands
from bensync.cli.commands import Command, Group


class LazyCommand(TyperCommand):
    """A command that is imported when it is called, or asked for its own help."""

    def __init__(self, entry: Command, name: str, title: str | None) -> None:
        # Without options: reading the options of all commands for each call cost more than the call itself.
        super().__init__(name=name, help=entry.help, rich_help_panel=title)
        self.target = entry.target

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        """Let the command itself read its options."""
        return self.load().make_context(info_name, args, parent=parent, **extra)

    def load(self) -> Any:
        """Return the command with its options."""
        app = typer.Typer(add_completion=False)
        app.command(self.name)(_function(self.target))
        return typer.main.get_command(app)


class CommandGroup(TyperGroup):
    """Commands with one first word, which may stand for one of them."""

    def __init__(self, name: str, group: Group, title: str) -> None:
        super().__init__(name=name, help=group.help, no_args_is_help=group.default is None, rich_help_panel=title)
        self.default = group.default

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the word alone for the default command."""
        return super().parse_args(ctx, args or [self.default] if self.default else args)


def add_commands(
    root: TyperGroup, table: Mapping[str, Sequence[Command]], groups: Mapping[str, Group], *, loaded: bool = False
) -> None:
    """Add the commands of a table to the command line, under the titles that the table gives them.

    Args:
        root: the command line.
        table: the commands by title.
        groups: the first words of those that have two.
        loaded: import them all, for what looks at their options.
    """
    for title, entries in table.items():
        for entry in entries:
            group: Any = root
            first, _, second = entry.words.partition(" ")
            if second:
                if first not in root.commands:
                    root.add_command(CommandGroup(first, groups[first], title))
                group = root.commands[first]
            command = LazyCommand(entry, second or first, None if second else title)
            group.add_command(command.load() if loaded else command)


@cache
def _function(target: str) -> Any:
    """Import a command. Its modules make many objects that stay, so they are never searched for garbage."""
    module, _, name = target.partition(":")
    gc.disable()
    try:
        return getattr(import_module(f"{commands.__name__}.{module}"), name)
    finally:
        gc.freeze()
        gc.enable()
