"""Data issues: new once, resolved when the person is well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bensync.core.changes import Issue, IssueCode
from bensync.state.store import Store
from tests.integration.state.deliveries import NOW, opened


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store with its tables."""
    yield from opened(database)


def test_an_issue_is_new_once_and_resolved_when_the_person_is_well(store: Store) -> None:
    later = NOW + timedelta(days=1)
    with store.write("acme", "test") as work:
        issue = Issue("7", IssueCode.SSN_MISSING)
        assert work.issues.record([issue], {"7"}, set(), NOW) == [issue]
        assert work.issues.record([issue], {"7"}, set(), later) == []
        assert work.issues.record([], {"8"}, set(), later) == []
        assert list(work.issues.open_codes()) == ["7"]
        work.issues.record([], {"7"}, set(), later)
        assert work.issues.open_codes() == {}


def test_A_25_a_deleted_employee_stays_an_issue_though_nobody_can_be_read_any_more(store: Store) -> None:
    with store.write("acme", "test") as work:
        work.issues.record([Issue("7", IssueCode.HR_EMPLOYEE_DELETED), Issue("8", IssueCode.SSN_MISSING)], (), (), NOW)
        work.issues.record([], set(), {"7", "8"}, NOW)

        assert list(work.issues.open_codes()) == ["7"]
