"""Options of a command as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from bensync.cli.options import taking


@dataclass(frozen=True, kw_only=True)
class Options:
    """Two options, one with its own name."""

    loud: Annotated[bool, typer.Option("--loud", help="Shout.")] = False
    names: Annotated[list[str] | None, typer.Option("--name", metavar="NAME", help="Whom.")] = None


def test_the_fields_of_a_dataclass_are_the_options_of_a_command():
    calls: list[Options] = []
    app = typer.Typer()

    @app.command()
    @taking(Options)
    def greet(ctx: typer.Context, options: Options) -> None:
        """Say hello."""
        calls.append(options)

    runner = CliRunner()
    assert runner.invoke(app, []).exit_code == 0
    assert runner.invoke(app, ["--loud", "--name", "ana", "--name", "kim"]).exit_code == 0
    assert runner.invoke(app, ["--quiet"]).exit_code == 2
    assert calls == [Options(), Options(loud=True, names=["ana", "kim"])]
    assert "Say hello." in runner.invoke(app, ["--help"]).output
