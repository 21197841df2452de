"""The reference of alerts is compared with the alerts that there are."""

from __future__ import annotations

import re
from pathlib import Path

from bensync.core.alerts import KEY_STAGES, AlertKey, Limits

ROOT = Path(__file__).parents[3]


def rows() -> list[list[str]]:
    """The rows of the table of alerts."""
    text = (ROOT / "docs" / "reference" / "alerts.md").read_text(encoding="utf-8")
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| `")]


def test_every_alert_says_what_it_means_what_to_do_and_when_it_is_over() -> None:
    assert [(row[0].strip("`"), row[1]) for row in sorted(rows())] == sorted(
        (str(key), str(key.repeat_rule)) for key in AlertKey
    )
    assert all(len(row) == 5 and all(row) for row in rows())


def test_the_numbers_of_the_reference_are_those_of_the_code() -> None:
    told = {row[0].strip("`"): row[2] for row in rows()}
    assert [int(number) for number in re.findall(r"\d+", told["key_expires"])] == list(KEY_STAGES)
    assert Limits().attempts == 3
    assert "three times" in told["mail_failed"]
