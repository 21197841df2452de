"""The parts that several shapes share: moments, money, paging, and a person as a list names one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from bensync.wording.remedies import in_api

if TYPE_CHECKING:
    from bensync.core.changes import FieldChange
    from bensync.errors import BensyncError
    from bensync.state.read.event_lists import Who
    from bensync.wording.visibility import Visibility


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _amount(amount: Decimal) -> str:
    return f"{amount:f}"  # str() would write 1E+2 for some decimals


Moment = Annotated[
    datetime,
    PlainSerializer(_moment, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment in UTC, to the second: `2026-06-20T04:00:12Z`."""
Money = Annotated[
    Decimal,
    PlainSerializer(_amount, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}),
]
"""An amount as text, so that no program rounds it: `240.00`."""


class Shape(BaseModel):
    """What bensync shows to a program. Models are built when they are first used, which start-up does not pay for."""

    # The input of an answer is a person, and the message of a pydantic error would quote it.
    model_config = ConfigDict(defer_build=True, frozen=True, hide_input_in_errors=True)


S = TypeVar("S", bound=Shape)


class Paged(Shape):
    """One page of a list."""

    total: int = Field(description="how many entries the whole list has")
    page: int = Field(description="the number of this page, from 1")
    pages: int


class Subject(Shape):
    """The participant whom an entry of a list is about."""

    participant: int
    employee_id: str
    name: str = Field(description="`Employee` and the id where the role does not see names")


class FieldDifference(Shape):
    """One field before and after; null is empty."""

    field: str
    old: str | None
    new: str | None


class Error(Shape):
    """What happened, why, and how to fix it."""

    code: int = Field(description="the exit code of the command line for errors of this kind")
    kind: str
    what: str
    why: str
    fix: str
    remedy: str = Field(description="what helps, for programs, such as `confirm`; empty where nothing is known")
    command: str | None = Field(default=None, description="the words of the command that `run` names")
    request: int | None = Field(default=None, description="the request that `see_request` names")


class Failure(Shape):
    """The answer when something was not done."""

    error: Error


class SiteFailure(Failure):
    """The answer for one of several sites where something was not done."""

    site: str


class Explained(Shape):
    """What is wrong, why, and how to fix it."""

    what: str
    why: str
    fix: str


def subject(who: Who, visibility: Visibility | None = None) -> Subject:
    """Return the participant of a list entry, named as far as the role sees names."""
    name = who.name if visibility is None else visibility.name(who.name, who.employee_id)
    return Subject(participant=who.participant_id, employee_id=who.employee_id, name=name)


def difference(change: FieldChange) -> FieldDifference:
    """Return one field before and after."""
    return FieldDifference(field=change.field, old=change.old, new=change.new)


def error(refusal: BensyncError) -> Error:
    """Return an error as a program reads it."""
    return Error.model_validate(refusal.as_json())


def explained(error: BensyncError) -> Explained:
    """Return an error without its code."""
    return Explained(what=error.what, why=error.why, fix=in_api(error))


def copied(shape: type[S], view: Any, **others: Any) -> S:
    """Return the shape with the fields that a view has under the same names, and these others beside or instead.

    Args:
        shape: the model.
        view: a frozen struct of the core or of the state.
        others: the fields that the view lacks, or shows in another way.
    """
    # A field that view and shape name alike is copied without being listed again; pydantic still refuses one that is
    # missing.
    names = shape.model_fields.keys() & set(view.__struct_fields__) - others.keys()
    return shape(**{name: getattr(view, name) for name in names}, **others)
