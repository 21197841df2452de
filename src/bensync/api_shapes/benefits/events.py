"""The shapes of benefit events."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import Field

from bensync.api_shapes.base import Error, Money, Paged, Shape, Subject, copied, subject
from bensync.api_shapes.benefits.activities import Activity
from bensync.api_shapes.benefits.coverage import (
    CoverageRow,
    ElectionDetails,
    PersonCoverage,
    Terms,
    coverage_row,
    election_details,
    term_fields,
    terms,
)
from bensync.benefits.engine.run import awaits_loss_confirmation
from bensync.benefits.values.activities import ActivitySource
from bensync.benefits.values.events import EventStatus, Flag, Indicator, Process
from bensync.benefits.values.offers import CoverageOutcome, Prepared
from bensync.wording.eligibility import wants

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bensync.benefits.rulebook.figures import PersonFigures
    from bensync.benefits.values import events, offers
    from bensync.benefits.values.enrollments import Enrollment
    from bensync.errors import BensyncError
    from bensync.state.read.event_lists import EventLine, RemarkLine
    from bensync.wording.eligibility import EligibilitySentences
    from bensync.wording.visibility import Visibility


class RefusedEvent(Error):
    """An event that was not changed, and why."""

    event: str = Field(description="the name that commands take, such as `p7/3`")


class EventEntry(Shape):
    """One event of a list."""

    event: str = Field(description="the name that commands take, such as `p7/3`")
    site: str
    person: Subject
    number: int
    event_class: str
    event_date: date
    priority: int
    source: ActivitySource
    status: EventStatus
    process: Process
    indicator: Indicator
    flags: list[Flag]
    final: bool
    program: str
    loss_of_all: bool = Field(description="it would end every coverage, and waits for a final mark")
    notified: date | None
    entered: date | None
    finished: date | None


class Events(Paged):
    """One page of events."""

    events: list[EventEntry]


class Option(Terms):
    """One option that the person is eligible for."""

    begin: date
    deduction_begin: date
    proof: bool
    history_only: bool = Field(description="it cannot be chosen through this event")
    minimum: Money | None
    maximum: Money | None


class Offer(Shape):
    """What one plan type offers."""

    plan_type: str
    held: CoverageOutcome = Field(description="what becomes of the present coverage")
    electable: bool = Field(description="whether anything may be chosen")
    options: list[Option]
    default: Terms | None
    auto_add: bool
    waivable: bool


class Ending(Terms):
    """A coverage that ends."""

    plan_type: str
    last_day: date
    cobra: bool
    waives: bool


class CoverageUpdate(Shape):
    """A coverage that continues with other figures."""

    plan_type: str
    old: Terms
    new: Terms
    begin: date


class Election(Shape):
    """What was elected for one plan type; an empty plan waives."""

    plan_type: str
    plan: str
    option: str
    contribution: Money | None
    proof: bool
    details: ElectionDetails | None


class Remark(Shape):
    """Why something was left, skipped or refused."""

    code: str
    event: int
    plan_type: str
    plan: str
    detail: str


class RemarkEntry(Remark):
    """One remark of a run, with the participant."""

    person: Subject


class EligibilityTest(Shape):
    """One test of a rule of eligibility, with the value that the person had."""

    fact: str
    value: str | None = Field(description="null where it is blank, or where the role does not see it")
    visible: bool = Field(description="whether the role sees the fact")
    wants: str = Field(description="what the test wants, such as `at least 0.75`")
    passed: bool
    alternative: bool = Field(description="one passed test of several is enough")
    since: date | None = Field(description="the day of the dated row that the value is from")
    address: str = Field(description="`home` or `work` for a test of an address, else empty")
    jobs: dict[str, str] = Field(description="of a sum, what each job adds: eligible, ineligible or not evaluated")


class Eligibility(Shape):
    """Whether a program, a plan of it or an option fits, and the names of the facts that speak against it."""

    program: str
    plan: str
    option: str = Field(description="empty for a plan or a program")
    fits: bool
    geographic: bool = Field(description="whether an address decides")
    against: list[str]
    tests: list[EligibilityTest] = Field(description="empty in findings of versions that kept names alone")


class Event(EventEntry):
    """One event with its offers, elections, endings and postings."""

    action: str
    reason: str
    schedule: str
    activities: list[int]
    ends_all_coverage: bool
    offers: list[Offer]
    endings: list[Ending]
    updates: list[CoverageUpdate]
    elections: list[Election]
    remarks: list[Remark]
    posted: list[CoverageRow]
    eligibility: list[Eligibility]


class Benefits(PersonCoverage):
    """Everything about the benefits of one participant."""

    program: str
    events: list[EventEntry]
    activities: list[Activity]


def event_entry(line: EventLine, site: str, visibility: Visibility | None = None) -> EventEntry:
    """Return one event of a list."""
    person = subject(line.who, visibility)
    return copied(
        EventEntry,
        line,
        event=f"p{person.participant}/{line.number}",
        site=site,
        person=person,
        # Sorted: the order of a set differs from process to process, and scripts compare answers.
        flags=sorted(line.flags),
        loss_of_all=line.stops_short,
    )


def entry_of(event: events.Event, person: Subject, site: str) -> EventEntry:
    """Return an event as a list shows it."""
    return copied(EventEntry, event, **_entry_fields(event, person, site))


def event_detail(
    event: events.Event,
    person: Subject,
    site: str,
    rows: Iterable[Enrollment],
    findings: Iterable[offers.EligibilityFinding],
    sentences: EligibilitySentences,
    *,
    figures: bool = True,
    derive: PersonFigures | None = None,
) -> Event:
    """Return one event with everything that it means.

    Args:
        event: the event.
        person: whose it is.
        site: the employer.
        rows: the coverage rows of the participant; those of other events are left out.
        findings: which programs and plans fit.
        sentences: the words for the findings, and which facts the reader sees.
        figures: whether the role sees sums and contributions.
        derive: derives the costs per deduction, and imputed income, of the options.
    """
    prepared = event.prepared or Prepared()
    return copied(
        Event,
        event,
        **_entry_fields(event, person, site),
        activities=list(event.activities),
        ends_all_coverage=prepared.loss_of_all,
        offers=[_offer(offer, figures=figures, derive=derive) for offer in prepared.offers],
        endings=[copied(Ending, ending, **term_fields(ending.terms, figures=figures)) for ending in prepared.endings],
        updates=[
            copied(
                CoverageUpdate, update, old=terms(update.old, figures=figures), new=terms(update.new, figures=figures)
            )
            for update in prepared.updates
        ],
        # The contribution is a figure, too: with the rules of a plan it can reveal the pay.
        elections=[_election(choice, figures=figures) for choice in event.choices],
        remarks=[remark(line) for line in (*prepared.remarks, *prepared.faults, *event.messages)],
        posted=[coverage_row(row, figures=figures) for row in rows if row.event == event.number],
        eligibility=[eligibility(finding, sentences) for finding in findings],
    )


def remark(line: offers.Remark) -> Remark:
    """Return why something was left, skipped or refused."""
    return copied(Remark, line)


def remark_entry(line: RemarkLine, visibility: Visibility | None = None) -> RemarkEntry:
    """Return one remark of a run, with the participant."""
    return copied(RemarkEntry, line, person=subject(line.who, visibility))


def eligibility(finding: offers.EligibilityFinding, sentences: EligibilitySentences) -> Eligibility:
    """Return whether a program, a plan or an option fits, with its tests as far as the reader sees the facts."""
    tests = [_test(test, sentences) for test in finding.tests]
    return copied(
        Eligibility,
        finding,
        fits=not finding.against,
        geographic=finding.geographic,
        against=list(finding.against),
        tests=tests,
    )


def _test(test: offers.FactTest, sentences: EligibilitySentences) -> EligibilityTest:
    visible = sentences.sees(test.field)
    return copied(
        EligibilityTest,
        test,
        fact=test.field,
        value=sentences.value_of(test),
        visible=visible,
        wants=wants(test),
        since=test.since if visible else None,
        address=test.address,
        jobs={field: result.value for field, result in test.jobs},
    )


def _entry_fields(event: events.Event, person: Subject, site: str) -> dict[str, Any]:
    return {
        "event": f"p{person.participant}/{event.number}",
        "site": site,
        "person": person,
        "flags": sorted(event.flags),
        "loss_of_all": awaits_loss_confirmation(event),
    }


def _offer(offer: offers.Offer, *, figures: bool, derive: PersonFigures | None) -> Offer:
    default = terms(offer.default, figures=figures) if offer.default is not None else None
    return copied(
        Offer,
        offer,
        electable=offer.electable,
        options=[_option(option, offer.plan_type, figures=figures, derive=derive) for option in offer.options],
        default=default,
    )


def _option(option: offers.Option, plan_type: str, *, figures: bool, derive: PersonFigures | None) -> Option:
    # Limits can follow from the salary, so they are figures as well.
    limits = {"minimum": option.minimum, "maximum": option.maximum} if figures else {"minimum": None, "maximum": None}
    derived = derive.of(plan_type, option.terms, option.begin, option.deduction_begin) if derive is not None else None
    return copied(Option, option, **limits, **term_fields(option.terms, figures=figures, derived=derived))


def _election(choice: offers.Choice, *, figures: bool) -> Election:
    details = election_details(choice.details) if figures else None
    return copied(Election, choice, contribution=choice.contribution if figures else None, details=details)


def refused_event(name: str, error: BensyncError) -> RefusedEvent:
    """Return an event that was not changed, and why."""
    return RefusedEvent.model_validate({"event": name, **error.as_json()})
