"""Coverage and COBRA in words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import CobraRecord, Milestone
from bensync.benefits.values.enrollments import Coverage, Enrollment, PostingStep, Terms
from bensync.benefits.values.events import EventStatus
from bensync.benefits.values.offers import Remark
from bensync.wording import coverage
from tests.unit.benefits.cases import BOOK, activity, book, case, person
from tests.unit.benefits.situations import finish_events
from tests.unit.builders import TODAY, day

PPO = Terms("MED", "EE", employee=Decimal("80.00"))


def rows(*steps) -> Case:
    """A case with these medical rows."""
    posted = [
        Enrollment(number, 1, "medical", PostingStep.ADD, what, day(on), day(on), PPO)
        for number, (what, on) in enumerate(steps, 1)
    ]
    return replace(case(person()), enrollments=tuple(posted))


@pytest.mark.parametrize(
    ("steps", "badge", "when", "following"),
    [
        ([(Coverage.ELECT, "01-01")], "Covered", "since Jan 1, 2026", ""),
        ([(Coverage.ELECT, "01-01"), (Coverage.TERM, "07-01")], "Covered", "since Jan 1, 2026", "last day Jun 30, 2026"),
        ([(Coverage.ELECT, "01-01"), (Coverage.ELECT, "07-01")], "Covered", "since Jan 1, 2026",
         "changes to MED, EE on Jul 1, 2026"),
        ([(Coverage.ELECT, "07-01")], "Starts", "from Jul 1, 2026", ""),
        ([(Coverage.ELECT, "01-01"), (Coverage.TERM, "06-01")], "Ended", "last day May 31, 2026", ""),
        ([(Coverage.TERM, "06-01"), (Coverage.ELECT, "07-01")], "Ended", "last day May 31, 2026",
         "starts again: MED, EE on Jul 1, 2026"),
        ([(Coverage.WAIVE, "06-01")], "Waived", "since Jun 1, 2026", ""),
    ],
)  # fmt: skip
def test_a_line_of_coverage_says_what_holds_and_what_comes(steps, badge, when, following):
    (cover,) = coverage.covers(rows(*steps), BOOK, TODAY, figures=False)
    assert (cover.badge, cover.when, cover.next) == (badge, when, following)


@pytest.mark.parametrize(
    ("today", "badge"), [("06-01", "Ahead"), ("06-20", "Soon"), ("07-01", "Soon"), ("07-02", "Missed")]
)
def test_a_deadline_looks_as_near_as_it_is(today, badge):
    record = CobraRecord(2, day("05-20"), "TERMINATION", day("06-01"), day("2027-11-30"))
    view = coverage.cobra_view(record, BOOK, day(today))
    assert view.next is not None
    assert (view.next.step, view.next.due, view.next.badge) == (Milestone.ADMINISTRATOR_TOLD, day("07-01"), badge)


@pytest.mark.parametrize(("on", "badge"), [("07-01", "Done"), ("07-02", "Done, late")])
def test_a_step_that_was_taken_says_whether_it_was_in_time(on, badge):
    milestones = ((Milestone.ADMINISTRATOR_TOLD, day(on)),)
    record = CobraRecord(2, day("05-20"), "LAYOFF", day("06-01"), day("2027-11-30"), milestones=milestones)
    view = coverage.cobra_view(record, BOOK, day("07-10"))
    assert view.deadlines[0].badge == badge
    assert view.next is not None
    assert view.next.step is Milestone.NOTICE_SENT


@pytest.mark.parametrize(
    ("calendar", "texts"),
    [
        (
            {"frequency": "biweekly", "first": day("2026-01-09")},
            ["$36.93 for each of the first 8 of 26 biweekly deductions", "$36.92 for each of the other 18"],
        ),
        ({"frequency": "monthly", "days": [1]}, ["$80.00 for each of 12 monthly deductions"]),
        ({"frequency": "monthly", "days": [1], "skip": [day(f"2026-{month:02}-01") for month in range(1, 13)]}, []),
    ],
)
def test_S2_27_the_deductions_of_a_year_are_explained(calendar, texts):
    rules = book(calendars=[{"code": "C", **calendar}])
    (cover,) = coverage.covers(rows((Coverage.ELECT, "01-01")), rules, TODAY, figures=True)
    shown = [f"{text} {name}" for name, text in cover.figures]
    assert shown == ["$80.00 per month for the employee", *texts, "$960.00 per year for the employee"]


def test_S2_23_a_loss_under_an_earlier_record_is_named_with_the_event_of_that_record():
    first = finish_events(case(person(fte="0.2"), "medical"), activity("MSC", "05-20"))
    assert coverage.cobra_remarks(first, BOOK) == []
    message = Remark("cobra_in_effect", 1, detail="7")
    under = first.put(replace(first.event(1), messages=(message,)))
    sentence = "The lost coverage falls under an earlier COBRA record, that of event 7. No second record opens. If that record is"
    ((number, text),) = coverage.cobra_remarks(under, BOOK)
    assert number == 1
    assert text.startswith(sentence)
    assert coverage.cobra_remarks(under.put(replace(under.event(1), status=EventStatus.VOID)), BOOK) == []
