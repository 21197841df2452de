"""The texts of notices and alerts: counts and file names, what to do, and no personal data."""

from __future__ import annotations

from datetime import time

import pytest

from bensync.core.alerts import AlertKey
from bensync.core.changes import Alarm, ChangeKind, Issue, IssueCode
from bensync.core.requests import Risk
from bensync.core.runs import RunKind
from bensync.core.values.limits import PAGE_SIZE
from bensync.errors import DeliveryError, HostKeyRefused, SourceError
from bensync.wording import notices
from tests.unit.views import NOON, delivery

FILE = "ACME_DELTA_000004.csv.gpg"


def test_a_run_that_sent_a_file_says_whom_it_sent_and_what_waits():
    kinds = {ChangeKind.NEW: 1, ChangeKind.TERMINATE: 2}
    text = notices.brief(RunKind.DAILY, kinds, FILE, {"kept_back": 1, "held": 2}, {Risk.LOW: 3, Risk.HIGH: 1})
    assert text == (
        f"The daily run sent 3 people (1 new, 2 terminated) in {FILE}; 1 person blocked by data issues; "
        "2 people held for review; 4 requests are waiting for review, 1 of high risk."
    )


def test_a_run_without_a_file_found_nothing_to_send():
    text = notices.brief(RunKind.DAILY, {}, None, {"pulled": 1}, {})
    assert text == "The daily run read 1 person and found nothing to send; no requests are waiting for review."


def test_a_run_that_held_everything_does_not_say_that_there_was_nothing():
    text = notices.brief(RunKind.DAILY, {}, None, {"pulled": 9, "held": 9}, {})
    assert text == (
        "The daily run read 9 people and sent nothing; 9 people held for review; no requests are waiting for review."
    )


def test_the_alert_about_held_changes_says_whether_others_were_sent():
    alarms = [Alarm("terminations", 9, "3 and 5%", "9 people would be terminated")]
    assert "; all others were sent:" in notices.held("acme", alarms, "abc", sent=True).detail
    assert "; there were no others to send:" in notices.held("acme", alarms, "abc", sent=False).detail


def test_A_86_a_run_names_apart_whom_hr_did_not_show():
    text = notices.brief(RunKind.DAILY, {}, None, {"pulled": 9, "kept_back": 2, "not_shown": 1}, {})
    assert "; 2 people blocked by data issues, 1 of them not shown by HR; " in text


def test_a_snapshot_says_how_many_people_it_took_over():
    text = notices.brief(RunKind.SNAPSHOT, {}, None, {"changed": 40}, {Risk.LOW: 1})
    assert text == "The snapshot took over 40 people; 1 request is waiting for review."


def test_a_run_of_events_mentions_only_what_happened():
    assert (
        notices.events_brief({"people": 2, "finished": 1}) == "The events run processed 2 people and finished 1 event."
    )
    busy = notices.events_brief({"people": 1, "finished": 2, "posted": 1, "cobra": 2, "loss_of_all": 2, "failed": 1})
    assert busy.endswith(
        "1 coverage row posted; 2 COBRA records opened; 2 losses of all coverage to confirm; "
        "1 person could not be processed."
    )


def test_the_notice_of_a_file_is_one_for_each_file_and_ends_with_the_head_of_the_trail():
    first, again = (notices.uploaded("acme", delivery(), 2, "It went well.", "acme 5 ab12") for _ in range(2))
    assert first.key == again.key == f"upload:acme:{FILE}"
    assert first.subject == f"[bensync] acme: {FILE} uploaded, 2 new requests"
    assert first.body.endswith("acme 5 ab12\n")
    assert "Nothing is applied until you decide." in first.body


def test_a_sender_does_not_claim_requests_that_the_receiver_opens():
    notice = notices.uploaded("acme", delivery(), None, "It went well.", "acme 5 ab12", "https://hr.example/requests")
    assert "opened by the receiver" in notice.body
    assert "https://hr.example/requests" not in notice.body


@pytest.mark.parametrize(
    ("error", "key", "lead"),
    [
        (SourceError("HR cannot be read.", "There is no route.", "Try again."), None, "Nothing was lost"),
        (
            HostKeyRefused("There is no connection.", "It shows another key.", "Check it."),
            AlertKey.HOST_KEY,
            "until a person has checked",
        ),
    ],
)
def test_a_failure_says_whether_anything_was_lost_and_whether_a_person_must_act(error, key, lead):
    condition = notices.failed("acme", "The daily run", error)
    assert lead in condition.detail
    assert f"  Why:  {error.why}\n" in condition.detail
    assert key is None or condition.key is key


def test_an_alert_about_events_is_not_cleared_by_a_good_sync():
    error = SourceError("HR cannot be read.", "There is no route.", "Try again.")
    assert notices.events_failed("acme", error).name != notices.failed("acme", "The events run", error).name


def test_another_host_key_is_no_outage_that_ends_by_itself():
    outage = DeliveryError("There is no connection.", "There is no route.", "Try again.")
    assert notices.unreachable("acme", outage).key is AlertKey.UNREACHABLE
    assert notices.unreachable(
        "acme", HostKeyRefused("There is no connection.", "It shows another key.", "Check it.")
    ).key is (AlertKey.HOST_KEY)


def test_held_changes_name_each_limit_and_the_command_that_releases_this_plan():
    condition = notices.held("acme", [Alarm("terminations", 40, "5%", "40 terminations")], "0123abcd", sent=True)
    assert "  - 40 terminations (limit 5%)" in condition.detail
    assert "bensync sync --site acme --allow 0123abcd" in condition.detail


def test_very_many_blocked_employees_are_counted_beyond_the_first():
    issues = [Issue(str(number), IssueCode.SSN_MISSING, "ssn is empty") for number in range(PAGE_SIZE + 3)]
    detail = notices.blocked("acme", issues).detail
    assert detail.count("  - employee ") == PAGE_SIZE
    assert "  - and 3 more" in detail


def test_requests_of_high_risk_have_an_alert_of_their_own():
    assert notices.overdue("acme", 5, high=True).name != notices.overdue("acme", 5, high=False).name


def test_a_key_is_said_to_expire_before_it_does_and_to_have_expired_after():
    assert "in 7 days or less" in notices.key_ends("acme", NOON, 7).detail
    assert "in 1 day or less" in notices.key_ends("acme", NOON, 1).detail
    assert notices.key_ends("acme", NOON, 0).subject == "a PGP key has expired"


def test_the_address_of_a_mail_recipient_is_in_no_alert():
    condition = notices.channel_failed("acme", "mail:kim@example.test", "connection refused")
    assert "kim@example.test" not in condition.subject + condition.detail


def test_a_missing_daily_run_names_its_hour():
    assert "by 06:00 UTC" in notices.no_run("acme", time(6)).detail
