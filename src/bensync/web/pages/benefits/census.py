"""Load present coverage: a census is chosen, previewed with its problems, and loaded as it was previewed."""

from __future__ import annotations

from starlette.responses import Response

from bensync.benefits.census.census_file import COLUMNS, TEMPLATE
from bensync.benefits.census.problems import WARNINGS
from bensync.benefits.census.report import CensusReport
from bensync.core.access import Right
from bensync.core.values.limits import PAGE_SIZE
from bensync.errors import DecisionError
from bensync.web.http.context import Entered, PageContext
from bensync.web.http.routing import SITE_PAGES, Router
from bensync.wording.census import explanation
from bensync.wording.sync import count

route = Router(SITE_PAGES)

_PLACE = "memory.census"


@route.get("/events/census", Right.LOAD_COVERAGE)
def choose(context: Entered) -> Response:
    """Show what a census is, and the form for one."""
    return _page(context)


@route.get("/events/census/template", Right.LOAD_COVERAGE)
def template(_: Entered) -> Response:
    """Return the heading of a census as a file."""
    headers = {"content-disposition": 'attachment; filename="census.csv"'}
    return Response(TEMPLATE, media_type="text/csv", headers=headers)


@route.post("/events/census/preview", Right.LOAD_COVERAGE, uploads=True)
def preview(context: Entered) -> Response:
    """Show what loading the chosen file would do."""
    content = context.form.file("census")
    if not content:
        raise DecisionError("Nothing was previewed.", "No file was selected.", "Go back and select a file.")
    report = context.actions.preview_census(content)
    # The confirmation comes without the file: a page must not hold SSNs. Sealed, because this memory has no key.
    vault = context.store.vault(context.site)
    context.app.memory.keep_file(context.session_id, vault.seal(content, _PLACE, context.session_id))
    return _page(context, report)


@route.post("/events/census/load", Right.LOAD_COVERAGE)
def load(context: Entered) -> Response:
    """Load the file as it was previewed."""

    def act() -> Response:
        sealed = context.app.memory.kept_file(context.session_id)
        if not sealed:
            fix = "Select the file again, and preview it."
            raise DecisionError("Nothing was loaded.", "The previewed file is not kept any more.", fix)
        content = context.store.vault(context.site).unseal(sealed, _PLACE, context.session_id)
        report = context.actions.load_census(content, context.form.text("digest", 64))
        if not report.loaded:
            return _page(context, report)
        loaded = f"{count(report.coverages, 'coverage')} of {count(report.people, 'person', 'people')}"
        context.flash(f"Loaded {loaded}. Later events see it as the present coverage.")
        return context.go(context.at("/events"))

    return context.once(act)


def _page(context: PageContext, report: CensusReport | None = None) -> Response:
    # Warnings wait until the problems are solved: a corrected file may have others.
    findings = (report.problems or report.warnings)[: 4 * PAGE_SIZE] if report is not None else []
    return context.page(
        "benefits/census.html",
        report=report,
        columns=COLUMNS,
        findings=[(finding, *explanation(finding)) for finding in findings],
        more=_more(report, len(findings)) if report is not None else 0,
        uncovered=report.uncovered_ids[:PAGE_SIZE] if report is not None else [],
        book=context.lexicon,
    )


def _more(report: CensusReport, listed: int) -> int:
    """Return how many problems, or warnings where there is no problem, are not listed."""
    counted = sum(number for code, number in report.counts.items() if (code in WARNINGS) is not bool(report.problems))
    return counted - listed
