"""Data issues on the command line: since when, whether they are resolved, and what to look at."""

from __future__ import annotations

from datetime import timedelta

from bensync.cli.render.issues import print_issue, print_issues
from bensync.state.read.lists import Listing
from tests.unit.cli.render.printing import printed
from tests.unit.views import NOON, issue_view


def test_a_site_without_issues_says_so():
    assert printed(print_issues, {"acme": Listing([], 0)}) == "acme: there are no data issues."


def test_a_list_shows_each_issue_with_its_state_and_how_many_more_there_are():
    later = NOON + timedelta(days=2)
    issues = [issue_view(), issue_view(id=4, employee_id="105", resolved_at=later)]
    text = printed(print_issues, {"acme": Listing(issues, 30)})
    first, second = (line for line in text.splitlines() if "SSN_MISSING" in line)
    assert first.startswith("3 104 SSN_MISSING")
    assert first.endswith("2026-06-01 12:00 2026-06-01 12:00 open")
    assert second.endswith("2026-06-01 12:00 2026-06-03 12:00 resolved")
    assert "28 more; --limit 30 shows all." in text


def test_an_open_issue_says_that_every_run_tries_again():
    assert "resolved not yet; every run tries again" in printed(print_issue, issue_view())
    assert "resolved 2026-06-01 12:00 UTC" in printed(print_issue, issue_view(resolved_at=NOON))
