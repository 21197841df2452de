"""What an option of a plan costs one person, and the sum that it insures."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.benefits.cases import (
    activity,
    book,
    case,
    person,
)
from tests.unit.benefits.situations import finish_events


@pytest.mark.parametrize(
    ("option", "salary", "amount", "employee"),
    [
        ({"multiple": "2", "round_up_to": "1000"}, "50400.00", "101000", "0.00"),
        ({"multiple": "2", "round_up_to": "1000", "cap": "90000"}, "50400.00", "90000", "0.00"),
        ({"multiple": "1.5"}, "50000.00", "75000", "0.00"),
        ({"amount": "25000", "employee": "0.12", "per_thousand": True}, "1.00", "25000", "3.00"),
        ({"employee": "0.12", "per_thousand": True}, "1.00", None, "0.12"),
        ({"employee": "10.005"}, "1.00", None, "10.01"),
    ],
)
def test_an_option_is_priced_for_its_person(option, salary, amount, employee):
    plans = [{"code": "P", "type": "t", "options": [{"code": "A", **option}]}]
    rules = book(
        plans=plans,
        programs=[{"code": "FULL", "eligibility": "full_time", "plans": ["P"]}],
        add_rules=[{"plans": ["P"], "begin": {"base": "event_date"}, "default": "A"}],
        change_rules=[],
        termination_rules=[],
    )
    (row,) = finish_events(case(person(pay_rate=f"{salary} USD")), activity("FSC"), rules=rules).enrollments
    assert row.terms.amount == (Decimal(amount) if amount else None)
    assert row.terms.employee == Decimal(employee)
