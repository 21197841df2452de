"""The session of a command: configuration, database, and the sites that it names."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bensync import log
from bensync.cli.command_rights import right_of
from bensync.cli.invocation import Invocation, UsageError, now
from bensync.cli.system_user import owns, system_user
from bensync.core.access import ORDER_VARIABLE, Actor, Right, command_line_actor
from bensync.core.values.texts import visible
from bensync.mappings.catalogue import Catalogue
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.store import Store
from bensync.wiring import Deployment

if TYPE_CHECKING:  # it loads the engine of benefits, which a look at the status never needs
    from bensync.actions.site import SiteActions


class CliSession(Invocation):
    """One call with its configuration, which is read when it is first needed."""

    def __init__(self, config: Path | None, site: str | None, *, as_json: bool, verbose: bool) -> None:
        super().__init__(config, site, as_json=as_json, verbose=verbose)
        self._deployment: Deployment | None = None
        self._system: Actor | None = None

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
            self.deployment().note(store, system_user(), f"`{self.command}`", now())
            right = right_of(self.command.removeprefix("bensync "))
            if right is not None:
                self.authorize(store, right)
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
            named: the name that they act under; else the system's user.
        """
        return self.deployment().actions(store, self.only_site(), self.actor(named), now)

    def authorize(self, store: Store, right: Right) -> None:
        """Check a right of the system's user.

        Raises:
            Denied: the configuration does not give it to them; the attempt is in the audit trail.
        """
        from bensync.actions.authorization import authorize

        authorize(store, self.site or DEPLOYMENT, self._system_actor(), right, now())

    def actor(self, named: str | None) -> Actor:
        """Return the person who acts: the system's user, or under another name, which needs a right of its own.

        Raises:
            Denied: they may not act under another name; the attempt is in the audit trail.
        """
        if named and (visible(named) != named or len(named.splitlines()) > 1 or len(named) > 64 or "(by " in named):
            why = "A name has up to 64 visible characters on one line, without “(by ”."
            raise UsageError("The actor was not accepted.", why, "Enter the name of a person.")
        actor = self._system_actor()
        if not named or named == actor.name:
            return actor
        if Right.ACT_AS not in actor.rights:
            with contextlib.closing(self.deployment().store()) as store:
                self.authorize(store, Right.ACT_AS)
        return command_line_actor(actor.name, actor.rights, named)

    def actor_name(self, named: str | None) -> str:
        """Return the name in the audit trail; with another name than that of the system's user it has both.

        Raises:
            Denied: see `actor`.
        """
        return self.actor(named).name

    @property
    def watched(self) -> bool:
        """Whether a person at a terminal typed this command, and not a timer, the pages or a worker."""
        return sys.stderr.isatty() and not os.environ.get(ORDER_VARIABLE)

    def _system_actor(self) -> Actor:
        """Return the person behind this process: who ordered it on the pages, or else the system's user."""
        if self._system is None:
            self._system = self._ordered_by() or self._system_user()
        return self._system

    def _ordered_by(self) -> Actor | None:
        order = os.environ.get(ORDER_VARIABLE, "")
        if not order:
            return None
        from bensync.actions.authorization import actor_of_order

        with contextlib.closing(self.deployment().store()) as store:
            # The pages checked the right before they gave the order, which is for this command alone.
            ordered_by = actor_of_order(store, order, self.site or "", self.command.removeprefix("bensync "))
        return command_line_actor(ordered_by, frozenset({Right.RUN, Right.RELEASE})) if ordered_by else None

    def _system_user(self) -> Actor:
        deployment, user = self.deployment(), system_user()
        owner = owns(deployment.path, *deployment.database_files())
        return command_line_actor(user, deployment.settings.command_line.rights(user, owner=owner))


def session(ctx: typer.Context) -> CliSession:
    """Return the session of a command, the same one at each call."""
    # Made late: help and usage errors need no session, and load no database.
    if not isinstance(ctx.obj, CliSession):
        options: Invocation = ctx.obj
        ctx.obj = CliSession(options.config, options.site, as_json=options.as_json, verbose=options.verbose)
        ctx.obj.command = ctx.command_path
    return ctx.obj
