"""Two histories of dated rows compared by content (sync-rules 3.9.1)."""

from __future__ import annotations

import pytest

from bensync.benefits.engine.row_diff import compare
from bensync.benefits.values.activities import RowEdit
from bensync.core.people import DatedRow
from tests.unit.benefits.situations import job_row

A, B, C = job_row("2025-01-01", grade="A"), job_row("05-01", grade="B"), job_row("06-01", grade="C")


@pytest.mark.parametrize(
    ("before", "after", "edits"),
    [
        ((A,), (A,), []),
        ((A,), (A, B), [(RowEdit.INSERT, None, B)]),
        ((A, B), (A,), [(RowEdit.DELETE, B, None)]),
        ((A, B), (A, job_row("05-01", grade="X")), [(RowEdit.CORRECT, B, job_row("05-01", grade="X"))]),
        ((A, B), (A, job_row("05-08", grade="B")), [(RowEdit.REDATE, B, job_row("05-08", grade="B"))]),
        ((A, A), (A,), [(RowEdit.DELETE, A, None)]),
        ((job_row("06-01", grade="Cong\u00e9"),), (job_row("06-01", grade="Conge\u0301"),), []),
        ((B,), (DatedRow("pay", B.date, B.values),), None),
        ((A, B), (A, job_row("05-08", grade="X")), None),
        (
            (A, B),
            (job_row("05-01", grade="A"), job_row("06-01", grade="B")),
            [(RowEdit.REDATE, A, job_row("05-01", grade="A")), (RowEdit.REDATE, B, job_row("06-01", grade="B"))],
        ),
    ],
)
def test_rows_are_compared_by_content(before, after, edits):
    actual = [(edit.edit, edit.old, edit.new) for edit in compare(before, after)]
    if edits is None:
        edits = [(RowEdit.DELETE, before[-1], None), (RowEdit.INSERT, None, after[-1])]
    assert actual == edits
