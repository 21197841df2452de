"""Write a commented bensync.toml from the models of the configuration, so that its comments stay right."""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from datetime import time
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from bensync.config import loading
from bensync.config.settings import AlertSettings, CommandLine, Daemon, ScheduleSettings, Settings, Site, State, Web
from bensync.config.tables import Codes, Custom, DatedTable, GuardLimits, RetentionSettings, StatusSettings
from bensync.core.schedule import Weekday
from bensync.delivery.settings import SMTP_PORT

FILL_IN = "FILL-IN"
"""Marks a missing value; no run starts before it is replaced."""

EXAMPLE: Mapping[str, Any] = {
    "state": {"url": "sqlite:////var/lib/bensync/bensync.db", "key": "env:BENSYNC_STATE_KEY"},
    "mail": {
        "host": "127.0.0.1",
        "port": SMTP_PORT,
        "sender": "bensync@example.com",
        "admins": ["benefits@example.com"],
    },
    "id": "ACME0001",
    "source": {"type": "bamboohr", "company": "acme", "api_key": "env:BAMBOOHR_API_KEY"},
    "status": {"active": ["Active", "Leave"], "inactive": ["Terminated"]},
    "feed": {
        "recipient": "0123456789ABCDEF0123456789ABCDEF01234567",
        "gnupg_home": "/var/lib/bensync/gnupg",
    },
    "upload_center": {
        "type": "sftp",
        "host": "sftp.example.com",
        "user": "acme",
        "private_key": "file:/run/secrets/sftp_key",
        "host_keys": ["SHA256:" + "A" * 43],
        "directory": "inbox",
    },
}
"""The values of bensync.example.toml."""

_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.+(?:\n {8,}.+)*)", re.MULTILINE)


def render(site: str, values: Mapping[str, Any]) -> str:
    """Return the whole file for one site.

    Args:
        site: its name.
        values: tables of the file and of the site by name; a value of None is one that nobody gave.
    """
    hands = tables()
    # A TOML key with other characters must be quoted; a JSON string is also a TOML string.
    name = site if re.fullmatch(r"[A-Za-z0-9_-]+", site) else json.dumps(site)
    lines = [
        "# bensync: one employer per [sites.NAME]. Entries that are commented out show their defaults.",
        "# Secrets are references, never literals: env:NAME, file:/path or keyring:service/user.",
    ]
    lines += _table("state", State, values["state"], Settings.model_fields["state"].description)
    # On in every new configuration, and off where an older one does not have it: there it would be a surprise.
    schedule = {"reconcile_on": Weekday.SUNDAY.value}
    lines += _table("schedule", ScheduleSettings, schedule, Settings.model_fields["schedule"].description)
    lines += _table("daemon", Daemon, {}, Settings.model_fields["daemon"].description)
    lines += _table("mail", hands["mail"], values.get("mail"), Settings.model_fields["mail"].description, whole=False)
    lines += _table("web", Web, {}, Settings.model_fields["web"].description)
    lines += [
        "",
        "# [command_line.users]  # rights on the command line, by system user; see docs/how-to/manage-users.md",
    ]
    lines += ['# alice = ["all"]', '# reports = ["see_overview", "see_requests"]']
    lines += _table("alerts", AlertSettings, {}, Settings.model_fields["alerts"].description)
    lines += _table("retention", RetentionSettings, {}, Settings.model_fields["retention"].description)
    lines += ["", f"[sites.{name}]", *_entries(Site, values, skip=_SITE_TABLES)]
    for table in ("source", "status", "feed", "upload_center"):
        kind = values[table].get("type")
        model = hands[f"{table}.{kind}" if kind else table]
        lines += _table(f"sites.{name}.{table}", model, values[table], _site_description(table))
    lines += _table(f"sites.{name}.guards", GuardLimits, {}, _site_description("guards"))
    lines += ["", f"[sites.{name}.mapping]", f"# {_site_description('mapping')}", '# location = "customWorkSite"']
    lines += ["", f"# [sites.{name}.out_of_scope]  # {_site_description('out_of_scope')}"]
    lines += ['# benetrac_status = ["Contractor"]']
    lines += ["", f"# [sites.{name}.tables.status]  # {_site_description('tables')}"]
    lines += ['# fields = { action_reason = "customActionReason" }']
    lines += ["", f"# [sites.{name}.custom_fields.t_shirt]  # {_site_description('custom_fields')}"]
    lines += ['# source = "customTShirt"', '# type = "text"', '# label = "T-shirt size"']
    lines += ["", f"# [sites.{name}.codes.gender]  # {_site_description('codes')}"]
    lines += ['# values = { Female = "F", Male = "M" }', '# unknown = "hold"  # or "reject", or "default"']
    return "\n".join(lines) + "\n"


def tables() -> dict[str, type[BaseModel]]:
    """Return every table of the file by name; where `type` picks one of several, the name ends in it."""
    from bensync.connectors import registry

    hands = loading.adapter_settings(registry.names())
    return {
        "state": State,
        "schedule": ScheduleSettings,
        "daemon": Daemon,
        "mail": hands.mail,
        "web": Web,
        "command_line": CommandLine,
        "alerts": AlertSettings,
        "retention": RetentionSettings,
        **{f"source.{name}": model for name, model in hands.sources.items()},
        "status": StatusSettings,
        "feed": hands.feed,
        **{f"upload_center.{name}": model for name, model in hands.upload_centers.items()},
        **{f"intake.{name}": model for name, model in hands.intakes.items()},
        "guards": GuardLimits,
        "tables": DatedTable,
        "custom_fields": Custom,
        "codes": Codes,
    }


def fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo, str]]:
    """Yield the entries of a table, each with its description, or that of the docstring."""
    descriptions = _attributes(model)
    for name, info in model.model_fields.items():
        yield name, info, info.description or descriptions.get(name, "")


def written(value: Any) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, SecretStr):
        return json.dumps(value.get_secret_value())
    if isinstance(value, time):
        return json.dumps(f"{value:%H:%M}")
    if isinstance(value, Path):
        return json.dumps(str(value))
    if isinstance(value, Mapping):
        return "{}"
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


_WIDTH = 112
_SITE_TABLES = frozenset(
    {
        "source",
        "status",
        "feed",
        "upload_center",
        "guards",
        "mapping",
        "tables",
        "custom_fields",
        "codes",
        "out_of_scope",
    }
)


def _table(
    name: str, model: type[BaseModel], values: Mapping[str, Any] | None, description: str | None, *, whole: bool = True
) -> list[str]:
    """Return the lines of a table; one that is left out (``whole`` false and no values) is shown as a comment."""
    if values is None and not whole:
        # An optional table is shown with all its entries, so that nobody has to look them up to add it.
        entries = [line if line.startswith("#") else f"# {line}" for line in _entries(model, {})]
        return ["", f"# [{name}]  # {description}", *entries]
    return ["", f"[{name}]  # {description}", *_entries(model, values or {})]


def _entries(model: type[BaseModel], values: Mapping[str, Any], skip: frozenset[str] = frozenset()) -> Iterator[str]:
    # `type` picks the model, which therefore does not have it as a field.
    if "type" in values and "type" not in model.model_fields:
        yield f"type = {written(values['type'])}"
    for name, info, meaning in fields(model):
        if name in skip:
            continue
        entry = _entry(name, info, values.get(name))
        if meaning and len(entry) + len(meaning) > _WIDTH:
            yield from textwrap.wrap(f"{meaning}:", _WIDTH, initial_indent="# ", subsequent_indent="# ")
            yield entry
        else:
            yield f"{entry}  # {meaning}" if meaning else entry


def _entry(name: str, info: FieldInfo, value: Any) -> str:
    if value is not None:
        return f"{name} = {written(value)}"
    if info.is_required():
        return f"{name} = {written([FILL_IN] if _is_list(info) else FILL_IN)}"
    default = info.get_default()
    return f"# {name} = {'...' if default is None else written(default)}"


def _is_list(info: FieldInfo) -> bool:
    return bool(get_args(info.annotation)) and getattr(info.annotation, "__origin__", None) is tuple


def _site_description(table: str) -> str:
    return Site.model_fields[table].description or ""


def _attributes(model: type[BaseModel]) -> dict[str, str]:
    """Return the descriptions of attributes in the docstrings of a model and its bases."""
    descriptions: dict[str, str] = {}
    for base in reversed(model.__mro__):
        _, _, rest = (inspect.getdoc(base) or "").partition("Attributes:\n")
        # From the docstrings that the reference is made of, so that file and reference say the same.
        descriptions |= {
            name: " ".join(text.replace("``", "`").split()).rstrip(".") for name, text in _ATTRIBUTE.findall(rest)
        }
    return descriptions
