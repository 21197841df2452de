"""bensync.toml + BENSYNC_* -> one frozen Settings. Knows no hand: their tables come as models from `wiring`.

Unknown keys are errors; all problems are shown at once with their path. Secrets are references, never literals, and are
looked up only when something needs them.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    SecretStr,
    Tag,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bensync.core.guards import Guards, Limit
from bensync.core.intake import REQUIRED, IntakeRules
from bensync.core.status import StatusOptions
from bensync.errors import ConfigError
from bensync.mappings.catalogue import FIELDS, FieldType, forbidden, nameable
from bensync.mappings.catalogue import Field as CatalogueField
from bensync.mappings.codes import CodeTable, Unknown
from bensync.mappings.source import CustomField

M = TypeVar("M", bound=BaseModel)

_SENDER, _RECEIVER = "sender", "receiver"

_REFERENCE = re.compile(r"^(env:\w+|file:/.+|keyring:[^/]+/.+)$")


def _reference(value: SecretStr) -> SecretStr:
    if not _REFERENCE.match(value.get_secret_value()):
        raise ValueError("must be a reference: env:NAME, file:/path or keyring:service/user, never the secret itself")
    return value


def _limit(text: str) -> str:
    Limit.parse(text)
    return text


def _syncing(name: str) -> str:
    if forbidden(name):
        raise ValueError("fields about dependents and spouses never sync (S0-14)")
    return name


def _known(name: str) -> str:
    if name not in FIELDS:
        raise ValueError("not a field that we know, see docs/reference/fields.md")
    return name


def _nameable(name: str) -> str:
    if not nameable(name):
        raise ValueError("a custom field needs a name of its own: a-z, 0-9 and _, and not one of the catalogue")
    return name


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is not a time zone") from error
    return name


LimitText = Annotated[str, AfterValidator(_limit)]
Reference = Annotated[SecretStr, AfterValidator(_reference)]
Syncing = Annotated[str, AfterValidator(_syncing)]
KnownName = Annotated[Syncing, AfterValidator(_known)]
CustomName = Annotated[Syncing, AfterValidator(_nameable)]


class Table(BaseModel):
    """One table of the file: frozen, no unknown keys, never echoing its input in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=True)


class State(Table):
    """Where bensync remembers."""

    url: str = Field("sqlite:///bensync.db", description="database address: sqlite:///FILE")
    key: Reference = Field(
        SecretStr("env:BENSYNC_STATE_KEY"), description="the state key, as a reference; without it nothing starts"
    )


class Schedule(Table):
    """When the daemon works."""

    daily_after: time = Field(time(4), description="UTC; the daily run starts at the first tick at or after it")
    retry_minutes: int = Field(60, ge=1, description="pause before a failed daily run is tried again on the same day")


class Status(Table):
    """The BeneTrac Status options of the site (S0-02)."""

    active: tuple[str, ...] = Field(min_length=1, description="options that mean active")
    inactive: tuple[str, ...] = Field(min_length=1, description="options that mean inactive")

    @model_validator(mode="after")
    def _apart(self) -> Self:
        both = sorted(set(self.active) & set(self.inactive))
        if both:
            raise ValueError(f"{', '.join(both)} cannot mean active and inactive")
        return self

    def options(self) -> StatusOptions:
        """The options as the core knows them."""
        return StatusOptions(frozenset(self.active), frozenset(self.inactive))


class GuardLimits(Table):
    """How much is too much in one plan: `5`, `5%`, or `5 and 5%` (both must be passed)."""

    terminations: LimitText = Field("5 and 5%", description="terminations in one plan; more are held")
    terminations_always: LimitText = Field("20%", description="terminations that are held whatever their number")
    new_hires: LimitText = Field("10%", description="new people in one plan; more are held")
    ssn_changes: LimitText = Field("2", description="people with another SSN in one plan; more are held")
    one_field: LimitText = Field("50%", description="people on whom one field changed; more are held")
    rows_in_error: LimitText = Field("10 and 20%", description="people kept back; more refuse the run")
    headcount_fell: LimitText = Field("5%", description="people missing from a full read; more refuse the run")
    fill_rate_points: float = Field(10, ge=0, le=100, description="fall of a field's fill rate that refuses the run")
    percent_from: int = Field(50, ge=1, description="percentages count from this many active people up")

    def guards(self) -> Guards:
        """The limits as the core knows them."""
        texts = {name: value for name, value in self if isinstance(value, str)}
        limits = {name: Limit.parse(text) for name, text in texts.items()}
        return Guards(**limits, fill_rate_points=self.fill_rate_points, percent_from=self.percent_from)


class Custom(Table):
    """A field that the catalogue does not know."""

    source: Syncing = Field(min_length=1, description="the source's field")
    type: Literal["text", "date", "money", "number", "code"] = Field(
        "text", description="how its text is written: text, date, money, number or code"
    )
    label: Syncing = Field("", description="what lists and requests call it; else its name")

    def field(self, name: str) -> CustomField:
        """The field as the mapping knows it."""
        label = self.label or name.replace("_", " ").capitalize()
        return CustomField(self.source, CatalogueField(name, FieldType(self.type), label))


class Codes(Table):
    """The code table of one field: the source's values, and ours for them."""

    values: dict[str, str] = Field(min_length=1, description="the source's value = ours; an empty text is no value")
    unknown: Literal["hold", "reject", "default"] = Field(
        "hold",
        description="a value that is not listed: keep the person back, refuse the run, or take the default",
    )
    default: str | None = Field(None, description='what stands in for it, with unknown = "default"')

    @model_validator(mode="after")
    def _told(self) -> Self:
        if (self.unknown == "default") != (self.default is not None):
            raise ValueError('`default` belongs to unknown = "default", and only there')
        return self

    def table(self) -> CodeTable:
        """The table as the mapping knows it."""
        return CodeTable(self.values, Unknown(self.unknown), self.default or "")


class Employer(Table):
    """What both sides of a site tell of it."""

    id: str = Field(pattern=r"^[A-Z0-9]{2,20}$", description="BeneTrac Site ID (S0-01); begins every file name")
    required: tuple[str, ...] = Field(REQUIRED, description="fields whose absence is a warning on a request")
    approvers: tuple[str, ...] = Field(
        (), description="who may decide requests and correct people; empty: everybody who can run the command"
    )
    second_approver_days: int = Field(60, ge=0, description="older terminations ask for a second approver")

    def intake_rules(self) -> IntakeRules:
        """The settings that classification depends on."""
        return IntakeRules(self.required, timedelta(days=self.second_approver_days))


class Receiver(Employer):
    """One employer whose files are received here, and sent from another machine."""

    intake: BaseModel = Field(description="on a machine that only receives: where files arrive, and who signed them")

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, raw: Any) -> Any:
        others = [name for name in raw if name in Site.model_fields and name not in Receiver.model_fields]
        if others:
            raise ValueError(f"a site with an intake table only receives; take out {', '.join(others)}, or intake")
        return raw


class Site(Employer):
    """One employer: where its people come from, where its files go."""

    source: BaseModel = Field(description="the HR system: `type` names a connector, the rest are its settings")
    status: Status = Field(description="BeneTrac Status options")
    feed: BaseModel = Field(description="the file: layout, recipient's key")
    upload_center: BaseModel = Field(description="where files go")
    guards: GuardLimits = Field(GuardLimits(), description="limits that stop accidents")
    mapping: dict[KnownName, Syncing] = Field(
        {}, description="our field -> the source's field, over the preset of the source"
    )
    custom_fields: dict[CustomName, Custom] = Field(
        {}, description="fields that the catalogue does not know, by the name that they shall have"
    )
    codes: dict[Syncing, Codes] = Field({}, description="code tables by our field: the source's values -> ours")
    effective_timezone: Annotated[str, AfterValidator(_zone)] = Field(
        "UTC", description="whose calendar day decides which dated row holds (A-32)"
    )
    embedded: bool = Field(
        True, description="open the requests here; false where another machine receives the files (`bensync intake`)"
    )


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        env_prefix="BENSYNC_",
        env_nested_delimiter="__",
        validate_default=True,
    )

    state: State = Field(State(), description="where bensync remembers")
    schedule: Schedule = Field(Schedule(), description="when the daemon works")
    mail: BaseModel | None = Field(None, description="upload notices and alerts by mail")
    sites: Mapping[str, Site | Receiver] = Field(min_length=1, description="one table per employer")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # the signature is given
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment lies over the file; nothing else is read."""
        return env_settings, init_settings


class Hands(Table):
    """The models of the tables that belong to hands: connectors by name, and the others."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    sources: Mapping[str, type[BaseModel]]
    feed: type[BaseModel]
    upload_centers: Mapping[str, type[BaseModel]]
    intakes: Mapping[str, type[BaseModel]]
    mail: type[BaseModel]


def read_toml(path: Path) -> dict[str, Any]:
    """The raw content of the file.

    Raises:
        ConfigError: it is missing, unreadable, or not TOML.
    """
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        mend = "write one with `bensync init`, or name another with --config or BENSYNC_CONFIG"
        raise ConfigError(f"There is no configuration at {path}", "the file does not exist", mend) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read", error.strerror or "", "mend its permissions") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML", str(error), "mend the line that the message names") from error


def compose(hands: Hands) -> type[Settings]:
    """The full model of the file, with the tables of these hands in their places."""
    source = _choice("source", hands.sources)
    center = _choice("upload_center", hands.upload_centers)
    site = create_model(
        "Site",
        __base__=Site,
        source=(source, Field(description=Site.model_fields["source"].description)),
        feed=(_referring(hands.feed), Field(description=Site.model_fields["feed"].description)),
        upload_center=(center, Field(description=Site.model_fields["upload_center"].description)),
    )
    intake = (_choice("intake", hands.intakes), Field(description=Receiver.model_fields["intake"].description))
    receiver = create_model("Receiver", __base__=Receiver, intake=intake)
    return create_model(
        "Settings",
        __base__=Settings,
        mail=(_referring(hands.mail) | None, Field(None, description=Settings.model_fields["mail"].description)),
        sites=(_either(site, receiver), Settings.model_fields["sites"]),
    )


def validate(model: type[Settings], raw: Mapping[str, Any], path: Path) -> Settings:
    """The settings in ``raw``.

    Raises:
        ConfigError: naming every problem at once, each with its path.
    """
    try:
        return model(**raw)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        problems = list(dict.fromkeys(map(_problem, found)))
    raise ConfigError(
        f"{path} has {len(problems)} problem{'s' if len(problems) > 1 else ''}",
        "; ".join(problems),
        "mend these entries; docs/reference/configuration.md describes each one",
    )


def resolved(table: M) -> M:
    """The same table with its secret references looked up.

    Raises:
        ConfigError: a reference leads nowhere.
    """
    found = {name: SecretStr(resolve(value)) for name, value in table if isinstance(value, SecretStr)}
    return table.model_copy(update=found)


def resolve(reference: SecretStr) -> str:
    """The secret behind a reference, without surrounding white space.

    Raises:
        ConfigError: the variable, file or key ring entry is missing or empty.
    """
    kind, _, name = reference.get_secret_value().partition(":")
    try:
        secret = _LOOK_UP[kind](name).strip()
    except OSError as error:
        raise ConfigError(f"The secret {kind}:{name} cannot be read", error.strerror or "", "mend the file") from error
    if not secret:
        raise ConfigError(f"The secret {kind}:{name} is empty or missing", "it is needed here", f"set {kind}:{name}")
    return secret


def _from_keyring(name: str) -> str:
    try:
        import keyring
    except ImportError as error:
        mend = "install it with `pip install keyring`, or use env: or file:"
        raise ConfigError("The key ring cannot be read", "the package keyring is not installed", mend) from error
    service, _, user = name.partition("/")
    return keyring.get_password(service, user) or ""


_LOOK_UP = {
    "env": lambda name: os.environ.get(name, ""),
    "file": lambda name: Path(name).read_text("utf-8"),
    "keyring": _from_keyring,
}


def _either(site: type[Site], receiver: type[Receiver]) -> Any:
    """Sites by name, each one that sends or one that only receives: its `intake` table tells."""

    def side(raw: Any) -> str:
        return _RECEIVER if isinstance(raw, Mapping) and "intake" in raw else _SENDER

    sides: Any = Annotated[site, Tag(_SENDER)] | Annotated[receiver, Tag(_RECEIVER)]
    return Mapping[str, Annotated[sides, Discriminator(side)]]


def _choice(table: str, models: Mapping[str, type[BaseModel]]) -> Any:
    """A table whose `type` picks the model."""
    typed = [_referring(model, name) for name, model in models.items()]
    if not typed:
        raise ConfigError(f"No {table} of any type is configured", "every site needs one", f"add a {table} table")
    union: Any = typed[0]
    for model in typed[1:]:
        union |= model
    return Annotated[union, Field(discriminator="type")] if len(typed) > 1 else union


def _referring(model: type[BaseModel], name: str | None = None) -> Any:
    """The model of a hand, with references in place of its secrets, and its `type` where one of several is chosen."""
    fields: dict[str, Any] = {
        field: (_as_reference(info.annotation), info)
        for field, info in model.model_fields.items()
        if _is_secret(info.annotation)
    }
    if name is not None:
        fields["type"] = (Literal[name], Field(description="which one; the other entries depend on it"))
    return create_model(model.__name__, __base__=model, **fields)


def _is_secret(annotation: Any) -> bool:
    return annotation in {SecretStr, SecretStr | None}


def _as_reference(annotation: Any) -> Any:
    return Reference if annotation is SecretStr else Reference | None


def _problem(error: Any) -> str:
    parts = list(error["loc"])
    if parts[0] == "sites" and parts[2:3] in ([_SENDER], [_RECEIVER]):
        del parts[2]  # which side it is stands in no file
    where = ".".join(str(part) for part in parts if part != "[key]")
    return f"{where}: {error['msg'].removeprefix('Value error, ')}"
