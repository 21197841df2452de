"""Settings -> Tools: the only place that knows every concrete class."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, SecretStr

from bensync import config
from bensync.benefits import rulebook
from bensync.benefits.rulebook import Rulebook, standard
from bensync.connectors import registry
from bensync.core.ports import Courier, Finding, Notifier, Source
from bensync.delivery.folder import Folder, FolderSettings
from bensync.delivery.gpg import Gpg, GpgSettings
from bensync.delivery.inbox import FolderInbox, FolderInboxSettings, Handed, SftpInbox
from bensync.delivery.mail import Mail, MailSettings
from bensync.delivery.opener import MEGABYTE, GpgOpener, OpenerSettings
from bensync.delivery.sftp import Sftp, SftpSettings
from bensync.errors import BensyncError, ConfigError
from bensync.mappings import feed, presets, source
from bensync.mappings.catalogue import FIELDS
from bensync.mappings.reader import Reader
from bensync.pipeline import Progress, Reception, Tools
from bensync.pipeline.post import MAIL
from bensync.pipeline.tools import Place, no_progress, silence
from bensync.state.rotation import StateKey
from bensync.state.sent_log import SentLog
from bensync.state.store import Store

if TYPE_CHECKING:
    from bensync.delivery.heartbeat import Heartbeat

_COURIERS: Mapping[str, type[Sftp | Folder]] = {"sftp": Sftp, "folder": Folder}
_INBOXES: Mapping[str, type[SftpInbox | FolderInbox]] = {"sftp": SftpInbox, "folder": FolderInbox}


class FeedSettings(GpgSettings):
    """The file: its layout, and how it is sealed."""

    layout: str = Field("benetrac", description="the preset that names the columns")
    dated_rows: bool = Field(False, description="whether the file tells the history of dated rows too")


class IntakeSettings(OpenerSettings):
    """Which files are received, and whose."""

    layout: str = Field("benetrac", description="the preset that names the columns, as the sender uses it")
    dated_rows: bool = Field(False, description="whether the files tell the history of dated rows, as the sender says")


class SftpIntake(IntakeSettings, SftpSettings):
    """Files that arrive at an upload center."""


class FolderIntake(IntakeSettings, FolderInboxSettings):
    """Files that arrive in a folder on this machine."""


class Deployment:
    """A configuration, and the hands that it names; each is made when it is asked for.

    Args:
        path: the configuration file; otherwise `$BENSYNC_CONFIG`, otherwise `./bensync.toml`.

    Raises:
        ConfigError: naming every problem of the file at once.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = config.located(path)
        self.settings = load(self.path)

    def names(self, only: str | None = None) -> list[str]:
        """The sites, or the one that is named.

        Raises:
            ConfigError: there is no site of this name.
        """
        if only is None:
            return list(self.settings.sites)
        if only not in self.settings.sites:
            known = ", ".join(self.settings.sites)
            raise ConfigError(f"There is no site {only!r}", f"{self.path} has: {known}", "check the spelling")
        return [only]

    def receives(self, name: str) -> bool:
        """Whether a site only receives files here."""
        return isinstance(self.settings.sites[name], config.Receiver)

    def has_benefits(self, name: str) -> bool:
        """Whether a site has a rulebook of its own, by which benefit events are worked off."""
        return bool(self.settings.sites[name].benefits)

    def rulebook(self, name: str) -> Rulebook:
        """The rulebook of a site; where it has none, the standard one, which only says what leaves an activity.

        Raises:
            ConfigError: its file cannot be read, or used.
        """
        file = self.settings.sites[name].benefits
        if not file:
            return standard()
        path = config.folder(self.path) / file
        if not path.is_file():
            why = f"sites.{name}.benefits names {path}"
            raise ConfigError(f"There is no rulebook at {path}", why, "put one there, or take the entry out")
        return rulebook.read(config.read_toml(path), f"the rulebook {file} of site {name}")

    def _benefits(self, name: str) -> Callable[[], Rulebook] | None:
        return partial(self.rulebook, name) if self.has_benefits(name) else None

    def reception(self, name: str, store: Store, files: Sequence[Path] = ()) -> Reception:
        """Everything that receiving for one site works with.

        Args:
            name: the site.
            store: the database.
            files: files that somebody named; otherwise what arrived at the site's upload center.

        Raises:
            ConfigError: the site does not receive, or a secret cannot be used.
        """
        site = self.settings.sites[name]
        if not isinstance(site, config.Receiver):
            why = f"sites.{name} in {self.path} has no intake table; it sends, and opens its own requests"
            raise ConfigError(f"The site {name} receives no files", why, "use `bensync sync`")
        settings: Any = config.resolved(site.intake)
        return Reception(
            site=name,
            site_id=site.id,
            store=store,
            rules=site.intake_rules(),
            channels=self.channels(),
            queue=self.settings.web.requests(name),
            benefits=self._benefits(name),
            inbox=Handed(files) if files else _INBOXES[settings.type](settings),
            opener=GpgOpener(settings),
            preset=settings.layout,
            dated_rows=settings.dated_rows,
            largest=settings.largest * MEGABYTE,
        )

    def store(self) -> Store:
        """The database.

        Raises:
            ConfigError: address or state key are not usable.
        """

        def key() -> str:
            return config.resolve(self.settings.state.key)

        password = self.settings.state.password
        return Store(self.settings.state.url, key(), key, config.resolve(password) if password is not None else None)

    def state_key(self) -> StateKey:
        """Where the state key lies, for its rotation."""
        kind, _, name = self.settings.state.key.get_secret_value().partition(":")
        file = Path(name) if kind == "file" else None
        return StateKey(lambda: config.resolve(self.settings.state.key), file)

    def sent_log(self, store: Store) -> SentLog | None:
        """The log of what was sent; none beside a server's database, unless one is named."""
        named = self.settings.state.sent_log
        if named is None and store.file is not None:
            named = store.file.with_name(f"{store.file.name}.sent")
        return SentLog(named) if named is not None else None

    def feed(self, name: str) -> str:
        """Which file a site sends.

        Raises:
            ConfigError: it only receives.
        """
        settings: Any = self.sender(name).feed
        return str(settings.layout)

    def tools(self, name: str, store: Store, progress: Progress = no_progress) -> Tools:
        """Everything that a run of one site works with.

        Raises:
            ConfigError: a secret or a mapping cannot be used.
        """
        site = self.sender(name)
        mapping = self.mapping(name)
        settings: Any = site.feed
        heartbeat = self.heartbeat(name)
        return Tools(
            site=name,
            site_id=site.id,
            store=store,
            source=self.source(name),
            wanted=mapping.wanted(),
            reader=Reader(mapping),
            mapping=mapping.fingerprint(),
            options=site.status.options(),
            guards=site.guards.guards(),
            rules=site.intake_rules(),
            feed=settings.layout,
            layout=feed.load(settings.layout, mapping.synced(), dated_rows=settings.dated_rows),
            cipher=Gpg(settings),
            courier=_courier(config.resolved(site.upload_center)),
            sent_log=self.sent_log(store),
            channels=self.channels(),
            queue=self.settings.web.requests(name),
            benefits=self._benefits(name),
            timezone=ZoneInfo(site.effective_timezone),
            daily_after=self.settings.schedule.daily_after,
            heartbeat=heartbeat.ping if heartbeat is not None else silence,
            progress=progress,
            embedded=site.embedded,
        )

    def mapping(self, name: str) -> source.SourceMapping:
        """Which field of HR feeds which of ours, and the catalogue of the site."""
        return _mapping(name, self.sender(name))

    def source(self, name: str) -> Source:
        """The HR system of a site.

        Raises:
            ConfigError: its secret cannot be used.
        """
        table = self.sender(name).source
        found: Source = registry.load(_kind(table))(config.resolved(table))
        return found

    def sender(self, name: str) -> config.Site:
        """The settings of a site that sends.

        Raises:
            ConfigError: it only receives.
        """
        site = self.settings.sites[name]
        if isinstance(site, config.Site):
            return site
        why = f"sites.{name} in {self.path} has an intake table, and no HR system"
        raise ConfigError(f"The site {name} only receives files", why, "use `bensync intake`")

    def channels(self) -> dict[str, Notifier]:
        """Who brings notices to people: the mail, and each address of `[alerts]` under its reference.

        Raises:
            ConfigError: a secret cannot be used.
        """
        return {name: self._channel(name) for name in self._channel_names()}

    def place(self, name: str, store: Store) -> Place:
        """What telling people about a site works with, whatever else of the configuration cannot be used."""
        site = self.settings.sites[name]
        channels: dict[str, Notifier] = {}
        for way in self._channel_names():
            with contextlib.suppress(ConfigError):
                channels[way] = self._channel(way)
        return Place(
            site=name,
            site_id=site.id,
            store=store,
            rules=site.intake_rules(),
            channels=channels,
            queue=self.settings.web.requests(name),
            benefits=self._benefits(name),
        )

    def heartbeat(self, name: str) -> Heartbeat | None:
        """The sign of life of a site, if one is configured.

        Raises:
            ConfigError: its secret cannot be used.
        """
        reference = self.settings.alerts.heartbeat
        if reference is None:
            return None
        from bensync.delivery.heartbeat import Heartbeat  # speaks HTTP, which takes long to load

        return Heartbeat(SecretStr(config.resolve(reference)), name)

    def _channel_names(self) -> list[str]:
        """What is configured: the mail, and references to addresses."""
        mail = [MAIL] if self.settings.mail is not None else []
        return mail + [reference.get_secret_value() for reference in self.settings.alerts.urls]

    def _channel(self, name: str) -> Notifier:
        mail: Any = self.settings.mail
        if name == MAIL:
            return Mail(config.resolved(mail))
        from bensync.delivery.channels import Channel  # apprise takes longer to load than all the rest

        return Channel(name, SecretStr(config.resolve(SecretStr(name))))


def load(path: Path) -> config.Settings:
    """Read and check a configuration whole, connectors' tables and mappings included.

    Raises:
        ConfigError: naming every problem at once.
    """
    raw = config.read_toml(path)
    settings = config.validate(config.compose(hands(_named(raw))), raw, path)
    problems = [problem for name, site in settings.sites.items() for problem in _mapping_problems(name, site)]
    if problems:
        raise ConfigError(
            f"The mappings in {path} cannot be used",
            "; ".join(problems),
            "mend these entries; docs/reference/fields.md lists the fields that we know",
        )
    return settings


def hands(connectors: Iterable[str]) -> config.Hands:
    """The models of all tables that belong to hands, with these connectors to choose from."""
    return config.Hands(
        sources={name: registry.load(name).Settings for name in connectors},
        feed=FeedSettings,
        upload_centers={"sftp": SftpSettings, "folder": FolderSettings},
        intakes={"sftp": SftpIntake, "folder": FolderIntake},
        mail=MailSettings,
    )


def check(deployment: Deployment, name: str) -> Iterable[Finding]:
    """Preflight of one site, line by line: state, key, HR and every mapped field, PGP key, upload center, mail."""
    yield Finding("configuration", ok=True, detail=str(deployment.path))
    try:
        store = deployment.store()
        schema = store.check()
        tools = deployment.reception(name, store) if deployment.receives(name) else deployment.tools(name, store)
    except BensyncError as error:
        yield Finding("database and keys", ok=False, detail=str(error), mend=error.mend)
        return
    yield Finding("database", ok=True, detail=f"schema {schema}; the state key fits")
    if isinstance(tools, Reception):
        yield from tools.opener.check()
        yield from tools.inbox.check()
    else:
        yield from tools.source.check(tools.wanted)
        yield from tools.cipher.check()
        yield from tools.courier.check()
    if not tools.channels:
        mend = "add a [mail] table, or urls to [alerts]"
        yield Finding("mail", ok=False, detail="no [mail] table: nobody gets notices or alerts", mend=mend)
    for channel in tools.channels.values():
        yield from channel.check()
    if isinstance(tools, Tools) and (heartbeat := deployment.heartbeat(name)) is not None:
        yield from heartbeat.check()
    if deployment.has_benefits(name):
        yield _check_rulebook(deployment, name)


def _check_rulebook(deployment: Deployment, name: str) -> Finding:
    try:
        book = deployment.rulebook(name)
    except BensyncError as error:
        return Finding("rulebook", ok=False, detail=str(error), mend=error.mend)
    return Finding("rulebook", ok=True, detail=f"{len(book.programs)} programs, {len(book.plans)} plans")


def _named(raw: Mapping[str, Any]) -> Sequence[str]:
    """The connectors that the file names; none of the others is imported."""
    sites = raw.get("sites")
    tables = sites.values() if isinstance(sites, dict) else ()
    found = [table.get("source", {}).get("type") for table in tables if isinstance(table, dict)]
    named = dict.fromkeys(name for name in found if isinstance(name, str))
    return [name for name in named if name in registry.names()] or registry.names()


def _mapping_problems(name: str, site: config.Site | config.Receiver) -> Iterable[str]:
    table, settings = ("feed", site.feed) if isinstance(site, config.Site) else ("intake", site.intake)
    layout = getattr(settings, "layout", "")
    if layout not in presets.layouts():
        yield f"sites.{name}.{table}.layout: there is no layout {layout!r}; there are: {', '.join(presets.layouts())}"
        return
    if isinstance(site, config.Receiver):
        return
    try:
        _mapping(name, site)
    except ConfigError as error:
        yield error.why
        return
    taken = {*feed.FIXED, *(column for _, column in feed.load(layout, tuple(FIELDS)).columns)}
    for field in site.custom_fields:
        if field.upper() in taken:
            yield f"sites.{name}.custom_fields.{field}: the file has a column {field.upper()} already"


def _mapping(name: str, site: config.Site) -> source.SourceMapping:
    """The mapping of the connector (its own ``PRESET``, else ours of its name), with the site's entries over it."""
    kind = _kind(site.source)
    custom = {field: entry.field(field) for field, entry in site.custom_fields.items()}
    codes = {field: entry.table() for field, entry in site.codes.items()}
    return source.load(getattr(registry.load(kind), "PRESET", kind), site.mapping, custom, codes, site=name)


def _kind(table: BaseModel) -> str:
    return str(getattr(table, "type"))  # noqa: B009  # every composed table has one, unknown to the type checker


def _courier(settings: Any) -> Courier:
    return _COURIERS[settings.type](settings)
