"""The base of every table of bensync.toml, and the tables with a site's rules: status, guards, fields and codes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bensync.core.guards import Guards, Limit
from bensync.core.status import StatusOptions
from bensync.core.values.texts import normalized
from bensync.mappings.catalogue import FIELDS, FieldType, forbidden, nameable
from bensync.mappings.catalogue import Field as CatalogueField
from bensync.mappings.codes import CodeTable, Unknown
from bensync.mappings.source import CustomField, TableEntry
from bensync.retention.kinds import KINDS, Kind, Periods, checked


def _limit(text: str) -> str:
    Limit.parse(text)
    return text


def _syncing(name: str) -> str:
    if forbidden(name):
        raise ValueError("fields about dependents and spouses never sync")
    return name


def _known(name: str) -> str:
    if name not in FIELDS:
        raise ValueError("not a field that we know, see docs/reference/fields.md")
    return name


def _nameable(name: str) -> str:
    if name in FIELDS:
        raise ValueError("bensync knows this field: write it under `mapping`, or under `fields` of its dated table")
    if not nameable(name):
        raise ValueError("a custom field needs a name of its own: a-z, 0-9 and _")
    return name


# The default of a limit that a pure rule uses is in the core, where the rule is tested.
_GUARDS = Guards()

LimitText = Annotated[str, AfterValidator(_limit)]
Syncing = Annotated[str, AfterValidator(_syncing)]
KnownName = Annotated[Syncing, AfterValidator(_known)]
CustomName = Annotated[Syncing, AfterValidator(_nameable)]


def _period(kind: Kind) -> AfterValidator:
    def check(text: str) -> str:
        checked(kind, text)
        return text

    return AfterValidator(check)


class SettingsTable(BaseModel):
    """One table of the file: frozen, no unknown keys, never echoing its input in an error."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=True, defer_build=True
    )


class StatusSettings(SettingsTable):
    """The BeneTrac Status options of the site (S0-02)."""

    active: tuple[str, ...] = Field(min_length=1, description="options that mean active")
    inactive: tuple[str, ...] = Field(min_length=1, description="options that mean inactive")

    @model_validator(mode="after")
    def _apart(self) -> Self:
        options = self.options()
        both = sorted(options.active & options.inactive)
        if both:
            raise ValueError(f"{', '.join(both)} cannot mean active and inactive")
        return self

    def options(self) -> StatusOptions:
        """Return the options as the core uses them."""
        # HR's texts are compared in one spelling, so an option in another one would never be met.
        return StatusOptions(frozenset(map(normalized, self.active)), frozenset(map(normalized, self.inactive)))


class GuardLimits(SettingsTable):
    """The limits of the guards: `5`, `5%`, or `5 and 5%` (both must be passed)."""

    terminations: LimitText = Field(str(_GUARDS.terminations), description="terminations in one plan; more are held")
    terminations_always: LimitText = Field(
        str(_GUARDS.terminations_always), description="terminations that are held whatever their number"
    )
    new_hires: LimitText = Field(str(_GUARDS.new_hires), description="new people in one plan; more are held")
    ssn_changes: LimitText = Field(
        str(_GUARDS.ssn_changes), description="people with another SSN in one plan; more are held"
    )
    emptied: LimitText = Field(
        str(_GUARDS.emptied), description="people who lose the same required field in one plan; more are held"
    )
    one_field: LimitText = Field(str(_GUARDS.one_field), description="people on whom one field changed; more are held")
    rows_in_error: LimitText = Field(
        str(_GUARDS.rows_in_error), description="people blocked by a data issue; more refuse the run"
    )
    headcount_fell: LimitText = Field(
        str(_GUARDS.headcount_fell), description="fall of the headcount in a read of everybody; more refuses the run"
    )
    missing: LimitText = Field(
        str(_GUARDS.missing), description="people sent as active whom HR does not show any more; more refuse the run"
    )
    missing_inactive: LimitText = Field(
        str(_GUARDS.missing_inactive), description="the same for people sent as inactive, in a read of everybody"
    )
    status_unlisted: LimitText = Field(
        str(_GUARDS.status_unlisted),
        description="people with a BeneTrac Status that is not listed; more refuse the run",
    )
    first_load: LimitText = Field(
        str(_GUARDS.first_load),
        description="people of the first load with one flaw, such as an empty required field; more refuse it",
    )
    fill_rate_points: float = Field(
        _GUARDS.fill_rate_points, ge=0, le=100, description="fall of a field's fill rate that refuses the run"
    )
    clock_minutes: int = Field(
        _GUARDS.clock_minutes, ge=1, description="how far our clock may be from the HR system's, else refused"
    )
    percent_from: int = Field(
        _GUARDS.percent_from, ge=1, description="percentages count from this many active people up"
    )
    window_hours: float = Field(
        _GUARDS.window_hours, ge=0, le=24 * 31, description="what was sent within so many hours before counts, too"
    )

    def guards(self, required: Iterable[str] = _GUARDS.required) -> Guards:
        """Return the limits as the core uses them; ``required`` are the required fields that are mapped."""
        # The limits are exactly the entries that hold text; the rest are plain numbers.
        texts = {name: value for name, value in self if isinstance(value, str)}
        limits = {name: Limit.parse(text) for name, text in texts.items()}
        return Guards(
            **limits,
            required=frozenset(required),
            fill_rate_points=self.fill_rate_points,
            clock_minutes=self.clock_minutes,
            percent_from=self.percent_from,
            window_hours=self.window_hours,
        )


class Custom(SettingsTable):
    """A field that the catalogue does not know."""

    source: Syncing = Field(min_length=1, description="the source's field")
    # Not "ssn": a person has one, which is mapped already, and only that one is masked.
    type: Literal["text", "date", "money", "number", "code"] = Field(
        "text", description="how its text is written: text, date, money, number or code"
    )
    label: Syncing = Field("", description="what lists and requests call it; else its name")
    table: str = Field("", description="our name of the dated table whose column it is; empty: a field of the person")

    def field(self, name: str) -> CustomField:
        """Return the field as the mapping uses it."""
        label = self.label or name.replace("_", " ").capitalize()
        return CustomField(self.source, CatalogueField(name, FieldType(self.type), label), self.table)


class DatedTable(SettingsTable):
    """Columns of one dated table of the HR system, over those of the preset, or a table that the preset lacks."""

    source: Syncing = Field("", description="the source's name of the table; empty: that of the preset")
    date: Syncing = Field("", description="its column with the date of a row; empty: that of the preset")
    fields: dict[KnownName, Syncing] = Field({}, description="our field -> the column; an empty text leaves it out")

    def entry(self) -> TableEntry:
        """Return the entry as the mapping uses it."""
        return TableEntry(self.source, self.date, self.fields)


class Codes(SettingsTable):
    """The code table of one field: the source's values, and ours for them."""

    values: dict[str, str] = Field(min_length=1, description="the source's value = ours; an empty text is no value")
    unknown: Literal["hold", "reject", "default"] = Field(
        "hold",
        description="for a value that is not listed: block the person, refuse the run, or use the default",
    )
    default: str | None = Field(None, description='what stands in for it, with unknown = "default"')

    @model_validator(mode="after")
    def _told(self) -> Self:
        if (self.unknown == "default") != (self.default is not None):
            raise ValueError('`default` belongs to unknown = "default", and only there')
        return self

    def table(self) -> CodeTable:
        """Return the table as the mapping uses it."""
        return CodeTable(self.values, Unknown(self.unknown), self.default or "")


class RetentionSettings(SettingsTable):
    """How long each kind of data is kept: a number of years or days, or "keep"."""

    former_people: Annotated[str, _period(Kind.FORMER_PEOPLE)] = Field(
        str(KINDS[Kind.FORMER_PEOPLE].default), description=KINDS[Kind.FORMER_PEOPLE].begins
    )
    cobra: Annotated[str, _period(Kind.COBRA)] = Field(
        str(KINDS[Kind.COBRA].default), description=KINDS[Kind.COBRA].begins
    )
    requests: Annotated[str, _period(Kind.REQUESTS)] = Field(
        str(KINDS[Kind.REQUESTS].default), description=KINDS[Kind.REQUESTS].begins
    )
    sent_rows: Annotated[str, _period(Kind.SENT_ROWS)] = Field(
        str(KINDS[Kind.SENT_ROWS].default), description=KINDS[Kind.SENT_ROWS].begins
    )
    runs: Annotated[str, _period(Kind.RUNS)] = Field(str(KINDS[Kind.RUNS].default), description=KINDS[Kind.RUNS].begins)
    issues: Annotated[str, _period(Kind.ISSUES)] = Field(
        str(KINDS[Kind.ISSUES].default), description=KINDS[Kind.ISSUES].begins
    )
    notices: Annotated[str, _period(Kind.NOTICES)] = Field(
        str(KINDS[Kind.NOTICES].default), description=KINDS[Kind.NOTICES].begins
    )
    searches: Annotated[str, _period(Kind.SEARCHES)] = Field(
        str(KINDS[Kind.SEARCHES].default), description=KINDS[Kind.SEARCHES].begins
    )

    def periods(self) -> Periods:
        """Return the periods as the rules use them."""
        return Periods({kind: checked(kind, getattr(self, kind)) for kind in Kind})
