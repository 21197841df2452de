"""What the arguments of commands mean: a member of an enumeration, a participant."""

from __future__ import annotations

from typing import Any

import typer

from bensync.errors import DecisionError
from bensync.state.site_state import SiteState
from bensync.state.store import Store


def one_of(choices: Any, text: str | None, option: str) -> Any:
    """Return the member of an enumeration that an option names, or None where the option is not given.

    Raises:
        BadParameter: no member has this name.
    """
    if text is None:
        return None
    if text.upper() not in choices.__members__:
        known = ", ".join(choices.__members__)
        raise typer.BadParameter(f"{text!r} is not one of {known}.", param_hint=option)
    return choices[text.upper()]


def number_of(store: Store, site: str, who: str) -> int:
    """Return the number of the participant that an HR employee id, or pN, means.

    Raises:
        DecisionError: there is no such participant, or there are several.
    """
    with store.read(site) as work:
        found = _participants(work, who)
    if not found:
        raise no_participant(who)
    if len(found) > 1:
        several = " or ".join(f"p{number}" for number in found)
        why = "Each was approved for this HR employee, with a different SSN."
        raise DecisionError(f"HR employee {who} has several participants.", why, f"Name one of them: {several}.")
    return found[0]


def _participants(work: SiteState, who: str) -> list[int]:
    if who[:1] == "p" and who[1:].isdecimal():
        return list(work.participants.by_ids([int(who[1:])]))
    return work.lists.participants_of(who)


def no_participant(who: str) -> DecisionError:
    """Return the error that a name means no participant."""
    fix = "Run `bensync people list` to see all participants."
    return DecisionError(f"There is no participant {who}.", "No one was approved for this HR employee.", fix)
