"""Coverage on the command line: a row is never edited, a new one is added."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

from msgspec.structs import replace

from bensync.benefits.engine.run import case_result
from bensync.benefits.values.offers import Remark
from bensync.wiring import Deployment
from tests.integration.cli.commands.benefits.office import (
    covered,
    hired,
)


def test_S2_11_a_salary_entered_manually_is_a_row_of_its_own(acme, who):
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


def test_S2_23_explain_names_a_loss_that_falls_under_an_earlier_cobra_record(acme, who):
    covered(acme, who)
    assert acme.json("explain", who)["explain"]["cobra"] == []
    deployment = Deployment(acme.config)
    store, book = deployment.store(), deployment.rulebook("acme")
    with contextlib.closing(store), store.write("acme", "test") as state:
        (number,) = state.lists.participants_of(who)
        before = state.cases.load([number])[number]
        message = Remark("cobra_in_effect", 1, detail="7")
        after = before.put(replace(before.event(1), messages=(message,)))
        state.cases.save({number: before}, [case_result(before, after, book)], datetime(2026, 6, 1, tzinfo=UTC))

    (note,) = acme.json("explain", who)["explain"]["cobra"]
    assert (note["event"], note["code"]) == (1, "cobra_in_effect")
    assert "that of event 7" in note["text"]
    assert "Benefit event 1: The lost coverage falls under an earlier COBRA record" in acme.run("explain", who).out
