"""Small builders for benefit events: a rulebook, a participant with coverage, and one run after the other."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from bensync.benefits.engine import activity_queue
from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.run import process_case
from bensync.benefits.rulebook.rulebook import read
from bensync.benefits.values.activities import Activity, ActivitySource
from bensync.benefits.values.cases import Case
from bensync.benefits.values.enrollments import Coverage, Enrollment, PostingStep, Terms, coverage_on
from bensync.core.people import Standing
from tests.unit.builders import TODAY, day, participant, profile

FULL_TIME = {"all": [{"field": "fte", "at_least": "0.75"}]}
END_OF_MONTH = {"base": "end_of_month"}
CONTENT = {
    "carriers": {"north": "Northstar Health", "bright": "Brightsmile Dental", "harbor": "Harbor Life"},
    "eligibility": {
        "full_time": FULL_TIME,
        "part_time": {"all": [{"field": "fte", "at_least": "0.5", "below": "0.75"}]},
        "coast": {"all": [{"field": "state", "one_of": ["CA"]}]},
        "union": {"all": [{"field": "union_code", "one_of": ["U1"]}]},
        "senior": {"all": [{"field": "grade", "one_of": ["S"]}]},
    },
    "programs": [
        {"code": "FULL", "eligibility": "full_time", "plans": ["MED", "DEN", "LIFE", "VIS"]},
        {"code": "PART", "eligibility": "part_time", "plans": ["VIS"]},
    ],
    "plans": [
        {
            "code": "MED",
            "type": "medical",
            "carrier": "north",
            "options": [{"code": "EE", "employee": "80", "company": "420"}, {"code": "FAM", "employee": "240"}],
        },
        {
            "code": "DEN",
            "type": "dental",
            "carrier": "bright",
            "eligibility": "coast",
            "options": [{"code": "EE", "employee": "10"}, {"code": "FAM", "employee": "30", "proof": True}],
        },
        {
            "code": "LIFE",
            "type": "life",
            "carrier": "harbor",
            "options": [{"code": "2X", "multiple": "2", "round_up_to": "1000", "per_thousand": True, "company": "0.1"}],
        },
        {"code": "VIS", "type": "vision", "carrier": "north", "options": [{"code": "EE", "company": "9"}]},
    ],
    "add_rules": [
        {"types": ["medical", "dental", "life"], "events": ["HIR", "FSC", "OE"], "begin": {"base": "first_of_month"}},
        {"plans": ["VIS"], "events": ["HIR"], "begin": {"base": "event_date"}, "default": "EE"},
    ],
    "change_rules": [
        {"plans": ["LIFE"], "events": ["MSC", "ADR"], "begin": {"base": "event_date"}},
        {"types": ["medical", "dental"], "events": ["FSC"], "begin": {"base": "event_date"}, "elect": True},
    ],
    "termination_rules": [
        {"types": ["medical", "dental"], "stop": END_OF_MONTH, "cobra": True},
        {"types": ["life", "vision"], "stop": {"base": "last_day"}},
    ],
    "salary": {"periods": {"Year": "1"}},
}
OPTIONS = {
    "medical": Terms("MED", "EE", employee=Decimal("80.00"), company=Decimal("420.00")),
    "dental": Terms("DEN", "EE", employee=Decimal("10.00"), company=Decimal("0.00")),
    "life": Terms("LIFE", "2X", Decimal(100000), Decimal("0.00"), Decimal("10.00")),
    "vision": Terms("VIS", "EE", employee=Decimal("0.00"), company=Decimal("9.00")),
}
FACTS = {"fte": "1", "pay_rate": "50000.00 USD", "pay_per": "Year"}


def book(**tables):
    """The rulebook of these tests; a table that is given replaces the usual one."""
    return read({**deepcopy(CONTENT), **tables})


def automatic(**tables):
    """The same, where a job change needs no person."""
    return book(events={"MSC": {"label": "Job change", "priority": 400, "automatic": True}}, **tables)


BOOK = book()


def run_context(rules=BOOK, on=TODAY):
    return RunContext(rules, on)


def person(number=1, *, rows=(), ended=None, number_of=7, **changes):
    """An active full-time participant; with ``ended`` a terminated one. None clears a value."""
    row = profile(number, active=ended is None, rows=rows, **{**FACTS, **changes})
    return participant(row, Standing.ACTIVE if ended is None else Standing.TERMINATED, ended, number_of)


def covered(*kinds, since="2024-03-01"):
    """Coverage rows that were there before any event."""
    on = day(since)
    return tuple(
        Enrollment(number, 0, kind, PostingStep.ADD, Coverage.ELECT, on, on, OPTIONS[kind])
        for number, kind in enumerate(kinds, 1)
    )


def case(who=None, *kinds, **fields):
    return Case(who or person(), enrollments=covered(*kinds), **fields)


def activity(event_class="MSC", on="06-01", source=ActivitySource.JOB, **fields):
    return Activity(0, source, event_class, day(on), **fields)


def with_activities(before, *waiting):
    """The case with more activities waiting."""
    return activity_queue.add(before, waiting)


def after_run(before, rules=BOOK, on=TODAY, **how):
    """The case after a run."""
    return process_case(before, RunContext(rules, on), **how).case


def with_participant(before, who):
    """The case of a participant whom an approval changed."""
    return replace(before, participant=who)


def statuses(case_after, number=1):
    """Process and event status, the shape in which the model's tables are written."""
    event = case_after.event(number)
    return str(event.process), str(event.status)


def flags(case_after, number=1):
    return {str(flag) for flag in case_after.event(number).flags}


def coverage(case_after, on):
    """Plan type -> option that is in force on a day."""
    on = on if isinstance(on, date) else day(on)
    kinds = dict.fromkeys(row.plan_type for row in case_after.enrollments)
    return {kind: row.terms.option for kind in kinds if (row := coverage_on(case_after.enrollments, kind, on))}


def posted(case_after, number=1):
    """The rows of one event, short."""
    rows = [row for row in case_after.enrollments if row.event == number and not row.reversed]
    return [(str(row.step), row.plan_type, str(row.coverage), str(row.effective_date)) for row in rows]
