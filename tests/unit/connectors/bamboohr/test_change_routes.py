"""Which changes BambooHR's list of changed employees names (A-102)."""

from __future__ import annotations

import pytest

from bensync.connectors.bamboohr.change_routes import field_route, table_route
from bensync.core.ports import ChangeRoute

FEED, RECONCILIATION = ChangeRoute.CHANGE_FEED, ChangeRoute.RECONCILIATION


@pytest.mark.parametrize(
    ("field", "route"),
    [("firstName", FEED), ("customWorkSite", FEED), ("supervisor", RECONCILIATION), ("91", RECONCILIATION)],
)
def test_A_102_a_field_that_shows_another_employee_is_not_on_the_list(field, route):
    assert field_route(field) is route


@pytest.mark.parametrize(
    ("table", "route"),
    [("employmentStatus", FEED), ("jobInfo", FEED), ("compensation", FEED), ("customAssets", RECONCILIATION)],
)
def test_A_102_only_three_tables_put_their_employee_on_the_list(table, route):
    assert table_route(table) is route
