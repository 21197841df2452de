"""Validates bensync.toml and BENSYNC_* as Settings, with the tables of the adapters in their places.

Unknown keys are errors; all problems are shown at once with their path.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    SecretStr,
    Tag,
    TypeAdapter,
    ValidationError,
    create_model,
)

from bensync.config.files import of_site
from bensync.config.references import Reference
from bensync.config.settings import Receiver, Settings, Site, SiteName
from bensync.config.tables import SettingsTable
from bensync.errors import ConfigError

_SENDER, _RECEIVER = "sender", "receiver"
_PREFIX, _INSIDE = "BENSYNC_", "__"
"""A variable such as BENSYNC_STATE__URL overrides ``url`` of ``[state]``."""


class AdapterSettings(SettingsTable):
    """The models of the tables that belong to adapters: sources, upload centers and intakes by type, feed and mail."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    sources: Mapping[str, type[BaseModel]]
    feed: type[BaseModel]
    upload_centers: Mapping[str, type[BaseModel]]
    intakes: Mapping[str, type[BaseModel]]
    mail: type[BaseModel]


def compose(hands: AdapterSettings) -> type[Settings]:
    """Return the full model of the file, with the tables of these adapters in their places."""
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
    """Return the settings in ``raw``.

    Raises:
        ConfigError: naming every problem at once, each with its path.
    """
    try:
        return _under_environment(model)(**raw)
    except ValidationError as error:
        problems = list(dict.fromkeys(map(_problem, _problems(error))))
    # Outside the except block: the validation error would be chained, and it holds the input.
    raise refusal(str(path), problems)


def refused_sites(model: type[Settings], sites: Mapping[str, Mapping[str, Any]]) -> dict[str, ConfigError]:
    """Return the errors of the sites' own files, each validated alone: every problem at once, with its path."""
    if not sites:
        return {}
    kind: Any = model.model_fields["sites"].annotation
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    refused = {}
    for name, raw in sites.items():
        try:
            adapter.validate_python({name: raw})
        except ValidationError as error:
            problems = list(
                dict.fromkeys(_problem({**problem, "loc": ("sites", *problem["loc"])}) for problem in _problems(error))
            )
            refused[name] = refusal(of_site(name), problems)
    return refused


def refusal(file: str, problems: Sequence[str]) -> ConfigError:
    """Return the error of a file with problems."""
    return ConfigError(
        f"{file} has {len(problems)} problem{'s' if len(problems) > 1 else ''}.",
        fix="Fix these entries; docs/reference/configuration.md describes each one.",
        problems=problems,
    )


def _either(site: type[Site], receiver: type[Receiver]) -> Any:
    """Return the type of the sites: a site with an `intake` table only receives, every other one sends."""

    def side(raw: Any) -> str:
        # A tag, not a union: pydantic would otherwise report the problems of both sides.
        return _RECEIVER if isinstance(raw, Mapping) and "intake" in raw else _SENDER

    sides: Any = Annotated[site, Tag(_SENDER)] | Annotated[receiver, Tag(_RECEIVER)]
    return Mapping[SiteName, Annotated[sides, Discriminator(side)]]


def _choice(table: str, models: Mapping[str, type[BaseModel]]) -> Any:
    """Return the type of a table whose `type` entry picks the model."""
    typed = [_referring(model, name) for name, model in models.items()]
    if not typed:
        raise ConfigError(f"No {table} of any type is configured.", "Every site needs one.", f"Add a {table} table.")
    union: Any = typed[0]
    for model in typed[1:]:
        union |= model
    return Annotated[union, Field(discriminator="type")] if len(typed) > 1 else union


def _referring(model: type[BaseModel], name: str | None = None) -> Any:
    """Return the model of an adapter with references in place of secrets, and with `type` if it is one of several."""
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


def _problems(error: ValidationError) -> list[Any]:
    """Return the problems, without those of lists that are too short only because their entries are wrong."""
    problems = error.errors(include_input=False, include_url=False)
    return [
        problem
        for problem in problems
        if problem["type"] != "too_short"
        or not any(_is_inside(other["loc"], problem["loc"]) for other in problems if other is not problem)
    ]


def _is_inside(place: Sequence[Any], whole: Sequence[Any]) -> bool:
    return len(place) > len(whole) and place[: len(whole)] == whole


def _problem(error: Any) -> str:
    parts = list(error["loc"])
    if parts[:1] == ["sites"] and parts[2:3] in ([_SENDER], [_RECEIVER]):
        del parts[2]  # which side it is stands in no file
    where = ".".join(str(part) for part in parts if part != "[key]")
    said = error["msg"].removeprefix("Value error, ")
    return f"{where}: {said.rstrip('.')}." if where else f"{said.rstrip('.')}."


def _under_environment(model: type[Settings]) -> type[Settings]:
    """Return the model, or one that the environment overrides if a variable names one of its tables.

    pydantic-settings does the latter; without such a variable no command waits for its import.
    """
    named = {variable.upper().partition(_INSIDE)[0] for variable in os.environ}
    return _over(model) if any((_PREFIX + table).upper() in named for table in model.model_fields) else model


def _over(model: type[Settings]) -> type[Settings]:
    from pydantic_settings import BaseSettings, SettingsConfigDict

    class Over(model, BaseSettings):  # type: ignore[misc, valid-type]  # known at run time only
        model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter=_INSIDE)

        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, **sources: Any) -> Any:  # type: ignore[override]
            """Let the environment override the file, and read no other source."""
            return sources["env_settings"], sources["init_settings"]

    return Over
