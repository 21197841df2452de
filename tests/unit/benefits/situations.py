"""Situations that tests of several modules begin with: events at each status, approvals, schedules."""

from __future__ import annotations

from bensync.benefits.engine.approval_activities import Approval, activities_of, effects
from bensync.benefits.engine.elections import enter
from bensync.benefits.engine.event_order import mark_final, void
from bensync.benefits.engine.row_diff import row_edits
from bensync.benefits.engine.run import RunMode, process_case
from bensync.benefits.values.activities import ActivitySource, RowChange
from bensync.benefits.values.cobra import (
    CobraRecord,
)
from bensync.benefits.values.offers import Choice
from bensync.core.changes import ChangeKind
from bensync.core.intake.proposals import apply, changes, classify
from bensync.core.people import DatedRow
from tests.unit.benefits.cases import (
    BOOK,
    CONTENT,
    activity,
    after_run,
    book,
    case,
    person,
    run_context,
    statuses,
    with_activities,
    with_participant,
)
from tests.unit.builders import RULES, TODAY, day, profile, status_row


def statuses_by_number(before):
    return {event.number: (event.event_class, *statuses(before, event.number)) for event in before.events}


def finish_event(before, number=1):
    """An event processed by a final mark."""
    return after_run(mark_final(before, number))


HIRE_ROW = DatedRow("status", day("06-01"), {"benetrac_status": "Active"})


MOVED_ROW = DatedRow("status", day("06-08"), {"benetrac_status": "Active"})


HIRED_PERSON = person(rows=(HIRE_ROW,), hire_date="2026-06-01")


def edit_activity(kind, old=HIRE_ROW, new=None, source=ActivitySource.JOB):
    change = RowChange(kind, old, new)
    return activity("", str((new or old).date)[5:], source, change=change, rows=(new,) if new else ())


def hired_case(*kinds):
    """A hire of 1 June at PR, tied to its status row."""
    return after_run(with_activities(case(HIRED_PERSON, *kinds), activity("HIR", "06-01", rows=(HIRE_ROW,))))


RICHER = {"pay_rate": "60000.00 USD"}


VISION = {"plans": ["VIS"], "events": ["MSC"], "begin": {"base": "event_date"}, "default": "EE"}


def finish_events(before, *waiting, rules=BOOK, on=TODAY, choices=(), final=True):
    """Activities processed to their end, one event after the other."""
    after = after_run(with_activities(before, *waiting), rules, on)
    if choices:
        after = after_run(enter(after, after.events[-1].number, choices, on), rules, on)
    elif final and after.open is not None:
        after = after_run(mark_final(after, after.open.number), rules, on)
    return after


GROUPS = [
    {"types": ["life"], "events": ["HIR", "FSC"], "begin": {"base": "event_date"}, "group": group}
    for group in ("union", "senior")
]


AMBIGUOUS = book(add_rules=GROUPS)


CAUGHT = {"union_code": "U1", "grade": "S"}


MEDICAL, FAMILY, NONSENSE = Choice("medical", "MED", "EE"), Choice("medical", "MED", "FAM"), Choice("medical", "X", "Y")


def scheduled_case(rules=None, who=None, *kinds, event_class="FSC", **fields):
    return after_run(
        with_activities(case(who, *kinds), activity(event_class, **fields)), rules or book(), mode=RunMode.SCHEDULE
    )


def processed_case(before, rules=None):
    return after_run(before, rules or book(), mode=RunMode.PROCESS)


def prepared_case(*kinds, who=None):
    return processed_case(scheduled_case(None, who, *kinds))


def case_with_elections(*choices):
    return enter(prepared_case(), 1, choices, TODAY)


def case_marked_final(before, rules=None):
    return processed_case(mark_final(before, 1), rules)


FACTS = {"fte": "1", "pay_rate": "50000.00 USD", "pay_per": "Year"}


HIRED_ROW = status_row("2024-02-01")


LEFT_ROW = status_row("05-20", "Inactive")


def approve_row(before, row, rules=BOOK, *, voiding=False):
    """What approving a row does to a case; with ``voiding`` the events it touches are voided first."""
    proposal = classify(row, before.participant, None, TODAY, RULES)
    assert proposal is not None
    after = apply(proposal.kind, row, before.participant.key, before.participant, proposal.effective_date)
    edits = row_edits(proposal.kind, before.participant, after)
    for effect in effects(before, edits, BOOK) if voiding else ():
        before = void(before, effect.event.number)
    approval = Approval(proposal.kind, before.participant, after, proposal.changes, proposal.effective_date, TODAY)
    return with_activities(with_participant(before, after), *activities_of(approval, rules))


def employed_case(*kinds):
    """Somebody with coverage and a status row in HR."""
    return case(person(rows=(HIRED_ROW,)), *kinds)


def termination_result():
    """A-16 approved and processed: HR wrote a row that ends the employment on 20 May."""
    row = profile(active=False, since="05-20", rows=(HIRED_ROW, LEFT_ROW), **FACTS)
    return process_case(approve_row(employed_case("medical", "dental"), row), run_context())


SCHEDULES = book(
    eligibility={**CONTENT["eligibility"], "north": {"all": [{"field": "location", "one_of": ["Erie"]}]}},
    schedules=[
        {"code": "HIRES", "events": ["HIR"], "eligibility": "north"},
        {"code": "NORTH", "eligibility": "north"},
        {"code": "REST", "events": ["MSC", "ADR", "TER"]},
    ],
)


TWO_JOBS = {
    "sums": {"all_fte": {"of": [{"field": "fte"}, {"field": "second_fte", "when": "second_counts"}]}},
    "eligibility": {
        "full_time": {"all": [{"field": "all_fte", "at_least": "0.75"}]},
        "part_time": {"all": [{"field": "all_fte", "below": "0.75"}]},
        "second_counts": {"all": [{"field": "second_job", "none_of": ["casual"]}]},
        "coast": {},
    },
}


def job_row(on, **values):
    return DatedRow("job", day(on), values)


def activities_of_row(row, before=None, rules=BOOK):
    """Classify, apply and trace a row, as an approval does."""
    proposal = classify(row, before, None, TODAY, RULES)
    assert proposal is not None
    after = apply(proposal.kind, row, b"k", before, proposal.effective_date)
    return activities_of(
        Approval(proposal.kind, before, after, proposal.changes, proposal.effective_date, TODAY), rules
    )


def activities_of_update(before, after, rules=BOOK, kind=ChangeKind.UPDATE):
    """Trace an update from one profile to another."""
    actual = changes(after.profile, before)
    return activities_of(Approval(kind, before, after, actual, TODAY, TODAY), rules)


RECORD = CobraRecord(3, day("05-20"), "TERMINATION", day("06-01"), day("2027-11-30"))
