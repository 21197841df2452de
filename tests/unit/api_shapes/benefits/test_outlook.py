"""The shape of an outlook: what approving a request would do to coverage."""

from __future__ import annotations

from datetime import date

from bensync.api_shapes.benefits.outlook import outlook, request_detail
from bensync.benefits.engine.outlook import Disturbance, Outlook, Shift
from bensync.benefits.values.events import Flag
from bensync.benefits.values.offers import CoverageOutcome, Offer
from tests.unit.benefits.cases import OPTIONS
from tests.unit.views import cobra_record, enrollment, event, request_view

DAY = date(2026, 6, 1)
FORESEEN = Outlook(
    shifts=(Shift("medical", DAY, None, OPTIONS["medical"], None),),
    offers=((event(), Offer("vision", CoverageOutcome.NO, ())), (event(), Offer("dental", CoverageOutcome.NO, ()))),
    cobra=(cobra_record(),),
    disturbed=(Disturbance(event(), frozenset({Flag.ELIG_JOB, Flag.DISCONNECTED}), (enrollment(),)),),
    stops=(event(),),
    carriers=("north",),
)


def test_an_outlook_shows_losses_cobra_offers_and_events_to_review():
    shown = outlook(FORESEEN, ["Medical coverage ends."]).model_dump(mode="json")
    (shift,) = shown["shifts"]
    assert (shift["plan_type"], shift["before"]["plan"], shift["after"]) == ("medical", "MED", None)
    assert shown["cobra"] == ["2026-06-01"]
    assert shown["offers"] == ["dental", "vision"], "sorted, so that the same outlook is the same JSON"
    assert shown["stops"]
    assert shown["disturbed"] == [{"event": 2, "flags": ["disconnected", "elig_job"], "rows": 1}]
    assert shown["sentences"] == ["Medical coverage ends."]


def test_the_figures_of_an_outlook_are_hidden_without_the_right():
    shown = outlook(FORESEEN, [], figures=False)
    assert shown.shifts[0].before is not None
    assert shown.shifts[0].before.employee is None


def test_a_request_without_a_rulebook_has_no_outlook():
    assert request_detail(request_view(), None).outlook is None
    assert request_detail(request_view(), outlook(Outlook(), [])).id == 1
