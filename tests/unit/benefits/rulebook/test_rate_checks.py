"""Every fault of a rate table has a code of its own, with its path and a fix, before anything is priced."""

from __future__ import annotations

import pytest

from bensync.benefits.rulebook.rulebook import read
from bensync.errors import ConfigError

BEGIN = {"base": "event_date"}


def plan(**fields):
    return {"code": "P", "type": "t", "options": [{"code": "A", **fields}]}


def grades(*tests, **fields):
    return [{"code": "T", "grades": [{"when": when, "employee": "1"} for when in tests], **fields}]


def priced(**grade):
    return {"rates": [{"code": "T", "grades": [grade]}]}


FAULTS = [
    ({"rates": grades({"age": {"below": "3"}}, {"age": {"at_least": "5"}})},
     "rates[0]: rate_gap: no grade has a price for age from 3 below 5; add one"),
    ({"rates": grades({}, {})}, "rates[0].grades[1]: rate_overlap: grades[0] has a price for the same facts"),
    ({"rates": grades({"option": ["B"]}), "plans": [plan(rates="T")]},
     "plans[0].options[0]: rate_option_missing: rates[0] has no price for A"),
    (priced(rate="1", employee_percent="101"), "rates[0].grades[0].employee_percent: percent_over_100: "),
    (priced(rate="1", company_percent="100.01"), "rates[0].grades[0].company_percent: percent_over_100: "),
    (priced(), "rates[0].grades[0]: rate_shares: there is no price"),
    (priced(employee_percent="5"), "rates[0].grades[0]: rate_shares: there is no price"),
    (priced(rate="5"), "rates[0].grades[0]: rate_shares: with rate exactly one share"),
    (priced(rate="5", company="5", employee="1"), "rates[0].grades[0]: rate_shares: with rate exactly one share"),
    (priced(rate="5", company="6"), "rates[0].grades[0]: rate_shares: the share is more than the price"),
    (priced(rate="-1", company="0"), "rates[0].grades[0].rate: "),
    ({"rates": grades({"grade": {"below": "3"}}, {"grade": ["A"]})}, "rates[0]: rate_mixed: some grades test grade"),
    ({"rates": grades({name: [str(number) for number in range(60)] for name in ("a", "b", "c")})},
     "rates[0]: rate_too_large: it has more than 200,000 cells"),
    ({"rates": grades({}) * 2}, "rates[1]: rate_twice: another table has this code and this first day"),
    ({"plans": [plan(rates="T")]}, "plans[0].options[0].rates: there is no rate table 'T'"),
    ({"rates": grades({}), "plans": [plan(rates="T", employee="1")]}, "plans[0].options[0]: rates_and_costs: "),
    ({"rates": grades({}, per="1000"), "plans": [plan(rates="T")]},
     "plans[0].options[0]: rate_without_amount: rates[0] prices a sum insured"),
    ({"plans": [{**plan(), "base": "x"}]}, "plans[0].base: there is no benefit base 'x'"),
    ({"plan_year": {"day": 29}}, "plan_year.day: "),
]  # fmt: skip


@pytest.mark.parametrize(("tables", "problem"), FAULTS)
def test_S3_23_a_fault_of_a_rate_table_is_named_with_path_code_and_fix(tables, problem):
    with pytest.raises(ConfigError) as caught:
        read(tables)
    assert problem in caught.value.why
    assert all(entry.count(": ") < 2 or "; " in entry for entry in caught.value.problems)


@pytest.mark.parametrize(
    "tables",
    [
        {"rates": grades({"option": ["A"]}), "plans": [plan(rates="T")]},
        {"rates": grades({}), "plans": [{**plan(), "rates": "T"}]},
        {"rates": grades({}, per="1000"), "plans": [plan(rates="T", amount="5000")]},
        {"rates": grades({}, per="100", of="monthly_salary"), "plans": [plan(rates="T")]},
        {"rates": grades({"grade": {"below": "3"}, "option": ["A"]}, {"option": ["A"], "grade": {"at_least": "3"}}),
         "plans": [plan(rates="T")]},
    ],
)  # fmt: skip
def test_a_table_that_prices_every_option_is_accepted(tables):
    assert read(tables).rates
