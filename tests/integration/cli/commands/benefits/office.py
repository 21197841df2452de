"""An office with a rulebook, whose employees are hired and covered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bensync import demo
from tests.fixtures.office import Office

RULEBOOK = Path(demo.__file__).with_name("benefits.toml")
TODAY = datetime.now(UTC).date()
HIRED = (TODAY - timedelta(days=400)).replace(day=1)
NEWCOMER = {
    "firstName": "Maren",
    "lastName": "Oakes",
    "ssn": "612-44-3187",
    "dateOfBirth": "1991-08-14",
    "gender": "Female",
    "address1": "4 Quarry Lane",
    "city": "Akron",
    "state": "OH",
    "zipcode": "44301",
    "country": "United States",
    "payRate": "58000.00 USD",
    "payPer": "Year",
}
COLLEAGUE = {**NEWCOMER, "firstName": "Ines", "ssn": "612-44-3188"}
"""As eligible as the newcomer: of the made-up people, some are in no program."""


def employee_named(acme: Office, name: str) -> str:
    """Return the id of an employee in HR."""
    people = acme.json("people", "list")["people"]
    return next(person["employee_id"] for person in people if person["name"] == name)


def hired(acme: Office, who: str) -> str:
    """An event of a hire, prepared; returns its name."""
    added = acme.json("activities", "add", who, "--class", "hir", "--date", HIRED.isoformat(), "--reason", "moved over")
    assert [(activity["event_class"], activity["state"]) for activity in added["activities"]] == [("HIR", "WAITING")]
    acme.json("events", "run")
    (event,) = acme.json("events", "list", "--class", "hir", "--employee", who)["events"]
    assert (event["process"], event["status"], event["program"]) == ("PR", "OPEN", "FULL")
    return f"{who}/{event['number']}"


def covered(acme: Office, who: str) -> str:
    """Somebody with the default coverage; returns the name of the event that posted it."""
    event = hired(acme, who)
    assert acme.run("events", "final", event, "--yes", "--reason", "chosen on paper").code == 0
    acme.json("events", "run")
    return event


def in_force(acme: Office, who: str, on=TODAY) -> dict[str, str]:
    coverage = acme.json("enrollments", "show", who, "--date", str(on))["coverage"]
    return {row["plan_type"]: row["option"] for row in coverage["in_force"]}
