"""The tables of bensync.toml: the meaning, type and default of each entry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    SecretStr,
    model_validator,
)

from bensync.config.references import Reference
from bensync.config.tables import (
    Codes,
    Custom,
    CustomName,
    DatedTable,
    GuardLimits,
    KnownName,
    RetentionSettings,
    SettingsTable,
    StatusSettings,
    Syncing,
)
from bensync.core.access import Right, Role
from bensync.core.alerts import Limits
from bensync.core.comparison.scope import ScopeRules
from bensync.core.intake.proposals import IntakeRules
from bensync.core.schedule import DailyRunState, Weekday, next_run
from bensync.core.values.texts import normalized


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is not a time zone") from error
    return name


def _listen(address: str) -> str:
    host, _, port = address.rpartition(":")
    if address and not (host and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("must be HOST:PORT, such as 127.0.0.1:9464, or empty")
    return address


def _public(address: str) -> str:
    """Return the public address of the pages: scheme, host and port; plain http on this machine only."""
    url = urlsplit(address)
    bare = not (url.path.strip("/") or url.query or url.fragment or url.username or url.password)
    if address and not (bare and url.hostname and url.scheme in {"https", "http"}):
        raise ValueError("must be an address without a path, such as https://benefits.example.com, or empty")
    if url.scheme == "http" and url.hostname not in _LOOPBACK:
        raise ValueError("must be https; plain http is for this machine only")
    return address.rstrip("/")


def _site_name(name: str) -> str:
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise ValueError("a site has a name of letters, digits, and . _ -, and begins with a letter or digit")
    return name


# The default of a limit that a pure rule uses is in the core, where the rule is tested; all other defaults are here.
_LIMITS, _RULES = Limits(), IntakeRules()

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

Listen = Annotated[str, AfterValidator(_listen)]
Public = Annotated[str, AfterValidator(_public)]
# Kinds of requests, then risks, then the acts of `actions.authorization`.
# fmt: off
Second = Literal[
    "new", "update", "terminate", "reactivate", "rehire", "correction", "high_risk", "far_back",
    "grant", "release", "keys", "retention",
]
# fmt: on
SiteName = Annotated[str, AfterValidator(_site_name)]


class State(SettingsTable):
    """Where bensync stores its data."""

    url: str = Field(
        "sqlite:///bensync.db",
        description="database address: sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE, without a password",
    )
    password: Reference | None = Field(
        None, description="for a PostgreSQL server that asks for one, as a reference; else libpq's own ways hold"
    )
    key: Reference = Field(
        SecretStr("env:BENSYNC_STATE_KEY"), description="the state key, as a reference; without it nothing starts"
    )
    sent_log: Path | None = Field(
        None,
        description="file that remembers what was sent, beside the database; else that of SQLite with `.sent` behind",
    )


class ScheduleSettings(SettingsTable):
    """The hours of the daily run."""

    daily_after: time = Field(time(4), description="UTC; the daily run starts at the first tick at or after it")
    retry_minutes: int = Field(60, ge=1, description="pause before a failed daily run is tried again on the same day")

    reconcile_on: Weekday | None = Field(
        None,
        description="weekday on which the daily run reads everybody, to find changes that HR's list of changes did not"
        " name; the file still has the differences only",
    )

    def next_run(self, now: datetime, today: DailyRunState) -> datetime:
        """Return when the daily run of a site is due; see `bensync.core.schedule.next_run`."""
        return next_run(now, self.daily_after, timedelta(minutes=self.retry_minutes), today)


class Daemon(SettingsTable):
    """The processes and intervals of the daemon."""

    listen: Listen = Field(
        "127.0.0.1:9464", description="HOST:PORT of /healthz, /readyz and /metrics; empty: none of them"
    )
    tick_seconds: int = Field(60, ge=1, le=60, description="how often every site is looked at")
    receive_minutes: int = Field(5, ge=1, description="how often a site that only receives looks for files")
    look_minutes: int = Field(
        60,
        ge=1,
        le=1440,
        description="how often a site with an open alert, an overdue request or a broken file has a turn in any case",
    )
    turn_hours: float = Field(6, gt=0, le=24, description="a process at work on a site is ended after so long")
    parallel: int = Field(2, ge=1, le=64, description="how many sites are worked on at the same time, by each process")
    queue: Literal["own", "procrastinate"] = Field(
        "own",
        description="who takes the turns at the sites: processes of the daemon's own; or workers (`bensync worker`),"
        " on any number of machines, which get their jobs from procrastinate on the PostgreSQL of [state]",
    )
    # At most 25: a run that is asked to end must be over within 30 seconds (R17).
    stop_seconds: int = Field(
        25, ge=0, le=25, description="what a process at work may still take when the daemon is asked to stop"
    )


class AlertSettings(SettingsTable):
    """The channels for alerts besides mail, and the times after which they are raised."""

    urls: tuple[Reference, ...] = Field(
        (), description="more channels: references to addresses of apprise (chats, pagers, webhooks), which are secret"
    )
    heartbeat: Reference | None = Field(
        None, description="reference to an https address that is called after each good daily run; {site} is filled in"
    )
    no_run_by: time = Field(_LIMITS.no_run_by, description="UTC; a daily run that is not done by then is missing")
    queue_days: int = Field(_LIMITS.queue_days, ge=1, description="days after which a request waits for too long")
    high_risk_days: int = Field(_LIMITS.high_risk_days, ge=1, description="the same for requests of high risk")
    not_shown_days: int = Field(
        _LIMITS.not_shown_days,
        ge=1,
        description="days after which an employee whom HR named as changed, and does not show, raises an alert",
    )
    audit_heads: bool = Field(
        _LIMITS.audit_heads,
        description="mail the ends of the audit trails every day, whether a file was sent or not, for an auditor",
    )

    def limits(self) -> Limits:
        """Return the limits as the core uses them."""
        return Limits(
            self.no_run_by,
            self.queue_days,
            self.high_risk_days,
            self.not_shown_days,
            audit_heads=self.audit_heads,
        )


class CommandLine(SettingsTable):
    """The rights of the machine's users on the command line."""

    users: dict[str, tuple[Right | Literal["all"], ...]] = Field(
        {},
        description="system user -> rights of docs/reference/roles.md, or all; without entries, root and the owners of"
        " this file and of the SQLite database have every right",
    )

    def rights(self, user: str, *, owner: bool) -> frozenset[Right]:
        """Return the rights of a system user; ``owner`` if they own the configuration or the database."""
        if not self.users:
            return frozenset(Right) if owner else frozenset()
        entries = self.users.get(user, ())
        return frozenset(Right) if "all" in entries else frozenset(Right(entry) for entry in entries)


class Web(SettingsTable):
    """The pages, and who answers for them."""

    listen: Listen = Field("127.0.0.1:8480", description="HOST:PORT of the pages; plain http on loopback only")
    hosts: tuple[str, ...] = Field(
        (), description="names by which people reach them; any other name is refused, except those of this machine"
    )
    address: Public = Field(
        "", description="where people reach them, such as https://benefits.example.com; notices link there"
    )
    certificate: Path | None = Field(None, description="PEM file of the TLS certificate with its chain")
    certificate_key: Path | None = Field(None, description="PEM file of its key")
    behind_proxy: bool = Field(
        False,
        description="a proxy on this machine speaks TLS before us; what it says of the visitor's address is believed",
    )
    changes_per_minute: int = Field(
        600, ge=1, description="forms and calls of the API from one address in a minute; more are refused for a while"
    )
    product: str = Field("bensync", min_length=1, description="what the pages call themselves, in head and foot")
    operator: str = Field("", description="who operates them; in every page's foot")
    contact: str = Field("", description="whom to ask: a mail address or a telephone number; in every page's foot")
    privacy: str = Field("", description="the privacy notice, paragraphs apart by an empty line; else ours is shown")

    @model_validator(mode="after")
    def _never_in_clear(self) -> Self:
        if not self.listen:
            raise ValueError("listen must be HOST:PORT, such as 127.0.0.1:8480")
        if (self.certificate is None) != (self.certificate_key is None):
            raise ValueError("certificate and certificate_key belong together")
        if self.certificate is None and self.host not in _LOOPBACK:
            raise ValueError("plain http on loopback only: name a certificate, or put a proxy before it")
        return self

    @property
    def host(self) -> str:
        """Return the host to listen on."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """Return the port to listen on."""
        return int(self.listen.rpartition(":")[2])

    @property
    def names(self) -> frozenset[str]:
        """Return the host names that requests may use, besides those of this machine."""
        public = urlsplit(self.address).hostname
        return frozenset({self.host, *self.hosts, *([public] if public else [])})

    def requests(self, site: str) -> str:
        """Return the address of a site's requests, for a notice; empty if no address is configured."""
        return f"{self.address}/sites/{site}/requests" if self.address else ""

    @property
    def secure(self) -> bool:
        """Return whether browsers connect by TLS, here or at the proxy."""
        return self.certificate is not None or self.behind_proxy


class SiteSettings(SettingsTable):
    """The settings that a sender and a receiver of a site share."""

    id: str = Field(pattern=r"^[A-Z0-9]{2,20}$", description="BeneTrac Site ID; begins every file name")
    required: tuple[str, ...] = Field(_RULES.required, description="fields whose absence is a warning on a request")
    approvers: tuple[str, ...] = Field(
        (), description="who may decide requests and correct people; empty: everybody who can run the command"
    )
    second_approver_days: int = Field(
        _RULES.second_approver_after.days,
        ge=0,
        description="changes that reach further back have HIGH risk and a warning; `far_back` in `second_approver`"
        " makes them take two people",
    )
    second_approver: tuple[Second, ...] = Field(
        (),
        description="what takes two people: kinds of requests, `high_risk`, `far_back` (above `second_approver_days`),"
        " `grant` (of a role), `release` (of what a guard holds), `keys` (of the whole deployment), `retention`"
        " (deletion of records whose period is over)",
    )
    benefits: str = Field(
        "",
        description="the employer's rulebook, a TOML file beside bensync.toml; without it no event is processed",
    )
    visible_fields: dict[Role, tuple[str, ...]] = Field(
        {}, description="fields that a role sees of people, instead of those in docs/reference/roles.md"
    )

    @property
    def grants_take_two(self) -> bool:
        """Whether a new user, role or means to sign in takes two people; else one could be both under two names."""
        return bool(self.second_approver)

    def intake_rules(self) -> IntakeRules:
        """Return the settings that classification and decisions depend on."""
        far_back = timedelta(days=self.second_approver_days)
        return IntakeRules(self.required, far_back, frozenset(self.second_approver), bool(self.benefits))


class Receiver(SiteSettings):
    """One employer whose files are received here, and sent from another machine."""

    intake: BaseModel = Field(description="on a machine that only receives: where files arrive, and who signed them")

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, raw: Any) -> Any:
        others = [name for name in raw if name in Site.model_fields and name not in Receiver.model_fields]
        if others:
            raise ValueError(f"a site with an intake table only receives; take out {', '.join(others)}, or intake")
        return raw


class Site(SiteSettings):
    """One employer: its HR system, and the upload center that its files go to."""

    source: BaseModel = Field(description="the HR system: `type` names a connector, the rest are its settings")
    status: StatusSettings = Field(description="BeneTrac Status options")
    feed: BaseModel = Field(description="the file: layout, recipient's key")
    upload_center: BaseModel = Field(description="where files go")
    guards: GuardLimits = Field(GuardLimits(), description="limits that stop accidents")
    mapping: dict[KnownName, Syncing] = Field(
        {}, description="our field -> the source's field, over the preset of the source"
    )
    tables: dict[Syncing, DatedTable] = Field(
        {}, description="dated tables of the source, such as one with an action and its reason, by our name"
    )
    custom_fields: dict[CustomName, Custom] = Field(
        {}, description="fields that the catalogue does not know, by the name that they shall have"
    )
    codes: dict[Syncing, Codes] = Field({}, description="code tables by our field: the source's values -> ours")
    out_of_scope: dict[Syncing, tuple[str, ...]] = Field(
        {},
        description="our field -> values of employees who are out of scope: neither sent nor blocked",
    )
    effective_timezone: Annotated[str, AfterValidator(_zone)] = Field(
        "UTC", description="whose calendar day decides which dated row holds"
    )
    embedded: bool = Field(
        True, description="open the requests here; false where another machine receives the files (`bensync intake`)"
    )

    def scope(self) -> ScopeRules:
        """Return the rules of scope as the core uses them."""
        return ScopeRules({field: frozenset(map(normalized, values)) for field, values in self.out_of_scope.items()})


class Settings(SettingsTable):
    """The whole configuration."""

    state: State = Field(State(), description="where bensync remembers")
    schedule: ScheduleSettings = Field(ScheduleSettings(), description="when the daemon works")
    daemon: Daemon = Field(Daemon(), description="how the daemon works")
    mail: BaseModel | None = Field(None, description="upload notices and alerts by mail")
    web: Web = Field(Web(), description="the pages, and who answers for them")
    command_line: CommandLine = Field(CommandLine(), description="who may do what on the command line")
    retention: RetentionSettings = Field(
        RetentionSettings(), description="how long each kind of data is kept, before `bensync retention` may delete it"
    )
    alerts: AlertSettings = Field(AlertSettings(), description="more channels for alerts, and when to raise them")
    sites: Mapping[str, Site | Receiver] = Field(
        {}, description="one table per employer; or a file `sites.d/NAME.toml` each, beside this one"
    )

    @model_validator(mode="after")
    def _reachable_by_workers(self) -> Self:
        if self.daemon.queue == "procrastinate" and not self.state.url.startswith("postgresql"):
            raise ValueError('daemon.queue = "procrastinate" needs a state.url on PostgreSQL')
        return self
