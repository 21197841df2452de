"""Deliveries on the command line: the state of each file, its age until it arrives, and why it failed."""

from __future__ import annotations

from bensync.cli.render.deliveries import print_deliveries, print_delivery
from bensync.core.changes import ChangeKind
from bensync.core.runs import DeliveryState
from bensync.state.read.lists import DeliveryRowView, Listing
from tests.unit.cli.render.printing import printed
from tests.unit.views import delivery


def test_a_site_without_deliveries_says_so():
    assert printed(print_deliveries, {"acme": Listing([], 0)}) == "acme: there are no deliveries yet."


def test_a_file_that_has_not_arrived_shows_when_it_was_made():
    waiting = delivery(id=3, state=DeliveryState.FAILED, committed_at=None, attempts=2)
    text = printed(print_deliveries, {"acme": Listing([delivery(), waiting], 2)})
    assert "2 ACME_DELTA_000004.csv.gpg COMMITTED 1,200 2.0 kB 0 2026-06-01 12:00" in text
    assert "3 ACME_DELTA_000004.csv.gpg FAILED 1,200 2.0 kB 2 made 2026-06-01 12:00" in text


def test_one_delivery_shows_its_error_and_the_fields_of_each_row():
    broken = delivery(
        state=DeliveryState.FAILED,
        committed_at=None,
        error={"what": "Not delivered", "why": "no route", "fix": "Try again"},
    )
    rows = [DeliveryRowView(1, "104", ChangeKind.UPDATE, ("city", "state"))]
    text = printed(print_delivery, "acme", broken, rows)
    assert "acme: delivery 2, ACME_DELTA_000004.csv.gpg" in text
    assert "why no route" in text
    assert "\ndelivered " not in text
    assert "1 104 UPDATE city, state" in text
