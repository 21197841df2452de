"""The session of a command: configuration, database, and the sites that it names."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bensync import log
from bensync.cli.invocation import Invocation, UsageError, actor_name, now
from bensync.core.access import command_line_actor
from bensync.mappings.catalogue import Catalogue
from bensync.state.store import Store
from bensync.wiring import Deployment

if TYPE_CHECKING:  # it loads the engine of benefits, which a look at the status never needs
    from bensync.actions.site import SiteActions


class CliSession(Invocation):
    """One call with its configuration, which is read when it is first needed."""

    def __init__(self, config: Path | None, site: str | None, *, as_json: bool, verbose: bool) -> None:
        super().__init__(config, site, as_json=as_json, verbose=verbose)
        self._deployment: Deployment | None = None

    def deployment(self) -> Deployment:
        """Return the configuration, read once.

        Raises:
            ConfigError: naming all its problems.
        """
        if self._deployment is None:
            log.set_up(as_json=self.as_json, verbose=self.verbose)
            self._deployment = Deployment(self.config)
        return self._deployment

    def sites(self) -> list[str]:
        """Return the site that is named, or all.

        Raises:
            ConfigError: there is no site of this name.
        """
        return self.deployment().names(self.site)

    def senders(self) -> list[str]:
        """Return the sites that send; all of them if none does, so that the first one raises the error."""
        names = self.sites()
        return [name for name in names if not self.deployment().receives(name)] or names

    def receivers(self) -> list[str]:
        """Return the sites that only receive; all of them if none does, so that the first one raises the error."""
        names = self.sites()
        return [name for name in names if self.deployment().receives(name)] or names

    def only_site(self) -> str:
        """Return the site that is named, or the only one.

        Raises:
            UsageError: there are several, and none is named.
        """
        names = self.sites()
        if len(names) > 1:
            why = f"There are several: {', '.join(names)}."
            raise UsageError("This command needs one site.", why, "Name it with --site.")
        return names[0]

    @contextlib.contextmanager
    def store(self) -> Iterator[Store]:
        """Yield the database, ready to use.

        Raises:
            ConfigError: the site that is named does not exist.
            StateError: it needs `bensync migrate`, or the key is another one.
        """
        # A misspelled site is reported before a database is opened; a site with a broken file may still be looked up.
        self.deployment().every(self.site)
        store = self.deployment().store()
        try:
            store.check()
            # Only after the check: a database of another version must not be written to.
            self.deployment().note(store, actor_name(None), f"`{self.command}`", now())
            yield store
        finally:
            store.close()

    def catalogue(self, site: str) -> Catalogue:
        """Return the fields of a site, for their labels."""
        return self.deployment().catalogue(site)

    def actions(self, store: Store, named: str | None) -> SiteActions:
        """Return what the person on the command line can do at the one site of this call.

        Args:
            store: the database.
            named: who acts; else the system's user.
        """
        return self.deployment().actions(store, self.only_site(), command_line_actor(actor_name(named)), now)


def session(ctx: typer.Context) -> CliSession:
    """Return the session of a command, the same one at each call."""
    # Made late: help and usage errors need no session, and load no database.
    if not isinstance(ctx.obj, CliSession):
        options: Invocation = ctx.obj
        ctx.obj = CliSession(options.config, options.site, as_json=options.as_json, verbose=options.verbose)
        ctx.obj.command = ctx.command_path
    return ctx.obj
