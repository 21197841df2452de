"""The shape of the status of a site."""

from __future__ import annotations

from datetime import timedelta

from bensync.api_shapes.status import report, status
from bensync.core.alerts import Alert
from bensync.core.changes import ChangeKind
from bensync.core.runs import RunState
from bensync.core.schedule import OVERDUE
from bensync.errors import ConfigError
from bensync.state.read.site_status import StatusView
from tests.unit.views import NOON, run_view


def test_a_site_that_has_never_run_has_no_last_run():
    shown = status(StatusView("acme"), NOON, NOON)
    assert (shown.last_update, shown.last_error, shown.overdue) == (None, None, False)


def test_a_site_is_overdue_only_after_the_grace_time():
    assert not status(StatusView("acme"), NOON, NOON + OVERDUE).overdue
    assert status(StatusView("acme"), NOON, NOON + OVERDUE + timedelta(seconds=1)).overdue
    assert not status(StatusView("acme"), None, NOON).overdue, "a site that only receives has no next run"


def test_the_last_good_run_and_the_failed_one_after_it_are_both_shown():
    failed = run_view(id=10, state=RunState.FAILED, error={"code": 11, "what": "HR cannot be read."})
    view = StatusView("acme", run_view(), failed, {ChangeKind.NEW: 4})
    shown = status(view, NOON, NOON).model_dump(mode="json")
    assert (shown["last_update"]["run"], shown["last_update"]["file"]) == (9, "ACME_DELTA_000004.csv.gpg")
    assert shown["last_error"]["run"] == 10
    assert (shown["last_error"]["code"], shown["last_error"]["fix"]) == (11, None)
    assert shown["pending"] == {"NEW": 4}


def test_an_interrupted_run_has_an_error_without_words():
    lost = run_view(state=RunState.INTERRUPTED, outcome=None)
    shown = status(StatusView("acme", None, lost), NOON, NOON).last_error
    assert shown is not None
    assert (shown.state, shown.what) == (RunState.INTERRUPTED, None)


def test_a_report_has_open_alerts_and_says_why_a_site_is_disabled():
    alert = Alert("no_run", "No run since Monday", "", 1, NOON, NOON, None)
    broken = ConfigError("The file is not valid TOML.", "Line 3 has no value.", "Correct it.")
    shown = report(StatusView("acme"), None, NOON, [alert], broken)
    assert [(entry.alert, entry.since) for entry in shown.alerts] == [("no_run", NOON)]
    assert shown.disabled is not None
    assert shown.disabled.what == "The file is not valid TOML."
    assert report(StatusView("acme"), None, NOON, [], None).disabled is None
