"""Coverage on the command line: a row is never edited, a new one is added."""

from __future__ import annotations

from tests.integration.cli.commands.benefits.office import (
    covered,
)


def test_S2_11_a_salary_by_hand_is_a_row_of_its_own(acme, who):
    covered(acme, who)
    words = ("enrollments", "salary", who, "--type", "life", "--amount", "61500", "--reason", "bonus not counted")
    coverage = acme.json(*words)["coverage"]
    life = next(row for row in coverage["in_force"] if row["plan_type"] == "life")
    assert (life["salary_override"], life["amount"]) == ("61500", "62000")
    assert acme.run(*words[:5], "--amount", "-1", "--reason", "a bonus").code == 2
    assert acme.run(*words[:5], "--amount", "much", "--reason", "a bonus").code == 2
    assert acme.run("enrollments", "salary", who, "--type", "pets", "--amount", "5", "--reason", "a bonus").code == 15
