"""One call of the command line: its global options, and how it answers. Loads no configuration and no database."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from bensync.core.values.limits import PAGE_SIZE
from bensync.core.values.texts import visible
from bensync.errors import EXIT_USAGE, BensyncError, ConfigError

if TYPE_CHECKING:  # rich is loaded by what prints: a daemon never does
    from pydantic import BaseModel
    from rich.console import Console

Actor = Annotated[
    str | None,
    typer.Option("--actor", metavar="NAME", help="Act under another name; needs the right act_as."),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit", min=1, metavar="N", help=f"The number of newest entries. Default: {PAGE_SIZE}, or all with --json."
    ),
]


class UsageError(BensyncError):
    """The command is not used like this; nothing was done."""

    code = EXIT_USAGE


Plain: TypeAlias = "str | int | bool | date | None"
Answer: TypeAlias = "Mapping[str, BaseModel | Plain | Sequence[BaseModel] | Sequence[str] | Sequence[int]]"
"""What a command answers under --json: each key holds shapes or plain values, and never a dictionary of its own."""


class Invocation:
    """The global options of one call.

    Args:
        config: the configuration that was named, if any.
        site: the site that was named, if any.
        as_json: whether a script reads the answer.
        verbose: whether more logs and long lists are wanted.

    Attributes:
        command: the command that runs, without its options: they may name people.
    """

    def __init__(self, config: Path | None, site: str | None, *, as_json: bool, verbose: bool) -> None:
        self.config = config
        self.site = site
        self.as_json = as_json
        self.verbose = verbose
        self.command = "bensync"

    def limit(self, wanted: int | None) -> int | None:
        """Return how many entries of a list to read; None for all."""
        return wanted if wanted is not None or self.as_json else PAGE_SIZE

    def answer(self, shape: Answer | Callable[[], Answer], show: Callable[[Console], object]) -> None:
        """Print the result: the shapes for scripts, or what ``show`` prints for people."""
        if self.as_json:
            answer = shape() if callable(shape) else shape
            # Not by rich, which would wrap long lines.
            print(
                _escaped(
                    json.dumps(answer, default=_plain, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None)
                )
            )
        else:
            show(console())


def invocation(ctx: typer.Context) -> Invocation:
    """Return the global options of the call that a command belongs to."""
    options: Invocation = ctx.obj
    options.command = ctx.command_path
    return options


def now() -> datetime:
    """Return the current moment in UTC."""
    return datetime.now(UTC)


def complain(error: BensyncError, *, as_json: bool) -> int:
    """Print what, why and fix of an error, and return its exit code."""
    if as_json:
        # On standard output as well: a script reads exactly one object there, whatever happens.
        print(_escaped(json.dumps({"error": error.as_json()}, ensure_ascii=False)))
        return error.code
    from rich.text import Text

    why = "\n      ".join(error.problems) if isinstance(error, ConfigError) and error.problems else error.why
    texts = (error.what, why or "There is no more information.", error.fix or "Run the command again with --verbose.")
    lines = zip(("what:", "why: ", "fix: "), ("bold red", "bold", "bold green"), texts, strict=True)
    for label, style, text in lines:
        console(stderr=True).print(Text.assemble((label, style), f" {text}"), soft_wrap=True)
    return error.code


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints text as it is, 160 columns wide where no terminal says otherwise."""
    from rich.console import Console
    from rich.segment import Segment

    class VisibleConsole(Console):
        """Prints no character of a text that would act on the terminal."""

        def render(self, renderable: Any, options: Any = None) -> Iterator[Segment]:
            for segment in super().render(renderable, options):
                yield segment if segment.control else Segment(visible(segment.text), segment.style)

    stream = sys.stderr if stderr else sys.stdout
    # rich takes 80 columns for a pipe, and would fold the tables that people send to a file.
    width = None if stream.isatty() else 160
    return VisibleConsole(file=stream, width=width, highlight=False, markup=False, emoji=False)


def _escaped(text: str) -> str:
    """Return JSON with the characters escaped that would act on a terminal; json escapes only the oldest of them."""
    return (
        "".join(
            letter if letter == shown else json.dumps(letter)[1:-1]
            for letter, shown in zip(text, visible(text), strict=True)
        )
        if not text.isascii()
        else text
    )


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "model_dump"):  # a shape; pydantic is not imported for commands that answer with none
        return value.model_dump(mode="json")
    raise TypeError(type(value).__name__)
