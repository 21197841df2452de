"""The shapes of runs, plans, deliveries and issues."""

from __future__ import annotations

from bensync.api_shapes.sync import delivery as delivery_shape
from bensync.api_shapes.sync import delivery_detail, issue, plan, run
from bensync.core.changes import ChangeKind, Issue, IssueCode
from bensync.core.guards import Guards
from bensync.state.read.lists import DeliveryRowView
from tests.unit.builders import baseline_of, candidate, profile
from tests.unit.builders import plan as planned
from tests.unit.views import delivery, issue_view, run_view


def test_a_run_shows_its_delivery_and_null_where_there_is_nothing():
    shown = run(run_view())
    assert shown.delivery is not None
    assert (shown.delivery.name, shown.delivery.rows) == ("ACME_DELTA_000004.csv.gpg", 3)
    assert (shown.ledger, shown.error) == (None, None)
    assert run(run_view(delivery=None)).delivery is None


def test_an_alarm_says_whether_it_stops_the_run():
    alarm = {"code": "terminations", "count": 40, "limit": "5%", "text": "40 terminations", "refuses": True}
    assert run(run_view(alarms=(alarm,))).alarms[0].refuses


def test_a_plan_lists_rows_and_counts_those_who_are_unchanged():
    last_sent = [baseline_of(profile(number)) for number in (1, 2)]
    people = [candidate(profile(1, city="Dayton")), candidate(profile(2))]
    issues = [Issue("3", IssueCode.SSN_MISSING, "ssn is empty")]
    shown = plan(planned(people, last_sent, issues=issues), "acme")
    assert [(row.employee_id, row.kind, row.fields) for row in shown.rows] == [("1", ChangeKind.UPDATE, ["city"])]
    assert (shown.unchanged, shown.outside, shown.held) == (1, 0, [])
    assert [(entry.employee_id, entry.detail) for entry in shown.issues] == [("3", "ssn is empty")]


def test_a_held_row_names_the_alarm_that_holds_it():
    last_sent = [baseline_of(profile(number)) for number in (1, 2, 3)]
    people = [candidate(profile(number, city="Dayton")) for number in (1, 2, 3)]
    shown = plan(planned(people, last_sent, guards=Guards(percent_from=1)), "acme")
    assert shown.rows == []
    assert {row.alarm for row in shown.held} == {alarm.code for alarm in shown.alarms}


def test_a_delivery_shows_its_error_and_the_fields_of_each_employee():
    assert delivery_shape(delivery(), "acme").error is None
    failed = delivery(error={"what": "Not delivered."})
    shown = delivery_detail(failed, "acme", [DeliveryRowView(1, "104", ChangeKind.UPDATE, ("city",))])
    assert (shown.run, shown.error) == (9, {"what": "Not delivered."})
    assert [(row.employee_id, row.fields) for row in shown.people] == [("104", ["city"])]


def test_an_issue_is_described_in_words():
    shown = issue(issue_view())
    assert (shown.code, shown.resolved_at) == ("SSN_MISSING", None)
    assert shown.detail
