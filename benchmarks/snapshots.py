"""Two snapshots of a made-up company as CSV files, one percent of the people changed; the same seed, the same bytes."""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

FIELDS = (
    *("employee_id", "ssn", "employee_number", "first_name", "middle_name", "last_name", "birth_date", "gender"),
    *("address1", "address2", "city", "state", "postal_code", "country", "work_email", "home_phone", "hire_date"),
    *("rehire_date", "termination_date", "job_title", "department", "location", "pay_rate", "pay_frequency"),
)
_DATED = ("date", "benetrac_status", "employment_status")
_CITIES = ("Dayton", "Erie", "Omaha", "Boston", "Denver", "Portland")


def write(folder: Path, people: int, seed: int = 7) -> int:
    """Write ``before`` and ``after``, each with the employees, their status rows, and both joined; who changed."""
    chance = Random(seed)
    moved = set(chance.sample(range(people), max(1, people // 100)))
    for name in ("before", "after"):
        place = folder / name
        place.mkdir(parents=True)
        with (
            (place / "employees.csv").open("w", newline="") as own,
            (place / "status.csv").open("w", newline="") as rows,
            (place / "joined.csv").open("w", newline="") as joined,
        ):
            sheets = csv.writer(own), csv.writer(rows), csv.writer(joined)
            for sheet, heading in zip(sheets, (FIELDS, ("employee_id", *_DATED), (*FIELDS, *_DATED)), strict=True):
                sheet.writerow(heading)
            for number in range(people):
                line, dated = _line(number, moved=name == "after" and number in moved)
                sheets[0].writerow(line)
                sheets[1].writerow((line[0], *dated))
                sheets[2].writerow((*line, *dated))
    return len(moved)


def _line(number: int, *, moved: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    born = f"{1950 + number % 30}-{1 + number % 12:02}-{1 + number % 28:02}"
    hired = f"{2001 + number % 24}-{1 + number % 12:02}-{1 + number % 28:02}"
    city = "Springfield" if moved else _CITIES[number % 6]
    serial = 1 + number % 9999
    ssn = f"{100 + number // 99990 % 500:03}{10 + number // 9999 % 10:02}{serial:04}"
    line = (
        *(str(number + 1), ssn, f"E{number:07}", f"First{number % 997}", "", f"Last{number}", born),
        *("Female" if number % 2 else "Male", f"{number % 9000} Elm Street, Apt {number % 90}", "", city, "Ohio"),
        *(f"{45000 + number % 999}", "United States", f"person{number}@example.com", "503-555-0155", hired, "", ""),
        *(
            f"Clerk {number % 40}",
            f"Department {number % 25}",
            f"Plant {number % 12}",
            f"{40000 + number % 50000}.00 USD",
        ),
        "Every other week",
    )
    return line, (hired, "Active", "Full-Time")
