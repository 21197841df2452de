"""Build the concrete classes that the configuration names; no other module knows them all.

The libraries that only runs need (SSH, OpenPGP) load when a run asks for them, so that a look at the database is quick.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import structlog
from pydantic import SecretStr

from bensync.actions import config_audit
from bensync.config.files import folder, located, read_toml
from bensync.config.loading import connector, load, mapping_of
from bensync.config.references import resolve, resolved
from bensync.config.settings import Receiver, Site
from bensync.connectors import registry
from bensync.core.intake.proposals import IntakeRules
from bensync.core.ports import Courier, Inbox, Notifier, Source
from bensync.delivery.settings import MEGABYTE
from bensync.errors import BensyncError, ConfigError, run_command
from bensync.mappings import feed, source
from bensync.mappings.catalogue import FIELDS, Catalogue
from bensync.state.store import Store
from bensync.state.sync.sent_log import SentLog

if TYPE_CHECKING:
    from bensync.actions.site import SiteActions
    from bensync.benefits.rulebook.rulebook import Rulebook
    from bensync.core.access import Actor
    from bensync.delivery.heartbeat import Heartbeat
    from bensync.pipeline.context import Progress, ReceiverContext, SenderContext, SiteContext
    from bensync.state.upkeep.key_rotation import StateKey

log = structlog.get_logger()

_SHOWN = 20  # sites that an error names


class Deployment:
    """A configuration, and the classes that it names; each is made when it is asked for.

    Args:
        path: the configuration file; otherwise `$BENSYNC_CONFIG`, otherwise `./bensync.toml`.
        only: the one site whose own file is read; the others' files may be many.
        broken: sites that are known to be broken.

    Attributes:
        broken: the sites whose own file cannot be used, and why; nothing is done for them, and all for the others.

    Raises:
        ConfigError: naming every problem of the file at once.
    """

    def __init__(
        self, path: Path | None = None, only: str | None = None, broken: Mapping[str, BensyncError] | None = None
    ) -> None:
        self.path = located(path)
        self.settings, self.broken = load(self.path, only, broken or {})

    def names(self, only: str | None = None) -> list[str]:
        """Return the sites that are not disabled, or the one that is named.

        Raises:
            ConfigError: there is no site of this name, or its own file cannot be used.
        """
        if only is None:
            return list(self.settings.sites)
        self.site(only)
        return [only]

    def every(self, only: str | None = None) -> list[str]:
        """Return the same with the disabled sites.

        Raises:
            ConfigError: there is no site of this name.
        """
        if only is not None and only in self.broken:
            return [only]
        return sorted({*self.names(only), *(self.broken if only is None else ())})

    def site(self, name: str) -> Site | Receiver:
        """Return the settings of a site.

        Raises:
            ConfigError: there is no site of this name, or its own file cannot be used.
        """
        if name in self.settings.sites:
            return self.settings.sites[name]
        if name in self.broken:
            raise self.broken[name]
        names = ", ".join([*self.settings.sites, *self.broken][:_SHOWN])
        raise ConfigError(
            f"There is no site {name!r}.", f"{self.path} has these sites: {names}.", "Check the spelling of the site."
        )

    def receives(self, name: str) -> bool:
        """Return whether a site only receives files.

        Raises:
            ConfigError: there is no such site, or its own file cannot be used.
        """
        return isinstance(self.site(name), Receiver)

    def has_benefits(self, name: str) -> bool:
        """Return whether a site has a rulebook of its own, by which it processes benefit events."""
        site = self.settings.sites.get(name)
        return site is not None and bool(site.benefits)

    def rulebook(self, name: str) -> Rulebook:
        """Return the rulebook of a site, or the standard one, which only names the changes that create an activity.

        Raises:
            ConfigError: its file cannot be read, or used.
        """
        from bensync.benefits.rulebook import rulebook

        file = self.site(name).benefits
        if not file:
            return rulebook.standard()
        path = folder(self.path) / file
        fix = f"put one there, or fix sites.{name}.benefits; it is looked for beside the main configuration"
        return rulebook.read(read_toml(path, str(path), "rulebook", fix), f"the rulebook {file} of site {name}")

    def _benefits(self, name: str) -> Callable[[], Rulebook] | None:
        return partial(self.rulebook, name) if self.has_benefits(name) else None

    def receiver_context(self, name: str, store: Store, files: Sequence[Path] = ()) -> ReceiverContext:
        """Return everything that the intake of one site needs.

        Args:
            name: the site.
            store: the database.
            files: files that somebody named; otherwise what arrived at the site's upload center.

        Raises:
            ConfigError: the site does not receive, or a secret cannot be used.
        """
        site = self.site(name)
        if not isinstance(site, Receiver):
            why = f"The table sites.{name} of {self.path} has no intake table; it sends, and opens its own requests."
            raise ConfigError(
                f"The site {name} receives no files.", why, "Run `bensync sync`.", remedy=run_command("sync")
            )
        from bensync.delivery.decryptor import GpgOpener
        from bensync.pipeline.context import ReceiverContext

        settings: Any = resolved(site.intake)
        return ReceiverContext(
            site=name,
            site_id=site.id,
            store=store,
            rules=site.intake_rules(),
            channels=self.channels(),
            queue=self.settings.web.requests(name),
            benefits=self._benefits(name),
            inbox=_inbox(settings, files),
            opener=GpgOpener(settings),
            preset=settings.layout,
            dated_rows=settings.dated_rows,
            largest=settings.largest * MEGABYTE,
        )

    def store(self) -> Store:
        """Return the database.

        Raises:
            ConfigError: address or state key are not usable.
        """

        # The store gets the way to the key, too: after a rotation, a process that runs for weeks reads the new one.
        def key() -> str:
            return resolve(self.settings.state.key)

        password = self.settings.state.password
        return Store(self.settings.state.url, key(), key, resolve(password) if password is not None else None)

    def database_files(self) -> list[Path]:
        """Return the file of a SQLite database; nothing for a server."""
        _, is_sqlite, file = self.settings.state.url.partition("sqlite:///")
        return [folder(self.path) / file] if is_sqlite and file else []

    def note(self, store: Store, by: str, where: str, now: datetime) -> None:
        """Record in the audit trail of the deployment that the configuration has changed since its last use.

        A failure is logged, and does not stop the command.
        """
        try:
            # Written by the first command that meets the new configuration: nobody announces an edit of a file.
            config_audit.note(store, self.settings, self.broken, self._rulebooks(), by, where, now)
        except BensyncError as error:
            log.warning("configuration.not_noted", what=error.what, why=error.why, fix=error.fix)

    def _rulebooks(self) -> dict[str, bytes]:
        """Return the rulebook files by site, as far as they can be read."""
        files = {}
        for name, site in self.settings.sites.items():
            # A missing file is the finding of the site's next run; here it only means that there is nothing to
            # compare.
            with contextlib.suppress(OSError):
                if site.benefits:
                    files[name] = (folder(self.path) / site.benefits).read_bytes()
        return files

    def state_key(self) -> StateKey:
        """Return the state key and its place, for its rotation."""
        from bensync.state.upkeep.key_rotation import StateKey

        kind, _, name = self.settings.state.key.get_secret_value().partition(":")
        file = Path(name) if kind == "file" else None
        return StateKey(lambda: resolve(self.settings.state.key), file)

    def sent_log(self, store: Store) -> SentLog | None:
        """Return the log of sent files; None beside a server's database, unless one is named."""
        named = self.settings.state.sent_log
        if named is None and store.file is not None:
            # Beside the database and not in it: after a restore it still knows the numbers that were sent.
            named = store.file.with_name(f"{store.file.name}.sent")
        return SentLog(named) if named is not None else None

    def feed(self, name: str) -> str:
        """Return the layout of the file that a site sends.

        Raises:
            ConfigError: it only receives.
        """
        settings: Any = self.sender(name).feed
        return str(settings.layout)

    def sender_context(self, name: str, store: Store, progress: Progress | None = None) -> SenderContext:
        """Return everything that a run of one site needs.

        Raises:
            ConfigError: a secret or a mapping cannot be used.
        """
        from bensync.delivery.gpg import Gpg
        from bensync.mappings.reader import Reader
        from bensync.pipeline.context import SenderContext, no_heartbeat, no_progress

        site = self.sender(name)
        mapping = self.mapping(name)
        settings: Any = site.feed
        heartbeat = self.heartbeat(name)
        return SenderContext(
            site=name,
            site_id=site.id,
            store=store,
            source=self.source(name),
            wanted=mapping.wanted(),
            reader=Reader(mapping),
            mapping=mapping.fingerprint(),
            options=site.status.options(),
            scope=site.scope(),
            guards=site.guards.guards({*site.required}.intersection(mapping.synced())),
            rules=site.intake_rules(),
            feed=settings.layout,
            layout=feed.load(settings.layout, mapping.synced(), dated_rows=settings.dated_rows),
            cipher=Gpg(settings),
            courier=self.courier(name),
            sent_log=self.sent_log(store),
            channels=self.channels(),
            queue=self.settings.web.requests(name),
            benefits=self._benefits(name),
            timezone=ZoneInfo(site.effective_timezone),
            daily_after=self.settings.schedule.daily_after,
            reconcile_on=self.settings.schedule.reconcile_on,
            heartbeat=heartbeat.ping if heartbeat is not None else no_heartbeat,
            progress=progress or no_progress,
            embedded=site.embedded,
        )

    def courier(self, name: str) -> Courier:
        """Return the way to the upload center of a site.

        Raises:
            ConfigError: its secret cannot be used.
        """
        return _courier(resolved(self.sender(name).upload_center))

    def mapping(self, name: str) -> source.SourceMapping:
        """Return the mapping from HR fields to bensync fields, with the catalogue of the site."""
        return mapping_of(name, self.sender(name))

    def source(self, name: str) -> Source:
        """Return the HR system of a site.

        Raises:
            ConfigError: its secret cannot be used.
        """
        table = self.sender(name).source
        system: Source = registry.load(connector(table))(resolved(table))
        return system

    def sender(self, name: str) -> Site:
        """Return the settings of a site that sends.

        Raises:
            ConfigError: it only receives.
        """
        site = self.site(name)
        if isinstance(site, Site):
            return site
        why = f"The table sites.{name} of {self.path} has an intake table, and no HR system."
        raise ConfigError(
            f"The site {name} only receives files.", why, "Run `bensync intake`.", remedy=run_command("intake")
        )

    def actions(self, store: Store, name: str, actor: Actor, clock: Callable[[], datetime]) -> SiteActions:
        """Return everything that a person does at a site.

        Args:
            store: the database.
            name: the site.
            actor: who acts.
            clock: the current moment.

        Raises:
            ConfigError: there is no site of this name, or its own file cannot be used.
        """
        from bensync.actions.site import SiteActions, SiteRules  # loads the engine of benefits

        site = self.site(name)
        rules = SiteRules(
            intake=site.intake_rules(),
            # Read at most once, and only where an action needs it: a broken rulebook must not keep anybody from the
            # requests.
            rulebook=cache(partial(self.rulebook, name)),
            catalogue=partial(self.catalogue, name),
            channels=self.channels,
            approvers=site.approvers,
            benefits=self.has_benefits(name),
            periods=self.settings.retention.periods(),
        )
        return SiteActions(store, name, rules, actor, clock)

    def catalogue(self, name: str) -> Catalogue:
        """Return the fields that a site knows; the common ones where it only receives files."""
        return FIELDS if self.receives(name) else self.mapping(name).catalogue

    def channels(self) -> dict[str, Notifier]:
        """Return the channels for notices: mail, and each address of `[alerts]` under its reference.

        Raises:
            ConfigError: a secret cannot be used.
        """
        return {name: self._channel(name) for name in self._channel_names()}

    def site_context(self, name: str, store: Store) -> SiteContext:
        """Return what notices about a site need, even where other parts of the configuration cannot be used."""
        from bensync.pipeline.context import SiteContext

        site = self.settings.sites.get(name)
        channels: dict[str, Notifier] = {}
        # One channel whose secret is missing must not silence the alert about it in the others.
        for way in self._channel_names():
            with contextlib.suppress(ConfigError):
                channels[way] = self._channel(way)
        number, rules = (site.id, site.intake_rules()) if site is not None else ("", IntakeRules())
        return SiteContext(
            site=name,
            site_id=number,
            store=store,
            rules=rules,
            channels=channels,
            queue=self.settings.web.requests(name),
            benefits=self._benefits(name),
        )

    def heartbeat(self, name: str) -> Heartbeat | None:
        """Return the heartbeat of a site; None where none is configured.

        Raises:
            ConfigError: its secret cannot be used.
        """
        reference = self.settings.alerts.heartbeat
        if reference is None:
            return None
        from bensync.delivery.heartbeat import Heartbeat  # speaks HTTP, which takes long to load

        return Heartbeat(SecretStr(resolve(reference)), name)

    def _channel_names(self) -> list[str]:
        """Return the names of the configured channels: mail, and references to addresses."""
        from bensync.pipeline.alerting import MAIL

        mail = [MAIL] if self.settings.mail is not None else []
        return mail + [reference.get_secret_value() for reference in self.settings.alerts.urls]

    def _channel(self, name: str) -> Notifier:
        from bensync.pipeline.alerting import MAIL

        mail: Any = self.settings.mail
        if name == MAIL:
            from bensync.delivery.mail import Mail

            return Mail(resolved(mail))
        from bensync.delivery.channels import Channel  # apprise takes longer to load than all the rest

        return Channel(name, SecretStr(resolve(SecretStr(name))))


def _courier(settings: Any) -> Courier:
    from bensync.delivery.folder import FolderCourier
    from bensync.delivery.sftp import Sftp

    kinds: Mapping[str, type[Sftp | FolderCourier]] = {"sftp": Sftp, "folder": FolderCourier}
    return kinds[settings.type](settings)


def _inbox(settings: Any, files: Sequence[Path]) -> Inbox:
    """Return an inbox of the named files, or else of the upload center."""
    from bensync.delivery.inbox import FolderInbox, HandedFile, SftpInbox

    kinds: Mapping[str, type[SftpInbox | FolderInbox]] = {"sftp": SftpInbox, "folder": FolderInbox}
    return HandedFile(files) if files else kinds[settings.type](settings)
