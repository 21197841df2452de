"""Loads bensync.toml and sites.d as checked settings, with the tables of connectors, feeds and upload centers.

A problem in a site's own file leaves out that site; a problem in the main file stops everything.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from bensync.config.anchoring import anchored
from bensync.config.files import Files, folder, of_site
from bensync.config.reading import AdapterSettings, compose, refusal, refused_sites, validate
from bensync.config.settings import Receiver, Settings, Site
from bensync.connectors import registry
from bensync.delivery.settings import (
    FolderInboxSettings,
    FolderSettings,
    GpgSettings,
    MailSettings,
    OpenerSettings,
    SftpSettings,
)
from bensync.errors import BensyncError, ConfigError
from bensync.mappings import feed, presets, source
from bensync.mappings.catalogue import FIELDS


class FeedSettings(GpgSettings):
    """The file: its layout, and how it is sealed."""

    layout: str = Field("benetrac", description="the preset that names the columns")
    dated_rows: bool = Field(False, description="whether the file contains the history of dated rows, too")


class IntakeSettings(OpenerSettings):
    """The files that a receiver accepts: their layout, and whose signature."""

    layout: str = Field("benetrac", description="the preset that names the columns, as the sender uses it")
    dated_rows: bool = Field(
        False, description="whether the files contain the history of dated rows, as the sender configured them"
    )


class SftpIntake(IntakeSettings, SftpSettings):
    """Files that arrive at an upload center."""


class FolderIntake(IntakeSettings, FolderInboxSettings):
    """Files that arrive in a folder on this machine."""


def load(
    path: Path, only: str | None = None, broken_sites: Mapping[str, BensyncError] | None = None
) -> tuple[Settings, Mapping[str, BensyncError]]:
    """Read and check a configuration whole, connectors' tables and mappings included.

    Args:
        path: the main file, or a copy of all.
        only: the one site whose own file is read.
        broken_sites: sites that another process found broken, with their errors.

    Returns:
        the settings of all sites that can be used, and the errors of the own files of the others.

    Raises:
        ConfigError: naming every problem of the main file at once; or there is no site at all.
    """
    files = Files(path)
    main = files.read()
    inside = main.get("sites", {})
    names = [name for name in files.sites() if only is None or name == only]
    read, broken = _read_sites(files, names, inside if isinstance(inside, dict) else {})
    model = compose(adapter_settings(_named([*_tables(inside), *read.values()])))
    # Each site file is validated alone before all are validated together: one bad file must not take down a thousand
    # other employers (decision 43).
    broken.update(refused_sites(model, read))
    read = {name: raw for name, raw in read.items() if name not in broken}
    whole = {**main, "sites": {**inside, **read}} if isinstance(inside, dict) else main
    settings = anchored(validate(model, whole, path), folder(path))
    _check_main([name for name in settings.sites if name not in read], settings, path)
    broken.update(_refused(settings, read))
    broken.update(broken_sites or {})
    if not settings.sites and not broken and only is None:
        raise refusal(str(path), ["sites: there is none; add a table [sites.NAME], or a file sites.d/NAME.toml"])
    good = {name: site for name, site in settings.sites.items() if name not in broken}
    return settings.model_copy(update={"sites": good}), dict(sorted(broken.items()))


def _read_sites(
    files: Files, names: Iterable[str], inside: Mapping[str, Any]
) -> tuple[dict[str, dict[str, Any]], dict[str, BensyncError]]:
    """Return the content of the sites' own files, and the errors of those that cannot be read."""
    read: dict[str, dict[str, Any]] = {}
    broken: dict[str, BensyncError] = {}
    for name in names:
        try:
            read[name] = files.read_site(name)
            if name in inside:
                raise refusal(of_site(name), [f"sites.{name}: the main file has a table of this site, too."])
        except ConfigError as error:
            broken[name] = error
            read.pop(name, None)
    return read, broken


def _check_main(names: Sequence[str], settings: Settings, path: Path) -> None:
    """Raise unless the sites of the main file can be used: their mappings, and each Site ID for one of them alone."""
    problems = [problem for name in names for problem in _mapping_problems(name, settings.sites[name])]
    if problems:
        raise ConfigError(
            f"The mappings in {path} cannot be used.",
            fix="Fix these entries; docs/reference/fields.md lists the fields that we know.",
            problems=problems,
        )
    claims = _claims(settings)
    if shared := [problem for name in names for problem in _shared_id(name, settings, claims, names)]:
        raise refusal(str(path), shared)


def _refused(settings: Settings, own: Iterable[str]) -> Iterator[tuple[str, ConfigError]]:
    """Yield the sites with a file of their own that must not be used: because of their mapping or their Site ID.

    Of two sites with one Site ID, neither is worked on, unless one stands in the main file.
    """
    claims = _claims(settings)
    for name in own:
        problems = [
            *_mapping_problems(name, settings.sites[name]),
            *_shared_id(name, settings, claims, settings.sites),
        ]
        if problems:
            yield name, refusal(of_site(name), problems)


def _claims(settings: Settings) -> Mapping[str, Sequence[str]]:
    """Return the sites that send, by their Site ID."""
    claims: dict[str, list[str]] = {}
    for name, site in settings.sites.items():
        if isinstance(site, Site):
            claims.setdefault(site.id, []).append(name)
    return claims


def _shared_id(
    name: str, settings: Settings, claims: Mapping[str, Sequence[str]], others: Container[str]
) -> Iterator[str]:
    """Yield the problem of a Site ID that one of the other sites has, too.

    The names of files begin with it: both sites would write the same ones, one over the other's account.
    """
    site = settings.sites[name]
    rivals = [rival for rival in claims.get(site.id, ()) if rival != name and rival in others]
    if isinstance(site, Site) and rivals:
        yield f"sites.{name}.id: {site.id} is the Site ID of {', '.join(rivals)}, too."


def adapter_settings(connectors: Iterable[str]) -> AdapterSettings:
    """Return the models of all tables that belong to adapters, with these connectors to choose from."""
    return AdapterSettings(
        sources={name: _loaded(name).Settings for name in connectors},
        feed=FeedSettings,
        upload_centers={"sftp": SftpSettings, "folder": FolderSettings},
        intakes={"sftp": SftpIntake, "folder": FolderIntake},
        mail=MailSettings,
    )


def _tables(sites: object) -> list[object]:
    return list(sites.values()) if isinstance(sites, dict) else []


def _named(tables: Iterable[object]) -> Sequence[str]:
    """Return the connectors that these sites name; none of the others is imported."""
    sources = [table.get("source") for table in tables if isinstance(table, dict)]
    names = [source.get("type") for source in sources if isinstance(source, dict)]
    named = dict.fromkeys(name for name in names if isinstance(name, str))
    installed = registry.names()
    # If no name is right, all are needed: the error lists the types to choose from.
    return [name for name in named if name in installed] or installed


def _mapping_problems(name: str, site: Site | Receiver) -> Iterable[str]:
    table, settings = ("feed", site.feed) if isinstance(site, Site) else ("intake", site.intake)
    layout = getattr(settings, "layout", "")
    if layout not in presets.layouts():
        yield f"sites.{name}.{table}.layout: there is no layout {layout!r}; there are: {', '.join(presets.layouts())}."
        return
    if isinstance(site, Receiver):
        return
    try:
        mapping_of(name, site)
    except ConfigError as error:
        yield from error.problems or (error.why,)
        return
    # Of two columns with one name, the receiver would read one field as the other.
    taken = {*feed.FIXED, *(column for _, column in feed.load(layout, tuple(FIELDS)).columns)}
    for field in site.custom_fields:
        if field.upper() in taken:
            yield f"sites.{name}.custom_fields.{field}: the file has a column {field.upper()} already."


def mapping_of(name: str, site: Site) -> source.SourceMapping:
    """Return the mapping of the connector (its ``PRESET``, else ours of its name), with the site's entries over it."""
    kind = connector(site.source)
    custom = {field: entry.field(field) for field, entry in site.custom_fields.items()}
    codes = {field: entry.table() for field, entry in site.codes.items()}
    tables = {table: entry.entry() for table, entry in site.tables.items()}
    mapping = source.load(_preset(kind), site.mapping, custom, codes, tables=tables, site=name)
    # A rule about a field that nobody reads would never put anybody out of scope, and nobody would notice.
    if unread := sorted(set(site.out_of_scope) - set(mapping.synced())):
        raise ConfigError(
            f"The rules of scope of site {name} cannot be used.",
            f"out_of_scope names {', '.join(unread)}, which the mapping does not read.",
            "Name fields that the mapping reads.",
        )
    return mapping


@cache
def _loaded(name: str) -> type[Any]:
    """Return a connector, loaded once: finding its entry point takes as long as the import itself."""
    return registry.load(name)


def _preset(kind: str) -> Any:
    """Return the mapping that a connector brings, otherwise the name of our preset."""
    return getattr(_loaded(kind), "PRESET", kind)


def connector(table: BaseModel) -> str:
    """Return the name of the connector that a source table configures."""
    return str(getattr(table, "type"))  # noqa: B009  # every composed table has one, unknown to the type checker
