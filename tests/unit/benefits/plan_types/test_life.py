"""Life insurance: what is granted without proof, what waits for it, and what proof brings (S3-164, S3-168)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.elections import enter
from bensync.benefits.engine.event_order import mark_final
from bensync.benefits.engine.postings import receive_proof
from bensync.benefits.values.enrollments import coverage_on
from bensync.benefits.values.events import Process
from bensync.benefits.values.offers import Choice
from bensync.errors import DecisionError
from tests.unit.benefits.cases import (
    CONTENT,
    activity,
    after_run,
    book,
    case,
    person,
    posted,
    with_activities,
    with_participant,
)
from tests.unit.benefits.situations import RICHER
from tests.unit.builders import TODAY

LIFE = {
    "code": "LIFE",
    "type": "life",
    "carrier": "harbor",
    "options": [
        {"code": "2X", "multiple": "2", "per_thousand": True, "employee": "0.1", "guaranteed_issue": "60000"},
        {"code": "1X", "multiple": "1", "per_thousand": True, "employee": "0.1", "guaranteed_issue": "60000"},
    ],
}


def rules(**add):
    plans = [plan if plan["code"] != "LIFE" else LIFE for plan in CONTENT["plans"]]
    added = {"plans": ["LIFE"], "events": ["HIR"], "begin": {"base": "event_date"}, **add}
    changed = {"plans": ["LIFE"], "events": ["MSC"], "begin": {"base": "event_date"}}
    return book(types={"life": {"code": "20"}}, plans=plans, add_rules=[added], change_rules=[changed])


def hired(*choices, rulebook=None):
    begun = after_run(with_activities(case(), activity("HIR", "06-01")), rulebook or rules())
    begun = enter(begun, 1, choices, TODAY) if choices else mark_final(begun, 1)
    return after_run(begun, rulebook or rules())


def held(after):
    terms = coverage_on(after.enrollments, "life", TODAY).terms
    return terms.amount, terms.elected, terms.employee


def test_S3_164_the_sum_over_the_guaranteed_issue_waits_for_proof():
    after = hired(Choice("life", "LIFE", "2X"))
    assert after.event(1).process == "FE"
    assert held(after) == (Decimal(60000), Decimal(100000), Decimal("6.00"))


def test_S3_164_proof_that_came_with_the_election_grants_the_whole_sum():
    assert held(hired(Choice("life", "LIFE", "2X", proof=True))) == (Decimal(100000), None, Decimal("10.00"))


def test_a_sum_up_to_the_guaranteed_issue_needs_no_proof():
    assert held(hired(Choice("life", "LIFE", "1X"))) == (Decimal(50000), None, Decimal("5.00"))
    assert held(hired(Choice("life", "LIFE", "1X", proof=True))) == (Decimal(50000), None, Decimal("5.00"))


def test_a_default_begins_with_the_guaranteed_issue():
    assert held(hired(rulebook=rules(default="2X"))) == (Decimal(60000), Decimal(100000), Decimal("6.00"))


def test_S3_164_proof_that_comes_later_puts_the_elected_sum_in_force():
    after = receive_proof(hired(Choice("life", "LIFE", "2X")), "life", TODAY, rules())
    assert held(after) == (Decimal(100000), None, Decimal("10.00"))
    assert [row[:3] for row in posted(after, 0)] == [("CHANGE", "life", "TERM"), ("CHANGE", "life", "ELECT")]


@pytest.mark.parametrize("choice", [Choice("life", "LIFE", "1X"), Choice("life")])
def test_proof_is_recorded_only_for_a_coverage_that_waits_for_it(choice):
    with pytest.raises(DecisionError):
        receive_proof(hired(choice), "life", TODAY, rules())


def test_a_higher_salary_raises_a_proven_sum_only_with_new_proof():
    proven = hired(Choice("life", "LIFE", "2X", proof=True))
    richer = with_activities(with_participant(proven, person(**RICHER)), activity("MSC", "06-05"))
    (update,) = after_run(richer, rules()).events[-1].prepared.updates
    assert (update.new.amount, update.new.elected) == (Decimal(100000), Decimal(120000))


def test_a_job_change_alone_takes_nothing_of_a_proven_sum():
    proven = hired(Choice("life", "LIFE", "2X", proof=True))
    after = after_run(with_activities(proven, activity("MSC", "06-05")), rules())
    assert after.events[-1].prepared.updates == ()


def test_S3_164_an_election_that_is_required_is_missed():
    begun = after_run(with_activities(case(), activity("HIR", "06-01")), rules(required=True))
    other = begun.put(replace(begun.event(1), process=Process.ET))
    after = after_run(other, rules(required=True))
    assert [(line.code, line.plan_type) for line in after.event(1).messages] == [("election_missing", "life")]
    waived = after_run(enter(after, 1, [Choice("life")], TODAY), rules(required=True))
    assert waived.event(1).process == "FE"
