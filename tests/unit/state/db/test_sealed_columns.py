"""Sealed columns: a value opens in its own row, as long as the row says the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Column, Date, DateTime, Integer, LargeBinary, MetaData, String, Table

from bensync.errors import StateError
from bensync.state.db.sealed_columns import SealedColumn
from bensync.state.db.vault import Seal, Vault, new_data_key, new_state_key

TABLE = Table(
    "letter",
    MetaData(),
    Column("id", Integer),
    Column("kind", String),
    Column("on", Date),
    Column("at", DateTime),
    Column("sealed_text", LargeBinary),
)
TEXT = SealedColumn(TABLE, "sealed_text", "id", "kind", "on", "at")
ROW: dict[str, Any] = {"id": 7, "kind": "NEW", "on": date(2026, 6, 1), "at": datetime(2026, 6, 1, 8, tzinfo=UTC)}
VAULT = Vault("acme", Seal(new_state_key()), new_data_key(), new_data_key(), new_data_key())


class Kind(StrEnum):
    NEW = "NEW"


def opened(column: SealedColumn, sealed: bytes, **changes: Any) -> bytes:
    return column.open(VAULT, SimpleNamespace(**{**ROW, "sealed_text": sealed, **changes}))


def test_a_value_opens_in_its_row_however_the_database_returns_the_columns() -> None:
    sealed = TEXT.seal(VAULT, b"secret", {**ROW, "kind": Kind.NEW})

    assert opened(TEXT, sealed) == b"secret"
    elsewhere = ROW["at"].astimezone(timezone(timedelta(hours=-5)))
    assert opened(TEXT, sealed, at=elsewhere) == b"secret", "the same moment in another zone"


@pytest.mark.parametrize(
    "change", [{"id": 8}, {"id": None}, {"kind": "TERMINATE"}, {"on": date(2026, 6, 2)}, {"at": None}], ids=str
)
def test_a_value_does_not_open_when_a_bound_column_changes(change: dict[str, Any]) -> None:
    sealed = TEXT.seal(VAULT, b"secret", ROW)

    with pytest.raises(StateError, match="cannot be opened"):
        opened(TEXT, sealed, **change)


def test_only_columns_that_share_a_place_open_the_values_of_each_other() -> None:
    sealed = TEXT.seal(VAULT, b"secret", ROW)
    shared = SealedColumn(TABLE, "sealed_text", *TEXT.bound, place=TEXT.place)
    other = SealedColumn(TABLE, "sealed_text", *TEXT.bound, place="letter.sealed_answer")

    assert opened(shared, sealed) == b"secret"
    with pytest.raises(StateError):
        opened(other, sealed)


def test_a_query_names_the_value_and_the_columns_that_it_is_bound_to() -> None:
    assert [column.name for column in TEXT.columns] == ["sealed_text", "id", "kind", "on", "at"]
