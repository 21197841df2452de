"""Coverage on the command line: a row is never edited, a new one is added."""

from __future__ import annotations

from tests.integration.cli.commands.benefits.office import (
    covered,
    hired,
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


def test_S3_164_proof_is_recorded_only_where_it_is_awaited(acme, who):
    covered(acme, who)
    refused = acme.run("enrollments", "proof", who, "--type", "life", "--reason", "the letter came")
    assert (refused.code, "No proof is awaited" in refused.err) == (15, True)


def test_S3_166_details_are_entered_with_an_election_and_judged_by_the_next_run(acme, who):
    event = hired(acme, who)
    words = ("events", "elect", event, "--choose", "medical=PPO/EE", "--detail")
    assert acme.run(*words, "dental.provider=D-17").code == 2
    assert acme.run(*words, "medical.color=red").code == 15
    assert acme.run(*words, "medical.provider=D-17").code == 0
    acme.json("events", "run")
    shown = acme.json("events", "show", event)["event"]
    assert [(line["code"], line["detail"]) for line in shown["remarks"]] == [("detail_not_taken", "provider")]
    assert shown["elections"][0]["details"]["provider"] == "D-17"
