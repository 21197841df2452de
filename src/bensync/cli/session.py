"""One call of the command line: its global options, what it opens, and how it answers."""

from __future__ import annotations

import contextlib
import gc
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bensync.errors import EXIT_USAGE, BensyncError, ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from bensync.core import access
    from bensync.core.ports import Record
    from bensync.mappings.catalogue import Catalogue
    from bensync.pipeline.context import Progress
    from bensync.state.store import Store
    from bensync.wiring import Deployment

PAGE = 50
"""Entries of a list on a terminal, unless --limit says otherwise; scripts get all."""

Actor = Annotated[
    str | None, typer.Option("--actor", metavar="NAME", help="Who does this, for the records; else the system's user.")
]
Limit = Annotated[
    int | None,
    typer.Option("--limit", min=1, metavar="N", help=f"How many of the newest; else {PAGE}, or all with --json."),
]


class UsageError(BensyncError):
    """The command is not used like this; nothing was done."""

    code = EXIT_USAGE


class CliSession:
    """The global options of one call.

    Args:
        config: the configuration named by hand.
        site: the site named by hand.
        as_json: whether a script is listening.
        verbose: whether more is wanted.

    Attributes:
        command: which one runs, without its options: they may name people.
    """

    def __init__(self, config: Path | None, site: str | None, *, as_json: bool, verbose: bool) -> None:
        self.config = config
        self.site = site
        self.as_json = as_json
        self.verbose = verbose
        self.command = "bensync"
        self._deployment: Deployment | None = None

    def deployment(self) -> Deployment:
        """The configuration, read once.

        Raises:
            ConfigError: naming all its problems.
        """
        if self._deployment is None:
            _load()
            from bensync import log
            from bensync.wiring import Deployment

            log.set_up(as_json=self.as_json, verbose=self.verbose)
            self._deployment = Deployment(self.config)
        return self._deployment

    def sites(self) -> list[str]:
        """The site that is named, or all.

        Raises:
            ConfigError: there is no site of this name.
        """
        return self.deployment().names(self.site)

    def senders(self) -> list[str]:
        """Those of these sites that send; all of them if none does, so that the first one says why not."""
        found = self.sites()
        return [name for name in found if not self.deployment().receives(name)] or found

    def receivers(self) -> list[str]:
        """Those of these sites that only receive; all of them if none does, so that the first one says why not."""
        found = self.sites()
        return [name for name in found if self.deployment().receives(name)] or found

    def only_site(self) -> str:
        """The site that is named, or the only one.

        Raises:
            UsageError: there are several, and none is named.
        """
        names = self.sites()
        if len(names) > 1:
            why = f"there are several: {', '.join(names)}"
            raise UsageError("This needs one site", why, "name it with --site")
        return names[0]

    @contextlib.contextmanager
    def store(self) -> Iterator[Store]:
        """The database, ready to use.

        Raises:
            ConfigError: the site that is named does not exist.
            StateError: it needs `bensync migrate`, or the key is another one.
        """
        self.deployment().every(self.site)
        store = self.deployment().store()
        try:
            store.check()
            self.deployment().note(store, actor_name(None), f"`{self.command}`", now())
            yield store
        finally:
            store.close()

    def catalogue(self, site: str) -> Catalogue:
        """The fields that a site knows, for their labels."""
        return self.deployment().mapping(site).catalogue

    def admitted(self, store: Store, site: str, named: str | None) -> access.Actor:
        """Who decides here; only those whom the site names, if it names anybody.

        Raises:
            Denied: this person may not decide; the attempt is audited.
        """
        from bensync.actions.authorization import authorize
        from bensync.core.access import Right, command_line_actor

        actor = command_line_actor(actor_name(named))
        authorize(store, site, actor, Right.DECIDE, now(), self.deployment().settings.sites[site].approvers)
        return actor

    def limit(self, wanted: int | None) -> int | None:
        """How many entries of a list to read."""
        return wanted if wanted is not None or self.as_json else PAGE

    def answer(self, shape: Mapping[str, Any], show: Callable[[Console], object]) -> None:
        """Tell the result: the JSON shape to scripts, ``show`` to people."""
        if self.as_json:
            print(json.dumps(shape, default=_plain, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))
        else:
            show(_console())

    def progress(self) -> Progress:
        """Shows how far the reading is, where somebody looks at a terminal."""
        from bensync.pipeline.context import no_progress

        return _bar if sys.stderr.isatty() and not self.as_json else no_progress


def session(ctx: typer.Context) -> CliSession:
    """The session of a command."""
    found: CliSession = ctx.obj
    found.command = ctx.command_path
    return found


def actor_name(named: str | None) -> str:
    """Who is at work: the name given, or the system's user."""
    if named:
        return named
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


def complain(error: BensyncError, *, as_json: bool) -> int:
    """Tell a trouble: what, why, fix; returns its exit code."""
    if as_json:
        print(json.dumps({"error": error.as_json()}, ensure_ascii=False))
        return error.code
    from rich.text import Text

    console = _console(stderr=True)
    why = error.why or "no more is known"
    if isinstance(error, ConfigError):
        why = why.replace("; ", "\n      ")  # all problems at once are read one below the other
    told = (error.what, why, error.fix or "try again with --verbose")
    for label, style, text in zip(("what:", "why: ", "fix: "), ("bold red", "bold", "bold green"), told, strict=True):
        console.print(Text.assemble((label, style), f" {text}"), soft_wrap=True)
    return error.code


@cache
def _load() -> None:
    """Load what works with a configuration. It makes many objects, which stay: they are never searched for garbage."""
    gc.disable()
    try:
        from bensync import log, wiring  # noqa: F401  # for what they load
    finally:
        gc.freeze()
        gc.enable()


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 160
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def _bar(pages: Iterator[list[Record]], total: int | None) -> Iterator[list[Record]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("Reading HR"), BarColumn(), MofNCompleteColumn(), TextColumn("people"), TimeElapsedColumn())
    with Progress(*columns, console=_console(stderr=True), transient=True) as bar:
        task = bar.add_task("people", total=total)
        for page in pages:
            yield page
            bar.advance(task, len(page))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
