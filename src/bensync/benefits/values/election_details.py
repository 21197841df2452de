"""What an election holds besides its option, by the kind of its plan type, as frozen values (S3-167 to S3-172)."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class FundShare(msgspec.Struct, frozen=True):
    """The percentage of the contributions that one fund receives."""

    fund: str
    percent: Decimal


class ElectionDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """The details of one election; each plan type takes some of them.

    Attributes:
        provider: health: the ID of the provider; ``previously_seen`` marks a patient of theirs.
        percent: savings, pension: the contribution in percent of the pay, instead of an amount of a year.
        after_tax: savings: a contribution of a year out of taxed pay; ``after_tax_percent`` the same in percent.
        rollover: savings: contributions over the limit of the law go on out of taxed pay.
        funds: savings: where the contributions are invested.
        per_deduction: FSA: what is taken from each pay, instead of an equal part of the pledge.
        hours_bought: vacation: hours bought for the plan year; ``hours_sold`` those sold.
    """

    provider: str = ""
    previously_seen: bool = False
    percent: Decimal | None = None
    after_tax: Decimal | None = None
    after_tax_percent: Decimal | None = None
    rollover: bool = False
    funds: tuple[FundShare, ...] = ()
    per_deduction: Decimal | None = None
    hours_bought: Decimal | None = None
    hours_sold: Decimal | None = None

    @property
    def given(self) -> list[str]:
        """Return the names of the details that were entered."""
        return [name for name in self.__struct_fields__ if getattr(self, name) not in (None, "", False, ())]


NO_DETAILS = ElectionDetails()
