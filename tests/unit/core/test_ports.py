"""Values that cross the ports to the world."""

from __future__ import annotations

from bensync.core.ports import ChangeRoute, FieldSelection, read_everyone, routed


def test_a_source_reads_everyone_unless_the_run_knows_better():
    selection = FieldSelection(("ssn",), {})
    assert selection.is_unchanged is read_everyone
    assert not selection.is_unchanged("1", b"what the source says")


def test_a_column_has_the_route_of_its_table_and_a_field_its_own():
    wanted = FieldSelection(("name", "boss"), {"job": ("title", "place")})
    feed, reconciled = ChangeRoute.CHANGE_FEED, ChangeRoute.RECONCILIATION
    routes = routed(wanted, lambda name: reconciled if name == "boss" else feed, lambda _: reconciled)
    assert routes == {"name": feed, "boss": reconciled, "job.title": reconciled, "job.place": reconciled}
