"""The outlook of an approval in sentences."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from bensync.benefits.engine.outlook import Disturbance, Outlook, Shift
from bensync.benefits.values.cobra import CobraRecord
from bensync.benefits.values.enrollments import Terms
from bensync.benefits.values.events import Flag
from bensync.benefits.values.offers import Remark
from bensync.wording.outlook import OutlookSentences
from tests.unit.benefits.cases import BOOK, covered
from tests.unit.builders import day
from tests.unit.wording.test_benefits import event
from tests.unit.wording.test_coverage import PPO

FAMILY = Terms("MED", "FAM", employee=Decimal("240.00"))


def shift(begin, until, before, after):
    return Shift("medical", day(begin), day(until) if until else None, before, after)


def texts(foreseen: Outlook, *, figures=False) -> list[str]:
    return [entry.text for entry in OutlookSentences(BOOK, figures=figures).sentences(foreseen)]


def test_what_ends_is_said_before_what_changes_and_what_begins():
    shifts = (shift("07-01", "", None, PPO), shift("07-01", "", PPO, FAMILY), shift("07-01", "07-31", PPO, None))
    assert texts(Outlook(shifts=shifts)) == [
        "Medical (MED, EE) ends. The last day is Jun 30, 2026 instead of Jul 31, 2026.",
        "Medical (MED, EE) changes to Medical (MED, FAM) on Jul 1, 2026.",
        "Medical (MED, EE) starts on Jul 1, 2026.",
    ]


def test_what_never_begins_is_not_said_to_end():
    lost = replace(shift("07-01", "", PPO, None), unbegun=True)
    assert texts(Outlook(shifts=(lost,))) == ["Medical (MED, EE) does not start on Jul 1, 2026."]


def test_figures_are_shown_to_those_only_who_see_the_pay():
    dearer = Outlook(shifts=(shift("07-01", "", PPO, replace(PPO, employee=Decimal("90.00"))),))
    assert texts(dearer) == ["Medical (MED, EE) continues with new amounts from Jul 1, 2026."]
    assert texts(dearer, figures=True) == [
        "Medical (MED, EE) continues with new amounts from Jul 1, 2026: $90.00 per month for the employee instead of $80.00."
    ]
    saved = Outlook(shifts=(shift("07-01", "", PPO, replace(PPO, contribution=Decimal(3))),))
    assert texts(saved, figures=True) == ["Medical (MED, EE) continues with new amounts from Jul 1, 2026."]


def test_an_outlook_names_cobra_carriers_and_what_is_disturbed():
    record = CobraRecord(2, day("05-20"), "TERMINATION", day("06-01"), day("2027-11-30"))
    row = covered("medical")[0]
    foreseen = Outlook(
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
    assert texts(foreseen) == [
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


def test_what_waits_behind_another_event_is_said_once():
    queued = (event(), replace(event(), number=3))
    foreseen = Outlook(queued=queued, remarks=(Remark("waits_behind", 3, detail="1"),))
    assert texts(foreseen) == [
        "Move of Jun 1, 2026 waits until the event in process is finished. Its effect is known then.",
        "The event waits until event 1 is finished.",
    ]
