"""Every code of benefit events has its words; coverage, deadlines and outlooks are told as they are."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from bensync.benefits.engine.outlook import Disturbance, Outlook, Shift
from bensync.benefits.values.activities import ActivitySource, ActivityState, RowEdit
from bensync.benefits.values.cases import Case
from bensync.benefits.values.cobra import CobraRecord, Milestone
from bensync.benefits.values.enrollments import Coverage, Enrollment, PostingStep, Terms
from bensync.benefits.values.events import Event, EventStatus, Flag, Indicator, Process
from bensync.benefits.values.offers import Remark
from bensync.wording import benefits, coverage
from bensync.wording.outlook import OutlookSentences
from tests.unit.benefits.cases import BOOK, case, covered, person
from tests.unit.builders import TODAY, day

PPO = Terms("MED", "EE", employee=Decimal("80.00"))
FAMILY = Terms("MED", "FAM", employee=Decimal("240.00"))


def remark_codes() -> set[str]:
    """The codes that the reference lists."""
    page = Path(__file__).parents[3] / "docs" / "reference" / "benefit-rules.md"
    table = page.read_text().partition("## Remarks")[2]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {code for cell in cells for code in re.findall(r"`(\w+)`", cell)}


def event(process=Process.PR, status=EventStatus.OPEN, *flags, **fields) -> Event:
    return Event(2, "ADR", day("06-01"), 410, ActivitySource.ADDRESS, status, process, flags=frozenset(flags), **fields)


def shift(begin, until, before, after):
    return Shift("medical", day(begin), day(until) if until else None, before, after)


def texts(found: Outlook, *, figures=False) -> list[str]:
    return [one.text for one in OutlookSentences(BOOK, figures=figures).sentences(found)]


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        (benefits.PROCESSES, set(Process)),
        (benefits.FLAGS, set(Flag)),
        (benefits.REPROCESSING, set(Indicator) - {Indicator.NORMAL}),
        (benefits.SOURCES, set(ActivitySource)),
        (benefits.EDITS, set(RowEdit)),
        (benefits.ACTIVITIES, set(ActivityState)),
        (benefits.MILESTONES, set(Milestone)),
        (benefits.REMARKS, remark_codes()),
    ],
)
def test_every_code_has_its_words(told, codes):
    assert set(told) == codes


def test_a_remark_that_nobody_knows_is_told_by_its_code():
    assert benefits.remark("odd_thing")[0] == "Odd thing"


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (event(status=EventStatus.VOID, process=Process.RE), "Void"),
        (event(Process.FE, EventStatus.CLOSED, Flag.DISCONNECTED), "Disconnected"),
        (event(final=True), "Marked final"),
        (event(Process.FE, EventStatus.CLOSED, final=True), "Finished"),
        (event(), "Waiting for elections"),
    ],
)
def test_where_an_event_stands(found, name):
    assert benefits.standing(found)[0] == name


def test_what_ends_is_told_before_what_changes_and_what_begins():
    shifts = (shift("07-01", "", None, PPO), shift("07-01", "", PPO, FAMILY), shift("07-01", "07-31", PPO, None))
    assert texts(Outlook(shifts=shifts)) == [
        "Medical (MED, EE) ends. The last day is Jun 30, 2026 instead of Jul 31, 2026.",
        "Medical (MED, EE) changes to Medical (MED, FAM) on Jul 1, 2026.",
        "Medical (MED, EE) starts on Jul 1, 2026.",
    ]


def test_what_never_begins_is_not_told_to_end():
    lost = replace(shift("07-01", "", PPO, None), unbegun=True)
    assert texts(Outlook(shifts=(lost,))) == ["Medical (MED, EE) does not start on Jul 1, 2026."]


def test_figures_are_told_to_those_only_who_see_the_pay():
    dearer = Outlook(shifts=(shift("07-01", "", PPO, replace(PPO, employee=Decimal("90.00"))),))
    assert texts(dearer) == ["Medical (MED, EE) continues with new amounts from Jul 1, 2026."]
    assert texts(dearer, figures=True) == [
        "Medical (MED, EE) continues with new amounts from Jul 1, 2026: $90.00 per month for the employee instead of $80.00."
    ]
    saved = Outlook(shifts=(shift("07-01", "", PPO, replace(PPO, contribution=Decimal(3))),))
    assert texts(saved, figures=True) == ["Medical (MED, EE) continues with new amounts from Jul 1, 2026."]


def test_an_outlook_tells_cobra_carriers_and_what_is_disturbed():
    record = CobraRecord(2, day("05-20"), "TERMINATION", day("06-01"), day("2027-11-30"))
    row = covered("medical")[0]
    found = Outlook(
        cobra=(record,),
        spared=(record,),
        disturbed=(
            Disturbance(event(), frozenset({Flag.DISCONNECTED}), (row,)),
            Disturbance(event(), frozenset({Flag.OUT_OF_SEQUENCE, Flag.ELIG_JOB}), (row, row)),
            Disturbance(event(), frozenset({Flag.ELIG_JOB}), ()),
        ),
        stops=(event(),),
        remarks=(Remark("loss_of_all", 2), Remark("waits_behind", 3, detail="2"), Remark("no_change_rule", 3, "life")),
        carriers=("north",),
    )
    assert texts(found) == [
        "Move of Jun 1, 2026 would end all coverage. It ends nothing until somebody marks it final.",
        "COBRA starts on Jun 1, 2026.",
        "COBRA does not start. Without this change, it would start on Jun 1, 2026.",
        (
            "Move of Jun 1, 2026 (event 2) loses the row that it is based on and can only be voided. "
            "Voiding it would reverse 1 coverage row."
        ),
        (
            "Move of Jun 1, 2026 (event 2) needs review: out of sequence and job changed since. "
            "Its 2 coverage rows stay in force."
        ),
        "Move of Jun 1, 2026 (event 2) needs review: job changed since.",
        "The event waits until event 2 is finished.",
        "Life: no rule allows new amounts. The coverage was not changed. Add a change rule if it should change.",
        "Carriers to notify: Northstar Health.",
    ]


def test_what_waits_behind_another_event_is_told_once():
    queued = (event(), replace(event(), number=3))
    found = Outlook(queued=queued, remarks=(Remark("waits_behind", 3, detail="1"),))
    assert texts(found) == [
        "Move of Jun 1, 2026 waits until the event in process is finished. Its effect is known then.",
        "The event waits until event 1 is finished.",
    ]


def rows(*told) -> Case:
    """A case with these medical rows."""
    made = [
        Enrollment(number, 1, "medical", PostingStep.ADD, what, day(on), day(on), PPO)
        for number, (what, on) in enumerate(told, 1)
    ]
    return replace(case(person()), enrollments=tuple(made))


@pytest.mark.parametrize(
    ("told", "badge", "when", "following"),
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
def test_a_line_of_coverage_says_what_holds_and_what_comes(told, badge, when, following):
    (cover,) = coverage.covers(rows(*told), BOOK, TODAY, figures=False)
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
def test_a_step_that_was_taken_tells_whether_it_was_in_time(on, badge):
    milestones = ((Milestone.ADMINISTRATOR_TOLD, day(on)),)
    record = CobraRecord(2, day("05-20"), "LAYOFF", day("06-01"), day("2027-11-30"), milestones=milestones)
    view = coverage.cobra_view(record, BOOK, day("07-10"))
    assert view.deadlines[0].badge == badge
    assert view.next is not None
    assert view.next.step is Milestone.NOTICE_SENT
