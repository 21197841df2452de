"""Values that cross the ports to the world."""

from __future__ import annotations

from bensync.core.ports import FieldSelection, read_everyone


def test_a_source_reads_everyone_unless_the_run_knows_better():
    selection = FieldSelection(("ssn",), {})
    assert selection.is_unchanged is read_everyone
    assert not selection.is_unchanged("1", b"what the source says")
