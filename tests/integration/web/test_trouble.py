"""A delivery that needs a person counts as one in trouble wherever it is counted: command line, pages, API, and metrics."""

from __future__ import annotations

import json

import pytest

from bensync.core.access import Role
from bensync.core.runs import DeliveryState
from bensync.errors import DeliveryError, DeliveryInDoubt
from bensync.state.site_state import SiteState
from tests.fixtures.commands import command
from tests.fixtures.filled import prepare, someone
from tests.fixtures.pages import Pages


def leave_in(state: SiteState, wanted: DeliveryState) -> None:
    """A delivery that stopped in this state."""
    number = prepare(state, [someone(state, 1)])
    if wanted in {DeliveryState.PUBLISHING, DeliveryState.UNKNOWN}:
        state.deliveries.intend(number)
    if wanted is DeliveryState.UNKNOWN:
        state.deliveries.fail(number, DeliveryInDoubt("It is unknown whether the file arrived", "The line was cut."))
    if wanted is DeliveryState.FAILED:
        state.deliveries.fail(number, DeliveryError("The file was not sent", "The line was cut."))


@pytest.mark.parametrize(
    ("state", "count"),
    [
        (DeliveryState.SEALED, 0),
        (DeliveryState.FAILED, 1),
        (DeliveryState.PUBLISHING, 1),
        (DeliveryState.UNKNOWN, 1),
    ],
)
def test_every_interface_counts_the_same_deliveries_in_trouble(
    web_pages: Pages, state: DeliveryState, count: int
) -> None:
    with web_pages.deployment.store.write("acme", "test") as site_state:
        leave_in(site_state, state)
    owner = web_pages.as_role(Role.DATA_OWNER)

    words = ("--config", str(web_pages.config), "--site", "acme", "status")
    printed = command(*words, environment={}).stdout
    (site,) = json.loads(command("--json", *words, environment={}).stdout)["sites"]
    assert site["deliveries_in_trouble"] == count
    assert ("1 delivery (`bensync deliveries`)" in printed) == bool(count)

    overview = owner.get("/sites/acme").text
    assert overview.count("A file needs attention") == count
    assert owner.ask_api("GET", "/api/sites/acme/status").json()["deliveries_in_trouble"] == count

    with web_pages.deployment.store.read("acme") as site_state:
        assert site_state.lists.status().deliveries_in_trouble == count
        assert site_state.filtered.badges().in_trouble == count
        assert site_state.metrics.read().deliveries == {state: 1}
