"""Details of an election as people enter them: what is asked for, and what cannot be read."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bensync.benefits.plan_types.entry import asked_details, asks_contribution, read_details
from bensync.benefits.rulebook.tables import BenefitPlan
from bensync.benefits.values.election_details import ElectionDetails, FundShare
from bensync.errors import DecisionError


@pytest.mark.parametrize(
    ("code", "plan", "option", "asked", "contributes"),
    [
        ("", {}, {}, (), False),
        ("10", {}, {}, (), False),
        ("10", {"provider": True}, {}, ("provider", "previously_seen"), False),
        ("20", {}, {}, (), False),
        ("40", {"funds": ["F"]}, {}, ("percent", "funds"), True),
        ("40", {}, {"after_tax": True}, ("percent", "after_tax", "after_tax_percent", "rollover"), True),
        ("60", {}, {}, ("per_deduction",), True),
        ("80", {}, {}, (), False),
        ("80", {}, {"voluntary": True}, ("percent",), True),
        ("90", {}, {"hours_to_buy": "8", "hours_to_sell": "8"}, ("hours_bought", "hours_sold"), False),
    ],
)
def test_S3_170_an_election_is_asked_for_what_its_option_takes(code, plan, option, asked, contributes):
    plan_read = BenefitPlan.model_validate({"code": "P", "type": "t", **plan, "options": [{"code": "A", **option}]})
    assert asked_details(plan_read, plan_read.options[0], code) == asked
    assert asks_contribution(plan_read.options[0], code) is contributes


def test_texts_are_read_as_details():
    texts = {"provider": " D-17 ", "previously_seen": "Yes", "rollover": "no", "percent": "5%", "after_tax": "$1,200.50",
             "funds": "BONDS 60, BIG CAPS 40%", "hours_sold": " "}  # fmt: skip
    assert read_details(texts) == ElectionDetails(
        provider="D-17",
        previously_seen=True,
        percent=Decimal(5),
        after_tax=Decimal("1200.50"),
        funds=(FundShare("BONDS", Decimal(60)), FundShare("BIG CAPS", Decimal(40))),
    )
    assert read_details({"percent": " "}) is None


@pytest.mark.parametrize(
    "texts",
    [
        {"color": "red"},
        {"rollover": "maybe"},
        {"percent": "five"},
        {"percent": "-1"},
        {"hours_sold": "NaN"},
        {"funds": "BONDS"},
    ],
)
def test_a_text_that_cannot_be_read_is_refused(texts):
    with pytest.raises(DecisionError):
        read_details(texts)
