"""The rulebook of an employer: its tables checked as a whole, read over the standard ones, and looked up by name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, cached_property
from typing import Any, Self

from pydantic import ValidationError, model_validator

from bensync.benefits.rulebook import programs
from bensync.benefits.rulebook.checks import problems
from bensync.benefits.rulebook.tables import OFF, Action, RulebookTables, Trigger
from bensync.errors import ConfigError


class Rulebook(RulebookTables):
    """Everything an employer decides about benefit events; every name in it leads somewhere."""

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        faults = "; ".join(problems(self))
        if faults:
            raise ValueError(faults)
        return self

    @cached_property
    def digest(self) -> bytes:
        """Return 16 bytes that are equal for equal rulebooks."""
        return hashlib.blake2b(self.model_dump_json().encode(), digest_size=16).digest()

    @cached_property
    def tested(self) -> frozenset[str]:
        """Return the names of all facts that a rule of eligibility tests, those of sums included."""
        rules = self.eligibility.values()
        # A rule that tests a sum tests the fields that are added up.
        named = {condition.field for rule in rules for condition in (*rule.all, *rule.any)}
        return frozenset(named | {summand.field for name in named & self.sums.keys() for summand in self.sums[name].of})

    def trigger(self, field: str) -> Trigger | None:
        """Return the trigger of a changed field; None if a change of it makes no event.

        A field without a trigger that eligibility tests is a job change: a person joins or leaves a group (S2-06).
        """
        trigger = self.triggers.get(field)
        if trigger is None and field in self.tested:
            return Trigger(event="MSC")
        return trigger if trigger is not None and trigger.event != OFF else None

    def meaning(self, action: str, reason: str, on: date) -> Action | None:
        """Return the meaning of an action on a day: the entry for its reason, otherwise the one for any reason."""
        pairs = dict.fromkeys([(action, reason), (action, "")])
        entries = (entry for pair in pairs for entry in self._meanings.get(pair, ()) if entry.since <= on)
        return next(entries, None)

    @cached_property
    def _meanings(self) -> Mapping[tuple[str, str], Sequence[Action]]:
        """Return the entries of each action and reason, newest first."""
        entries: dict[tuple[str, str], list[Action]] = {}
        for entry in sorted(self.actions, key=lambda entry: entry.since, reverse=True):
            entries.setdefault((entry.action, entry.reason), []).append(entry)
        return entries


def read(content: Mapping[str, Any], where: str = "the rulebook") -> Rulebook:
    """Return the rulebook of an employer; event classes, triggers and settings that it omits are the standard ones.

    Args:
        content: the tables of its TOML file.
        where: its name in errors.

    Raises:
        ConfigError: naming every problem with its path.
    """
    tables = dict(content)
    for name, shipped in programs.load("standard").items():
        own = content.get(name, {})
        # Entry by entry: an employer changes one priority without repeating all event classes. What is no table is
        # passed on as it is, and pydantic reports it.
        tables[name] = {**shipped, **own} if isinstance(own, Mapping) else own
    try:
        return Rulebook.model_validate(tables)
    except ValidationError as error:
        # Conditions hold values of people's fields, so errors show paths and never the input.
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        raise ConfigError(
            f"{where[0].upper()}{where[1:]} cannot be used.",
            fix="Fix these entries; docs/reference/benefit-rules.md explains each of them.",
            problems=[": ".join(filter(None, [_path(fault["loc"]), _said(fault["msg"])])) for fault in faults],
        ) from None


@cache
def standard() -> Rulebook:
    """Return the rulebook of an employer without one: standard event classes and triggers, no plan."""
    return read({})


def _path(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")


def _said(message: str) -> str:
    return (
        message.removeprefix("Value error, ")
        .replace("Extra inputs are not permitted", "there is no such key")
        .rstrip(".")
        + "."
    )
