"""Who could not be processed, page by page."""

from __future__ import annotations

from bensync.pipeline.benefits import readiness
from bensync.pipeline.benefits.readiness import people_with_gaps


def test_everybody_who_could_not_be_processed_is_listed_once_by_number(site, monkeypatch):
    monkeypatch.setattr(readiness, "_PAGE", 2)
    unpaid = ({}, {"pay_rate": None})
    people = [site.hired(number, union_code="U1", **unpaid[number % 2]) for number in range(1, 6)]
    listed = list(people_with_gaps(site.deployment.store, "acme", site.book, site.clock().date(), set()))
    assert [person.id for person, _ in listed] == [person.id for person in people[::2]]
    assert {gap.code for _, gaps in listed for gap in gaps} == {"salary_missing"}
