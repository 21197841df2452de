"""The details of an election as a person enters them: which ones an option asks for, and texts read as values."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from bensync.benefits.plan_types.series import ACCOUNTS, HEALTH, PENSION, SAVINGS, VACATION
from bensync.benefits.rulebook.tables import BenefitPlan, PlanOption
from bensync.benefits.values.election_details import NO_DETAILS, ElectionDetails, FundShare
from bensync.errors import DecisionError

MARKS = frozenset({"previously_seen", "rollover"})
"""Details that are there or not; a person enters ``yes``."""


def asked_details(plan: BenefitPlan, option: PlanOption, code: str) -> tuple[str, ...]:
    """Return the details that an election of an option may hold; ``code`` is that of the plan type."""
    digit = code[:1]
    asked = {
        "provider": digit == HEALTH and plan.provider,
        "previously_seen": digit == HEALTH and plan.provider,
        "percent": digit == SAVINGS or (digit == PENSION and option.voluntary),
        "after_tax": digit == SAVINGS and option.after_tax,
        "after_tax_percent": digit == SAVINGS and option.after_tax,
        "rollover": digit == SAVINGS and option.after_tax,
        "funds": digit == SAVINGS and bool(plan.funds),
        "per_deduction": digit == ACCOUNTS,
        "hours_bought": digit == VACATION and option.hours_to_buy is not None,
        "hours_sold": digit == VACATION and option.hours_to_sell is not None,
    }
    return tuple(name for name, holds in asked.items() if holds)


def asks_contribution(option: PlanOption, code: str) -> bool:
    """Return whether an election of an option names a contribution of a year."""
    return code[:1] in (SAVINGS, ACCOUNTS) or (code[:1] == PENSION and option.voluntary)


def read_details(texts: Mapping[str, str]) -> ElectionDetails | None:
    """Return the details that texts name; None if all are blank.

    Funds are written with their percentages: ``BONDS 60, STOCKS 40``.

    Raises:
        DecisionError: there is no such detail, or a text is no number.
    """
    values: dict[str, Any] = {name: _value(name, text.strip()) for name, text in texts.items() if text.strip()}
    return ElectionDetails(**values) if values else None


def _value(name: str, text: str) -> str | bool | Decimal | tuple[FundShare, ...]:
    if name not in NO_DETAILS.__struct_fields__:
        names = ", ".join(NO_DETAILS.__struct_fields__)
        raise DecisionError("No elections were entered.", f"There is no detail {name}.", f"Choose one of: {names}.")
    if name == "provider":
        return text
    if name in MARKS:
        if text.lower() not in ("yes", "no"):
            raise _unreadable(name, "Enter yes or no.")
        return text.lower() == "yes"
    if name == "funds":
        return tuple(_share(part) for part in text.split(","))
    return _number(name, text)


def _share(text: str) -> FundShare:
    fund, _, percent = text.strip().rpartition(" ")
    return FundShare(fund.strip(), _number("funds", percent.removesuffix("%")))


def _number(name: str, text: str) -> Decimal:
    try:
        value = Decimal(text.replace(",", "").removeprefix("$").removesuffix("%"))
    except InvalidOperation:
        value = Decimal("NaN")
    # Decimal reads "NaN" and "Infinity" as numbers.
    if not value.is_finite() or value < 0:
        raise _unreadable(name, "Enter funds as BONDS 60, STOCKS 40." if name == "funds" else "Enter it as 12.5.")
    return value


def _unreadable(name: str, fix: str) -> DecisionError:
    return DecisionError("No elections were entered.", f"The entry for {name} cannot be read.", fix)
