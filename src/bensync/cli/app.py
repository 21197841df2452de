"""The command line itself: its global options, one call from its words to its exit code, and what went wrong."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import Abort, TyperException
from typer.main import get_group

from bensync import __version__
from bensync.cli.commands import COMMANDS, GROUPS
from bensync.cli.invocation import Invocation, UsageError, complain
from bensync.cli.lazy_commands import add_commands
from bensync.errors import EXIT_INTERRUPTED, EXIT_USAGE, BensyncError
from bensync.fault_points import arm

_SWITCHES = ("--json", "--verbose")
_NAMING = ("--config", "--site")


class Anywhere(TyperGroup):
    """A group whose own options may stand behind the command, too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Move the global options to the front."""
        return super().parse_args(ctx, [*_hoisted(args)])


def _hoisted(arguments: Sequence[str]) -> list[str]:
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for word in waiting:
        # What follows the double dash is an argument, even where it looks like one of our options.
        if word == "--":
            rest += [word, *waiting]
        elif word in _SWITCHES or word.startswith(tuple(f"{name}=" for name in _NAMING)):
            front.append(word)
        elif word in _NAMING:
            front += [word, *[value for value in (next(waiting, None),) if value is not None]]
        else:
            rest.append(word)
    return front + rest


def _version(wanted: bool) -> None:
    if wanted:
        print(f"bensync {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=Anywhere,
    no_args_is_help=True,
    add_completion=False,
    # The tracebacks of rich print local variables, which hold people.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Keeps a benefits platform in step with an HR system. A person decides on every change.",
)


@app.callback()
def _globals(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help="The configuration file. Default: $BENSYNC_CONFIG, or ./bensync.toml."
        ),
    ] = None,
    site: Annotated[
        str | None, typer.Option("--site", metavar="NAME", help="Only this site. Default: all sites.")
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print exactly one JSON object on standard output; logs go to standard error."),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show more logs, full lists, and the location of a bug.")
    ] = False,
    version: Annotated[
        # Eager, so that it answers without a command and without a configuration.
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version  # answered by its callback
    ctx.obj = Invocation(config, site, as_json=as_json, verbose=verbose)


def command_line(*, loaded: bool = False) -> TyperGroup:
    """Return the whole command line; its commands have their options once they are called, or are ``loaded``."""
    root = get_group(app)
    add_commands(root, COMMANDS, GROUPS, loaded=loaded)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and return its exit code (see `bensync.errors`)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # Read from the words themselves: a command that Typer does not understand must answer in JSON as well.
    as_json, verbose = ("--json" in words), ("--verbose" in words)
    try:
        arm()
        # Outside of standalone mode Typer neither prints errors nor ends the process, so the exit codes stay ours.
        code = int(command_line().main(words, "bensync", standalone_mode=False) or 0)
    except TyperException as error:
        if not error.format_message():  # help was shown instead
            return EXIT_USAGE
        return complain(_misused(error), as_json=as_json)
    except (KeyboardInterrupt, Abort):
        code = EXIT_INTERRUPTED
    except BensyncError as error:
        if verbose:
            _trace(error)
        return complain(error, as_json=as_json)
    except Exception as error:  # noqa: BLE001  # a bug, too, is reported in three lines
        if verbose:
            _trace(error)
        bug = BensyncError(
            "bensync has a bug.", f"The unexpected error is {_place(error)}.", "Report it with the output of --verbose."
        )
        return complain(bug, as_json=as_json)
    if code == EXIT_INTERRUPTED:  # Typer may have met it first
        stopped = Interrupted(
            "The command was interrupted.",
            "It was asked to stop.",
            "Run it again: the next run finishes what this one began.",
        )
        return complain(stopped, as_json=as_json)
    return code


class Interrupted(BensyncError):
    """Somebody asked to stop."""

    code = EXIT_INTERRUPTED


def _misused(error: TyperException) -> UsageError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "bensync"
    return UsageError("The command was not understood.", error.format_message(), f"See `{path} --help`.")


def _place(error: BaseException) -> str:
    """Return the kind of an exception and the line of bensync that raised it."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "bensync" in Path(frame.filename).parts]
    where = f" in {Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{where}"


def _trace(error: BaseException) -> None:
    """Print the lines that led to an error, without local variables, which hold personal data."""
    # Without the text of the exception: a foreign library may have put a value into it.
    sys.stderr.writelines([*traceback.format_tb(error.__traceback__), f"{type(error).__name__}\n"])
