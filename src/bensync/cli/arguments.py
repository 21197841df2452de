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
        names = ", ".join(choices.__members__)
        raise typer.BadParameter(f"{text!r} is not one of {names}.", param_hint=option)
    return choices[text.upper()]


def number_of(store: Store, site: str, who: str) -> int:
    """Return the number of the participant that an HR employee id, or pN, means.

    Raises:
        DecisionError: there is no such participant, or there are several.
    """
    with store.read(site) as state:
        numbers = _participants(state, who)
    if not numbers:
        raise no_participant(who)
    if len(numbers) > 1:
        # One HR employee has two participants where two SSNs were approved for the id; choosing one here could end
        # the wrong coverage.
        several = " or ".join(f"p{number}" for number in numbers)
        why = "Each was approved for this HR employee, with a different SSN."
        raise DecisionError(f"HR employee {who} has several participants.", why, f"Name one of them: {several}.")
    return numbers[0]


def field_of(text: str) -> tuple[str, str]:
    """Return the field and the value that FIELD=VALUE means; FIELD=- asks for the value without showing it.

    Raises:
        BadParameter: the text has another form.
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter("Enter FIELD=VALUE.", param_hint="--set")
    # A typed SSN would stay in the history of the shell. The prompt is no part of what a script reads.
    return name.strip(), typer.prompt(name, hide_input=True, err=True) if value == "-" else value


def _participants(state: SiteState, who: str) -> list[int]:
    if who[:1] == "p" and who[1:].isdecimal():
        return list(state.participants.by_ids([int(who[1:])]))
    return state.lists.participants_of(who)


def no_participant(who: str) -> DecisionError:
    """Return the error that a name means no participant."""
    fix = "Run `bensync people list` to see all participants."
    return DecisionError(f"There is no participant {who}.", "No one was approved for this HR employee.", fix)
