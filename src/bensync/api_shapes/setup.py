"""How a deployment is set up: its sites, the mapping of each, its rulebooks, and a drill."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from pydantic import ConfigDict, Field

from bensync.api_shapes.base import Explained, Moment, Shape, copied
from bensync.core.people import Status
from bensync.core.ports import ChangeRoute
from bensync.mappings.codes import Unknown

if TYPE_CHECKING:
    from bensync.mappings.source import SourceMapping
    from bensync.pipeline.mapping_preview import MappingPreview


class NewConfiguration(Shape):
    """The files that `bensync init` wrote."""

    config: str
    state_key: str
    site: str
    to_fill_in: list[str] = Field(description="settings that are empty, to be filled in before the first run")


class DemoFolder(Shape):
    """Where the demo keeps its files."""

    folder: str


class Serving(Shape):
    """The pages that a process serves."""

    address: str


class SiteEntry(Shape):
    """One site of the configuration."""

    site: str
    id: str | None = Field(description="the Site ID; null where the configuration of the site cannot be used")
    file: str = Field(description="the file that holds its table")
    direction: str | None = Field(description="`sends` or `receives`")
    source: str | None = Field(description="the connector of a site that sends")
    upload_center: str | None = Field(description="the type of its upload center, or of its intake")
    disabled: Explained | None = Field(description="why nothing is done for this site")


class MappedField(Shape):
    """One field of a mapping, and where its values come from."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    field: str
    label: str
    type: str
    source: str = Field(description="the source's field, or table and column")
    dated_by: str | None = Field(description="the column with the date of the row; null for a plain field")
    from_: str = Field(alias="from", description="`preset`, `site` or `custom`")
    changes: ChangeRoute = Field(description="how a run learns that the field changed")
    codes: dict[str, str] | None = Field(description="the code table: our value of each value of the source")
    unknown: Unknown | None = Field(description="what happens to a value that the code table does not list")
    default: str | None


class SiteMapping(Shape):
    """The mapping of a site."""

    site: str
    hash: str = Field(description="another one than at the last full file refuses the daily run")
    fields: list[MappedField]


class BlockingIssue(Shape):
    """The data issue that would block an employee."""

    code: str
    detail: str


class TracedField(Shape):
    """One field of one person, from the source's value to ours; an SSN is masked."""

    field: str
    label: str
    source: str
    date: str | None = Field(description="the date of the row as the source wrote it; null for plain fields")
    raw: str | None = Field(description="the source's value; null where it is empty or absent")
    steps: str
    value: str | None
    problem: str = Field(description="why it cannot be read; empty where it can")


class MappingTrial(Shape):
    """What the mapping makes of one employee."""

    site: str
    employee_id: str
    as_of: date
    status: Status | None = Field(description="null where a data issue would block the employee")
    issue: BlockingIssue | None
    fields: list[TracedField]


class DrillScene(Shape):
    """One disaster that was rehearsed."""

    fault: str
    verdict: str
    caught_by: str = Field(description="what stopped it, or why it was not tried")
    alerts: list[str] = Field(description="the alerts that it would raise")


class Drill(Shape):
    """The rehearsal of disasters on a copy of the configuration of one site."""

    site: str
    at: Moment
    people: int = Field(description="the number of people in HR")
    scenes: list[DrillScene]


def mapping(
    source_mapping: SourceMapping, own: Mapping[str, str], site: str, routes: Mapping[str, ChangeRoute]
) -> SiteMapping:
    """Return the mapping of a site.

    Args:
        source_mapping: the mapping in force.
        own: where an entry comes from, for those that are not from the preset.
        site: whose it is.
        routes: how a change of each field of the source is found.
    """
    fields = []
    for name, theirs, dated_by in source_mapping.sources():
        field, codes = source_mapping.catalogue[name], source_mapping.codes.get(name)
        fields.append(
            MappedField(
                field=name,
                label=field.label,
                type=field.type,
                source=theirs,
                dated_by=dated_by,
                from_=own.get(name, "preset"),
                changes=routes[theirs],
                codes=dict(codes.values) if codes is not None else None,
                unknown=codes.unknown if codes is not None else None,
                default=codes.default or None if codes is not None else None,
            )
        )
    return SiteMapping(site=site, hash=source_mapping.fingerprint(), fields=fields)


def mapping_trial(preview: MappingPreview, site: str, as_of: date) -> MappingTrial:
    """Return what the mapping makes of one employee."""
    issue = preview.issue
    return MappingTrial(
        site=site,
        employee_id=preview.employee_id,
        as_of=as_of,
        status=preview.status,
        issue=BlockingIssue(code=issue.code, detail=issue.detail) if issue is not None else None,
        fields=[copied(TracedField, traced) for traced in preview.traced],
    )
