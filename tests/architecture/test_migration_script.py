"""The script that writes the next migration compares the tables of today with those that the migrations make."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Column, Integer, MetaData

from bensync.state.schema.all_tables import METADATA

SCRIPT = Path(__file__).parents[2] / "scripts" / "migration.py"


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("migration_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def with_column(column: Column[int]) -> MetaData:
    metadata = MetaData()
    for table in METADATA.sorted_tables:
        table.to_metadata(metadata)
    metadata.tables["issue"].append_column(column)
    return metadata


def test_the_tables_of_today_need_no_further_step(script: ModuleType) -> None:
    assert script.steps() == "pass"


def test_a_new_column_gets_the_default_of_its_class_in_old_rows(script: ModuleType, monkeypatch) -> None:
    monkeypatch.setattr(script, "METADATA", with_column(Column("runs", Integer, nullable=False, default=1)))
    assert script.steps() == (
        "op.add_column('issue', sa.Column('runs', sa.Integer(), server_default='1', nullable=False))"
    )


def test_a_column_that_old_rows_cannot_fill_is_refused(script: ModuleType, monkeypatch) -> None:
    monkeypatch.setattr(script, "METADATA", with_column(Column("runs", Integer, nullable=False)))
    with pytest.raises(SystemExit, match="what do old rows hold"):
        script.steps()
