"""A working day in a company, by random numbers that are the same each time: raises, new addresses, new jobs."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from bensync.demo.company.company import Company
from bensync.demo.company.people import DIVISIONS, JOBS, STREETS, WAYS
from bensync.demo.company.personnel import FakeEmployee
from bensync.demo.company.values import status


def churn(company: Company, percent: float, *, seed: int = 1) -> int:
    """Change a share of the active employees at the company's present time, in the same way each time.

    Returns:
        the number of employees changed.
    """
    with company.lock:
        active = [employee for employee in company if status(company, employee) == "Active"]
        rng = Random(f"{seed} {company.now.isoformat()}")
        chosen = rng.sample(active, round(len(active) * percent / 100))
        for employee in chosen:
            rng.choice((_raise_pay, _change_address, _change_job))(company, employee, rng)
        return len(chosen)


def _raise_pay(company: Company, employee: FakeEmployee, rng: Random) -> None:
    row = company.current(employee, "compensation")
    columns = dict(row.columns) if row else {}
    old = Decimal(columns.get("rate", "40000.00 USD").split(" ")[0])
    raised = old * (100 + rng.randint(1, 9)) / 100
    columns |= {"startDate": company.today.isoformat(), "rate": f"{raised:.2f} USD", "reason": "Merit"}
    company.add_row(employee.id, "compensation", **columns)


def _change_address(company: Company, employee: FakeEmployee, rng: Random) -> None:
    street = f"{rng.randint(10000, 99999)} {rng.choice(STREETS)} {rng.choice(WAYS)}"
    company.update(employee.id, address1=street, address2=None)


def _change_job(company: Company, employee: FakeEmployee, rng: Random) -> None:
    department, title, _ = rng.choice(JOBS)
    company.update(employee.id, department=department, jobTitle=title, division=rng.choice(DIVISIONS))
