"""The address of a list of requests: short for the usual list, and without a name that somebody searched for."""

from __future__ import annotations

from bensync.core.requests import RequestState, Risk
from bensync.state.read.filtered_lists import RequestGroup, SortOrder
from bensync.web.shared.request_list import ListQuery


def test_the_usual_list_has_no_query():
    assert ListQuery().query() == ""
    assert ListQuery().query(state=RequestState.PENDING, order=SortOrder.URGENT, number=1) == ""


def test_only_what_differs_from_the_usual_list_stands_in_the_address():
    group = next(iter(RequestGroup))
    assert ListQuery(bucket=group, risk=Risk.HIGH).query() == f"?bucket={group}&risk=HIGH"
    assert ListQuery(state=None).query() == "?state=ALL"


def test_another_list_begins_on_its_first_page():
    third = ListQuery(number=3)
    assert third.query(risk=Risk.LOW) == "?risk=LOW"
    assert third.query(number=4) == "?page=4"


def test_an_address_says_that_a_list_is_searched_and_not_for_what():
    assert ListQuery(searching=True).query() == "?search=on"
