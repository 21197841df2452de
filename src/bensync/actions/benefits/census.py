"""preview(), load(): the census of present coverage, with which an employer begins (S3-13).

A load is one transaction, and nothing is loaded while one line has a problem. It is named by the digest of its preview,
so that what a person read is what happens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from bensync.actions.authorization import authorize
from bensync.benefits.census.census_file import CensusFile, CensusLine, read_census
from bensync.benefits.census.first_cases import HIRE_WINDOW, loaded_case
from bensync.benefits.census.judgment import JudgedPerson, judge, mismatch
from bensync.benefits.census.problems import CensusFinding
from bensync.benefits.census.report import LISTED, CensusReport, CensusTally
from bensync.benefits.engine.approval_activities import HIR
from bensync.benefits.engine.event_stages import RunContext
from bensync.benefits.engine.run import case_result
from bensync.benefits.rulebook.rulebook import Rulebook
from bensync.benefits.values.cases import Case
from bensync.core.access import Actor, Right
from bensync.core.people import Participant
from bensync.errors import DecisionError
from bensync.state.benefits.event_runs import BeganWith
from bensync.state.benefits.first_cases import begin_cases
from bensync.state.site_state import SiteState
from bensync.state.store import Store

_PAGE = 500  # people; the cases of a page are held at once


def preview(
    store: Store,
    site: str,
    content: bytes,
    book: Rulebook,
    actor: Actor,
    now: datetime,
    *,
    approvers: Collection[str] = (),
) -> CensusReport:
    """Return what loading a census would do today; nothing is written.

    Args:
        store: the state.
        site: the site.
        content: the file, as `bensync.benefits.census.census_file` describes it.
        book: the site's rulebook.
        actor: who asks.
        now: the moment.
        approvers: who may load it on the command line, if the site names them (A-47).

    Raises:
        Denied: this actor may not load coverage.
    """
    authorize(store, site, actor, Right.LOAD_COVERAGE, now, approvers)
    with store.read(site) as state:
        return _Load(state, content, RunContext(book, now.date())).preview()


def load(
    store: Store,
    site: str,
    content: bytes,
    allowed: str,
    book: Rulebook,
    actor: Actor,
    now: datetime,
    *,
    approvers: Collection[str] = (),
) -> CensusReport:
    """Load a census: everything, or nothing where one line has a problem, which the report says.

    With the first load, benefit events begin: each participant gets a closed snapshot event, those of the census with
    their coverage. No event goes back to a hire, except those of the last days.

    Args:
        store: the state.
        site: the site.
        content: the file.
        allowed: the digest of the preview that was read.
        book: the site's rulebook.
        actor: who loads it.
        now: the moment.
        approvers: who may load it on the command line, if the site names them (A-47).

    Raises:
        Denied: this actor may not load coverage.
        DecisionError: the preview was another one; nothing was loaded.
    """
    authorize(store, site, actor, Right.LOAD_COVERAGE, now, approvers)
    try:
        with store.write(site, "coverage.load") as state:
            report = _Load(state, content, RunContext(book, now.date())).load(now)
            _refuse(report, allowed)
            state.event_runs.call(now)
            subject = f"census {report.digest} of file {report.file_digest}"
            state.audit.record(actor.name, "coverage.load", subject, now, reason=_brief(report))
    except _Refused as refusal:
        return refusal.report
    return report


class _Refused(Exception):
    """A line has a problem; takes the whole load back."""

    def __init__(self, report: CensusReport) -> None:
        super().__init__("refused")
        self.report = report


def _refuse(report: CensusReport, allowed: str) -> None:
    """Raise for a census that has problems, or is not the one that was previewed."""
    if not report.loaded:
        raise _Refused(report)
    if report.digest != allowed:
        raise DecisionError(
            "The census is not the one that was previewed (census_changed).",
            f"Another preview was allowed; today, this file and the site make {report.digest}.",
            "Preview the file again, then load what the preview shows.",
        )


class _Load:
    """One pass over a census, page by page of people."""

    def __init__(self, state: SiteState, content: bytes, day: RunContext) -> None:
        self._state = state
        self._day = day
        self._begins = not state.event_runs.begun()
        self._tally = CensusTally(content)
        self._census: CensusFile = read_census(content, state.vault.index)
        self._tally.note(self._census.findings)
        self._covered: set[int] = set()

    def preview(self) -> CensusReport:
        """Judge everybody, and return the report."""
        for _ in self._pages():
            pass
        return self._report()

    def load(self, now: datetime) -> CensusReport:
        """Judge everybody, write the coverage of each page, and return the report."""
        for cases, judged in self._pages():
            # After the first problem nothing is written any more: the transaction is taken back.
            if self._tally.sound:
                self._save(cases, judged, now)
        report = self._report(loaded=self._tally.sound)
        if report.loaded and self._begins:
            begin_cases(self._state, self._day, BeganWith.CENSUS, now)
        return report

    def _save(self, cases: Mapping[int, Case], judged: Sequence[JudgedPerson], now: datetime) -> None:
        results = [
            case_result(case, loaded_case(case, person.coverage, self._day), self._day.book)
            for case, person in ((cases[person.participant_id], person) for person in judged)
        ]
        self._state.cases.save(cases, results, now)

    def _pages(self) -> Iterator[tuple[Mapping[int, Case], Sequence[JudgedPerson]]]:
        """Yield the cases of a page of people, and what their lines bring."""
        by_key: dict[bytes, list[CensusLine]] = {}
        for line in self._census.lines:
            by_key.setdefault(line.key, []).append(line)
        keys = iter(by_key)
        while page := tuple(islice(keys, _PAGE)):
            lines = [line for key in page for line in by_key[key]]
            owners = self._state.participants.by_keys(page)
            namesakes = self._state.participants.numbers_by_employees({line.number for line in lines})
            self._tally.note(_mismatches(lines, owners, namesakes))
            cases = self._state.cases.of({owner.id: owner for owner in owners.values()})
            judged = [judge(by_key[key], cases[owners[key].id], self._day) for key in page if key in owners]
            for person in judged:
                self._tally.take(person)
            self._covered.update(cases)
            yield cases, judged

    def _report(self, *, loaded: bool = False) -> CensusReport:
        # Asked after the coverage was written, so that the preview and the load count the same people.
        rest = {number: who for number, who in self._state.cases.uncovered() if number not in self._covered}
        since = self._day.today - HIRE_WINDOW
        hires = rest.keys() & set(self._state.cases.waiting_since(HIR, since)) if self._begins else ()
        listed = list(islice(rest.values(), LISTED))
        return self._tally.report(len(rest), listed, len(hires), begins=self._begins, loaded=loaded)


def _mismatches(
    lines: Sequence[CensusLine], owners: Mapping[bytes, Participant], namesakes: Mapping[str, int]
) -> Iterator[CensusFinding]:
    for line in lines:
        code = mismatch(line, owners.get(line.key), namesakes.get(line.number))
        if code is not None:
            # No employee id: the line names two people, or nobody.
            yield CensusFinding(code, line.line, "employee_number")


def _brief(report: CensusReport) -> str:
    warnings = sum(report.counts.values())
    return f"{report.coverages} coverages of {report.people} people; {warnings} warnings"
