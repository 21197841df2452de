"""The status of sites on the command line: one by one, summed, and of many only those that need attention."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from bensync.cli.render.site_status import SiteGlance, print_status, show_all, summed
from bensync.core.alerts import Alert
from bensync.core.changes import ChangeKind
from bensync.core.runs import RunState
from bensync.core.schedule import OVERDUE
from bensync.errors import ConfigError
from bensync.state.read.site_status import StatusView
from tests.unit.cli.render.printing import printed
from tests.unit.views import NOON, run_view

BROKEN = ConfigError("The file is not valid TOML.", "Line 3 has no value.", "Correct it.")
FAILED = run_view(state=RunState.FAILED, outcome=None, error={"what": "HR cannot be read."})
ALERT = Alert("mail_failed:pager", "notices over the pager fail", "", 1, NOON, NOON, None)


def glance(site: str = "acme", **facts: object) -> SiteGlance:
    """Return a site that is well, unless a test says otherwise."""
    fields = {"view": StatusView(site), "due": NOON, "alerts": (), "broken": None} | facts
    return SiteGlance(**fields)  # type: ignore[arg-type]


def test_a_site_that_is_well_needs_nothing():
    assert glance().needs(NOON) == ""


def test_a_site_names_each_reason_for_attention_once():
    view = StatusView("acme", last_error=FAILED, deliveries_in_trouble=1)
    site = glance(view=view, alerts=(ALERT, ALERT))
    reasons = "failed: HR cannot be read; 1 delivery in trouble; overdue; notices over the pager fail"
    assert site.needs(NOON + OVERDUE + timedelta(seconds=1)) == reasons
    assert glance(broken=BROKEN).needs(NOON) == "disabled: The file is not valid TOML"


def test_a_sum_counts_alerts_by_kind_and_requests_by_theirs():
    busy = StatusView(
        "acme", pending={ChangeKind.NEW: 2}, issues=3, deliveries_in_trouble=1, held_up=2, last_error=FAILED
    )
    other = StatusView("globex", pending={ChangeKind.NEW: 1, ChangeKind.UPDATE: 4})
    total = summed([glance(view=busy, alerts=(ALERT,)), glance(view=other, alerts=(ALERT,), broken=BROKEN)], NOON)
    assert msgspec.structs.asdict(total) == {
        "sites": 2,
        "disabled": 1,
        "failed": 1,
        "overdue": 0,
        "pending": {"NEW": 3, "UPDATE": 4},
        "issues": 3,
        "deliveries_in_trouble": 1,
        "held_up": 2,
        "alerts": {"mail_failed": 2},
    }


def test_A_113_a_site_shows_the_approved_terminations_that_wait_behind_an_open_event():
    waiting = glance(view=StatusView("acme", held_up=1))
    sentence = "1 approved termination waits behind an open event, and its coverage goes on"
    assert waiting.needs(NOON) == sentence
    assert f"held up {sentence} (`bensync events waiting`)" in printed(show_all, [waiting], NOON)
    both = glance("globex", view=StatusView("globex", held_up=2))
    total = "held up 3 approved terminations wait behind an open event, and their coverage goes on"
    assert total in printed(show_all, [waiting, both], NOON)
    assert "held up" not in printed(show_all, [glance(), glance("globex")], NOON)


def test_few_sites_are_shown_one_by_one_with_their_sum():
    text = printed(show_all, [glance("acme"), glance("globex", broken=BROKEN)], NOON)
    assert "next run 2026-06-01 12:00 UTC" in text or "next run due now (by the daemon)" in text
    assert "disabled The file is not valid TOML." in text
    assert "All 2 sites" in text


def test_of_many_sites_only_those_that_need_attention_are_listed():
    sites = [glance(f"site{number:02}") for number in range(20)] + [glance("broken", broken=BROKEN)]
    text = printed(show_all, sites, NOON)
    assert "1 site of 21 needs attention" in text
    assert "broken 0 disabled: The file is not valid TOML" in text
    assert "site07" not in text


def test_one_site_says_in_words_what_there_is_not():
    text = printed(print_status, StatusView("acme"), None, NOON)
    for line in ("last sync never", "queue no pending requests", "data issues none", "in trouble no deliveries"):
        assert line in text
    assert "next run none; this site receives files (`bensync received`)" in text


def test_an_overdue_run_says_since_when():
    late = NOON + OVERDUE + timedelta(minutes=1)
    assert "next run overdue since 2026-06-01 12:00 UTC" in printed(print_status, StatusView("acme"), NOON, late)
    tomorrow = NOON + timedelta(days=1)
    assert "next run 2026-06-02 12:00 UTC (by the daemon)" in printed(print_status, StatusView("a"), tomorrow, NOON)
