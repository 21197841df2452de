"""Records changes of the configuration since its last use in the audit trail of the deployment.

Each entry names the settings by a keyed digest and holds each change. Rules, public names and numbers are shown as they
are; of every other value a keyed fingerprint shows only that it is another one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from enum import Enum
from pathlib import Path

import msgspec
from pydantic import BaseModel, SecretStr

from bensync.config.settings import Settings
from bensync.core.changes import FieldChange
from bensync.state.db.transaction import DEPLOYMENT
from bensync.state.db.vault import Vault
from bensync.state.site_state import SiteState
from bensync.state.store import Store

VERB = "configuration.change"
LEFT_OUT = "cannot be used, and the site is left out"

_PURPOSE = b"configuration"
_LENGTH = 8  # bytes of a digest: enough to distinguish settings, and a key is needed to make one

_TOLD = frozenset(
    {
        "approvers",
        "command_line",
        "effective_timezone",
        "guards",
        "host_keys",
        "id",
        "layout",
        "mapping",
        "no_run_by",
        "recipient",
        "required",
        "schedule",
        "second_approver",
        "status",
        "type",
        "visible_fields",
    }
)
"""Entries, and whole tables, whose texts may be shown: rules, names of users, public fingerprints."""

_Leaf = tuple[str, str, bool]


def note(
    store: Store,
    settings: Settings,
    broken: Collection[str],
    rulebooks: Mapping[str, bytes],
    by: str,
    where: str,
    now: datetime,
) -> bool:
    """Record the changes if these settings differ from those used last; equal settings cost one read.

    Args:
        store: the state.
        settings: the settings in use.
        broken: sites whose own file cannot be used.
        rulebooks: the content of the rulebooks, by site.
        by: the user.
        where: the command or service, such as `bensync sync`.
        now: the time of use.

    Returns:
        whether an entry was written.

    Raises:
        StateError: the database cannot be used.
    """
    vault = store.vault(DEPLOYMENT)
    settings_by_path = _set_values(vault, settings, broken, rulebooks)
    subject = f"settings {vault.mac(msgspec.json.encode(sorted(settings_by_path.items())), _PURPOSE)[:_LENGTH].hex()}"
    with store.read(DEPLOYMENT) as state:
        if state.audit.newest(VERB) == subject:
            return False
    with store.write(DEPLOYMENT, "configuration.note") as state:
        if state.audit.newest(VERB) == subject:  # somebody else was quicker
            return False
        recorded = _recorded(state)
        tables = {_table(name) for name in broken}
        # A site whose file cannot be read just now keeps its last settings: they are unknown, not removed.
        kept = {path: text for path, text in recorded.items() if _site(path) in tables}
        changes = list(_changes(recorded, kept | settings_by_path))
        state.audit.record(by, VERB, subject, now, reason=f"used by {where}", changes=changes)
    return True


def concerns(path: str, site: str) -> bool:
    """Return whether a changed entry concerns the whole deployment or this site."""
    return _site(path) in {"", _table(site)}


def _set_values(
    vault: Vault, settings: Settings, broken: Collection[str], rulebooks: Mapping[str, bytes]
) -> dict[str, str]:
    """Return every entry that differs from its default, by path: its text, or a fingerprint of it."""
    leaves = list(_leaves(settings.model_dump(exclude_defaults=True, warnings=False), ""))
    settings_by_path = {
        path: text if may_be_shown else _fingerprint(vault, path, text) for path, text, may_be_shown in leaves
    }
    for name, content in rulebooks.items():
        path = f"{_table(name)}.benefits.rulebook"
        settings_by_path[path] = _fingerprint(vault, path, content.hex())
    return settings_by_path | {f"{_table(name)}.file": LEFT_OUT for name in broken}


def _leaves(value: object, path: str) -> Iterator[_Leaf]:
    if isinstance(value, BaseModel):
        value = value.model_dump(exclude_defaults=True, warnings=False)
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, ".".join(filter(None, (path, _step(_plain(name))))))
    elif value is not None:
        yield path, _plain(value), _may_be_shown(path, value)


def _may_be_shown(path: str, value: object) -> bool:
    if isinstance(value, SecretStr) or (
        isinstance(value, Sequence) and any(isinstance(item, SecretStr) for item in value)
    ):
        return False
    if isinstance(value, bool | int | float | time):
        return True
    parts = path.split(".")
    return not _TOLD.isdisjoint(parts[2:] if parts[0] == "sites" else parts)


def _plain(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, time | date):
        return value.isoformat()
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(map(_plain, value))
    return value.as_posix() if isinstance(value, Path) else str(value)


def _fingerprint(vault: Vault, path: str, text: str) -> str:
    # The path is part of it, so that equal values of two entries do not show that they are equal.
    return f"#{vault.mac(msgspec.json.encode([path, text]), _PURPOSE)[:_LENGTH].hex()}"


def _recorded(state: SiteState) -> dict[str, str]:
    """Return the settings as the trail last recorded them, by replaying its entries."""
    recorded: dict[str, str] = {}
    for change in state.audit.changed(VERB):
        if change.new is None:
            recorded = {path: text for path, text in recorded.items() if not _within(path, change.field)}
        else:
            recorded[change.field] = change.new
    return recorded


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[FieldChange]:
    """Yield the change of each entry, by path; one change for a site that is gone."""
    sites = {_site(path) for path in after}
    gone = sorted({site for path in before if (site := _site(path)) and site not in sites})
    for site in gone:
        yield FieldChange(site, before.get(f"{site}.id"), None)
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old != new and _site(path) not in gone:
            yield FieldChange(path, old, new)


def _table(name: str) -> str:
    """Return the path of a site's table."""
    return f"sites.{_step(name)}"


def _step(name: str) -> str:
    """Return a name as one step of a path: names of sites may hold dots, which separate the steps."""
    return name.replace(".", "/")


def _site(path: str) -> str:
    """Return the table of the site that an entry belongs to; empty for an entry of the whole deployment."""
    return ".".join(path.split(".")[:2]) if path.startswith("sites.") else ""


def _within(path: str, table: str) -> bool:
    return path == table or path.startswith(f"{table}.")
