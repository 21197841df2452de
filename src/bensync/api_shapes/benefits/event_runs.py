"""The shapes of runs of benefit events, of what the next run would do, and of the board."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import Field

from bensync.api_shapes.base import Error, Failure, Moment, Shape, copied
from bensync.api_shapes.benefits.coverage import CoverageRow, coverage_row
from bensync.api_shapes.benefits.events import RemarkEntry, remark_entry
from bensync.api_shapes.sync import Run, RunIssue, run_fields
from bensync.benefits.values.cobra import CobraState
from bensync.core.runs import RunState
from bensync.errors import BensyncError

if TYPE_CHECKING:
    from bensync.benefits.engine.run import CaseResult
    from bensync.core import changes
    from bensync.core.ports import PreflightFinding
    from bensync.pipeline.benefits.events import EventRunReport
    from bensync.pipeline.benefits.passive_events import SiteSearchResult
    from bensync.state.read.event_lists import RemarkLine, SearchLine, Summary
    from bensync.state.read.site_status import RunView
    from bensync.wording.visibility import Visibility


class BegunEvents(Shape):
    """How many participants got the snapshot event that their benefits begin with."""

    site: str
    people: int


class DeferredRun(Shape):
    """A run that a worker will do."""

    site: str
    job: int = Field(description="the number of its job in the queue")


class EventRun(Shape):
    """One run of benefit events with its totals."""

    id: int
    site: str
    as_of: date
    actor: str
    state: RunState
    started_at: Moment
    ended_at: Moment | None
    counts: dict[str, int]
    remarks: dict[str, int] = Field(description="how many remarks of each kind")
    error: dict[str, str | int] | None


class EventRunDetail(EventRun):
    """One run of benefit events with its remarks."""

    lines: list[RemarkEntry]


class CobraChange(Shape):
    """A COBRA record that a run opens or voids."""

    event: int
    state: CobraState
    occurrence_date: date


class CaseOutcome(Shape):
    """What a change and the run after it do to one participant."""

    reversed: list[CoverageRow]
    posted: list[CoverageRow]
    cobra: list[CobraChange]
    carriers: list[str]


class PersonOutcome(CaseOutcome):
    """What a run would do to one participant."""

    participant: int


class EventOutcome(CaseOutcome):
    """What the next run would do after one event was changed."""

    event: str


class EventReport(Shape):
    """What a run of benefit events did."""

    id: int | None = Field(description="null for a report, which is not stored")
    site: str
    counts: dict[str, int]
    remarks: dict[str, int]
    carriers: list[str]


class EventRunResult(EventReport):
    """What a run of benefit events did, or with `--report-only` would do to each participant."""

    report_only: bool
    people: list[PersonOutcome]


class RunReport(Run):
    """One run with what it could not send, and the benefit events behind it."""

    issues: list[RunIssue]
    events: EventReport | Failure | None = Field(description="null where the site has no rulebook")


class Search(Shape):
    """One search for passive events."""

    site: str
    passive: str
    first_day: date
    last_day: date
    found: int
    actor: str
    at: Moment


class SearchedDays(Shape):
    """The days of an earlier search."""

    first_day: date
    last_day: date


class SearchHits(Shape):
    """The result of a search for passive events."""

    site: str
    passive: str
    first_day: date
    last_day: date
    found: list[int] = Field(description="participants not found by an earlier search")
    overlaps: list[SearchedDays] = Field(description="earlier searches that share days with this one")


class Invariant(Shape):
    """Something that must always hold."""

    site: str
    rule: str
    holds: bool
    detail: str


class Board(Shape):
    """The work that benefit events need from people, and whether all invariants hold."""

    configured: bool
    waiting: int
    held: int
    in_process: int
    losses: int
    flagged: int
    stuck: int
    held_up: int = Field(description="approved terminations that wait behind an open event")
    cobra_open: int
    cobra_missed: int
    cobra_soon: int
    invariants: list[Invariant]
    last_run: EventRun | None


def event_run(summary: Summary, site: str) -> EventRun:
    """Return a run of benefit events with its totals."""
    error = dict(summary.error) or None
    return copied(EventRun, summary, id=summary.run_id, site=site, error=error)


def event_run_detail(
    summary: Summary, site: str, lines: Iterable[RemarkLine], visibility: Visibility | None = None
) -> EventRunDetail:
    """Return a run of benefit events with its remarks."""
    remarks = [remark_entry(line, visibility) for line in lines]
    return copied(
        EventRunDetail, summary, id=summary.run_id, site=site, error=dict(summary.error) or None, lines=remarks
    )


def event_report(report: EventRunReport, site: str) -> EventReport:
    """Return what a run of benefit events did."""
    # A report has run 0, which no `runs show` finds.
    return copied(EventReport, report, id=report.run_id or None, site=site, carriers=list(report.carriers))


def event_run_result(
    report: EventRunReport, site: str, outcomes: Iterable[CaseResult], *, report_only: bool
) -> EventRunResult:
    """Return what a run of benefit events did, or would do to each participant."""
    people = [PersonOutcome(participant=result.case.participant.id, **_outcome(result)) for result in outcomes]
    base = event_report(report, site)
    # A model has its fields in dict(); nested models stay models, which model_dump() would turn into mappings.
    return EventRunResult(**dict(base), report_only=report_only, people=people)


def event_outcome(event: str, result: CaseResult) -> EventOutcome:
    """Return what the next run would do after an event was changed; ``event`` is the name that was given."""
    return EventOutcome(event=event, **_outcome(result))


def run_report(
    view: RunView, issues: Iterable[changes.Issue], events: EventRunReport | BensyncError | None
) -> RunReport:
    """Return one run of a sync with what it could not send.

    Args:
        view: the run.
        issues: the data issues of its plan.
        events: what the run of benefit events behind it did, or why it failed; None where there was none.
    """
    behind: EventReport | Failure | None = None
    # The sync before it has succeeded, so the failure is a part of the answer, not the answer.
    if isinstance(events, BensyncError):
        behind = Failure(error=Error.model_validate(events.as_json()))
    elif events is not None:
        behind = event_report(events, view.site)
    listed = [RunIssue(employee_id=issue.employee_id, code=issue.code) for issue in issues]
    return copied(RunReport, view, issues=listed, events=behind, **run_fields(view))


def search_hits(result: SiteSearchResult, site: str) -> SearchHits:
    """Return the result of a search."""
    return SearchHits(
        site=site,
        passive=result.search.passive,
        first_day=result.search.begin,
        last_day=result.search.end,
        found=list(result.search.found),
        overlaps=[SearchedDays(first_day=other.begin, last_day=other.end) for other in result.overlaps],
    )


def search(line: SearchLine, site: str) -> Search:
    """Return one search for passive events."""
    return copied(Search, line, site=site)


def invariant(finding: PreflightFinding, site: str) -> Invariant:
    """Return something that must always hold."""
    return Invariant(site=site, rule=finding.subject, holds=finding.ok, detail=finding.detail)


def _outcome(result: CaseResult) -> dict[str, Any]:
    return {
        "reversed": [coverage_row(row) for row in result.reversed],
        "posted": [coverage_row(row) for row in result.posted],
        "cobra": [copied(CobraChange, record) for record in result.cobra],
        "carriers": list(result.carriers),
    }
