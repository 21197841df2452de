"""The list of stores is that of the schema: every table with its form, and the kinds that a retention run deletes."""

from __future__ import annotations

from bensync.retention.kinds import Kind
from bensync.retention.stores import FILES, TABLES, Form
from bensync.state.retention.former_people import _OF_PARTICIPANT
from bensync.state.retention.tally import _days
from bensync.state.schema.all_tables import every_table
from bensync.state.upkeep.sealed import sealed_tables


def test_the_list_names_every_table_once():
    assert sorted(store.name for store in TABLES) == sorted(table.name for table in every_table())


def test_a_table_with_sealed_columns_is_listed_as_sealed_and_no_other():
    sealed = {store.name for store in TABLES if store.form is Form.SEALED}
    assert sealed == {entry.table.name for entry in sealed_tables()} - {"account"}


def test_a_retention_run_deletes_from_exactly_the_tables_that_name_a_kind():
    assert {store.name for store in TABLES if store.kinds} == {table.name for table in _days()}
    assert {kind for store in TABLES for kind in store.kinds} == set(Kind)
    assert [store.name for store in (*TABLES, *FILES) if bool(store.kinds) == bool(store.until)] == []


def test_everything_that_belongs_to_a_participant_goes_with_them():
    of_participant = {
        table for table in every_table() for key in table.foreign_keys if key.column.table.name == "participant"
    }
    assert set(_OF_PARTICIPANT) == of_participant
