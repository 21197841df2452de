"""What a story and its expected ending may say; an unknown word is an error that names it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

T = TypeVar("T")


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class HrEdit(_Words):
    """Something that HR enters."""

    who: str
    hire: dict[str, str] | None = None
    set: dict[str, str] = {}
    leaves: date | None = None
    returns: date | None = None
    status: str | None = None
    since: date | None = None
    withdraw: date | None = None
    deleted: bool = False


class HereEdit(_Words):
    """Something that an administrator changes in the benefits platform."""

    who: str
    set: dict[str, str] = {}
    leaves: date | None = None
    returns: bool = False


class Decide(_Words):
    """One decision; ``approve = "all"`` is the approval in bulk."""

    approve: str = ""
    decline: str = ""
    confirm: bool = False
    ssn_correction: bool = False


class Day(_Words):
    """One day: first HR, then the benefits platform, then the run, then the decisions."""

    date: date
    hr: tuple[HrEdit, ...] = ()
    here: tuple[HereEdit, ...] = ()
    active_options: tuple[str, ...] = ()
    run: Literal["daily", "resync", "none"] = "daily"
    boxes: tuple[Literal["active", "inactive"], ...] = ("active", "inactive")
    allow: bool = False
    decide: tuple[Decide, ...] = ()


class Story(_Words):
    """Who is in step on both sides when it begins, and what happens then."""

    title: str
    rules: tuple[str, ...]
    day: tuple[Day, ...]
    people: dict[str, dict[str, str]] = {}
    crowd: int = 0


class Config(_Words):
    """What this site has set otherwise."""

    active: tuple[str, ...] = ("Active", "Leave")
    inactive: tuple[str, ...] = ("Terminated",)


class Waiting(_Words):
    """A request; what is not named is not compared."""

    who: str
    kind: str
    risk: str | None = None
    origin: str | None = None
    effective: date | None = None
    warnings: tuple[str, ...] | None = None
    changes: dict[str, tuple[str, str]] | None = None


class Ending(_Words):
    """How a day ends; a section that is not there says that there is nothing, except where the guide says otherwise."""

    date: date
    outcome: str = ""
    file: tuple[str, ...] = ()
    held: dict[str, int] = {}
    issues: dict[str, str] = {}
    queue: tuple[Waiting, ...] = ()
    answers: tuple[str, ...] = ()
    left: tuple[Waiting, ...] | None = None
    register: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    traces: dict[str, tuple[str, ...]] = {}
    due: dict[str, date] = {}


class Expected(_Words):
    """How every day of a story ends."""

    day: tuple[Ending, ...]


def load(file: Path, kind: type[T]) -> T:
    """Read one file of a scenario; one that is not there says nothing.

    Raises:
        ValueError: naming the file, and the word in it that is not understood.
    """
    content: dict[str, Any] = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{file.parent.name}/{file.name}: {error}") from error


def everyone(who: str) -> Iterator[str]:
    """The names behind ``ada`` or ``crowd 1 to 60``."""
    words = who.split()
    if len(words) == 4 and words[2] == "to":
        yield from (f"{words[0]} {number}" for number in range(int(words[1]), int(words[3]) + 1))
    else:
        yield who
